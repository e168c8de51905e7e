// Downstream metrics against a plain twin, at the two ends (identity and zero SAE), and
// for any number of workers.
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Pool } from '../../../src/core/pool.js';
import { nodeStorage } from '../../../src/formats/storage.node.js';
import { prepareImage } from '../../../src/images/prepare.js';
import { listImages, loadImage } from '../../../src/images/source.node.js';
import {
  type Build,
  createSession,
  embeddedModel,
  InputError,
  init,
  type Model,
  NumericError,
  UsageError,
} from '../../../src/index.js';
import { tapChannels } from '../../../src/network/taps.js';
import { nodePool } from '../../../src/pipeline/pool.node.js';
import { LoadedSae } from '../../../src/sae/inference.js';
import { saveSae } from '../../../src/sae/saelens.js';
import type { SaeConfig, SaeTensors } from '../../../src/sae/types.js';
import { downstream } from '../../../src/study/downstream/downstream.js';
import type { LabelledImage } from '../../../src/study/downstream/labels.js';
import { curvesaeHere, temporaryFolder } from '../../support/cli.js';
import { heModel } from '../../support/he.js';
import { LONG } from '../../support/long.js';
import { SHARED, sharedTest } from '../../support/paths.js';
import { randomNormal } from '../../support/random.js';
import { rejection } from '../../support/rejection.js';

const test = suite('study/downstream');
const model = mild(heModel('googlenet'));
const TAP = 'mixed4e_5x5';
const D = tapChannels(model.description, TAP);
const IMAGES: LabelledImage[] = (await listImages(['procedural:5'], 3)).map((ref, i) => ({
  ref,
  class: 7 * i,
}));

/** Smaller logits, so that no probability is 0 in f64 and the plain twin can take its log. */
function mild(model: Model): Model {
  const parameters = new Map(model.parameters);
  const { weight, bias } = parameters.get('logits')!;
  parameters.set('logits', { weight: weight.map((w) => w / 50), bias });
  return { ...model, parameters };
}

interface Folder {
  config: SaeConfig;
  tensors: SaeTensors;
}

function relu(d: number, f: number, wEnc: Float32Array, wDec: Float32Array): Folder {
  return {
    config: { architecture: 'relu', dIn: d, dSae: f },
    tensors: {
      W_enc: { shape: [d, f], data: wEnc },
      W_dec: { shape: [f, d], data: wDec },
      b_enc: { shape: [f], data: new Float32Array(f) },
      b_dec: { shape: [d], data: new Float32Array(d) },
    },
  };
}

/** f = relu(x), xhat = gain * f: with gain 1 the identity on post-ReLU values. */
function scaled(d: number, gain: number): Folder {
  const [enc, dec] = [new Float32Array(d * d), new Float32Array(d * d)];
  for (let j = 0; j < d; j++) {
    enc[j * d + j] = 1;
    dec[j * d + j] = gain;
  }
  return relu(d, d, enc, dec);
}
const silent = (d: number): Folder => relu(d, 4, new Float32Array(4 * d), new Float32Array(4 * d));
const random = (d: number): Folder =>
  relu(
    d,
    40,
    randomNormal(40 * d, 1).map((v) => v / 12),
    randomNormal(40 * d, 2).map((v) => v / 12),
  );

/** Engines and pools, which pack the network for each of their threads: one of a kind for all tests. */
const pools = new Map<string, Promise<Pool>>();
const disposals: (() => void)[] = [];
test.after(() => {
  for (const dispose of disposals) dispose();
});
async function poolOf(workers: number, build: Build): Promise<Pool> {
  const engine = await init({ workers, build });
  const pool = nodePool(engine, model);
  disposals.push(() => {
    pool.dispose();
    engine.dispose();
  });
  return pool;
}

async function measure(
  saes: Folder[],
  { workers = 1, build = 'simd' as Build, tap = TAP, images = IMAGES } = {},
) {
  const kind = `${workers} ${build}`;
  if (!pools.has(kind)) pools.set(kind, poolOf(workers, build));
  return downstream({ pool: (await pools.get(kind))!, model, tap, saes, images });
}

