import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, trainSae } from '../../src/index.js';
import { LoadedSae } from '../../src/sae/inference.js';
import { evaluate } from '../../src/sae/metrics.js';
import { learningRate, ramp } from '../../src/sae/schedule.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { filled } from '../support/filled.js';
import { randomNormal } from '../support/random.js';

const test = suite('sae/metrics');
const engine = await init();

const rows = (data: Float32Array, d: number) =>
  matrixVectors({ label: 'x', hash: 'x', shape: [data.length / d, d], data }, 'all');

/** relu SAE with given weights; missing ones are zero. */
function sae(
  d: number,
  f: number,
  w: Partial<Record<'W_enc' | 'W_dec' | 'b_enc' | 'b_dec', Float32Array>>,
): LoadedSae {
  const t = (name: keyof typeof w, shape: number[]) => ({
    shape,
    data: w[name] ?? new Float32Array(shape.reduce((p, n) => p * n)),
  });
  return new LoadedSae(
    engine,
    { architecture: 'relu', dIn: d, dSae: f },
    { W_enc: t('W_enc', [d, f]), W_dec: t('W_dec', [f, d]), b_enc: t('b_enc', [f]), b_dec: t('b_dec', [d]) },
  );
}

/** [V, -V] reconstructs everything: f = relu(x), relu(-x). */
function perfect(d: number, gain = 1): LoadedSae {
  const [enc, dec] = [new Float32Array(d * 2 * d), new Float32Array(2 * d * d)];
  for (let j = 0; j < d; j++) {
    enc[j * 2 * d + j] = 1;
    enc[j * 2 * d + d + j] = -1;
    dec[j * d + j] = gain;
    dec[(d + j) * d + j] = -gain;
  }
  return sae(d, 2 * d, { W_enc: enc, W_dec: dec });
}

test('a complete dictionary has FVU 0, gamma 1, cosine 1; scaled by g it has gamma g', async () => {
  const x = randomNormal(700 * 6, 1);
  const m = await evaluate(perfect(6), rows(x, 6));
  assert.ok(m.fvu < 1e-12 && Math.abs(m.gamma - 1) < 1e-6 && Math.abs(m.cosine - 1) < 1e-6);
  assert.is(m.l0, 6);
  assert.is(m.deadFraction, 0);
  assert.is(m.vectors, 700);
  for (const g of [0.5, 2]) assert.ok(Math.abs((await evaluate(perfect(6, g), rows(x, 6))).gamma - g) < 1e-5);
});

test('predicting the mean has FVU 1, about the mean and not about zero, over the whole set', async () => {
  const x = randomNormal(600 * 5, 2).map((v, i) => v + 10 * (i % 5) + (i < 1500 ? 3 : -3));
  const mean = new Float32Array(5);
  for (let i = 0; i < x.length; i++) mean[i % 5] += x[i] / 600;
  const m = await evaluate(sae(5, 3, { b_dec: mean }), rows(x, 5));
  assert.ok(Math.abs(m.fvu - 1) < 1e-4, `FVU ${m.fvu}`);
  assert.is(m.l0, 0);
  assert.is(m.deadFraction, 1);
});

test('constant data: perfect is 0, anything else is 1, nothing is NaN', async () => {
  const x = new Float32Array(40).fill(2);
  assert.is((await evaluate(perfect(4), rows(x, 4))).fvu, 0);
  const m = await evaluate(sae(4, 2, {}), rows(x, 4));
  assert.is(m.fvu, 1);
  assert.ok(filled(Object.values(m)).every(Number.isFinite));
});

test('shrinkage: L1 pulls both sides in by lambda / 2, and no further', async () => {
  // x is 1 or 0 along one axis, equally often. Minimising (1-b-a)^2/2 + b^2/2 + lambda a/2 over the
  // latent's part a and the bias b gives b = lambda/2 and b + a = 1 - lambda/2. The data scale is
  // s = sqrt(4 / 0.5), so a coefficient of s/2 is lambda = 1/2 here.
  const data = Float32Array.from({ length: 512 * 4 }, (_, i) => (i % 8 === 0 ? 1 : 0));
  const l1 = Math.sqrt(8) / 2;
  const trained = await trainSae(engine, rows(data, 4), {
    architecture: 'relu',
    dSae: 8,
    l1,
    lr: 0.01,
    batch: 512,
    steps: 3000,
    seed: 1,
  });
  const out = new LoadedSae(engine, trained.config, trained.tensors);
  const xhat = out.decode(out.encode(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0), 2), 2);
  assert.ok(Math.abs(xhat[0] - 0.75) < 0.01 && Math.abs(xhat[4] - 0.25) < 0.01, `${xhat[0]} and ${xhat[4]}`);
});

test('schedules', () => {
  assert.is(learningRate(1, 0, 100, 0, 0.2), 1);
  assert.is(learningRate(1, 79, 100, 0, 0.2), 1);
  assert.is(learningRate(1, 90, 100, 0, 0.2), 0.5);
  assert.ok(learningRate(1, 99, 100, 0, 0.2) === 0.05);
  assert.is(learningRate(1, 4, 100, 0.1, 0), 0.5);
  assert.is(ramp(5, 0, 100, 0.05), 1);
  assert.is(ramp(5, 4, 100, 0.05), 5);
  assert.is(ramp(5, 50, 100, 0.05), 5);
  assert.is(ramp(5, 0, 100, 0), 5);
});

test.run();
