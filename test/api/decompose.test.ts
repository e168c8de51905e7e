// The polysemantic neurons of the embedded network come apart into the curves that were planted in them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { planUnits } from '../../models/embedded/features.js';
import { Rng } from '../../src/index.js';
import { activations, decompose, hide, train } from '../../src/node.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';

const test = suite('api/decompose');
const dir = temporaryFolder('decompose');
const out = join(dir, 'out');
let sae = '';
let plain = '';
test.before(async () => {
  const { store } = await activations({ images: 'procedural:80', perImage: 128, out: join(dir, 'store') });
  plain = store;
  sae = join(dir, 'sae');
  await train({
    ...{ activations: store, arch: 'batchtopk', k: 3, dSae: 256, steps: 700, batch: 512, out: sae },
    warn: () => {},
  });
});

const apart = (a: number, b: number) => Math.abs(((a - b + 540) % 360) - 180);

test('planted parts are found, more often than parts of other neurons; a rotated basis takes more', async () => {
  const result = await decompose({ sae, images: 'procedural:40', orientations: 72, radii: [30], out });
  assert.equal(JSON.parse(readFileSync(join(out, 'decompose.json'), 'utf8')), result);
  assert.equal([result.tap, result.images, result.units.length], ['mixed3b_5x5', 40, 96]);
  const units = new Map(result.units.map((unit) => [Number(unit.unit.split(':')[1]), unit]));
  const pairs = planUnits(new Rng(0)).flatMap(({ curves, colours }, unit) =>
    curves.length === 2 && colours.length ? [{ unit, pair: curves.map((c) => c.orientationDeg) }] : [],
  );
  assert.is(pairs.length, 24);
  const has = (unit: number, pair: number[]) =>
    pair.every((deg) =>
      units
        .get(unit)!
        .parts.slice(0, 4)
        .some(({ orientationDeg: o }) => o !== null && apart(o, deg) <= 15),
    );
  const found = pairs.filter(({ unit, pair }) => has(unit, pair)).length;
  // Neurons of the other pairs, which share one of their two curves at most.
  const others = pairs.flatMap(({ unit, pair }) =>
    pairs.filter((p) => p.pair.join() !== pair.join()).map((p) => has(unit, p.pair)),
  );
  const chance = others.filter(Boolean).length / others.length;
  assert.ok(found / 24 > 0.6 && chance < 0.2, `${found} of 24, by chance ${chance}`);
  const [most, least] = [result.units[0], result.units.at(-1)!];
  assert.ok(most.polysemanticity > least.polysemanticity, 'most polysemantic first');
  const counts = filled(result.units.filter((u) => u.fires > 0).map((u) => u.polysemanticity));
  const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
  assert.ok(result.control.polysemanticity.mean > 1.5 * mean, `${mean}, ${JSON.stringify(result.control)}`);
  const own = filled(units.get(3)!.parts);
  for (const part of own) assert.is(part.levelShares.length, 5);
});

test('neurons summed in pairs: it is the sums that are taken apart, and the two are named beside', async () => {
  const { store } = await hide({ activations: plain, sumPairs: true, out: join(dir, 'pairs') });
  const out = join(dir, 'pairs-sae');
  await train({
    ...{ activations: store, arch: 'batchtopk', k: 4, dSae: 96, steps: 20, batch: 512, out },
    warn: () => {},
  });
  const flags = ['--images', 'procedural:4', '--orientations', '8', '--radii', '30'];
  const apart = join(dir, 'apart');
  const said = ['decompose', '--sae', out, ...flags, '--units', 'hidden:12,hidden:40', '--out', apart];
  const r = await curvesaeHere(said);
  assert.is(r.code, 0, r.stderr);
  assert.match(r.stdout, /of 2 sums of two neurons the two largest parts point to both in \d/);
  const { planted, units } = JSON.parse(readFileSync(join(apart, 'decompose.json'), 'utf8'));
  assert.equal([planted.units, planted.both + planted.one + planted.none], [2, 2]);
  for (const { unit, planted: pair, parts } of filled(
    units as { unit: string; planted: string[]; parts: object[] }[],
  )) {
    assert.is(pair[0], unit.replace('hidden', 'mixed3b_5x5'));
    assert.match(pair[1], /^mixed3b_5x5:\d+$/);
    assert.ok(filled(parts).every((part) => 'neuron' in part));
  }
  const page = readFileSync(join(apart, 'decompose.html'), 'utf8');
  assert.match(page, /It is the sum of mixed3b_5x5:/);
  const wrong = await curvesaeHere([
    'decompose',
    '--sae',
    out,
    '--units',
    'hidden:96',
    ...flags,
    '--out',
    apart,
  ]);
  assert.match(wrong.stderr, /'hidden:96' is none of the 96 hidden neurons/);
});

test('from the command line: one neuron, the page, and what cannot be', async () => {
  const one = join(dir, 'one');
  const flags = ['--images', 'procedural:5', '--orientations', '36', '--radii', '30'];
  const r = await curvesaeHere([
    'decompose',
    '--sae',
    sae,
    '--units',
    'mixed3b_5x5:12',
    ...flags,
    '--out',
    one,
  ]);
  assert.is(r.code, 0, r.stderr);
  assert.match(r.stdout, /^mixed3b_5x5:12: \d+ kinds? of features/);
  assert.match(r.stdout, /control: an axis of a random rotation takes/);
  const page = readFileSync(join(one, 'decompose.html'), 'utf8');
  assert.match(page, /Content-Security-Policy/);
  assert.match(page, /mixed3b_5x5:12/);
  assert.match(
    page,
    /<span class="crops n\d" role="img" aria-label="the \d places that fire mixed3b_5x5:12 most/,
  );
  for (const [wrong, message] of [
    [['--units', 'mixed3b_5x5:96'], /mixed3b_5x5/],
    [['--units', 'f3'], /f3/],
    [['--tap', 'mixed3a'], /d_in 96 does not fit tap mixed3a/],
  ] as [string[], RegExp][]) {
    const refused = await curvesaeHere([
      'decompose',
      '--sae',
      sae,
      ...wrong,
      ...flags,
      '--out',
      join(dir, 'no'),
    ]);
    assert.ok(refused.code === 2 || refused.code === 3, refused.stdout);
    assert.match(refused.stderr, message);
  }
});

test.run();
