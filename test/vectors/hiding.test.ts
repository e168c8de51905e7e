import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hidingMatrix, init, Rng, UsageError } from '../../src/index.js';
import { hide, hidingText, pairsOf } from '../../src/vectors/hiding.js';

const test = suite('vectors/hiding');
const engines = [await init({ build: 'simd' }), await init({ build: 'scalar' })];
const [{ math }] = engines;

test('a rotation keeps lengths and angles, a projection has unit rows', () => {
  const q = hidingMatrix(math, 12, { kind: 'rotate', width: 12, seed: 3 });
  const p = hidingMatrix(math, 12, { kind: 'project', width: 5, seed: 3 });
  for (let i = 0; i < 12; i++) {
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      for (let k = 0; k < 12; k++) dot += q[i * 12 + k] * q[j * 12 + k];
      assert.ok(Math.abs(dot - Number(i === j)) < 1e-6, `${i}.${j}`);
    }
    let square = 0;
    for (let k = 0; k < 5; k++) square += p[i * 5 + k] ** 2;
    assert.ok(Math.abs(square - 1) < 1e-6);
  }
  assert.not.equal(hidingMatrix(math, 12, { kind: 'rotate', width: 12, seed: 4 })[0], q[0]);
});

test('sums of pairs: every axis of two neurons, every neuron in two, and nothing is lost', () => {
  for (const n of [3, 5, 10, 11, 12, 96]) {
    const p = hidingMatrix(math, n, { kind: 'pairs', width: n, seed: 1 });
    const pairs = pairsOf(p, n);
    for (const [axis, [own, other]] of pairs.entries()) {
      assert.is(own, axis);
      for (let j = 0; j < n; j++)
        assert.is(p[j * n + axis], j === own || j === other ? Math.fround(Math.SQRT1_2) : 0);
    }
    assert.is(new Set(pairs.map(([, other]) => other)).size, n, 'each is the other of one');
    // Round an odd circle x_k = (s_k - s_p(k) + s_p(p(k)) - ...) / sqrt 2.
    const x = Float64Array.from({ length: n }, (_, i) => i + 1);
    const sums = pairs.map(([a, b]) => (x[a] + x[b]) * Math.SQRT1_2);
    for (let k = 0; k < n; k++) {
      let [value, sign, at] = [0, 1, k];
      do {
        value += (sign * sums[at]) / Math.SQRT2;
        sign = -sign;
        at = pairs[at][1];
      } while (at !== k);
      assert.is(sign, -1, 'an odd circle');
      assert.ok(Math.abs(value - x[k]) < 1e-9, `${n}: neuron ${k}`);
    }
  }
  for (const n of [1, 2, 4, 7])
    assert.throws(
      () => hidingMatrix(math, n, { kind: 'pairs', width: n, seed: 1 }),
      /cannot be summed in pairs/,
    );
});

test('x P, the same bits in simd and scalar, whatever the chunks', () => {
  const [n, neurons, width] = [1100, 10, 7];
  const rng = new Rng(1);
  const x = Float32Array.from({ length: n * neurons }, () => rng.uniform() - 0.5);
  const matrix = hidingMatrix(math, neurons, { kind: 'project', width, seed: 0 });
  const results = engines.map((engine) => {
    const core = engine.acquire();
    const y = hide(core, x, matrix, width);
    const tail = hide(core, x.subarray(1000 * neurons), matrix, width);
    core.dispose();
    assert.equal(tail, y.subarray(1000 * width));
    return y;
  });
  assert.equal(results[0], results[1]);
  for (let i = 0; i < n; i += 97)
    for (let j = 0; j < width; j++) {
      let dot = 0;
      for (let k = 0; k < neurons; k++) dot += x[i * neurons + k] * matrix[k * width + j];
      assert.ok(Math.abs(results[0][i * width + j] - dot) < 1e-6, `${i}.${j}`);
    }
});

test('widths that do not fit are refused', () => {
  for (const [kind, width] of [
    ['rotate', 11],
    ['pairs', 11],
    ['project', 12],
    ['project', 0],
    ['project', 2.5],
  ] as const)
    assert.throws(
      () => hidingMatrix(math, 12, { kind, width, seed: 0 }),
      (e: unknown) => e instanceof UsageError,
      `${kind} ${width}`,
    );
  assert.is(hidingText({ kind: 'project', width: 5, seed: 7 }), 'project 5, seed 7');
});

test.run();
