// The rows that may be among the k nearest of one query, by bounds of their products: of each row an upper and a
// lower one, in units of the query's norm. What lies below the k-th lower bound is out.

/** Entries up to which a list is cut after every block; longer ones when they have grown by a quarter. */
const SHORT = 4096;

/** Bounds of some rows, side by side; plain data, so that threads can send it. */
export interface Bounds {
  rows: Int32Array;
  upper: Float32Array;
  lower: Float64Array;
}

export class Shortlist {
  /** Rows below it are out: the k-th largest lower bound so far. */
  threshold = -Number.MAX_VALUE;
  #k: number;
  #n = 0;
  #cutAt = 0;
  #rows = new Int32Array(256);
  #upper = new Float32Array(256);
  #lower = new Float64Array(256);

  constructor(k: number) {
    this.#k = k;
  }

  /** A row, with the upper bound of its product and the rows' own share of it (i8_quantize_rows). */
  add(row: number, upper: number, bound: number): void {
    // The screen's own roundings are within `bound`; those of this line within 2^-20 of the value.
    const lower = upper - 2 * bound - Math.abs(upper) * 2 ** -20;
    this.#push(row, upper, Number.isNaN(lower) ? Number.NEGATIVE_INFINITY : lower);
  }

  /** Another thread's list. */
  merge({ rows, upper, lower }: Bounds): void {
    for (let i = 0; i < rows.length; i++) this.#push(rows[i], upper[i], lower[i]);
  }

  #push(row: number, upper: number, lower: number): void {
    if (this.#n === this.#rows.length) this.#grow();
    this.#rows[this.#n] = row;
    this.#upper[this.#n] = upper;
    this.#lower[this.#n++] = lower;
  }

  #grow(): void {
    const wider = <T extends Int32Array | Float32Array | Float64Array>(from: T): T => {
      const to = new (from.constructor as new (n: number) => T)(2 * from.length);
      to.set(from);
      return to;
    };
    this.#rows = wider(this.#rows);
    this.#upper = wider(this.#upper);
    this.#lower = wider(this.#lower);
  }

  /** After a block of rows: the threshold rises, and what lies below it leaves. `whole`: however long the list is. */
  cut(whole = false): void {
    if (this.#n <= this.#k || (!whole && this.#n > SHORT && this.#n < 1.25 * this.#cutAt)) return;
    const lower = this.#lower.slice(0, this.#n).sort();
    this.threshold = Math.max(this.threshold, lower[this.#n - this.#k]);
    let to = 0;
    for (let i = 0; i < this.#n; i++) {
      // An upper bound that is NaN is of a row that has to be looked at.
      if (this.#upper[i] < this.threshold) continue;
      this.#rows[to] = this.#rows[i];
      this.#upper[to] = this.#upper[i];
      this.#lower[to++] = this.#lower[i];
    }
    this.#n = to;
    this.#cutAt = to;
  }

  /** What is left, cut, in no order. */
  bounds(): Bounds {
    this.cut(true);
    return {
      rows: this.#rows.slice(0, this.#n),
      upper: this.#upper.slice(0, this.#n),
      lower: this.#lower.slice(0, this.#n),
    };
  }
}
