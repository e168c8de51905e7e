// Planted units come out in their families; an SAE whose features are the neurons gives what the neurons give.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { planUnits } from '../../models/embedded/features.js';
import { init, Rng, saveSae } from '../../src/index.js';
import { nodeStorage, openModel, taxonomy } from '../../src/node.js';
import { curvesaeHere, type Json, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { LONG } from '../support/long.js';
import { SHARED, sharedTest } from '../support/paths.js';
import { axesSae } from '../support/planted-sae.js';

const test = suite('api/taxonomy');
const dir = temporaryFolder('taxonomy');
const sae = join(dir, 'sae');
const out = join(dir, 'out');
const engine = await init({ workers: 2 });
let report: Json;

test.before(async () => {
  const axes = axesSae(engine, 96, 96);
  await saveSae(nodeStorage(sae), axes.config, axes.tensors, {
    hook_name: 'mixed3b_5x5',
    model_name: 'embedded',
  });
  axes.dispose();
  report = await taxonomy({ engine, sae, images: 'procedural:16', orientations: 16, seed: 1, out });
});

test('planted curves are curves of their orientation, colours are colours, lines run their way', () => {
  assert.equal(JSON.parse(readFileSync(join(out, 'taxonomy.json'), 'utf8')), report);
  const plan = planUnits(new Rng(0));
  const fire = report.units
    .map((unit: Json, i: number) => ({ ...unit, ...plan[i] }))
    .filter((u: Json) => u.fires >= 20);
  const apart = (a: number, b: number, of: number) => Math.abs(((a - b + 1.5 * of) % of) - of / 2);
  const curves = fire.filter((u: Json) => u.curves.length === 1);
  for (const u of filled<Json[]>(curves)) {
    assert.is(u.family, 'curve', u.unit);
    assert.ok(
      apart(u.orientationDeg, u.curves[0].orientationDeg, 360) <= 12,
      `${u.unit} ${u.orientationDeg}`,
    );
  }
  const lines = fire.filter((u: Json) => u.lines.length);
  for (const u of filled<Json[]>(lines)) {
    assert.ok(u.family === 'line' || u.family === 'Gabor', `${u.unit} ${u.family}`);
    assert.ok(apart(u.orientationDeg, u.lines[0].normalDeg, 180) <= 16, `${u.unit} ${u.orientationDeg}`);
  }
  const colours = fire.filter((u: Json) => u.colours.length && !u.curves.length);
  for (const u of filled<Json[]>(colours)) assert.is(u.family, 'colour contrast', u.unit);
});

test('features that are the neurons are sorted as they are, and lie beside them on the map', () => {
  const { units, features, families, map } = report;
  for (const [i, feature] of filled<Json[]>(features).entries()) {
    assert.is(feature.unit, `f${i}`);
    assert.equal(
      [feature.family, feature.strength, feature.fires],
      [units[i].family, units[i].strength, units[i].fires],
    );
  }
  assert.equal(families.features, families.units);
  const { directions, ...random } = families.random;
  assert.is(
    Object.values<number>(random).reduce((a, b) => a + b),
    directions,
  );
  assert.equal(map, { method: 'umap-js', neighbours: 14, seed: 1 });
  const [a, b] = [units[3].at, features[3].at];
  assert.ok(Math.hypot(a[0] - b[0], a[1] - b[1]) < 0.15, `${a} ${b}`);
});

test('the page is one file with families, the map with titles, and nothing from elsewhere', () => {
  const page = readFileSync(join(out, 'taxonomy.html'), 'utf8');
  assert.match(page, /Content-Security-Policy" content="default-src &#39;none&#39;; img-src data:/);
  const placed = [...report.units, ...report.features].filter(({ at }: Json) => at).length;
  assert.ok(placed > 150, `${placed}`);
  assert.is([...page.matchAll(/<(?:circle|rect) class="dot s\d"/g)].length, placed);
  assert.match(page, /<title>mixed3b_5x5:0: curve, 0°, strength/);
  assert.not.match(page, /(?:src|href)="(?!data:)/);
});

test('from the command line: wrong taps and orientations before any work', async () => {
  for (const [args, message] of [
    [['--orientations', '18'], /multiple of 4/],
    [['--tap', 'mixed3a', '--sae', sae], /was trained on tap mixed3b_5x5, not mixed3a/],
    [['--tap', 'avgpool0'], /avgpool0/],
  ] as [string[], RegExp][]) {
    const refused = await curvesaeHere(['taxonomy', ...args, '--out', join(dir, 'no')]);
    assert.is(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, message);
    assert.is(refused.stdout, '');
  }
});

if (LONG)
  sharedTest(
    test,
    'googlenet',
    'GoogLeNet: colour units of conv2d0 are those whose weights are colours',
    async () => {
      const model = await openModel(join(SHARED, 'googlenet/googlenet.safetensors'), { engine });
      const { units, families, map } = await taxonomy({
        ...{
          engine,
          model,
          tap: 'conv2d0',
          images: 'procedural:16',
          orientations: 16,
          noMap: true,
          out: join(dir, 'conv2d0'),
        },
      });
      assert.is(map, null);
      const { weight } = model.parameters.get('conv2d0')!;
      // Share of a filter's energy that is not grey; weights are [output][channel][7][7] or [7][7][channel][output].
      const chroma = units.map((_, u) => {
        let [all, grey] = [0, 0];
        for (let p = 0; p < 49; p++) {
          const w = [0, 1, 2].map((c) => weight[(u * 3 + c) * 49 + p]);
          all += w[0] ** 2 + w[1] ** 2 + w[2] ** 2;
          grey += (w[0] + w[1] + w[2]) ** 2 / 3;
        }
        return 1 - grey / all;
      });
      const isColour = units.map(({ family }) => family === 'colour contrast');
      const [colour, rest] = [chroma.filter((_, u) => isColour[u]), chroma.filter((_, u) => !isColour[u])];
      const before = colour.flatMap((a) => rest.map((b) => (a > b ? 1 : 0) as number));
      const auc = before.reduce((a, b) => a + b) / before.length;
      assert.ok(auc > 0.95, `AUC ${auc}`);
      const { directions, ...random } = families.random;
      assert.ok(
        colour.length / 64 > 1.5 * (random['colour contrast'] / directions),
        'more than random directions',
      );
      assert.ok(families.units.Gabor > 8);
    },
  );

test.after(() => engine.dispose());

test.run();
