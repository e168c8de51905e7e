import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { groundTruth, init, LoadedSae, Rng, type Split, type Truth } from '../../src/index.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/truth');
const engine = await init();

/** n vectors of d orthogonal features: x is the activations themselves, each 1 or 2 where active. */
function axes(n: number, d: number, rate = 0.4): { x: Float32Array; truth: Truth } {
  const rng = new Rng(n + d);
  const x = Float32Array.from({ length: n * d }, () => (rng.uniform() < rate ? 1 + rng.below(2) : 0));
  return { x, truth: truthOf(x, n, d) };
}

function truthOf(x: Float32Array, n: number, d: number): Truth {
  const start = new Int32Array(n + 1);
  const [index, value]: number[][] = [[], []];
  x.forEach((v, i) => {
    if (v > 0) {
      index.push(i % d);
      value.push(v);
    }
    start[Math.floor(i / d) + 1] = index.length;
  });
  const directions = Float32Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0));
  return {
    features: d,
    dIn: d,
    vectors: n,
    directions,
    start,
    index: Int32Array.from(index),
    value: Float32Array.from(value),
  };
}

/** Latent l reads axis of[l] (with its sign and bias) and writes along it. -1: a dead latent of zeros. */
function sae(d: number, of: number[], options: { sign?: number; bias?: number[] } = {}): LoadedSae {
  const f = of.length;
  const [enc, dec] = [new Float32Array(d * f), new Float32Array(f * d)];
  of.forEach((axis, latent) => {
    if (axis < 0) return;
    enc[axis * f + latent] = 1;
    dec[latent * d + axis] = 3 * (options.sign ?? 1);
  });
  return new LoadedSae(
    engine,
    { architecture: 'relu', dIn: d, dSae: f },
    {
      W_enc: { shape: [d, f], data: enc },
      W_dec: { shape: [f, d], data: dec },
      b_enc: { shape: [f], data: Float32Array.from(options.bias ?? of.map(() => 0)) },
      b_dec: { shape: [d], data: new Float32Array(d) },
    },
  );
}

const source = (x: Float32Array, d: number, split: Split = 'all') =>
  matrixVectors({ label: 'x', hash: 'x', shape: [x.length / d, d], data: x }, split);

test('an SAE that has every feature in some order scores 1, and so with directions turned round', async () => {
  const { x, truth } = axes(700, 5);
  for (const sign of [1, -1])
    assert.equal(await groundTruth(engine, sae(5, [3, 0, 4, 1, 2], { sign }), source(x, 5), truth), {
      mcc: 1,
      uniqueness: 1,
      f1: 1,
    });
});

test('missing features cost MCC; two latents of one feature, and dead ones, cost uniqueness', async () => {
  const { x, truth } = axes(300, 4);
  assert.equal(await groundTruth(engine, sae(4, [2, 0]), source(x, 4), truth), {
    mcc: 0.5,
    uniqueness: 1,
    f1: 1,
  });
  const double = await groundTruth(engine, sae(4, [0, 1, 2, 3, 3]), source(x, 4), truth);
  assert.equal(double, { mcc: 1, uniqueness: 3 / 5, f1: 1 });
  const dead = await groundTruth(engine, sae(4, [0, 1, 2, 3, -1]), source(x, 4), truth);
  assert.equal(dead, { mcc: 1, uniqueness: 4 / 5, f1: 1 });
});

test('F1 by hand: a latent that misses half, and one that fires always', async () => {
  // Axis 0: active (1, 2, 1, 2) of 6; a bias of -1.5 sees the twos. Axis 1: active twice; its latent always fires.
  const x = Float32Array.of(1, 1, 2, 0, 1, 1, 2, 0, 0, 0, 0, 0);
  const truth = truthOf(x, 6, 2);
  const { f1 } = await groundTruth(engine, sae(2, [0, 1], { bias: [-1.5, 1] }), source(x, 2), truth);
  // (2 * 2 / (4 + 2) + 2 * 2 / (2 + 6)) / 2
  assert.ok(Math.abs(f1 - (4 / 6 + 4 / 8) / 2) < 1e-12, `${f1}`);
});

test('a pair that is silent on both sides is left out; one that fires on nothing counts 0', async () => {
  const x = Float32Array.of(1, 0, 2, 0, 1, 0);
  const truth = truthOf(x, 3, 2);
  assert.is((await groundTruth(engine, sae(2, [0, 1]), source(x, 2), truth)).f1, 1);
  assert.is((await groundTruth(engine, sae(2, [0, 1], { bias: [0, 1] }), source(x, 2), truth)).f1, 0.5);
  assert.is((await groundTruth(engine, sae(2, [-1, -1]), source(x, 2), truth)).f1, 0);
});

test('the held-out and training rows meet their own truth', async () => {
  const { x, truth } = axes(1500, 3);
  for (const split of ['train', 'heldout'] as const) {
    const part = source(x, 3, split);
    assert.ok(part.count < 1500);
    assert.is((await groundTruth(engine, sae(3, [0, 1, 2]), part, truth)).f1, 1, split);
  }
});

test('truth of another size is refused', async () => {
  const { x } = axes(200, 3);
  const refused = async (s: LoadedSae, of: Truth, message: RegExp) =>
    assert.match((await rejection(groundTruth(engine, s, source(x, 3), of))).message, message);
  await refused(sae(3, [0]), axes(199, 3).truth, /199 vectors.*have 200/);
  await refused(sae(3, [0]), axes(200, 4).truth, /width 4 do not fit this SAE of d_in 3/);
});

test.run();
