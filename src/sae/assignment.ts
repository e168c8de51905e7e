// Exact linear assignment: shortest augmenting paths with dual prices (Jonker & Volgenant
// 1987, as Crouse 2016 states it for rectangular matrices). O(n^2 m) for n <= m.
//
//   minimise sum c[i, match(i)];  prices u (rows), v <= 0 (columns), reduced cost
//   c[i,j] - u[i] - v[j] >= 0 everywhere and = 0 on the match: the proof of optimality.
import { UsageError } from '../core/errors.js';

/** Entries of a matrix that assignments are computed for: 16384 x 16384. */
export const MAX_ASSIGNMENT_ENTRIES = 2 ** 28;

/**
 * Matches each row of score [rows][columns] with a column of its own, or each column with a
 * row where there are fewer columns, so that the sum of the matched scores is largest.
 * Returns the column of each row, -1 for a row without one. Equal totals: the choice is a
 * function of the scores alone (lowest column first in every search), never of the machine.
 * UsageError: more than 2^28 entries. RangeError: a score that is not finite.
 */
export function bestAssignment(
  score: Float32Array | Float64Array,
  rows: number,
  columns: number,
): Int32Array<ArrayBuffer> {
  checkAssignmentSize(rows, columns);
  if (score.length !== rows * columns)
    throw new RangeError(`bestAssignment: ${score.length} scores for ${rows} x ${columns}`);
  for (let i = 0; i < score.length; i++)
    if (!Number.isFinite(score[i]))
      throw new RangeError(
        `bestAssignment: score ${score[i]} in row ${Math.floor(i / columns)}, column ${i % columns}`,
      );
  if (rows <= columns) return assignRows(score, rows, columns);
  const turned = assignRows(transposed(score, rows, columns), columns, rows);
  const match = new Int32Array(rows).fill(-1);
  turned.forEach((row, column) => {
    match[row] = column;
  });
  return match;
}

export function checkAssignmentSize(rows: number, columns: number): void {
  if (rows * columns > MAX_ASSIGNMENT_ENTRIES)
    throw new UsageError(
      `matching ${rows} with ${columns} directions needs ${rows * columns} cosines, more than the limit of ${MAX_ASSIGNMENT_ENTRIES}; compare smaller SAEs`,
    );
}

/** rows <= columns. Costs are the negated scores. */
function assignRows(
  score: Float32Array | Float64Array,
  rows: number,
  columns: number,
): Int32Array<ArrayBuffer> {
  const u = new Float64Array(rows);
  const v = new Float64Array(columns);
  const columnOf = new Int32Array(rows).fill(-1);
  const rowOf = new Int32Array(columns).fill(-1);
  // u = the row's least cost and v = 0 are feasible prices; rows take their best column while it is free.
  for (let i = 0; i < rows; i++) {
    let best = 0;
    for (let j = 1; j < columns; j++) if (score[i * columns + j] > score[i * columns + best]) best = j;
    u[i] = -score[i * columns + best];
    if (rowOf[best] < 0) {
      rowOf[best] = i;
      columnOf[i] = best;
    }
  }
  const search = new PathSearch(score, columns, u, v, rowOf);
  for (let i = 0; i < rows; i++) {
    if (columnOf[i] >= 0) continue;
    let column = search.run(i);
    // Turn the path's matches over, from its free column back to row i.
    for (;;) {
      const row = search.from[column];
      const next = columnOf[row];
      rowOf[column] = row;
      columnOf[row] = column;
      if (row === i) break;
      column = next;
    }
  }
  return columnOf;
}

/** Dijkstra over the reduced costs from an unmatched row to the nearest free column. */
class PathSearch {
  /** Row before each column on its shortest path. */
  readonly from: Int32Array;
  #distance: Float64Array;
  /** Columns not yet reached for good, in #open[0 .. open). */
  #open: Int32Array;
  #done: Int32Array;

  constructor(
    private readonly score: Float32Array | Float64Array,
    private readonly columns: number,
    private readonly u: Float64Array,
    private readonly v: Float64Array,
    private readonly rowOf: Int32Array,
  ) {
    this.from = new Int32Array(columns);
    this.#distance = new Float64Array(columns);
    this.#open = new Int32Array(columns);
    this.#done = new Int32Array(columns);
  }

  /** The free column that ends the path; prices are updated so that every edge of it is tight. */
  run(start: number): number {
    const { u, v, rowOf, columns } = this;
    const distance = this.#distance.fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < columns; j++) this.#open[j] = j;
    let open = columns;
    let done = 0;
    let row = start;
    let least = 0;
    for (;;) {
      const at = this.#relax(row, least, open);
      const column = this.#open[at];
      least = distance[column];
      // The order of the others is kept, so that ties go to the lowest column.
      this.#open.copyWithin(at, at + 1, open--);
      if (rowOf[column] < 0) {
        u[start] += least;
        for (let k = 0; k < done; k++) {
          const j = this.#done[k];
          u[rowOf[j]] += least - distance[j];
          v[j] -= least - distance[j];
        }
        return column;
      }
      this.#done[done++] = column;
      row = rowOf[column];
    }
  }

  /** Shortens the open columns' paths through `row`; returns where in #open the nearest one is, a free one among equals. */
  #relax(row: number, least: number, open: number): number {
    const { score, u, v, rowOf, from, columns } = this;
    const list = this.#open;
    const distance = this.#distance;
    const base = row * columns;
    const offset = least - u[row];
    let nearest = Number.POSITIVE_INFINITY;
    let at = 0;
    for (let k = 0; k < open; k++) {
      const j = list[k];
      const through = offset - score[base + j] - v[j];
      let d = distance[j];
      if (through < d) {
        distance[j] = d = through;
        from[j] = row;
      }
      if (d < nearest || (d === nearest && rowOf[j] < 0 && rowOf[list[at]] >= 0)) {
        nearest = d;
        at = k;
      }
    }
    return at;
  }
}

function transposed<T extends Float32Array | Float64Array>(score: T, rows: number, columns: number): T {
  const out = score.slice() as T;
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = score[i * columns + j];
  return out;
}
