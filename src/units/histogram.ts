// Histograms of values whose range is not known beforehand, in one pass: a bin's width is
// doubled, and neighbours are merged, whenever a value lies beyond the last bin. The range is
// a power of two, so that bounds are exact and the result does not depend on the order.
export const HISTOGRAM_BINS = 64;

export class Histograms {
  /** [units][HISTOGRAM_BINS]; bin i counts values in [i, i + 1) range / HISTOGRAM_BINS, above 0. */
  readonly counts: Uint32Array;
  /** Upper end of each unit's last bin; 0 where no value was above 0. */
  readonly range: Float32Array;
  readonly largest: Float32Array;

  constructor(readonly units: number) {
    this.counts = new Uint32Array(units * HISTOGRAM_BINS);
    this.range = new Float32Array(units);
    this.largest = new Float32Array(units);
  }

  /** Values that are not above 0, or not finite, are not counted. */
  add(unit: number, value: number): void {
    if (!(value > 0) || value === Number.POSITIVE_INFINITY) return;
    const first = unit * HISTOGRAM_BINS;
    if (this.range[unit] === 0) this.range[unit] = powerAbove(value);
    while (value >= this.range[unit]) this.#double(unit);
    this.counts[first + Math.floor((value / this.range[unit]) * HISTOGRAM_BINS)]++;
    if (value > this.largest[unit]) this.largest[unit] = value;
  }

  /** Of values from 0 to `largest`, at most half of the bins can lie beyond it. */
  #double(unit: number): void {
    const bins = this.counts.subarray(unit * HISTOGRAM_BINS, (unit + 1) * HISTOGRAM_BINS);
    for (let i = 0; i < HISTOGRAM_BINS / 2; i++) bins[i] = bins[2 * i] + bins[2 * i + 1];
    bins.fill(0, HISTOGRAM_BINS / 2);
    this.range[unit] *= 2;
  }
}

/** The least power of two above `value`, by exact doubling. */
function powerAbove(value: number): number {
  let power = 1;
  while (power > value) power /= 2;
  while (power <= value) power *= 2;
  return power;
}