test('identity recovers everything, silence nothing; several SAEs in one pass are each as alone', async () => {
  const all = [scaled(D, 1), silent(D), random(D)];
  const together = await measure(all);
  const [identity, zero] = together.saes;
  assert.is(identity.kl, 0);
  assert.is(identity.lossRecovered, 1);
  assert.is(identity.crossEntropy, together.original.crossEntropy);
  assert.is(identity.fvu, 0);
  assert.is(zero.lossRecovered, 0);
  assert.is(zero.kl, together.zero.kl);
  assert.is(zero.l0, 0);
  assert.ok(together.zero.kl > 0);
  assert.is(together.images, IMAGES.length);
  assert.is(together.vectors, IMAGES.length * 14 * 14);
  assert.equal(together.failures, []);
  const alone = await measure([all[2]]);
  assert.equal(alone.saes[0], together.saes[2]);
  assert.equal([alone.original, alone.zero], [together.original, together.zero]);
});

test('a plain twin in f64 agrees', async () => {
  const folder = random(D);
  const got = await measure([folder]);
  const engine = await init();
  const core = engine.acquire();
  const sae = new LoadedSae(engine, folder.config, folder.tensors);
  const session = createSession(engine, model, { taps: ['logits'], splice: TAP });
  const softmax = (x: Float32Array) => {
    const top = Math.max(...x);
    const e = Array.from(x, (v) => Math.exp(v - top));
    const sum = e.reduce((a, b) => a + b);
    return e.map((v) => v / sum);
  };
  const all: number[][] = [];
  const xs: Float32Array[] = [];
  let error = 0;
  let active = 0;
  for (const { ref, class: label } of IMAGES) {
    session.run(prepareImage(core, await loadImage(ref, engine.math, 224), 224));
    const p = softmax(session.tap('logits'));
    const x = session.tap(TAP);
    const f = sae.encode(x, x.length / D);
    const xhat = sae.decode(f, x.length / D);
    active += f.filter((v) => v > 0).length;
    for (let i = 0; i < x.length; i++) error += (x[i] - xhat[i]) ** 2;
    xs.push(x);
    const row: number[] = [];
    for (const values of [x, xhat, new Float32Array(x.length)]) {
      session.runSpliced(values);
      const q = softmax(session.tap('logits'));
      const ahead = q.filter((v) => v > q[label]).length;
      const kl = p.reduce((s, v, i) => s + v * Math.log(v / q[i]), 0);
      row.push(-Math.log(q[label]), kl, Number(ahead < 1), Number(ahead < 5));
    }
    all.push(row);
  }
  const mean = all[0].map((_, i) => all.reduce((s, row) => s + row[i], 0) / all.length);
  const near = (a: number, b: number, what: string) =>
    assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)), `${what}: ${a} and ${b}`);
  const of = (c: { crossEntropy: number; kl?: number; top1: number; top5: number }) => [
    c.crossEntropy,
    c.kl ?? 0,
    c.top1,
    c.top5,
  ];
  for (const [i, v] of [...of(got.original), ...of(got.saes[0]), ...of(got.zero)].entries())
    near(v, mean[i], `${i}`);
  near(got.saes[0].lossRecovered!, 1 - (mean[4] - mean[0]) / (mean[8] - mean[0]), 'loss recovered');
  const n = got.vectors;
  near(got.saes[0].l0, active / n, 'l0');
  const mu = new Float64Array(D);
  for (const x of xs) for (let i = 0; i < x.length; i++) mu[i % D] += x[i] / n;
  let spread = 0;
  for (const x of xs) for (let i = 0; i < x.length; i++) spread += (x[i] - mu[i % D]) ** 2;
  near(got.saes[0].fvu, error / spread, 'fvu');
  sae.dispose();
  session.dispose();
});

test('the same bits with 1 and 3 workers and in both exact builds', async () => {
  const saes = [random(D), scaled(D, 0.5)];
  const images = LONG ? IMAGES : IMAGES.slice(0, 2);
  const want = await measure(saes, { images });
  // Plain loops are slow, and each of their kernels is compared elsewhere.
  for (const options of [{ workers: 3 }, ...(LONG ? [{ build: 'scalar' as const }] : [])])
    assert.equal(await measure(saes, { images, ...options }), want, JSON.stringify(options));
});

