import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('i16_sae_prune');
const engines = await bothBuilds();

test('keeps, in order, what can be among the k largest; the threshold rises to a lower bound; no number, no bound', () => {
  const [n, k, d] = [20, 3, 8];
  const bounds = randomValues(n, 1).map((v) => 100 * v);
  const indices = Array.from({ length: n }, (_, i) => (7 * i) % n);
  const run = (upper: Float32Array) =>
    onBoth(engines, (g, core) => {
      const [values, ix, threshold] = [g.f32(upper, 'values'), g.i32(indices, 'indices'), g.f32([-1000])];
      const left = core.kernels.i16_sae_prune({
        values,
        indices: ix,
        n,
        k,
        inverseX: 1e-4,
        inverseW: g.f32(new Float32Array(n).fill(1e-3)),
        bias: g.f32(new Float32Array(n).fill(0.5)),
        d,
        threshold,
        scratch: g.alloc(4 * n, 'scratch'),
      });
      if (left < 0) return Float32Array.of(left);
      return Float32Array.from([
        left,
        core.f32(threshold, 1)[0],
        ...core.i32(ix, left),
        ...core.f32(values, left),
      ]);
    });
  const [left, threshold, ...rest] = run(bounds);
  const kth = [...bounds].sort((a, b) => b - a)[k - 1];
  // i_b i_f C is 0.03 here at most: the k-th lower bound lies below the k-th bound, but not far.
  assert.ok(threshold < kth && threshold > kth - 0.1, `${threshold} ${kth}`);
  const kept = [...bounds.keys()].filter((i) => bounds[i] >= threshold);
  assert.ok(kept.length >= k && kept.length < n);
  assert.is(left, kept.length);
  assert.equal(rest, [...kept.map((i) => indices[i]), ...kept.map((i) => bounds[i])]);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
    assert.equal([...run(bounds.map((v, i) => (i === 5 ? bad : v)))], [-1]);
});

test.run();
