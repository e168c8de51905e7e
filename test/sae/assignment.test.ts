import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bestAssignment, Rng, UsageError } from '../../src/index.js';
import { checkAssignmentSize } from '../../src/sae/assignment.js';
import { filled } from '../support/filled.js';

const test = suite('sae/assignment');

/** The largest total, by trying everything: row by row, every free column or (with rows to spare) none. */
function bruteForce(score: ArrayLike<number>, rows: number, columns: number): number {
  const visit = (row: number, taken: number, spare: number): number => {
    if (row === rows) return 0;
    let best = spare > 0 ? visit(row + 1, taken, spare - 1) : Number.NEGATIVE_INFINITY;
    for (let j = 0; j < columns; j++)
      if (!(taken & (1 << j)))
        best = Math.max(best, score[row * columns + j] + visit(row + 1, taken | (1 << j), spare));
    return best;
  };
  return visit(0, 0, Math.max(0, rows - columns));
}

/** Checks that it is a matching of min(rows, columns) pairs and returns its total. */
function totalOf(match: Int32Array, score: ArrayLike<number>, rows: number, columns: number): number {
  assert.is(match.length, rows);
  const used = [...match].filter((j) => j >= 0);
  assert.is(used.length, Math.min(rows, columns));
  assert.is(new Set(used).size, used.length, 'a column is used twice');
  assert.ok(filled(used).every((j) => j < columns));
  return match.reduce((sum, j, i) => (j < 0 ? sum : sum + score[i * columns + j]), 0);
}

const shape = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }));

test('the total of every small matrix is that of brute force, ties and all', () => {
  fc.assert(
    fc.property(
      shape.chain(([r, c]) =>
        fc.tuple(
          fc.constant(r),
          fc.constant(c),
          fc.array(fc.integer({ min: -3, max: 3 }), { minLength: r * c, maxLength: r * c }),
        ),
      ),
      ([r, c, values]) => {
        const score = Float64Array.from(values);
        assert.is(totalOf(bestAssignment(score, r, c), score, r, c), bruteForce(score, r, c));
      },
    ),
    { numRuns: 400 },
  );
});

test('real-valued scores', () => {
  fc.assert(
    fc.property(shape, fc.nat(), ([r, c], seed) => {
      const rng = new Rng(seed);
      const score = Float32Array.from({ length: r * c }, () => 2 * rng.uniform() - 1);
      const total = totalOf(bestAssignment(score, r, c), score, r, c);
      assert.ok(Math.abs(total - bruteForce(score, r, c)) < 1e-12);
    }),
    { numRuns: 200 },
  );
});

test('a planted permutation is found where taking the best row by row is wrong', () => {
  const n = 300;
  const rng = new Rng(5);
  const planted = rng.shuffle(Array.from({ length: n }, (_, i) => i));
  // Row potentials and column potentials hide it: they change no matching's rank.
  const score = new Float64Array(n * n);
  const column = Array.from({ length: n }, () => 10 * rng.uniform());
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) score[i * n + j] = column[j] + rng.uniform() + (planted[i] === j ? 1 : 0);
  assert.equal([...bestAssignment(score, n, n)], planted);
  const greedy = planted.filter((_, i) => {
    const row = score.subarray(i * n, i * n + n);
    return row.indexOf(Math.max(...row)) === planted[i];
  });
  assert.ok(greedy.length < n / 10, `${greedy.length} rows have their best column`);
});

test('more rows than columns and fewer are one problem, turned', () => {
  const rng = new Rng(9);
  const [r, c] = [40, 70];
  const score = Float32Array.from({ length: r * c }, () => rng.uniform());
  const turned = new Float32Array(r * c);
  for (let i = 0; i < r; i++) for (let j = 0; j < c; j++) turned[j * r + i] = score[i * c + j];
  const match = bestAssignment(score, r, c);
  const other = bestAssignment(turned, c, r);
  totalOf(other, turned, c, r);
  match.forEach((j, i) => {
    assert.is(other[j], i);
  });
});

test('equal scores match in order', () => {
  assert.equal([...bestAssignment(new Float32Array(30), 5, 6)], [0, 1, 2, 3, 4]);
  assert.equal([...bestAssignment(new Float32Array(30), 6, 5)], [0, 1, 2, 3, 4, -1]);
});

test('what cannot be matched is refused', () => {
  assert.throws(() => bestAssignment(Float32Array.of(0, Number.NaN, 1, 2), 2, 2), /NaN in row 0, column 1/);
  assert.throws(() => bestAssignment(new Float32Array(5), 2, 3), /5 scores for 2 x 3/);
  checkAssignmentSize(16384, 16384);
  assert.throws(
    () => checkAssignmentSize(16385, 16384),
    (e: Error) => e instanceof UsageError && /limit/.test(e.message),
  );
});

test.run();
