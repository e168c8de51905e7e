// The bound holds: whatever reaches the threshold in f32 is wanted, whatever the data.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adversarialRows } from '../support/adversarial.js';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomNormal } from '../support/random.js';
import { norm, product, type SearchProblem, screened } from '../support/search.js';

const test = suite('i8_screen_4');
const engines = await bothBuilds();

/** Rows that are wanted of the first query, and their upper bounds. */
function screen(p: SearchProblem, threshold: number): Map<number, number> {
  const { d, rows } = p;
  const n = rows.length / d;
  const flat = onBoth(engines, (g, core) => {
    const { codes, inverseW, bound, x16, inverseX } = screened(g, core, p);
    const query = g.alloc(2 * d, 'query');
    const [plain, panel] = [core.i32(query, d / 2), core.i32(x16, 4 * d)];
    for (let j = 0; j < plain.length; j++) plain[j] = panel[8 * j];
    const [index, value] = [g.alloc(4 * (n + 2), 'index'), g.alloc(4 * (n + 2), 'value')];
    const count = core.kernels.i8_screen_4({
      ...{ codes, inverseW, bound, n, d, query, inverseX: core.f32(inverseX, 1)[0], threshold },
      ...{ first: 100, index, value, count: 2, scratch: g.alloc(16, 'scratch') },
    });
    return Float32Array.of(...core.i32(index, count).slice(2), ...core.f32(value, count).slice(2), 0);
  });
  const m = (flat.length - 1) / 2;
  return new Map(Array.from({ length: m }, (_, i) => [flat[i] - 100, flat[m + i]]));
}

test('all that reaches the threshold is wanted, and its bound is above it: adversarial rows, every width', () => {
  for (const d of [16, 32, 48, 256, 1008])
    for (const seed of [1, 2, 3]) {
      const rows = adversarialRows(64, d, seed);
      const queries = randomNormal(8 * d, seed + 50);
      const query = queries.subarray(0, d);
      const scores = Array.from({ length: 64 }, (_, r) => product(rows.subarray(r * d, (r + 1) * d), query));
      for (const threshold of [-1e9, 0, 0.5, 1e8]) {
        const wanted = screen({ d, rows, queries }, threshold);
        for (const [r, score] of scores.entries()) {
          const u = score / norm(query);
          if (!(u < threshold)) assert.ok(wanted.has(r), `d ${d} row ${r}: ${u} and ${threshold}`);
          if (wanted.has(r) && Number.isFinite(u))
            assert.ok(wanted.get(r)! >= u - 1e-6 * Math.abs(u), `d ${d} row ${r}: bound below ${u}`);
        }
      }
    }
});

test('bounds are tight enough to leave most rows out', () => {
  const d = 256;
  const rows = randomNormal(1024 * d, 1);
  const queries = randomNormal(8 * d, 2);
  assert.ok(screen({ d, rows, queries }, 30).size < 50);
});

test.run();
