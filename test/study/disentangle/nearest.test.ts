import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../../src/index.js';
import { nearestProbe } from '../../../src/study/disentangle/nearest.js';
import { addSlopes, answerOf, logitsOf } from '../../../src/study/disentangle/probes.js';
import { filled } from '../../support/filled.js';
import { randomNormal } from '../../support/random.js';

const test = suite('study/disentangle/nearest');
const { math } = await init();
const [n, width] = [60, 7];
const x = randomNormal(n * width, 1);
const rows = Int32Array.from({ length: n }, (_, i) => i);
const attribute = {
  name: 'a',
  classes: ['p', 'q', 'r', 'never seen'],
  labels: rows.map((i) => (i * i) % 3),
};
const probe = nearestProbe(x, width, rows, attribute);
const row = (from: Float32Array, i: number) => from.subarray(i * width, (i + 1) * width);
const cosine = (a: Float32Array, b: Float32Array) => {
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((v, j) => {
    ab += v * b[j];
    aa += v * v;
    bb += b[j] * b[j];
  });
  return ab / Math.sqrt(aa * bb);
};

test('the answer is the class of the nearest row, whatever its length', () => {
  const queries = randomNormal(40 * width, 2);
  for (let q = 0; q < 40; q++) {
    const values = row(queries, q).map((v) => 3 * v);
    let best = 0;
    for (let i = 1; i < n; i++) if (cosine(row(x, i), values) > cosine(row(x, best), values)) best = i;
    assert.is(answerOf(logitsOf(probe, values)), attribute.labels[best]);
  }
  for (const i of filled(rows)) assert.is(answerOf(logitsOf(probe, row(x, i))), attribute.labels[i]);
});

test('its gradient by finite differences', () => {
  const values = Float32Array.from(row(randomNormal(width, 9), 0));
  const [target, share] = [1, 0.5];
  const loss = (at: Float32Array) => {
    const logits = logitsOf(probe, at);
    const top = Math.max(...logits);
    const sum = logits.reduce((total, v) => total + math.exp(v - top), 0);
    return share * (math.log(sum) + top - logits[target]);
  };
  const by = new Float64Array(width);
  addSlopes(math, probe, { values, logits: logitsOf(probe, values) }, target, share, by);
  for (let j = 0; j < width; j++) {
    const [up, down] = [values.slice(), values.slice()];
    up[j] += 1e-3;
    down[j] -= 1e-3;
    const difference = (loss(up) - loss(down)) / (up[j] - down[j]);
    assert.ok(
      Math.abs(difference - by[j]) < 1e-3 * (1 + Math.abs(difference)),
      `${j}: ${by[j]}, not ${difference}`,
    );
  }
});

test.run();
