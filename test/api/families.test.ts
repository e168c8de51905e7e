// families, as command and as function: the keys of families.json, several SAEs, resistance to wrong input.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, Rng } from '../../src/index.js';
import * as node from '../../src/node.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { rejection } from '../support/rejection.js';

const test = suite('api/families');
const dir = temporaryFolder('families');
const engine = await init();
const syn = join(dir, 'syn');
const vectors = join(syn, 'vectors.safetensors');
const shape = { features: 60, dIn: 64, vectors: 6000, active: 3, hierarchy: 0.9, spread: 0 };
await node.synth({ ...shape, out: syn, engine });
const train = (dSae: number, out: string) =>
  node.train({
    activations: vectors,
    arch: 'topk',
    dSae,
    k: 4,
    batch: 512,
    steps: 150,
    lr: 0.005,
    out,
    engine,
  });
for (const [dSae, name] of [
  [40, 's'],
  [60, 'm'],
  [90, 'l'],
] as const)
  await train(dSae, join(dir, name));
const sae = join(dir, 'm');

test('families.json has the keys that are promised, and the command prints it', async () => {
  const out = join(dir, 'one');
  const cli = await curvesaeHere(['families', sae, '--in', vectors, '--out', out, '--json']);
  assert.is(cli.code, 0, cli.stderr);
  const report = cli.json();
  assert.equal(JSON.parse(readFileSync(join(out, 'families.json'), 'utf8')), report);
  assert.ok(report.families.length > 0);
  for (const { parent, children, score, density } of report.families) {
    assert.match(parent, /^f\d+$/);
    assert.ok(children.length > 3 && children.every((c: string) => /^f\d+$/.test(c)));
    assert.ok(score === null || score > 0);
    assert.equal(Object.keys(density).sort(), [parent, ...children].sort());
  }
  assert.equal(report.splitting, []);
  assert.is(report.saes[0].families, report.families.length);
  const { chance } = report.saes[0];
  assert.ok(Number.isInteger(chance.families) && chance.pairs > 0, 'what chance gives is counted');
  const page = readFileSync(join(out, 'families.html'), 'utf8');
  assert.ok(page.includes(report.families[0].parent) && page.includes('Content-Security-Policy'));
});

test('the same bits again, and in the library', async () => {
  const report = await node.families({ sae, in: vectors, out: join(dir, 'two'), engine });
  assert.equal(
    readFileSync(join(dir, 'one/families.json'), 'utf8'),
    readFileSync(join(dir, 'two/families.json'), 'utf8'),
  );
  assert.is(report.documents, shape.vectors);
});

test('a repetition takes what is finished; other settings, or a damaged file, are made again', async () => {
  const out = join(dir, 'two');
  const told: string[] = [];
  const again = (more: object = {}) =>
    node.families({
      ...{ sae, in: vectors, out, engine, ...more },
      onProgress: (event) => event.event === 'finish' && told.push(event.summary),
      warn: (message) => told.push(message),
    });
  const whole = readFileSync(join(out, 'families.json'), 'utf8');
  await again();
  assert.match(told.join(), /families, by chance \d+, reused/);
  const [folder] = readdirSync(join(out, 'families'));
  const file = join(out, 'families', folder, 'found.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"round":0', '"round":1'));
  told.length = 0;
  await again();
  assert.match(told.join(), /found\.json.*made again/);
  assert.is(readFileSync(join(out, 'families.json'), 'utf8'), whole);
  await again({ tau: 0.3 });
  assert.is(readdirSync(join(out, 'families')).length, 2);
});

test('several SAEs: features by the number of the SAE, splitting from small to large, paths against chance', async () => {
  const saes = ['s', 'm', 'l'].map((name) => join(dir, name));
  const labels = join(dir, 'names.json');
  writeFileSync(labels, '{"f0": "<script>alert(1)</script>", "note": 1}');
  const { families, splitting, consistency } = await node.families({
    ...{ sae: saes, in: vectors, out: join(dir, 'three'), engine, noChance: true },
    labels: [labels, labels, labels],
  });
  assert.ok(filled(families).every(({ parent }) => /^[012]:f\d+$/.test(parent)));
  assert.is(splitting.length, 60 + 90);
  assert.equal(new Set(splitting.map(({ from, to }) => `${from[0]}${to[0]}`)), new Set(['01', '12']));
  assert.ok(filled(splitting).every(({ cosine }) => cosine >= -1 && cosine <= 1));
  assert.ok(
    consistency!.mean! > 2 * consistency!.chance!,
    JSON.stringify([consistency!.mean, consistency!.chance]),
  );
  assert.is(Object.keys(consistency!.features).length, 40);
  assert.not.match(readFileSync(join(dir, 'three/families.html'), 'utf8'), /<script/);
});

test('fewer documents, evenly spaced', async () => {
  const { documents, saes } = await node.families({
    ...{ sae, in: vectors, out: join(dir, 'few'), engine, most: 500 },
  });
  assert.is(documents, 500);
  assert.ok(saes[0].candidates > 0);
});

test('what does not fit is one clear line before anything is written', async () => {
  const out = join(dir, 'nothing');
  const rng = new Rng(1);
  const narrow = {
    shape: [20, 3] as [number, number],
    data: Float32Array.from({ length: 60 }, () => rng.uniform()),
  };
  const nan = { shape: [20, 64] as [number, number], data: new Float32Array(1280).fill(1) };
  nan.data[70] = Number.NaN;
  const cases: [object, RegExp][] = [
    [{ in: narrow }, /vectors of 3 dimensions do not fit this SAE of d_in 64/],
    [{ in: nan }, /NaN in row 1, column 6/],
    [{ clean: true }, /--clean chooses by labels; give --labels/],
    [{ labels: ['a', 'b'] }, /2 files of --labels for 1 SAEs/],
    [{ tau: 2 }, /tau must be a number from 0 to 1/],
    [{ sae: [] }, /give at least one SAE/],
    [{ labels: [join(dir, 'none.json')] }, /none\.json: no such file/],
    [{ in: join(dir, 'none.npy') }, /none\.npy/],
  ];
  for (const [options, says] of cases) {
    const { message } = await rejection(node.families({ sae, in: vectors, out, engine, ...options }));
    assert.match(message, says);
  }
  assert.not.ok(existsSync(out));
});

test('an abort is heard', async () => {
  const stop = new AbortController();
  const { message } = await rejection(
    node.families({
      ...{ sae, in: vectors, out: join(dir, 'aborted'), engine, signal: stop.signal },
      onProgress: ({ event }) => event === 'update' && stop.abort(new Error('stopped')),
    }),
  );
  assert.is(message, 'stopped');
});

test.run();
