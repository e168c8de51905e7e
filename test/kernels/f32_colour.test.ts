import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_colour');
const engines = await bothBuilds();
const matrix = randomValues(9, 5);

const painted = (t: ArrayLike<number>) =>
  Float64Array.from(t, (_, i) => {
    if (i % 4 === 3) return 0;
    const [p, c] = [i - (i % 4), 3 * (i % 4)];
    const sum = matrix[c] * t[p] + matrix[c + 1] * t[p + 1] + matrix[c + 2] * t[p + 2];
    return 1 / (1 + Math.exp(-sum));
  });

test('colours and their gradient agree with f64, the gradient with finite differences', () => {
  for (const n of [1, 7]) {
    const t = randomValues(4 * n, 1).map((v) => 6 * v);
    const g = randomValues(4 * n, 2);
    const have = onBoth(engines, (guarded, core) => {
      const [m, rgb] = [guarded.f32(matrix, 'matrix'), guarded.alloc(16 * n, 'colours')];
      core.kernels.f32_colour({ t: guarded.f32(t, 'painted'), n, matrix: m, rgb });
      const by = guarded.f32(g, 'gradient');
      core.kernels.f32_colour_grad({ rgb, n, matrix: m, g: by });
      return Float32Array.of(...core.f32(rgb, 4 * n), ...core.f32(by, 4 * n));
    });
    assert.ok(relativeError(have.subarray(0, 4 * n), painted(t)) < 1e-6);
    const slopes = Float64Array.from(t, (_, i) => {
      const objective = (by: number) =>
        painted(Float64Array.from(t, (v, j) => v + (j === i ? by : 0))).reduce((s, v, j) => s + v * g[j], 0);
      return (objective(1e-5) - objective(-1e-5)) / 2e-5;
    });
    assert.ok(relativeError(have.subarray(4 * n), slopes) < 1e-6);
  }
});

test('far from the middle it is black or white, never NaN', () => {
  const have = onBoth(engines, (g, core) => {
    const rgb = g.alloc(16, 'colours');
    const ones = g.f32([1, 0, 0, 0, 1, 0, 0, 0, 1], 'matrix');
    core.kernels.f32_colour({ t: g.f32([-1e30, 1e30, 0, 9], 'painted'), n: 1, matrix: ones, rgb });
    return core.f32(rgb, 4);
  });
  assert.equal(have, Float32Array.of(0, 1, 0.5, 0));
});

test.run();
