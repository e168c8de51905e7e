// Whole training runs: they learn, they repeat bit for bit, they resume bit for bit.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  architectureNames,
  type Engine,
  init,
  type TrainOptions,
  trainMany,
  trainSae,
  type VectorSource,
} from '../../src/index.js';
import { CHECKPOINT_FILE } from '../../src/sae/checkpoint.js';
import { LoadedSae } from '../../src/sae/inference.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { filled } from '../support/filled.js';
import { memoryStorage } from '../support/memory-storage.js';
import { planted } from '../support/planted.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/training');
const engine = await init();

const { source, directions } = planted(6000, 24, 40, 2, 11);
const TOPK: TrainOptions = { architecture: 'topk', dSae: 96, k: 2, batch: 256, steps: 60, seed: 3 };
const RELU: TrainOptions = { architecture: 'relu', dSae: 96, l1: 1, batch: 256, steps: 60, seed: 3 };
const BASE = { dSae: 96, batch: 256, steps: 60, seed: 3 };
/** Every architecture, with dead latents, resampling and running averages among them. */
const ALL: TrainOptions[] = [
  TOPK,
  { ...TOPK, deadAfter: 600, multiK: 8, ema: 0.9 },
  RELU,
  { ...BASE, architecture: 'relu-unit', l1: 1, resample: 10 },
  { ...BASE, architecture: 'panneal', l1: 1, ema: 0.9 },
  { ...BASE, architecture: 'gated', l1: 1, resample: 10 },
  { ...BASE, architecture: 'jumprelu', l1: 1, deadAfter: 600 },
  { ...BASE, architecture: 'jumprelu', l1: 0.1, penalty: 'step' },
  { ...BASE, architecture: 'jumprelu', l1: 1, penalty: 'quadratic', targetL0: 3 },
  { ...BASE, architecture: 'batchtopk', k: 2, deadAfter: 600 },
  { ...BASE, architecture: 'matryoshka', k: 2, groups: [24, 48, 96] },
  { ...BASE, architecture: 'archetypal', k: 2, deadAfter: 600 },
  { ...BASE, architecture: 'kmeans' },
];

const bytesOf = (r: { tensors: Record<string, { data: Float32Array }> }): string =>
  Object.entries(r.tensors)
    .map(
      ([name, t]) =>
        name + Buffer.from(t.data.buffer, t.data.byteOffset, t.data.byteLength).toString('base64'),
    )
    .join();

test('simd and scalar, and two runs of one seed, give the same bits; another seed does not', async () => {
  const scalar: Engine = await init({ build: 'scalar' });
  assert.equal([...new Set(ALL.map((o) => o.architecture))].sort(), architectureNames().sort());
  for (const options of ALL) {
    const a = bytesOf(await trainSae(engine, source, options));
    assert.is(bytesOf(await trainSae(engine, source, options)), a);
    assert.is(bytesOf(await trainSae(scalar, source, options)), a, options.architecture);
    assert.is.not(bytesOf(await trainSae(engine, source, { ...options, seed: 4 })), a);
  }
});

test('interrupted and resumed equals uninterrupted, wherever it stopped', async () => {
  for (const options of ALL) {
    const whole = bytesOf(await trainSae(engine, source, options));
    for (const stop of [1, 23, 59]) {
      const storage = memoryStorage();
      const controller = new AbortController();
      let seen = 0;
      const first = trainSae(engine, source, options, {
        storage,
        signal: controller.signal,
        onProgress: () => {
          if (++seen === stop) controller.abort(new Error('stopped'));
        },
      });
      assert.match((await rejection(first)).message, 'stopped');
      const rest = await trainSae(engine, source, options, { storage, resume: true });
      assert.is(rest.stepsRun, options.steps - stop);
      assert.is(bytesOf(rest), whole, `${options.architecture} stopped at ${stop}`);
      assert.equal(
        rest.log.map((p) => p.step),
        Array.from({ length: 60 }, (_, i) => i + 1),
      );
    }
  }
});

test('a checkpoint of another run, another kernel build or a damaged one is refused', async () => {
  const storage = memoryStorage();
  await trainSae(engine, source, TOPK, { storage, checkpointEvery: 30 });
  const resume = (options: TrainOptions, s = storage) =>
    rejection(trainSae(engine, source, options, { storage: s, resume: true }));
  assert.match((await resume({ ...TOPK, k: 3 })).message, /another run \(k 2 there, 3 here\)/);
  assert.match((await resume({ ...TOPK, seed: 9 })).message, /seed 3 there, 9 here/);
  const bytes = await storage.read(CHECKPOINT_FILE);
  const text = Buffer.from(bytes).toString('latin1');
  const { buildId } = engine.info();
  const other = memoryStorage();
  await other.write(
    CHECKPOINT_FILE,
    Buffer.from(text.replace(buildId, '0'.repeat(buildId.length)), 'latin1'),
  );
  assert.match((await resume(TOPK, other)).message, /other kernels/);
  for (const at of [bytes.length - 5, bytes.length >> 1, 20]) {
    const damaged = bytes.slice();
    damaged[at] ^= 64;
    await other.write(CHECKPOINT_FILE, damaged);
    const error = await resume(TOPK, other);
    assert.is((error as unknown as { exitCode: number }).exitCode, 3, `byte ${at}: ${error.message}`);
  }
  await other.write(CHECKPOINT_FILE, bytes.subarray(0, bytes.length - 100));
  assert.match((await resume(TOPK, other)).message, /truncated/);
});