test('a pool measures one set of SAEs after another', async () => {
  const images = IMAGES.slice(0, 2);
  const run = (sae: Folder) => measure([sae], { images });
  const [a, b, c] = [await run(scaled(D, 1)), await run(scaled(D, 0.5)), await run(scaled(D, 1))];
  assert.equal(a, c);
  assert.not.equal(a.saes, b.saes);
  assert.equal((await measure([], { images })).zero, a.zero);
});

test('broken photographs are skipped and named; none left is an error', async () => {
  const dir = temporaryFolder('downstream');
  const path = join(dir, 'broken.jpg');
  writeFileSync(path, 'no picture');
  const broken: LabelledImage = { ref: { kind: 'file', name: 'broken.jpg', path }, class: 0 };
  const result = await measure([], { images: [IMAGES[0], broken, IMAGES[1]] });
  assert.is(result.images, 2);
  assert.is(result.failures.length, 1);
  assert.is(result.failures[0].name, 'broken.jpg');
  assert.equal(
    { ...result, failures: [] },
    await measure([], { images: [IMAGES[0], IMAGES[1]] }),
    'the others are as without it',
  );
  const none = await rejection(measure([], { images: [broken] }));
  assert.ok(none instanceof InputError && /none of the 1 images/.test(none.message));
  const nothing = await rejection(measure([], { images: [] }));
  assert.ok(nothing instanceof InputError && /no labelled photographs/.test(nothing.message));
});

test('wrong use: refused before anything runs', async () => {
  const refused = async (message: RegExp, saes: Folder[], options: Parameters<typeof measure>[1] = {}) => {
    const error = await rejection(measure(saes, options));
    assert.ok(error instanceof UsageError && message.test(error.message), error.message);
  };
  await refused(/d_in 5 does not fit tap 'mixed4e_5x5' of 128 channels/, [scaled(D, 1), scaled(5, 1)]);
  await refused(/unknown tap/, [], { tap: 'mixed9z' });
  await refused(/before its ReLU/, [], { tap: `${TAP}_pre_relu` });
  for (const tap of ['logits', 'softmax']) await refused(/nothing that is asked for/, [], { tap });
  for (const index of [-1, 1000, 0.5])
    await refused(/is not one of 0 to 999/, [], { images: [{ ...IMAGES[0], class: index }] });
  const engine = await init();
  const stem = await embeddedModel(engine.math);
  const pool = nodePool(engine, stem);
  const error = await rejection(
    downstream({ pool, model: stem, tap: 'mixed3b_5x5', saes: [], images: IMAGES }),
  );
  assert.ok(
    error instanceof UsageError &&
      /embedded ends at tap 'mixed3b' and classifies nothing/.test(error.message),
  );
  pool.dispose();
});

test('an SAE that gives Inf stops with tap and position; a stop is obeyed', async () => {
  const error = await rejection(measure([scaled(D, 3e38)]));
  assert.ok(error instanceof NumericError);
  assert.match(
    error.message,
    /^procedural-000000: the relu SAE of 128 latents \(number 1\) gives NaN or infinite/,
  );
  const engine = await init();
  const pool = nodePool(engine, model);
  const controller = new AbortController();
  const stopped = await rejection(
    downstream({
      pool,
      model,
      tap: TAP,
      saes: [],
      images: IMAGES,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('stop')),
    }),
  );
  assert.is(stopped.message, 'stop');
  pool.dispose();
});

