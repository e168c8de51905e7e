import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { destination, source } from '../../src/bench/kernel.js';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_lrn_grad');
const engines = await bothBuilds();

const RULES = [
  ['inception5h', 5, 2, 1e-4, 0.5],
  ['Caffe', 2, 1, 1e-4 / 5, 0.75],
] as const;

for (const [name, radius, bias, alpha, beta] of RULES) {
  const window = (x: ArrayLike<number>, c: number, f: (j: number) => number): number => {
    let sum = 0;
    for (let j = Math.max(0, c - radius); j <= Math.min(x.length - 1, c + radius); j++) sum += f(j);
    return sum;
  };
  const normalised = (x: ArrayLike<number>, c: number): number =>
    x[c] / (bias + alpha * window(x, c, (j) => x[j] ** 2)) ** beta;

  test(`${name}: agrees with f64 and between builds, in place of the gradient too`, () => {
    const rng = new Rng(6);
    for (const channels of [4, 8, 12, 64])
      for (const [h, w] of [
        [1, 1],
        [2, 3],
      ]) {
        const n = h * w * channels;
        const data = Float32Array.from({ length: n }, () => (rng.uniform() - 0.5) * 400);
        const grad = randomValues(n, 7);
        const have = onBoth(engines, (g, core) => {
          const dst = g.alloc(4 * n, 'result');
          const scratch = g.alloc(core.kernels.f32_lrn_grad_scratch(channels), 'scratch');
          const rest = { height: h, width: w, channels, radius, bias, alpha, scratch };
          const by = (ptr: number) => ({ grad: ptr, gradPixel: 4 * channels, gradRow: 4 * channels * w });
          const from = source(g.f32(data, 'source'), w, channels);
          core.kernels.f32_lrn_grad({
            ...from,
            ...by(g.f32(grad)),
            ...destination(dst, w, channels),
            ...rest,
          });
          const out = core.f32(dst, n).slice();
          const same = g.f32(grad, 'in place');
          core.kernels.f32_lrn_grad({ ...from, ...by(same), ...destination(same, w, channels), ...rest });
          assert.equal(core.f32(same, n).slice(), out);
          return out;
        });
        const want = Array.from(have, (_, i) => {
          const [p, c] = [Math.floor(i / channels), i % channels];
          const x = data.subarray(p * channels, (p + 1) * channels);
          const g = grad.subarray(p * channels, (p + 1) * channels);
          const s = (j: number) => bias + alpha * window(x, j, (k) => x[k] ** 2);
          return (
            g[c] / s(c) ** beta -
            2 * alpha * beta * x[c] * window(x, c, (j) => (g[j] * x[j]) / s(j) ** (beta + 1))
          );
        });
        assert.ok(relativeError(have, want) < 2e-6, `${h}x${w}x${channels}: ${relativeError(have, want)}`);
        for (const c of [0, channels - 1]) {
          const objective = (by: number) => {
            const x = Float64Array.from(data.subarray(0, channels));
            x[c] += by;
            return x.reduce((sum, _, j) => sum + grad[j] * normalised(x, j), 0);
          };
          const slope = (objective(1e-3) - objective(-1e-3)) / 2e-3;
          assert.ok(Math.abs(slope - want[c]) < 1e-6, `${slope} and ${want[c]}`);
        }
      }
  });
}

test.run();
