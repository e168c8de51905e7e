// Each query's list holds what i8_screen_4 wants of it, with the same kind of bound.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adversarialRows } from '../support/adversarial.js';
import { filled } from '../support/filled.js';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomNormal } from '../support/random.js';
import { norm, product, type SearchProblem, screened } from '../support/search.js';

const test = suite('i8_screen_4x8');
const engines = await bothBuilds();

function screen(p: SearchProblem, thresholds: readonly number[]): Map<number, number>[] {
  const { d, rows, queries } = p;
  const [n, m] = [rows.length / d, queries.length / d];
  const capacity = n + 4;
  const flat = onBoth(engines, (g, core) => {
    const { codes, inverseW, bound, x16, inverseX } = screened(g, core, p);
    const [indices, values] = [g.alloc(4 * m * capacity, 'indices'), g.alloc(4 * m * capacity, 'values')];
    const counts = g.i32(new Int32Array(m), 'counts');
    core.kernels.i8_screen_4x8({
      ...{ x16, panelCount: m / 8, inverseX, thresholds: g.f32(thresholds, 'thresholds') },
      ...{ codes, inverseW, bound, n, d, first: 7, indices, values, counts, capacity },
      scratch: g.alloc(4 * (16 * d + 32), 'scratch'),
    });
    const found = [...core.i32(counts, m)];
    return Float32Array.of(
      ...found,
      ...found.flatMap((c, q) => [
        ...core.i32(indices + 4 * q * capacity, c),
        ...core.f32(values + 4 * q * capacity, c),
      ]),
    );
  });
  let at = m;
  return Array.from({ length: m }, (_, q) => {
    const c = flat[q];
    const list = new Map(Array.from({ length: c }, (_, i) => [flat[at + i] - 7, flat[at + c + i]]));
    at += 2 * c;
    return list;
  });
}

test('all that reaches its threshold is wanted: adversarial rows, several panels, every width', () => {
  for (const d of [16, 32, 272]) {
    const [n, m] = [96, 24];
    const rows = adversarialRows(n, d, d);
    const queries = randomNormal(m * d, d + 1);
    const thresholds = Array.from({ length: m }, (_, q) => [-1e9, 0, 1, 1e7][q % 4]);
    let wanted = 0;
    for (const [q, list] of filled(screen({ d, rows, queries }, thresholds)).entries()) {
      const query = queries.subarray(q * d, (q + 1) * d);
      wanted += list.size;
      for (let r = 0; r < n; r++) {
        const u = product(rows.subarray(r * d, (r + 1) * d), query) / norm(query);
        if (!(u < thresholds[q])) assert.ok(list.has(r), `d ${d} query ${q} row ${r}: ${u}`);
        if (list.has(r) && Number.isFinite(u)) assert.ok(list.get(r)! >= u - 1e-6 * Math.abs(u));
      }
    }
    assert.ok(wanted < 0.9 * n * m, 'something is left out');
  }
});

test.run();