// Numbers from a run; every build and engine has these bits.
test('a planted dictionary is recovered, and the loss falls as it did when this test was written', async () => {
  const { config, tensors, log } = await trainSae(engine, source, { ...TOPK, steps: 600 });
  const { d_in, rows } = { d_in: config.dIn, rows: tensors.W_dec.data };
  let worst = 1;
  for (let i = 0; i < 40; i++) {
    let best = 0;
    for (let f = 0; f < config.dSae; f++) {
      let [dot, norm] = [0, 0];
      for (let j = 0; j < d_in; j++) {
        dot += rows[f * d_in + j] * directions[i * d_in + j];
        norm += rows[f * d_in + j] ** 2;
      }
      best = Math.max(best, dot / Math.sqrt(norm));
    }
    worst = Math.min(worst, best);
  }
  assert.is(worst, 0.9963137259044438, 'all 40 planted directions');
  assert.is(log[0].fvu, 0.6655647990769615);
  assert.is(log[log.length - 1].fvu, 0.021227613821849546);
});

test('several SAEs on one stream have the bits of runs of their own; one that diverges stops alone', async () => {
  const jobs = [TOPK, { ...RELU, steps: 40 }, { ...BASE, architecture: 'gated', l1: 1 }];
  const bad = { ...RELU, lr: 1e30 };
  const results: string[] = [];
  let loads = 0;
  const counted: VectorSource = {
    ...source,
    load: (s) => {
      loads++;
      return source.load(s);
    },
  };
  const errors = await trainMany(
    engine,
    counted,
    [...jobs, bad].map((options, i) => ({
      options,
      onDone: async (r) => {
        results[i] = bytesOf(r);
      },
    })),
  );
  assert.equal(
    errors.map((e) => e?.message.slice(0, 16)),
    [undefined, undefined, undefined, 'training stopped'],
  );
  assert.ok(loads <= 4 * source.shards.length, `${loads} loads for four SAEs`);
  for (const [i, options] of jobs.entries())
    assert.is(results[i], bytesOf(await trainSae(engine, source, options)), options.architecture);
  const other = await rejection(
    trainMany(engine, source, [{ options: TOPK }, { options: { ...TOPK, batch: 128 } }]),
  );
  assert.match(other.message, 'the same batch size');
});

test('on one stream, each resumes from its own checkpoint, though they were saved at different steps', async () => {
  const jobs = [TOPK, RELU].map((options) => ({ options, storage: memoryStorage() }));
  await trainSae(engine, source, TOPK, { storage: jobs[0].storage, checkpointEvery: 40 });
  await trainSae(engine, source, RELU, { storage: jobs[1].storage, checkpointEvery: 25 });
  const results: string[] = [];
  await trainMany(
    engine,
    source,
    jobs.map((job, i) => ({
      ...job,
      resume: true,
      onDone: async (r) => {
        assert.is(r.stepsRun, i ? 10 : 20);
        results[i] = bytesOf(r);
      },
    })),
  );
  assert.equal(results, [
    bytesOf(await trainSae(engine, source, TOPK)),
    bytesOf(await trainSae(engine, source, RELU)),
  ]);
});

test('batch-wide top-k keeps k per input on average, and the threshold does so at inference', async () => {
  const options = { ...BASE, architecture: 'batchtopk', k: 2, steps: 400 };
  const { config, tensors, log } = await trainSae(engine, source, options);
  assert.is(log[log.length - 1].l0, 2);
  const sae = new LoadedSae(engine, config, tensors);
  const x = (await source.load(0)).slice(0, 24 * 2000);
  const l0 = sae.encode(x, 2000).reduce((n, v) => n + (v > 0 ? 1 : 0), 0) / 2000;
  assert.is(l0, 1.909);
  assert.ok(filled(tensors.threshold.data).every((t) => t === 1.3074548244476318));
});

