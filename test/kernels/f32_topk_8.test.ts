import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_topk_8');
const engines = await bothBuilds();

/** [count, index, value, index, value, ...] of the eight samples, one after another. */
function topk(pre: Float32Array, f: number, k: number, start: number): number[][] {
  const flat = onBoth(engines, (g, core) => {
    const [values, indices, counts, work] = [
      g.alloc(128 * k, 'v'),
      g.alloc(128 * k, 'i'),
      g.alloc(32, 'n'),
      g.alloc(4 * (4 * k + 8), 'w'),
    ];
    core.kernels.f32_topk_8({ pre: g.f32(pre, 'pre'), f, k, guess: start, values, indices, counts, work });
    const out: number[] = [];
    for (let s = 0; s < 8; s++) {
      const n = core.i32(counts, 8)[s];
      out.push(n);
      for (let i = 0; i < n; i++)
        out.push(core.i32(indices + 16 * s * k, n)[i], core.f32(values + 16 * s * k, n)[i]);
    }
    return Float32Array.from(out);
  });
  const rows: number[][] = [];
  for (let s = 0, at = 0; s < 8; s++) {
    const n = flat[at++];
    rows.push([...flat.subarray(at, at + 2 * n)]);
    at += 2 * n;
  }
  return rows;
}

/** The plain twin: k largest positive values, lowest index first among equals, listed by index. */
function plain(pre: Float32Array, f: number, k: number): number[][] {
  return Array.from({ length: 8 }, (_, s) => {
    const all = Array.from({ length: f }, (_, i) => ({ i, v: pre[i * 8 + s] })).filter((e) => e.v > 0);
    all.sort((a, b) => b.v - a.v || a.i - b.i);
    return all
      .slice(0, k)
      .sort((a, b) => a.i - b.i)
      .flatMap((e) => [e.i, e.v]);
  });
}

test('agrees with sorting for every k and any start threshold', () => {
  for (const [f, k] of [
    [1, 1],
    [5, 2],
    [64, 1],
    [64, 8],
    [300, 32],
    [40, 40],
    [16, 20],
  ]) {
    const pre = randomValues(8 * f, f + k);
    for (const start of [0, 1e-6, 0.3, 0.9, 5])
      assert.equal(topk(pre, f, k, start), plain(pre, f, k), `f ${f} k ${k} start ${start}`);
  }
});

test('ties go to the lowest index, also across cuts of the candidate list', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 8, maxLength: 400 }),
      fc.integer({ min: 1, max: 6 }),
      (levels, k) => {
        const f = levels.length >> 3;
        const pre = Float32Array.from({ length: 8 * f }, (_, i) => levels[i]);
        assert.equal(topk(pre, f, k, 0), plain(pre, f, k));
      },
    ),
    { numRuns: 200 },
  );
});

test('rising values (every one a new maximum) and NaN', () => {
  const f = 200;
  const rising = Float32Array.from({ length: 8 * f }, (_, i) => i + 1);
  assert.equal(topk(rising, f, 3, 0), plain(rising, f, 3));
  const holes = randomValues(8 * f, 1).map((v, i) => (i % 5 ? v : Number.NaN));
  assert.equal(topk(holes, f, 9, 0.5), plain(holes, f, 9), 'NaN is never chosen');
});

test.run();
