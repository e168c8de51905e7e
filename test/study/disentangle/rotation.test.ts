// Directions by Cayley's transform: orthonormal wherever their numbers are, with the slope of every number.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, UsageError } from '../../../src/index.js';
import { rotation } from '../../../src/study/disentangle/rotation.js';
import { relativeError } from '../../support/guarded.js';
import { randomNormal } from '../../support/random.js';

const test = suite('disentangle/rotation');
const engine = await init();

for (const [d, size] of [
  [1, 1],
  [6, 6],
  [96, 96],
  [6, 2],
  [6, 5],
  [96, 16],
]) {
  test(`${size} of ${d}: orthonormal to 1e-5, near the start and far from it`, () => {
    const turn = rotation(engine, d, size, 3);
    for (const scale of [0, 0.01, 1, 30]) {
      const rows = turn.rows(randomNormal(turn.count, 4).map((v) => scale * v));
      assert.is(rows.length, size * d);
      let worst = 0;
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
          let dot = 0;
          for (let k = 0; k < d; k++) dot += rows[i * d + k] * rows[j * d + k];
          worst = Math.max(worst, Math.abs(dot - (i === j ? 1 : 0)));
        }
      assert.ok(worst < 1e-5, `${scale}: ${worst}`);
    }
  });
}

for (const size of [6, 4, 1])
  test(`${size} of 6: the slope of every number`, () => {
    const turn = rotation(engine, 6, size, 7);
    const at = randomNormal(turn.count, 5).map((v) => 0.6 * v);
    const weights = randomNormal(size * 6, 6);
    const value = (p: Float32Array) => turn.rows(p).reduce((n, v, i) => n + v * weights[i], 0);
    const numeric = Float64Array.from(at, (v, i) => {
      const [high, low] = [Math.fround(v + 0.01), Math.fround(v - 0.01)];
      const moved = (to: number) => value(at.map((w, k) => (k === i ? to : w)));
      return (moved(high) - moved(low)) / (high - low);
    });
    turn.rows(at);
    const slopes = turn.gradient(weights);
    assert.is(slopes.length, size === 6 ? 15 : (6 - size) * size);
    assert.ok(relativeError(slopes, numeric) < 1e-3, `${relativeError(slopes, numeric)}`);
  });

test('seeds begin elsewhere; more directions than there are, or none, are refused', () => {
  const rows = [1, 2].map((seed) => rotation(engine, 6, 6, seed).rows(new Float32Array(15)));
  assert.not.equal(rows[0], rows[1]);
  for (const size of [0, 7, 1.5])
    assert.throws(
      () => rotation(engine, 6, size, 0),
      (e: Error) => e instanceof UsageError && e.message.includes('from 1 to the width 6'),
    );
});

test.run();
