// Whole training runs: they learn, they repeat bit for bit, they resume bit for bit.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { matrixVectors } from '../../src/activations/matrix.js';
import { type Engine, init, Rng, type TrainOptions, trainSae, type VectorSource } from '../../src/index.js';
import { CHECKPOINT_FILE } from '../../src/sae/checkpoint.js';
import { LoadedSae } from '../../src/sae/inference.js';
import { memoryStorage } from '../support/memory-storage.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/training');
const engine = await init();

/** Sparse non-negative combinations of `truth` unit directions, plus a constant. */
function planted(
  n: number,
  d: number,
  truth: number,
  active: number,
  seed: number,
): { source: VectorSource; directions: Float32Array } {
  const rng = new Rng(seed);
  const directions = randomNormal(truth * d, seed + 1);
  for (let i = 0; i < truth; i++) {
    const row = directions.subarray(i * d, (i + 1) * d);
    const norm = Math.sqrt(row.reduce((s, v) => s + v * v, 0));
    for (let j = 0; j < d; j++) row[j] /= norm;
  }
  const data = new Float32Array(n * d).fill(0.3);
  for (let s = 0; s < n; s++)
    for (let a = 0; a < active; a++) {
      const i = rng.below(truth);
      const strength = 1 + 2 * rng.uniform();
      for (let j = 0; j < d; j++) data[s * d + j] += strength * directions[i * d + j];
    }
  return {
    source: matrixVectors({ label: 'planted', hash: `planted${seed}`, shape: [n, d], data }, 'all'),
    directions,
  };
}

const { source, directions } = planted(6000, 24, 40, 2, 11);
const TOPK: TrainOptions = { architecture: 'topk', dSae: 96, k: 2, batch: 256, steps: 60, seed: 3 };
const RELU: TrainOptions = { architecture: 'relu', dSae: 96, l1: 1, batch: 256, steps: 60, seed: 3 };

const bytesOf = (r: { tensors: Record<string, { data: Float32Array }> }): string =>
  Object.entries(r.tensors)
    .map(
      ([name, t]) =>
        name + Buffer.from(t.data.buffer, t.data.byteOffset, t.data.byteLength).toString('base64'),
    )
    .join();

test('simd and scalar, and two runs of one seed, give the same bits; another seed does not', async () => {
  const scalar: Engine = await init({ build: 'scalar' });
  for (const options of [TOPK, RELU]) {
    const a = bytesOf(await trainSae(engine, source, options));
    assert.is(bytesOf(await trainSae(engine, source, options)), a);
    assert.is(bytesOf(await trainSae(scalar, source, options)), a);
    assert.is.not(bytesOf(await trainSae(engine, source, { ...options, seed: 4 })), a);
  }
});

test('interrupted and resumed equals uninterrupted, wherever it stopped', async () => {
  for (const options of [{ ...TOPK, deadAfter: 600 }, RELU]) {
    const whole = bytesOf(await trainSae(engine, source, options));
    for (const stop of [1, 7, 23, 59]) {
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

test('a planted dictionary is recovered, and the loss falls as it did when this test was written', async () => {
  const { config, tensors, log } = await trainSae(engine, source, { ...TOPK, steps: 600 });
  const { d_in, rows } = { d_in: config.dIn, rows: tensors.W_dec.data };
  let recovered = 0;
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
    if (best > 0.95) recovered++;
  }
  assert.ok(recovered >= 36, `${recovered} of 40 planted directions`);
  assert.ok(log[0].fvu > 0.3, `starts at ${log[0].fvu}`);
  assert.ok(log[log.length - 1].fvu < 0.03, `ends at ${log[log.length - 1].fvu}`);
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
  assert.ok(error < 1e-3, `latents differ by ${error}`);
  const rows = b.tensors.W_dec.data;
  const norm = Math.sqrt(rows.subarray(0, 24).reduce((s, v) => s + v * v, 0));
  assert.ok(Math.abs(norm * b.scale - 1) < 1e-4, 'a decoder row has norm 1/s outside');
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
    for (const options of [TOPK, RELU]) {
      const r = await trainSae(engine, constant(value), { ...options, steps: 20 });
      assert.ok(
        Object.values(r.tensors).every((t) => t.data.every(Number.isFinite)),
        `${options.architecture} on ${value}`,
      );
    }
  }
  const narrow = await trainSae(engine, source, { ...TOPK, dSae: 5, k: 5, steps: 20 });
  assert.is(narrow.tensors.W_enc.data.length, 24 * 5);
  await fails({ lr: 1e30 }, /training stopped at step \d+: loss .*use a smaller --lr/, {
    ...source,
    load: async (s) => (await source.load(s)).map((v) => v * 1e15),
  });
});

test.run();
