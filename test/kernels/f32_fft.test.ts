import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_fft');
const engines = await bothBuilds();

/** Real parts, then imaginary ones. */
const transformed = (re: Float32Array, im: Float32Array, n: number, m: number, backwards: number) =>
  onBoth(engines, (g, core) => {
    const angle = (j: number) => (2 * Math.PI * j) / n;
    const roots = Array.from({ length: 2 * n }, (_, j) =>
      j < n ? core.math.cos(angle(j)) : core.math.sin(angle(j - n)),
    );
    const [r, i] = [g.f32(re, 'real'), g.f32(im, 'imaginary')];
    const scratch = g.alloc(8 * n * m, 'scratch');
    core.kernels.f32_fft({ re: r, im: i, n, m, roots: g.f32(roots, 'roots'), backwards, scratch });
    return Float32Array.of(...core.f32(r, n * m), ...core.f32(i, n * m));
  });

for (const backwards of [0, 1])
  test(`every length from 1 to 40 and some longer, ${backwards ? 'backwards' : 'forwards'}, against the sum`, () => {
    for (const n of [...Array.from({ length: 40 }, (_, i) => i + 1), 49, 60, 64, 97, 128]) {
      const m = 4 + 4 * (n % 2);
      const [re, im] = [randomValues(n * m, n), randomValues(n * m, n + 1)];
      const want = new Float64Array(2 * n * m);
      for (let k = 0; k < n; k++)
        for (let j = 0; j < n; j++) {
          const angle = ((backwards ? 2 : -2) * Math.PI * ((j * k) % n)) / n;
          const [c, s] = [Math.cos(angle), Math.sin(angle)];
          for (let t = 0; t < m; t++) {
            const [x, y] = [re[j * m + t], im[j * m + t]];
            want[k * m + t] += x * c - y * s;
            want[n * m + k * m + t] += x * s + y * c;
          }
        }
      const error = relativeError(transformed(re, im, n, m, backwards), want);
      assert.ok(error < 1e-6, `${n}: ${error}`);
    }
  });

test.run();
