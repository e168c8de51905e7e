import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_sae_rescore');
const engines = await bothBuilds();
const { fround } = Math;

/** bias + w . x, one rounding per product and sum. */
function value(w: Float32Array, x: Float32Array, bias: number): number {
  let s = bias;
  for (let j = 0; j < w.length; j++) s = fround(s + fround(w[j] * x[j]));
  return s;
}

test('marked candidates: exact values above their threshold, samples in order', () => {
  const [d, count, first, f] = [12, 8, 4, 16];
  for (const n of [1, 7, 64, 65, 130]) {
    const x = randomValues(n * d, n);
    const w = randomValues(f * d, 2);
    const bias = randomValues(f, 3);
    const thresholds = randomValues(f, 4);
    const stride = Math.ceil(n / 64) * 8;
    // Bits beyond n are set too: padding of the last panel may be marked.
    const marks = Uint8Array.from({ length: count * stride }, (_, i) => (i * 83 + 41) & 255);
    const expected: number[] = [];
    const ends: number[] = [];
    for (let i = 0; i < count; i++) {
      const row = w.subarray((first + i) * d, (first + i + 1) * d);
      for (let s = 0; s < n; s++) {
        if (!((marks[i * stride + (s >> 3)] >> (s & 7)) & 1)) continue;
        const v = value(row, x.subarray(s * d, (s + 1) * d), bias[first + i]);
        if (v > thresholds[first + i]) expected.push(s, v);
      }
      ends.push(expected.length / 2);
    }
    for (const room of [count * n, Math.max(0, ends[ends.length - 1] - 1)]) {
      const flat = onBoth(engines, (g, core) => {
        const masks = g.alloc(marks.length, 'masks');
        core.u8(masks, marks.length).set(marks);
        const [to, sample, values] = [g.alloc(4 * (f + 1)), g.alloc(4 * room), g.alloc(4 * room)];
        const end = core.kernels.f32_sae_rescore_masks({
          masks,
          maskStride: stride,
          n,
          x: g.f32(x),
          wEnc: g.f32(w),
          bias: g.f32(bias),
          thresholds: g.f32(thresholds),
          d,
          first,
          count,
          ends: to,
          sample,
          value: values,
          at: 0,
          capacity: room,
          scratch: g.alloc(8 * (n + 4), 'scratch'),
        });
        if (end < 0) return Float32Array.of(end);
        const out = [...core.i32(to, f + 1).subarray(first + 1, first + 1 + count)];
        for (let i = 0; i < end; i++) out.push(core.i32(sample, end)[i], core.f32(values, end)[i]);
        return Float32Array.from(out);
      });
      if (room < expected.length / 2) assert.equal([...flat], [-1]);
      else assert.equal([...flat], [...ends, ...expected], `n ${n}`);
    }
  }
});

test('the k largest of lists: exact, ties to the lowest index; too short and unbounded lists are told', () => {
  const [d, f, k, capacity] = [8, 40, 4, 48];
  const x = randomValues(5 * d, 1);
  const w = randomValues(f * d, 2);
  w.copyWithin(20 * d, 0, 20 * d); // every value twice
  const bias = randomValues(f, 3);
  bias.copyWithin(20, 0, 20);
  const all = (s: number) =>
    Array.from({ length: f }, (_, i) => ({
      i,
      v: value(w.subarray(i * d, (i + 1) * d), x.subarray(s * d, (s + 1) * d), bias[i]),
    }));
  const wanted = (s: number) =>
    all(s)
      .filter((e) => e.v > 0)
      .sort((a, b) => b.v - a.v || a.i - b.i)
      .slice(0, k)
      .sort((a, b) => a.i - b.i)
      .flatMap((e) => [e.i, e.v]);
  const flat = onBoth(engines, (g, core) => {
    // U: the value and a little. Sample 0: no threshold; 1: below the k-th; 2: above it; 3: takes no part; 4: U without bound.
    const thresholds = g.f32([0, 0.1, 100, 0.5, 0]);
    const counts = g.i32([f, f, 3, -1, f]);
    const [values, indices] = [g.alloc(20 * capacity, 'values'), g.alloc(20 * capacity, 'indices')];
    for (let s = 0; s < 5; s++)
      all(s).forEach(({ i, v }) => {
        core.f32(values, 5 * capacity)[s * capacity + i] =
          s === 4 && i === 7 ? Number.POSITIVE_INFINITY : v + 1e-3;
        core.i32(indices, 5 * capacity)[s * capacity + i] = i;
      });
    const inverse = g.f32(new Float32Array(f).fill(2e-5));
    core.kernels.f32_sae_rescore_top({
      x: g.f32(x),
      n: 5,
      wEnc: g.f32(w),
      bias: g.f32(bias),
      d,
      k,
      inverseX: g.f32(new Float32Array(5).fill(2e-5)),
      inverseW: inverse,
      thresholds,
      values,
      indices,
      counts,
      capacity,
      scratch: g.alloc(4 * capacity, 'scratch'),
    });
    const out = [...core.i32(counts, 5), ...core.f32(thresholds, 2)];
    for (const s of [0, 1])
      for (let i = 0; i < core.i32(counts, 5)[s]; i++)
        out.push(
          core.i32(indices, 5 * capacity)[s * capacity + i],
          core.f32(values, 5 * capacity)[s * capacity + i],
        );
    return Float32Array.from(out);
  });
  const [a, b] = [wanted(0), wanted(1)];
  const kth = (list: number[]) => Math.min(...list.filter((_, i) => i % 2));
  // The unbounded list is short enough to be computed in full.
  assert.equal([...flat.slice(0, 5)], [a.length / 2, b.length / 2, -2, -1, wanted(4).length / 2]);
  assert.equal([...flat.slice(5)], [kth(a), kth(b), ...a, ...b]);
});

test.run();
