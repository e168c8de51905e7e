// Schedules and constraints as they act on the weights of real runs, not as functions alone.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSafetensors } from '../../src/formats/safetensors.js';
import type { Storage } from '../../src/formats/storage.js';
import { init, type TrainOptions, trainSae } from '../../src/index.js';
import { CHECKPOINT_FILE } from '../../src/sae/checkpoint.js';
import { LoadedSae } from '../../src/sae/inference.js';
import { readParameter, sizesOf, writeParameter } from '../../src/sae/memory.js';
import { evaluate } from '../../src/sae/metrics.js';
import { architecture, architectures } from '../../src/sae/registry.js';
import { resolveHyperparameters } from '../../src/sae/settings.js';
import { allocFor, TrainingStep } from '../../src/sae/step.js';
import { filled } from '../support/filled.js';
import { memoryStorage } from '../support/memory-storage.js';
import { planted } from '../support/planted.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/schedules');
const engine = await init();
const { source } = planted(800, 8, 12, 2, 5);
const RELU: TrainOptions = { architecture: 'relu', dSae: 16, l1: 1, batch: 800, steps: 40, seed: 1 };

/** Largest change of a weight of W_enc in each step. */
async function movements(options: TrainOptions): Promise<number[]> {
  const inner = memoryStorage();
  const weights: Float32Array[] = [];
  const storage: Storage = {
    ...inner,
    write: async (name, data) => {
      await inner.write(name, data);
      if (name === CHECKPOINT_FILE)
        weights.push(
          parseSafetensors(await inner.read(name), name)
            .tensors.get('parameters.W_enc')!
            .f32(),
        );
    },
  };
  await trainSae(engine, source, options, { storage, checkpointEvery: 1 });
  return weights.slice(1).map((w, t) => w.reduce((m, v, i) => Math.max(m, Math.abs(v - weights[t][i])), 0));
}

test('the rate rises at first and falls to almost nothing at the end, in the weights themselves', async () => {
  // Adam moves a weight by about the rate. movement[t] is that of step t + 2 of 40.
  const m = await movements({ ...RELU, lr: 1e-3, lrWarmup: 0.5, lrDecay: 0.25 });
  assert.ok(m[0] < 0.25 * m[18], `${m[0]} at the start, ${m[18]} in the middle`);
  assert.ok(m[37] < 0.35 * m[25], `${m[37]} at the end, ${m[25]} in the middle`);
  const steady = await movements({ ...RELU, lr: 1e-3, lrWarmup: 0, lrDecay: 0 });
  assert.ok(steady[37] > 0.5 * steady[18], 'without a decay it goes on');
});

test('the sparsity coefficient rises over its warm-up and stays', async () => {
  // With a rate of almost nothing and one batch of all vectors, the loss grows by the penalty alone.
  const { log } = await trainSae(engine, source, { ...RELU, lr: 1e-12, l1: 8, l1Warmup: 0.5 });
  const bare = await trainSae(engine, source, { ...RELU, lr: 1e-12, l1: 0 });
  const penalty = log.map((p, t) => p.loss - bare.log[t].loss);
  for (let t = 0; t < 20; t++) {
    const expected = (penalty[19] * (t + 1)) / 20;
    assert.ok(Math.abs(penalty[t] / expected - 1) < 1e-4, `step ${t + 1}`);
  }
  assert.ok(Math.abs(penalty[39] / penalty[19] - 1) < 1e-4);
});

test('a decoder of unit norm has unit rows, one a latent, and not unit columns', async () => {
  for (const { name, unitDecoder } of architectures()) {
    if (!unitDecoder) continue;
    const { tensors, scale } = await trainSae(engine, source, {
      architecture: name,
      dSae: 16,
      batch: 200,
      steps: 30,
      seed: 2,
    });
    const w = tensors.W_dec.data.map((v) => v * scale);
    const norm = (at: (i: number) => number, n: number) =>
      Math.sqrt(Array.from({ length: n }, (_, i) => w[at(i)] ** 2).reduce((s, v) => s + v, 0));
    for (let f = 0; f < 16; f++)
      assert.ok(Math.abs(norm((j) => f * 8 + j, 8) - 1) < 1e-5, `${name}, row ${f}`);
    assert.ok(
      Array.from({ length: 8 }, (_, j) => norm((f) => f * 8 + j, 16)).some((v) => Math.abs(v - 1) > 0.05),
      name,
    );
  }
});

