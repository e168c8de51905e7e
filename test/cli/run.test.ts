import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { curvesae, curvesaeHere, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { LONG } from '../support/long.js';

const test = suite('cli/run');
const dir = temporaryFolder('run');
const SMALL = [
  '--images',
  'procedural:24',
  '--steps',
  '120',
  '--batch',
  '256',
  '--d-sae',
  '128',
  '--orientations',
  '72',
  '--radii',
  '30',
];

test('the main job end to end: keys of result.json, report, and a second run that computes nothing', async () => {
  const out = join(dir, 'a');
  const first = await curvesae(['run', ...SMALL, '--out', out, '--json']);
  assert.is(first.code, 0, first.stderr);
  const result = first.json();
  assert.equal(result, JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')));
  const has = (o: object, keys: string[]) => {
    for (const k of filled(keys)) assert.ok(Object.hasOwn(o, k), `result has '${k}'`);
  };
  has(result, [
    'version',
    'model',
    'tap',
    'build',
    'seed',
    'activations',
    'sae',
    'curves',
    'groundTruth',
    'seconds',
    'report',
  ]);
  has(result.model, ['name', 'architecture', 'sha256']);
  has(result.activations, ['images', 'vectors', 'dIn']);
  has(result.sae, ['architecture', 'dIn', 'dSae', 'k', 'l0', 'fvu', 'gamma', 'deadFraction']);
  has(result.curves, ['neurons', 'features', 'filledGaps']);
  has(result.curves.neurons, ['count', 'largestGapDeg', 'detectors']);
  has(result.curves.neurons.detectors[0], [
    'unit',
    'orientationDeg',
    'argmaxDeg',
    'peak',
    'strength',
    'resultant',
    'echo',
    'fwhmDeg',
  ]);
  for (const detector of filled(result.curves.features.detectors) as { evidence: object }[])
    has(detector.evidence, ['fires', 'density', 'seeds', 'novel', 'natural', 'line', 'standing']);
  has(result.controls, ['random', 'untrained', 'pca', 'shuffled']);
  assert.is(result.controls.shuffled, null);
  assert.is(result.controls.random.draws, 100);
  for (const name of ['random', 'untrained', 'pca']) {
    has(result.controls[name], ['draws', 'detectors', 'filledGaps', 'p']);
    has(result.controls[name].detectors, ['mean', 'p95']);
    has(result.controls[name].filledGaps, ['mean', 'p95']);
  }
  assert.match(result.verdict, /^10 neurons are curve detectors .*\.$/);
  has(result.sae.firing, ['vectors', 'never', 'rare', 'alive']);
  has(result.groundTruth, ['recovered', 'total', 'meanMaxCosine']);
  assert.is(result.model.name, 'embedded');
  assert.is(result.activations.images, 24);
  assert.is(result.curves.neurons.count, 10, 'the ten planted units, at 5 degree steps too');
  assert.ok(readFileSync(join(out, result.report), 'utf8').includes('</html>'));

  const again = await curvesaeHere(['run', ...SMALL, '--out', out, '--json']);
  assert.is(again.code, 0, again.stderr);
  const { seconds: _a, ...before } = result;
  const { seconds: _b, ...after } = again.json();
  assert.equal(after, before);
  assert.is(again.stderr.match(/reused/g)?.length, 5, again.stderr);
  const told = await curvesaeHere(['run', ...SMALL, '--out', out]);
  assert.ok(told.stdout.startsWith(`${result.verdict}\n`), told.stdout);
  assert.ok(readFileSync(join(out, result.report), 'utf8').includes(`<p class="lead">${result.verdict}</p>`));
});

/** In npm run test:soak alone. */
const longTest = (name: string, body: () => Promise<void>): void => {
  if (LONG) test(name, body);
};

/** Every stage, of next to nothing. */
const TINY = SMALL.map((flag) => ({ 'procedural:24': 'procedural:6', 120: '30', 128: '64' })[flag] ?? flag);

/** The bits of each stage, by workers and build: portability/identity. */
longTest('workers and build change no bit', async () => {
  const weights = async (flags: string[], name: string) => {
    const out = join(dir, name);
    const r = await curvesaeHere(['run', ...TINY, '--out', out, '--json', ...flags]);
    assert.is(r.code, 0, r.stderr);
    const { paths, hashes } = r.json();
    return {
      hashes,
      bytes: Buffer.concat(
        [join(paths.sae, 'sae_weights.safetensors'), join(paths.curves, 'tuning.safetensors')].map((f) =>
          readFileSync(join(out, f)),
        ),
      ),
      curves: r.json().curves,
      controls: r.json().controls,
    };
  };
  const one = await weights(['--workers', '1'], 'w1');
  const cores = await weights([], 'cores');
  const scalar = await weights(['--workers', '3', '--build', 'scalar'], 'scalar');
  for (const other of [cores, scalar]) {
    assert.equal(other.hashes, one.hashes);
    assert.ok(other.bytes.equals(one.bytes), 'equal bytes of the SAE and of the tuning curves');
    assert.equal(other.curves, one.curves);
    assert.equal(other.controls, one.controls);
  }
});

test('Ctrl-C saves, exits 130 and says how to go on; resumed equals uninterrupted', async () => {
  const flags = [...SMALL.map((flag) => (flag === '120' ? '500' : flag)), '--controls', 'none'];
  const [broken, whole] = [join(dir, 'broken'), join(dir, 'whole')];
  const stopped = await curvesae(['run', ...flags, '--out', broken], {
    interrupt: { when: /activations: \d+ vectors/, signal: 'SIGINT' },
  });
  assert.is(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stderr, /again to resume/);
  assert.not(existsSync(join(broken, 'result.json')));
  const resumed = await curvesaeHere(['run', ...flags, '--out', broken, '--json']);
  const reference = await curvesaeHere(['run', ...flags, '--out', whole, '--json']);
  assert.is(resumed.code, 0, resumed.stderr);
  assert.equal(resumed.json().curves, reference.json().curves);
  const bytes = (out: string, r: typeof resumed) =>
    readFileSync(join(out, r.json().paths.sae, 'sae_weights.safetensors'));
  assert.ok(bytes(broken, resumed).equals(bytes(whole, reference)), 'equal SAE bytes');
  assert.equal(
    readdirSync(join(broken, resumed.json().paths.sae)).filter(
      (f) => f.startsWith('.') || f.startsWith('checkpoint'),
    ),
    [],
  );
});

test('a broken picture is named, skipped and counted: exit 4', async () => {
  const images = join(dir, 'pictures');
  mkdirSync(images);
  for (let i = 0; i < 4; i++)
    await sharp({
      create: {
        width: 260,
        height: 240,
        channels: 3,
        background: { r: 50 * i, g: 90, b: 200 - 40 * i },
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
      .png()
      .toFile(join(images, `p${i}.png`));
  writeFileSync(join(images, 'broken <b>.jpg'), 'not a picture');
  const out = join(dir, 'partial');
  const r = await curvesaeHere([
    'run',
    '--images',
    images,
    '--per-image',
    '100',
    '--steps',
    '20',
    '--batch',
    '64',
    '--d-sae',
    '32',
    '--orientations',
    '36',
    '--radii',
    '30',
    '--out',
    out,
    '--json',
  ]);
  assert.is(r.code, 4, r.stderr);
  assert.is(r.json().activations.images, 4);
  assert.is(r.json().failures.length, 1);
  assert.match(r.stderr, 'broken <b>.jpg');
  const report = readFileSync(join(out, 'report.html'), 'utf8');
  assert.ok(report.includes('broken &lt;b&gt;.jpg') && !report.includes('broken <b>.jpg'));
});

test.run();
