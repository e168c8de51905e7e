import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_affine_4x8');
const engines = await bothBuilds();
const bits = (a: Float32Array) => new Uint32Array(a.buffer, a.byteOffset, a.length);

function affine(
  x: Float32Array,
  w: Float32Array,
  bias: Float32Array,
  m: number,
  k: number,
  n: number,
  gap = 0,
) {
  return onBoth(engines, (g, core) => {
    const { f32_affine_4x8, f32_affine_4x8_scratch, f32_gemm_pack8 } = core.kernels;
    const packed = g.alloc(32 * k * Math.ceil(n / 8), 'packed');
    f32_gemm_pack8({ b: g.f32(w, 'w'), ldb: n, packed, k, n });
    const padded = new Float32Array(8 * Math.ceil(n / 8));
    padded.set(bias);
    const y = g.f32(new Float32Array(m * (n + gap)).fill(7), 'y');
    const rows = Float32Array.from(
      { length: m * (k + gap) },
      (_, i) => x[Math.floor(i / (k + gap)) * k + (i % (k + gap))] ?? 9,
    );
    f32_affine_4x8({
      ...{ x: g.f32(rows, 'x'), pixel: 4 * (k + gap), m, k, packed, bias: g.f32(padded, 'bias') },
      ...{ y, yPixel: 4 * (n + gap), n, scratch: g.alloc(f32_affine_4x8_scratch({ m, k }), 'scratch') },
    });
    const out = core.f32(y, m * (n + gap)).slice();
    return Float32Array.from({ length: m * n }, (_, i) => {
      const row = Math.floor(i / n);
      if (gap) assert.is(out[row * (n + gap) + n], 7, 'between rows');
      return out[row * (n + gap) + (i % n)];
    });
  });
}

test('agrees with f64: rows and columns of every remainder, more k than a block, more rows than a turn', () => {
  for (const [m, k, n, gap] of [
    [1, 4, 8, 0],
    [1, 12, 40, 0],
    [1, 7, 13, 3],
    [2, 8, 9, 0],
    [3, 5, 16, 2],
    [4, 1, 8, 0],
    [6, 1541, 11, 1],
    [131, 20, 24, 0],
  ]) {
    const [x, w, bias] = [randomValues(m * k, 1), randomValues(k * n, 2), randomValues(n, 3)];
    const want = Float64Array.from({ length: m * n }, (_, i) => {
      let s = bias[i % n];
      for (let c = 0; c < k; c++) s += x[Math.floor(i / n) * k + c] * w[c * n + (i % n)];
      return s;
    });
    assert.ok(relativeError(affine(x, w, bias, m, k, n, gap), want) < 3e-6, `${m} ${k} ${n}`);
  }
});

test('a row has the same bits alone and among others', () => {
  const [k, n, m] = [780, 24, 7];
  const [x, w, bias] = [randomValues(m * k, 4), randomValues(k * n, 5), randomValues(n, 6)];
  const all = affine(x, w, bias, m, k, n);
  for (let i = 0; i < m; i++)
    assert.equal(
      bits(affine(x.slice(i * k, (i + 1) * k), w, bias, 1, k, n)),
      bits(all.slice(i * n, (i + 1) * n)),
    );
});

test.run();