sharedTest(test, 'googlenet/googlenet.safetensors', 'eval --downstream on the real GoogLeNet', async () => {
  const dir = temporaryFolder('eval-downstream');
  const weights = resolve(SHARED, 'googlenet/googlenet.safetensors');
  const photos = resolve(SHARED, 'images');
  const labels = resolve(SHARED, 'images.csv');
  const { encodeNpy } = await import('../../../src/formats/npy.js');
  const matrix = join(dir, 'x.npy');
  writeFileSync(matrix, encodeNpy([20, 96], randomNormal(20 * 96, 1)));
  const sae = join(dir, 'sae');
  const { config, tensors } = scaled(96, 1);
  await saveSae(nodeStorage(sae), config, tensors, { hook_name: 'mixed3b_5x5' });
  const some = join(photos, '00*.jpg');
  const full = ['--downstream', '--model', weights, '--images', some, '--labels', labels];
  const plain = await curvesaeHere(['eval', sae, '--activations', matrix, '--json']);
  assert.equal(Object.keys(plain.json()).sort(), [
    'cosine',
    'deadFraction',
    'explainedVariance',
    'fvu',
    'gamma',
    'l0',
    'vectors',
  ]);
  const result = await curvesaeHere(['eval', sae, '--activations', matrix, '--json', ...full]);
  assert.is(result.code, 0, result.stderr);
  assert.match(result.stderr, /labels name no image that was given/);
  const { downstream: d, ...rest } = result.json();
  assert.equal(rest, plain.json());
  assert.is(d.tap, 'mixed3b_5x5');
  assert.is(d.images, 4);
  assert.is(d.reconstructed.lossRecovered, 1);
  assert.is(d.reconstructed.kl, 0);
  assert.is(d.reconstructed.fvu, 0);
  assert.ok(d.zero.crossEntropy > d.original.crossEntropy && d.zero.kl > 0.01);
  assert.ok(d.original.top5 >= 0.5 && d.original.top5 >= d.original.top1);

  // A store of the same photographs: four, of which the last is held out.
  const flagsOfStore = ['--model', weights, '--images', some, '--tap', 'mixed3b_5x5', '--per-image', '20'];
  const made = await curvesaeHere(['activations', ...flagsOfStore, '--out', join(dir, 'store'), '--json']);
  const { store, hash } = made.json();
  const own = join(dir, 'own');
  await saveSae(nodeStorage(own), config, tensors, { hook_name: 'mixed3b_5x5', activation_store: hash });
  for (const [split, images] of [
    ['auto', 4],
    ['heldout', 1],
    ...(LONG ? ([['train', 3]] as const) : []),
  ] as const) {
    const r = await curvesaeHere(['eval', own, '--activations', store, '--split', split, '--json', ...full]);
    assert.is(r.code, 0, r.stderr);
    assert.is(r.json().downstream.images, images, split);
    assert.is(/trained on a sample of these photographs/.test(r.stderr), split === 'auto');
  }

  writeFileSync(join(dir, 'broken.jpg'), 'no picture');
  writeFileSync(join(dir, 'unlabelled.jpg'), 'no picture');
  const csv = join(dir, 'l.csv');
  writeFileSync(csv, 'class,file\n388,000b7d55b6184b08.jpg\n1,broken.jpg\n');
  const mixed = `${join(photos, '000b7d55b6184b08.jpg')},${join(dir, '*.jpg')}`;
  const flags = ['--downstream', '--model', weights, '--images', mixed, '--labels', csv];
  const partial = await curvesaeHere(['eval', sae, '--activations', matrix, '--json', ...flags]);
  assert.is(partial.code, 4, partial.stderr);
  assert.equal(
    partial.json().downstream.failures.map((f: { name: string }) => f.name),
    ['unlabelled.jpg', 'broken.jpg'],
  );
  assert.is(partial.json().downstream.images, 1);

  const fails = async (code: number, message: RegExp, ...args: string[]) => {
    const r = await curvesaeHere(['eval', sae, '--activations', matrix, ...args]);
    assert.is(r.code, code, r.stderr);
    assert.match(r.stderr, message);
    assert.is(
      r.stderr
        .trim()
        .split('\n')
        .filter((l) => l.startsWith('error')).length,
      1,
    );
  };
  await fails(2, /needs --model, --images and --labels/, '--downstream', '--model', weights);
  await fails(2, /--labels is of use only with --downstream/, '--labels', labels);
  await fails(2, /d_in 96 does not fit tap 'mixed3b' of 480/, ...full, '--tap', 'mixed3b');
  await fails(2, /embedded ends at tap/, ...full, '--model', 'embedded');
  await fails(3, /none\.csv: no such file/, ...full, '--labels', join(dir, 'none.csv'));
  writeFileSync(csv, 'class,file\n1000,000b7d55b6184b08.jpg\n');
  await fails(3, /line 2: class 1000 .* 0 to 999/, ...full, '--labels', csv);
});

test.run();
