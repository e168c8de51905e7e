import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';

const test = suite('f32_gemm_4x8');
const engines = await bothBuilds();

/** The plain f64 twin. */
function gemm(a: Float32Array, b: Float32Array, bias: Float32Array, m: number, n: number, k: number) {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let s = bias[j];
      for (let t = 0; t < k; t++) s += a[i * k + t] * b[t * n + j];
      c[i * n + j] = s;
    }
  return c;
}

test('agrees with f64 and between builds over all tails', () => {
  const rng = new Rng(1);
  const random = (n: number) => Float32Array.from({ length: n }, () => rng.uniform() * 2 - 1);
  for (let m = 1; m <= 9; m++)
    for (const n of [1, 3, 7, 8, 9, 15, 16, 17])
      for (const k of [1, 2, 5, 32]) {
        const a = random(m * k);
        const b = random(k * n);
        const bias = random(n);
        const wide = Math.ceil(n / 8) * 8;
        const c = onBoth(engines, (g, core) => {
          const packed = g.alloc(4 * wide * k, 'packed');
          core.kernels.f32_gemm_pack8({ b: g.f32(b, 'b'), ldb: n, packed, k, n });
          const out = g.alloc(4 * m * n, 'c');
          const padded = new Float32Array(wide);
          padded.set(bias);
          core.kernels.f32_gemm_4x8({
            a: g.f32(a, 'a'),
            lda: k,
            packed,
            bias: g.f32(padded, 'bias'),
            c: out,
            ldc: n,
            m,
            n,
            k,
            edge: g.alloc(32 * m, 'edge'),
          });
          return core.f32(out, m * n);
        });
        assert.ok(relativeError(c, gemm(a, b, bias, m, n, k)) < 1e-6, `m ${m} n ${n} k ${k}`);
      }
});

test.run();
