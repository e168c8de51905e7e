// Re-initialisation of dead latents, running averages, schedules, annealing.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, resolveHyperparameters } from '../../src/index.js';
import { listParameters, readParameter, sizesOf } from '../../src/sae/memory.js';
import { AnnealedPower } from '../../src/sae/objectives/penalty.js';
import { architecture } from '../../src/sae/registry.js';
import { resampleDead } from '../../src/sae/resample.js';
import { afterResampling, resamplesAfter } from '../../src/sae/schedule.js';
import { allocFor, TrainingStep } from '../../src/sae/step.js';
import { filled } from '../support/filled.js';
import { randomNormal } from '../support/random.js';

const test = suite('sae/resample');
const engine = await init();
const [d, f, n] = [8, 12, 64];

function training(options: { ema?: number; resample?: number }) {
  const core = engine.acquire();
  const a = architecture('gated');
  const h = resolveHyperparameters(
    { architecture: 'gated', dSae: f, batch: n, steps: 100, seed: 3, ...options },
    d,
  );
  const step = new TrainingStep(core, a, h, allocFor(core, a, h, sizesOf(d, f)), n);
  listParameters(step.parameters).forEach((p, i) => {
    core.f32(p.ptr, p.size).set(randomNormal(p.size, i).map((v) => 0.3 * v));
  });
  step.start(new Float32Array(0), 0);
  core.f32(step.x, n * d).set(randomNormal(n * d, 50));
  return { core, h, step };
}

test('dead latents become badly reconstructed inputs; live ones and their moments stay', () => {
  const { core, h, step } = training({ resample: 10 });
  step.gradientsOf(0.1, 9 * n, 9, 100);
  step.apply(1e-3, 10);
  const dead = [2, 7];
  step.lastFired.fill(10 * n);
  for (const i of dead) step.lastFired[i] = 0;
  const before = readParameter(core, step.parameters.wDec);
  resampleDead(core, step, h, { step: 10, steps: 100, batch: n, seed: 3 });
  const [wDec, wEnc] = [readParameter(core, step.parameters.wDec), readParameter(core, step.parameters.wEnc)];
  const norm = (w: Float32Array, i: number) =>
    Math.sqrt(w.subarray(i * d, (i + 1) * d).reduce((s, v) => s + v * v, 0));
  const alive = [...Array(f).keys()].filter((i) => !dead.includes(i));
  const mean = alive.reduce((s, i) => s + norm(wEnc, i), 0) / alive.length;
  const bias = readParameter(core, step.parameters.bDec);
  const x = core.f32(step.x, n * d);
  for (const i of dead) {
    assert.ok(Math.abs(norm(wDec, i) - 1) < 1e-6);
    assert.ok(Math.abs(norm(wEnc, i) - 0.2 * mean) < 1e-6, `${norm(wEnc, i)} of ${mean}`);
    const row = wDec.subarray(i * d, (i + 1) * d);
    const inputs = Array.from({ length: n }, (_, s) => {
      const v = x.subarray(s * d, (s + 1) * d).map((e, j) => e - bias[j]);
      return v.reduce((sum, e, j) => sum + e * row[j], 0) / Math.sqrt(v.reduce((sum, e) => sum + e * e, 0));
    });
    assert.ok(Math.max(...inputs) > 0.99999, 'the direction of one of the inputs');
    assert.is(step.lastFired[i], 10 * n);
  }
  for (const group of [step.moments1, step.moments2])
    for (const p of filled(listParameters(group))) {
      if (p.name === 'b_dec') continue;
      const values = readParameter(core, p);
      const of = (i: number) => (p.rows === 1 ? [values[i]] : [...values.subarray(i * d, (i + 1) * d)]);
      for (const i of dead)
        assert.ok(
          filled(of(i)).every((v) => v === 0),
          p.name,
        );
    }
  for (const i of filled(alive))
    assert.equal(wDec.subarray(i * d, (i + 1) * d), before.subarray(i * d, (i + 1) * d), `latent ${i} stays`);
  core.dispose();
});

