// How often and how strongly units fire, by value: bins that are sixteenths of an octave, told from a float's bits
// (exponent and four bits of the mantissa). One pass, no range known beforehand, no logarithm. Values of a bin are
// whole multiples of one power of two below 2^24 of it, so that the f64 sums are exact up to 2^29 values of a bin: the
// order in which values come changes no bit.
import { NumericError } from '../core/errors.js';

export const PER_OCTAVE = 16;
/** Bits of the mantissa that bins do not tell. */
const REST = 19;
/** Exponents of an f32. */
const OCTAVES = 256;
/** The bin of infinity. */
const INFINITE = 255 * PER_OCTAVE;

const value = new Float32Array(1);
const bits = new Uint32Array(value.buffer);

/** The bin of a value above 0. */
export function binOf(v: number): number {
  value[0] = v;
  return bits[0] >>> REST;
}

/** The least value of a bin; that of the bin after the last is infinity. */
export function edgeOf(bin: number): number {
  bits[0] = bin << REST;
  return value[0];
}

export interface Bin {
  bin: number;
  count: number;
  sum: number;
}

export interface OctaveTensors {
  /** unit * 256 + exponent of each octave that is in use, [n]. */
  octaves: Int32Array;
  /** [n][PER_OCTAVE] */
  counts: Uint32Array;
  sums: Float64Array;
}

export class Octaves {
  /** [units][256]: where an octave's bins are, from 1; 0: nothing in it. */
  #places: Int32Array;
  #used = 0;
  #octaves: Int32Array;
  #counts: Uint32Array;
  #sums: Float64Array;

  constructor(
    readonly units: number,
    { octaves, counts, sums }: OctaveTensors = {
      octaves: new Int32Array(0),
      counts: new Uint32Array(0),
      sums: new Float64Array(0),
    },
  ) {
    this.#places = new Int32Array(units * OCTAVES);
    this.#octaves = octaves;
    this.#counts = counts;
    this.#sums = sums;
    this.#used = octaves.length;
    for (const [i, octave] of octaves.entries()) this.#places[octave] = i + 1;
  }

  /** `v` above 0. NumericError: infinity. */
  add(unit: number, v: number): void {
    const bin = binOf(v);
    if (bin >= INFINITE) throw new NumericError(`unit ${unit}: an infinite activation`);
    const octave = unit * OCTAVES + Math.floor(bin / PER_OCTAVE);
    const place = this.#places[octave] || this.#begin(octave);
    const at = (place - 1) * PER_OCTAVE + (bin % PER_OCTAVE);
    this.#counts[at]++;
    this.#sums[at] += v;
  }

  /** All values of `other`, of values that came after these. */
  append(other: Octaves): void {
    for (let i = 0; i < other.#used; i++) {
      const octave = other.#octaves[i];
      const place = this.#places[octave] || this.#begin(octave);
      for (let b = 0; b < PER_OCTAVE; b++) {
        const at = (place - 1) * PER_OCTAVE + b;
        this.#counts[at] += other.#counts[i * PER_OCTAVE + b];
        this.#sums[at] += other.#sums[i * PER_OCTAVE + b];
      }
    }
  }

  #begin(octave: number): number {
    if (this.#used === this.#octaves.length) {
      const room = Math.max(64, 2 * this.#used);
      this.#octaves = grown(this.#octaves, new Int32Array(room));
      this.#counts = grown(this.#counts, new Uint32Array(room * PER_OCTAVE));
      this.#sums = grown(this.#sums, new Float64Array(room * PER_OCTAVE));
    }
    this.#octaves[this.#used++] = octave;
    this.#places[octave] = this.#used;
    return this.#used;
  }

  /** Of a unit, the bins with values, from the smallest. */
  bins(unit: number): Bin[] {
    const out: Bin[] = [];
    for (let octave = 0; octave < OCTAVES; octave++) {
      const place = this.#places[unit * OCTAVES + octave];
      if (!place) continue;
      for (let i = 0; i < PER_OCTAVE; i++) {
        const at = (place - 1) * PER_OCTAVE + i;
        if (this.#counts[at])
          out.push({ bin: octave * PER_OCTAVE + i, count: this.#counts[at], sum: this.#sums[at] });
      }
    }
    return out;
  }

  /**
   * The `rank`th largest value, 1 the largest, as if the values of its bin lay evenly between its ends; where fewer fire,
   * the mean of the highest bin; 0 where none does.
   */
  largest(unit: number, rank: number): number {
    const bins = this.bins(unit).reverse();
    let seen = 0;
    for (const { bin, count } of bins) {
      if (seen + count >= rank) {
        const [low, high] = [edgeOf(bin), edgeOf(bin + 1)];
        return high - ((rank - seen - 0.5) / count) * (high - low);
      }
      seen += count;
    }
    return bins.length ? bins[0].sum / bins[0].count : 0;
  }

  /** What the constructor takes back; views that live until the next add(). */
  tensors(): OctaveTensors {
    return {
      octaves: this.#octaves.subarray(0, this.#used),
      counts: this.#counts.subarray(0, this.#used * PER_OCTAVE),
      sums: this.#sums.subarray(0, this.#used * PER_OCTAVE),
    };
  }
}

function grown<T extends Int32Array | Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