test('a Gated SAE is a JumpReLU SAE of other parameters', async () => {
  const { config, tensors } = await trainSae(engine, source, {
    ...BASE,
    architecture: 'gated',
    l1: 1,
    steps: 200,
  });
  const { b_gate, b_mag, r_mag, W_enc } = tensors;
  const scale = r_mag.data.map((r) => engine.math.exp(r));
  const jump = {
    W_enc: { shape: W_enc.shape, data: W_enc.data.map((w, i) => w * scale[i % 96]) },
    W_dec: tensors.W_dec,
    b_enc: b_mag,
    b_dec: tensors.b_dec,
    threshold: { shape: [96], data: b_mag.data.map((b, i) => b - scale[i] * b_gate.data[i]) },
  };
  const x = (await source.load(0)).slice(0, 24 * 500);
  const a = new LoadedSae(engine, config, tensors).encode(x, 500);
  const b = new LoadedSae(
    engine,
    { ...config, architecture: 'jumprelu', applyBDecToInput: true },
    jump,
  ).encode(x, 500);
  let [different, error] = [0, 0];
  a.forEach((v, i) => {
    if (v > 0 !== b[i] > 0) different++;
    else error = Math.max(error, Math.abs(v - b[i]));
  });
  assert.is(a.filter((v) => v > 0).length, 11_773);
  assert.is(different, 0, 'latents at the boundary');
  assert.is(error, 5 * 2 ** -23, 'of activations up to 2.5');
});

test('shrinkage: one latent, one unit feature, lambda 1: ReLU-L1 reconstructs less than Gated', async () => {
  // Inputs are 0 or one unit direction: an L1 of lambda takes lambda / 2 off every activation.
  const data = new Float32Array(4000 * 4);
  for (let i = 0; i < 4000; i += 2) data[4 * i] = 1;
  const one = matrixVectors({ label: 'one', hash: 'one', shape: [4000, 4], data }, 'all');
  const reach = async (architecture: string) => {
    const options = { architecture, dSae: 4, l1: 1, batch: 256, steps: 3000, seed: 1, lr: 3e-3 };
    const { config, tensors } = await trainSae(engine, one, options);
    const sae = new LoadedSae(engine, config, tensors);
    return sae.decode(sae.encode(Float32Array.of(1, 0, 0, 0), 1), 1)[0];
  };
  const [relu, gated] = [await reach('relu-unit'), await reach('gated')];
  assert.is(gated, 1 + 2 ** -23);
  assert.is(relu, Math.fround(0.823230504989624));
});

test('the data scale is folded: unscaled data encode as the trainer saw scaled ones', async () => {
  // The same data, 50 times larger: the same SAE up to that factor.
  const big: VectorSource = { ...source, load: async (s) => (await source.load(s)).map((v) => 50 * v) };
  const [a, b] = [await trainSae(engine, source, TOPK), await trainSae(engine, big, TOPK)];
  const x = (await source.load(0)).slice(0, 24 * 64);
  const [fa, fb] = [
    new LoadedSae(engine, a.config, a.tensors).encode(x, 64),
    new LoadedSae(engine, b.config, b.tensors).encode(
      x.map((v) => 50 * v),
      64,
    ),
  ];
  let error = 0;
  for (let i = 0; i < fa.length; i++) error = Math.max(error, Math.abs(fa[i] - fb[i]));
  assert.is(error, 2 ** -20, 'of latents up to 4.3');
  const rows = b.tensors.W_dec.data;
  const norm = Math.sqrt(rows.subarray(0, 24).reduce((s, v) => s + v * v, 0));
  assert.ok(Math.abs(norm * b.scale - 1) < 1e-7, 'a decoder row has norm 1/s outside');
});

test('bad settings and bad data end in a clear error or a defined result', async () => {
  const fails = async (options: Partial<TrainOptions>, message: RegExp, s = source) =>
    assert.match((await rejection(trainSae(engine, s, { ...TOPK, ...options }))).message, message);
  await fails({ k: 97 }, /larger than d_sae 96/);
  await fails({ k: 0 }, /at least 1/);
  await fails({ batch: 6001 }, /larger than the 6000/);
  await fails({ architecture: 'rleu' }, /closest: relu/);
  await fails({ lr: 0 }, /above 0/);
  const constant = (value: number): VectorSource => ({
    ...source,
    count: 512,
    shards: [512],
    load: async () => new Float32Array(512 * 24).fill(value),
  });
  for (const value of [0, 3]) {
    for (const options of ALL) {
      const r = await trainSae(engine, constant(value), { ...options, steps: 20 });
      assert.ok(
        filled(Object.values(r.tensors)).every((t) => filled(t.data).every(Number.isFinite)),
        `${options.architecture} on ${value}`,
      );
    }
  }
  const narrow = await trainSae(engine, source, { ...TOPK, dSae: 5, k: 5, steps: 20 });
  assert.is(narrow.tensors.W_enc.data.length, 24 * 5);
  await fails({ lr: 1e30 }, /training stopped at step \d+ .*smaller --lr/, {
    ...source,
    load: async (s) => (await source.load(s)).map((v) => v * 1e15),
  });
});

test.run();