test('nothing happens between the fixed steps, or where nothing is dead', () => {
  const { core, h, step } = training({ resample: 10 });
  step.gradientsOf(0.1, 0, 0, 100);
  const before = readParameter(core, step.parameters.wDec);
  step.lastFired.fill(0);
  resampleDead(core, step, h, { step: 11, steps: 100, batch: n, seed: 3 });
  step.lastFired.fill(10 * n);
  resampleDead(core, step, h, { step: 10, steps: 100, batch: n, seed: 3 });
  assert.equal(readParameter(core, step.parameters.wDec), before);
  core.dispose();
});

test('resampling steps lie in the first half; the rate falls to a tenth and returns by a cosine', () => {
  assert.equal(
    Array.from({ length: 101 }, (_, t) => t).filter((t) => resamplesAfter(t, 100, 20)),
    [20, 40],
  );
  const factor = (t: number) => afterResampling(engine.math, t, 100, 20);
  assert.is(factor(19), 1);
  assert.ok(Math.abs(factor(20) - 0.1) < 1e-12);
  assert.ok(Math.abs(factor(30) - 0.55) < 1e-12);
  assert.ok(Math.abs(factor(40) - 0.1) < 1e-12);
  assert.ok(Math.abs(factor(99) - 1) < 1e-12);
});

test('the running average follows the weights, fast while it is young, and keeps unit decoder rows', () => {
  const { core, step } = training({ ema: 0.9 });
  let expected = readParameter(core, step.parameters.bDec);
  for (let t = 0; t < 30; t++) {
    step.gradientsOf(0.1, t * n, t, 100);
    step.apply(1e-2, t + 1);
    const rate = Math.max(0.1, 1 / (t + 2));
    const now = readParameter(core, step.parameters.bDec);
    expected = expected.map((v, j) => v + rate * (now[j] - v));
  }
  const average = step.result();
  const got = readParameter(core, average.bDec);
  assert.ok(filled(got).every((v, j) => Math.abs(v - expected[j]) < 1e-6));
  assert.not.equal(got, readParameter(core, step.parameters.bDec));
  const rows = readParameter(core, average.wDec);
  for (let i = 0; i < f; i++) {
    const norm = Math.sqrt(rows.subarray(i * d, (i + 1) * d).reduce((s, v) => s + v * v, 0));
    assert.ok(Math.abs(norm - 1) < 1e-6);
  }
  core.dispose();
});

test('annealing: p falls to its end after a tenth of the run; lambda keeps the penalty where it was', () => {
  const core = engine.acquire();
  const values = randomNormal(40, 1).map((v) => Math.abs(v) + 0.01);
  const value = core.put(values);
  const df = core.alloc32(40);
  const penalty = new AnnealedPower(core, 0.2);
  const steps = 1000;
  const seen: { loss: number; slope: number }[] = [];
  for (let t = 0; t < steps; t++) {
    core.f32(df, 40).fill(0);
    penalty.begin(t, steps);
    const loss = penalty.apply({ index: 0, value, df, entries: 40 }, 0.5);
    penalty.finish();
    seen.push({ loss, slope: core.f32(df, 40)[0] });
  }
  const sum = values.reduce((s, v) => s + v, 0);
  assert.ok(Math.abs(seen[0].loss / (0.5 * sum) - 1) < 1e-6, 'p is 1 at first');
  assert.is(seen[99].loss, seen[0].loss);
  // On constant activations the rescaled penalty never moves, whatever p is.
  for (const { loss } of filled(seen)) assert.ok(Math.abs(loss / seen[0].loss - 1) < 1e-5, `${loss}`);
  const powers = values.reduce((s, v) => s + v ** 0.2, 0);
  const last = (0.5 * sum * 0.2 * values[0] ** -0.8) / powers;
  assert.ok(Math.abs(seen[steps - 1].slope / last - 1) < 1e-4, 'p is p_end at the end');
  core.dispose();
});

test.run();
