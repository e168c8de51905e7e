import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';

const test = suite('f32_gemm_packed_4x8');
const engines = await bothBuilds();

const random = (rng: Rng, n: number) => Float32Array.from({ length: n }, () => rng.uniform() * 2 - 1);

/** A [M][K] in groups of 4 rows [ceil(M/4)][K][4]; rows that do not exist are never read. */
function groups(a: Float32Array, m: number, k: number): Float32Array {
  return Float32Array.from({ length: 4 * Math.ceil(m / 4) * k }, (_, i) => {
    const row = Math.floor(i / (4 * k)) * 4 + (i % 4);
    return row < m ? a[row * k + (Math.floor(i / 4) % k)] : Number.NaN;
  });
}

for (const part of [false, true])
  test(`${part ? 'a part of k' : 'all of k'} agrees with f64 and between builds; the stride of C is kept`, () => {
    const rng = new Rng(1);
    for (const m of [1, 4, 5, 8, 12, 13])
      for (const n of [8, 16, 24])
        for (const k of [1, 2, 3, 12, 65])
          for (const gap of [0, 5]) {
            const [a, b] = [random(rng, m * k), random(rng, k * n)];
            const [from, to] = part ? [k >> 2, k - (k >> 2)] : [0, k];
            const ldc = n + gap;
            const c = onBoth(engines, (g, core) => {
              const packed = g.alloc(4 * k * n, 'packed b');
              core.kernels.f32_gemm_pack8({ b: g.f32(b, 'b'), ldb: n, packed, k, n });
              const out = g.f32(new Float32Array(m * ldc).fill(7), 'c');
              const operands = { a: g.f32(groups(a, m, k), 'a'), packed, c: out, ldc, m, n, k };
              if (part) core.kernels.f32_gemm_packed_4x8_part({ ...operands, from, to });
              else core.kernels.f32_gemm_packed_4x8(operands);
              return core.f32(out, m * ldc);
            });
            const want = Float64Array.from({ length: m * ldc }, (_, i) => {
              const [row, column] = [Math.floor(i / ldc), i % ldc];
              if (column >= n) return 7;
              let s = 0;
              for (let t = from; t < to; t++) s += a[row * k + t] * b[t * n + column];
              return s;
            });
            assert.ok(relativeError(c, want) < 2e-6, `m ${m} n ${n} k ${k} gap ${gap}`);
          }
  });

test('a row by itself has the bits of a row of a group, the sign of a zero included', () => {
  for (const k of [1, 12, 32, 33, 64]) {
    const rng = new Rng(k);
    const b = random(rng, k * 24);
    // Products with zeros are -0 where a weight is negative; the second row is an ordinary one.
    const [zeros, plain] = [new Float32Array(k), random(rng, k)];
    for (const a of [zeros, plain]) {
      const [alone, grouped] = [1, 4].map((m) =>
        onBoth(engines, (g, core) => {
          const panels = g.alloc(4 * k * 24, 'packed b');
          core.kernels.f32_gemm_pack8({ b: g.f32(b), ldb: 24, packed: panels, k, n: 24 });
          const out = g.alloc(4 * m * 24, 'c');
          const rows = Float32Array.from({ length: m * k }, (_, i) => a[i % k]);
          core.kernels.f32_gemm_packed_4x8({
            a: g.f32(groups(rows, m, k)),
            packed: panels,
            c: out,
            ldc: 24,
            m,
            n: 24,
            k,
          });
          return core.f32(out, 24);
        }),
      );
      assert.equal(new Uint32Array(alone.buffer), new Uint32Array(grouped.buffer), `k ${k}`);
    }
  }
});

test.run();
