// Neurons that are sums of known features, under an autoencoder that has the true ones.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hidingMatrix, init, LoadedSae, matrixVectors, Rng, trainSae } from '../../../src/index.js';
import { decompose } from '../../../src/study/decompose/decompose.js';
import { plantedPairs, pointedTo } from '../../../src/study/decompose/planted.js';
import { mergedCount, tunedAlike } from '../../../src/study/decompose/tuning-groups.js';
import { pairsOf } from '../../../src/vectors/hiding.js';
import { randomRotation } from '../../../src/vectors/random-directions.js';

const test = suite('study/decompose');
const engine = await init();
const { math } = engine;
const [d, f, n] = [6, 4, 3000];

/** Rows of features: neuron 0 has two of them, 1 one, 2 the third and a little of the first, 3 all alike, 4 and 5 none. */
const W = Float32Array.from(
  [
    [0.8, 0, 0.05, 0.5, 0, 0],
    [0.6, 0, 0, 0.5, 0, 0],
    [0, 1, 0, 0.5, 0, 0],
    [0, 0, 1, 0.5, 0, 0],
  ].flatMap((row) => row.map((v) => v / Math.hypot(...row))),
);
const transposed = Float32Array.from({ length: d * f }, (_, i) => W[(i % f) * d + Math.floor(i / f)]);

/** Vectors have one feature each, and rows are of length 1: the largest of W x is the one, and its activation. */
function trueSae(): LoadedSae {
  return new LoadedSae(
    engine,
    { architecture: 'topk', dIn: d, dSae: f, k: 1 },
    {
      W_enc: { shape: [d, f], data: transposed },
      W_dec: { shape: [f, d], data: W },
      b_enc: { shape: [f], data: new Float32Array(f) },
      b_dec: { shape: [d], data: new Float32Array(d) },
    },
  );
}

/** Vectors of one feature each, and what each has: [n] of feature and activation. */
const rng = new Rng(3);
const which = Array.from({ length: n }, () => rng.below(f));
const strength = Float32Array.from({ length: n }, () => 0.5 + rng.uniform());
const vectors = new Float32Array(n * d);
for (let i = 0; i < n; i++)
  for (let k = 0; k < d; k++) vectors[i * d + k] = strength[i] * W[which[i] * d + k];
const neurons = new Float32Array(d * d);
for (let i = 0; i < d; i++) neurons[i * d + i] = 1;
const never = () => false;

test('shares are those of what was put in: over all, level by level, and nothing of the silent', () => {
  const sae = trueSae();
  const [two, one, third, all, silent] = decompose(engine, sae, vectors, neurons, never);
  const expected = (neuron: number) => {
    const sums = new Array(f).fill(0);
    for (let i = 0; i < n; i++) sums[which[i]] += strength[i] * W[which[i] * d + neuron];
    const total = sums.reduce((a, b) => a + b, 0);
    return sums.map((s) => s / total);
  };
  for (const [neuron, got] of [two, one, third, all].entries()) {
    const want = expected(neuron);
    for (const part of got.parts) {
      assert.ok(Math.abs(part.share - want[part.feature]) < 1e-5, `${neuron}: ${part.share}`);
      assert.is(part.weight, W[part.feature * d + neuron]);
    }
    assert.ok(Math.abs(got.parts.reduce((s, p) => s + p.share, 0) - 1) < 1e-5);
    for (let level = 0; level < 5; level++)
      assert.ok(Math.abs(got.parts.reduce((s, p) => s + p.levelShares[level], 0) - 1) < 1e-5);
    assert.ok(got.explained! > 0.9999);
    assert.is(got.bias, 0);
  }
  assert.equal(
    [two, one, third, all].map((g) => g.polysemanticity),
    [2, 1, 1, 4],
  );
  assert.equal(
    [silent.fires, silent.parts.length, silent.polysemanticity, silent.explained],
    [0, 0, 0, null],
  );
  // Of neuron 0 the first feature writes more: it owns the top.
  assert.is(two.parts[0].feature, 0);
  assert.ok(two.parts[0].topShare > 0.99 && two.parts[0].levelShares[0] < two.parts[0].levelShares[4]);
  assert.is(two.fires, which.filter((w) => w < 2).length);
  sae.dispose();
});

test('features tuned alike count once; a rotated basis takes more', () => {
  const sae = trueSae();
  const alike = (a: number, b: number) => a < 2 && b < 2;
  assert.is(decompose(engine, sae, vectors, neurons, alike)[0].polysemanticity, 1);
  // Every axis of it has a part of all four.
  const rotated = decompose(engine, sae, vectors, randomRotation(math, new Rng(1), d), never);
  const [one, several] = [decompose(engine, sae, vectors, neurons, never), rotated].map((basis) =>
    basis.flatMap(({ parts }) => parts.length || []),
  );
  const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length;
  assert.ok(mean(several) > mean(one), `${several} parts, ${one}`);
  sae.dispose();
});