test('thresholds move by steps far below what half precision can tell apart', async () => {
  const options: TrainOptions = { ...RELU, architecture: 'jumprelu', lr: 1e-6, steps: 1 };
  const { tensors } = await trainSae(engine, source, options);
  const moved = tensors.threshold.data.map((t) => Math.abs(t - Math.fround(0.1)));
  const most = moved.reduce((m, v) => Math.max(m, v), 0);
  // Near 0.1, bf16 has steps of 5e-4 and f16 of 6e-5.
  assert.ok(most > 0.5e-6 && most < 2e-6, `${most}`);
});

test('thresholds stay at 0 or above: below, training would use latents that the exported SAE does not', () => {
  const [d, f, n] = [8, 16, 64];
  const core = engine.acquire();
  const a = architecture('jumprelu');
  const options = { architecture: 'jumprelu', dSae: f, batch: n, steps: 100, seed: 0, threshold: 0.01 };
  const h = resolveHyperparameters(options, d);
  const step = new TrainingStep(core, a, h, allocFor(core, a, h, sizesOf(d, f)), n);
  const { wEnc, wDec, bEnc, extra } = step.parameters;
  for (const w of [wEnc, wDec])
    writeParameter(
      core,
      w,
      randomNormal(f * d, 1).map((v) => 0.1 * v),
    );
  writeParameter(core, bEnc, new Float32Array(f).fill(-3)); // far from firing
  step.start(new Float32Array(0), 0);
  core.f32(step.x, n * d).set(randomNormal(n * d, 2));
  // All are dead: the term for dead latents lowers each threshold by the rate, were it not for the bound.
  step.gradientsOf(0, 1e9, 0, 100);
  assert.ok(filled(readParameter(core, step.gradients.extra.threshold)).every((g) => g > 0));
  step.apply(0.05, 1);
  assert.equal([...readParameter(core, extra.threshold)], new Array(f).fill(0));
  core.dispose();
});

test('a penalty that silences every latent ends in a defined SAE: nothing fires, nothing is NaN', async () => {
  for (const architecture of ['relu', 'relu-unit', 'panneal', 'gated', 'jumprelu']) {
    const options = { ...RELU, architecture, l1: 1e5, lr: 0.05, steps: 300, l1Warmup: 0 };
    const { config, tensors, log } = await trainSae(engine, source, options);
    const last = log[log.length - 1];
    assert.is(last.l0, 0, architecture);
    assert.is(last.dead, 16);
    const sae = new LoadedSae(engine, config, tensors);
    const m = await evaluate(sae, source);
    assert.is(m.deadFraction, 1);
    assert.is(m.l0, 0);
    assert.ok(filled(Object.values(m)).every(Number.isFinite), JSON.stringify(m));
    sae.dispose();
  }
});

test('settings that cannot be are refused before any work', async () => {
  const fails = async (options: Partial<TrainOptions>, message: RegExp) =>
    assert.match((await rejection(trainSae(engine, source, { ...RELU, ...options }))).message, message);
  await fails({ lrWarmup: 1.5 }, /learning rate's warm-up must be a share of the run, 0 to 1, not 1.5/);
  await fails({ lrDecay: -0.1 }, /decay must be a share/);
  await fails({ l1Warmup: Number.NaN }, /sparsity coefficient's warm-up must be a share/);
  await fails({ clip: -1 }, /largest norm must not be negative/);
  await fails({ deadAfter: 0 }, /dead after 1 silent vector or more/);
  await fails({ steps: 1.5 }, /steps must be a whole number/);
  await fails({ batch: 0 }, /batch must be a whole number/);
  await fails({ lr: Number.POSITIVE_INFINITY }, /above 0/);
  await fails({ auxK: 3 }, /no setting 'auxK'/);
  const topk = { architecture: 'topk', l1: undefined };
  await fails({ ...topk, auxK: 1.5 }, /auxK must be a whole number/);
  await fails({ ...topk, multiK: -1 }, /multiK must be a whole number/);
  await fails({ ...topk, auxCoefficient: -1 }, /AuxK must not be negative/);
  await fails({ architecture: 'jumprelu', threshold: -1 }, /start at 0 or above/);
  await fails({ architecture: 'archetypal', l1: undefined, resample: 5 }, /archetypal has no resampling/);
});

test.run();
