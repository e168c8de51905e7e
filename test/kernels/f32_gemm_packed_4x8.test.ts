import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';

const test = suite('f32_gemm_packed_4x8');
const engines = await bothBuilds();

test('agrees with f64 and between builds; the stride of C is kept', () => {
  const rng = new Rng(1);
  const random = (n: number) => Float32Array.from({ length: n }, () => rng.uniform() * 2 - 1);
  for (const m of [4, 8, 12])
    for (const n of [8, 16, 24])
      for (const k of [1, 2, 3, 12, 65])
        for (const gap of [0, 5]) {
          const [a, b] = [random(m * k), random(k * n)];
          const packedA = a.map(
            (_, i) => a[(Math.floor(i / (4 * k)) * 4 + (i % 4)) * k + (Math.floor(i / 4) % k)],
          );
          const ldc = n + gap;
          const c = onBoth(engines, (g, core) => {
            const panels = g.alloc(4 * k * n, 'packed b');
            core.kernels.f32_gemm_pack8(g.f32(b, 'b'), n, panels, k, n);
            const out = g.f32(new Float32Array(m * ldc).fill(7), 'c');
            core.kernels.f32_gemm_packed_4x8(g.f32(packedA, 'a'), panels, out, ldc, m, n, k);
            return core.f32(out, m * ldc);
          });
          const want = Float64Array.from({ length: m * ldc }, (_, i) => {
            const [row, column] = [Math.floor(i / ldc), i % ldc];
            if (column >= n) return 7;
            let s = 0;
            for (let t = 0; t < k; t++) s += a[row * k + t] * b[t * n + column];
            return s;
          });
          assert.ok(relativeError(c, want) < 2e-6, `m ${m} n ${n} k ${k} gap ${gap}`);
        }
});

test.run();