test('sums of two known neurons under an autoencoder of the neurons: both are found, those of other sums are not', () => {
  const [neurons, count] = [12, 2000];
  const matrix = hidingMatrix(math, neurons, { kind: 'pairs', width: neurons, seed: 2 });
  const turned = Float32Array.from(
    { length: neurons ** 2 },
    (_, i) => matrix[(i % neurons) * neurons + Math.floor(i / neurons)],
  );
  const truth = new LoadedSae(
    engine,
    { architecture: 'topk', dIn: neurons, dSae: neurons, k: 1 },
    {
      W_enc: { shape: [neurons, neurons], data: turned },
      W_dec: { shape: [neurons, neurons], data: matrix },
      b_enc: { shape: [neurons], data: new Float32Array(neurons) },
      b_dec: { shape: [neurons], data: new Float32Array(neurons) },
    },
  );
  const x = new Float32Array(count * neurons);
  for (let i = 0; i < count; i++) {
    const [neuron, a] = [rng.below(neurons), 1 + rng.uniform()];
    for (let k = 0; k < neurons; k++) x[i * neurons + k] = a * matrix[neuron * neurons + k];
  }
  const eye = Float32Array.from({ length: neurons ** 2 }, (_, i) => Number(i % (neurons + 1) === 0));
  const pointed = pointedTo(matrix, matrix, neurons);
  assert.equal(
    [...pointed],
    Array.from({ length: neurons }, (_, i) => i),
  );
  const name = (n: number) => (n < 0 ? null : `n${n}`);
  const pairs = pairsOf(matrix, neurons);
  const units = decompose(engine, truth, x, eye, never).map(({ parts }, unit) => ({
    pair: pairs[unit].map((n) => `n${n}`) as [string, string],
    parts: parts.map(({ feature, share }) => ({ share, neuron: name(pointed[feature]) })),
  }));
  const found = plantedPairs(units);
  assert.equal([found.units, found.both, found.one, found.none], [neurons, neurons, 0, 0]);
  assert.ok(Math.abs(found.share - 1) < 1e-5);
  assert.equal(found.chance, { both: 0, one: 0, share: 0 });
  const lost = plantedPairs(units.map(({ pair, parts }) => ({ pair, parts: parts.slice(1) })));
  assert.equal([lost.both, lost.one], [0, neurons]);
  assert.equal([...pointedTo(Float32Array.of(1, 1, 0, 0), Float32Array.of(1, 0, 0, 1), 2)], [-1, -1]);
  truth.dispose();
});

test('sums of two sparse neurons come apart under an autoencoder that was trained on them', async () => {
  const [n, rows] = [24, 8000];
  const matrix = hidingMatrix(math, n, { kind: 'pairs', width: n, seed: 4 });
  const x = new Float32Array(rows * n);
  for (let i = 0; i < rows; i++)
    for (let a = 0; a < 3; a++) {
      const [neuron, by] = [rng.below(n), 0.5 + rng.uniform()];
      for (let k = 0; k < n; k++) x[i * n + k] += by * matrix[neuron * n + k];
    }
  const source = matrixVectors({ label: 'sums', hash: 'sums', shape: [rows, n], data: x }, 'all');
  const options = { architecture: 'topk', dSae: 48, k: 3, batch: 256, steps: 400, seed: 0, lr: 3e-3 };
  const { config, tensors } = await trainSae(engine, source, options);
  const trained = new LoadedSae(engine, config, tensors);
  const pointed = pointedTo(tensors.W_dec.data, matrix, n);
  const eye = Float32Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));
  const pairs = pairsOf(matrix, n);
  const units = decompose(engine, trained, x.subarray(0, 2000 * n), eye, never).map(({ parts }, unit) => ({
    pair: pairs[unit].map(String) as [string, string],
    parts: parts.map(({ feature, share }) => ({
      share,
      neuron: pointed[feature] < 0 ? null : String(pointed[feature]),
    })),
  }));
  const found = plantedPairs(units);
  assert.ok(found.both > 0.8 * n && found.chance.both < 0.1 * n, JSON.stringify(found));
  assert.ok(found.share > 0.7 && found.share > 5 * found.chance.share, JSON.stringify(found));
  trained.dispose();
});

test('groups: by curve, by decoder row, or not at all', () => {
  const curve = (deg: number) =>
    Float32Array.from({ length: 72 }, (_, i) =>
      math.exp(4 * (math.cos(((5 * i - deg) * Math.PI) / 180) - 1)),
    );
  const decoder = { data: Float32Array.of(1, 0, 0, 1, 0.99, 0.05, 0.7, 0.7), d: 2 };
  const alike = tunedAlike(math, [curve(40), curve(45), new Float32Array(72), curve(200)], decoder);
  assert.is(alike(0, 1), true, 'curves five degrees apart');
  assert.is(alike(0, 2), true, 'rows that point the same way, deaf to curves');
  assert.is(alike(0, 3), false);
  assert.is(alike(2, 1), false, 'deaf to curves, another row');
  const shares = [0.5, 0.3, 0.15, 0.05].map((share, feature) => ({ feature, share }));
  assert.is(mergedCount(shares, never), 3);
  assert.is(mergedCount(shares, alike), 1);
  assert.is(mergedCount([{ feature: 0, share: -1 }], never), 0);
});

test.run();
