// Which units fire together: of each unit, the others with the largest
//
//   |A and B| / sqrt(|A| |B|)       (Ochiai; the cosine of the two yes-or-no vectors)
//
// from lists of the active units of sampled vectors. Memory: the lists and one row of counts.

/** Others listed of a unit. */
export const RELATIVES = 12;

/** Fewer common vectors than this say nothing. */
const LEAST_COMMON = 3;

/** Active units of one vector after the other, in a bounded list. */
export class ActiveUnits {
  #index: Int32Array;
  #entries = 0;
  readonly starts: number[] = [0];

  /** `most` entries at most; vectors beyond them are refused. */
  constructor(readonly most: number) {
    this.#index = new Int32Array(Math.min(most, 1 << 16));
  }

  get vectors(): number {
    return this.starts.length - 1;
  }

  get index(): Int32Array {
    return this.#index.subarray(0, this.#entries);
  }

  /** Adds a vector's units; false, and nothing added, where the list is full. */
  add(units: ArrayLike<number>, from = 0, to = units.length): boolean {
    const n = to - from;
    if (this.#entries + n > this.most) return false;
    if (this.#entries + n > this.#index.length) {
      const grown = new Int32Array(Math.min(this.most, Math.max(2 * this.#index.length, this.#entries + n)));
      grown.set(this.index);
      this.#index = grown;
    }
    for (let i = from; i < to; i++) this.#index[this.#entries++] = units[i];
    this.starts.push(this.#entries);
    return true;
  }
}

export interface Relatives {
  /** [units][RELATIVES], best first; -1 beyond the last. */
  index: Int32Array;
  score: Float32Array;
  /** How often the other fires when this one does. */
  share: Float32Array;
}

export const noRelatives = (units: number): Relatives => ({
  index: new Int32Array(units * RELATIVES).fill(-1),
  score: new Float32Array(units * RELATIVES),
  share: new Float32Array(units * RELATIVES),
});

export function firingTogether(active: ActiveUnits, units: number, check: () => void = () => {}): Relatives {
  const { index, starts, vectors } = active;
  const fires = new Int32Array(units);
  for (const u of index) fires[u]++;
  // The vectors of each unit, unit after unit.
  const first = new Int32Array(units + 1);
  for (let u = 0; u < units; u++) first[u + 1] = first[u] + fires[u];
  const at = first.slice();
  const vectorsOf = new Int32Array(index.length);
  for (let v = 0; v < vectors; v++)
    for (let i = starts[v]; i < starts[v + 1]; i++) vectorsOf[at[index[i]]++] = v;
  const out = noRelatives(units);
  const counts = new Int32Array(units);
  const score = new Float32Array(units);
  for (let u = 0; u < units; u++) {
    if (u % 64 === 0) check();
    counts.fill(0);
    for (let k = first[u]; k < first[u + 1]; k++) {
      const v = vectorsOf[k];
      for (let i = starts[v]; i < starts[v + 1]; i++) counts[index[i]]++;
    }
    for (let o = 0; o < units; o++)
      score[o] = o !== u && counts[o] >= LEAST_COMMON ? counts[o] / Math.sqrt(fires[u] * fires[o]) : 0;
    best(score, RELATIVES).forEach((o, r) => {
      out.index[u * RELATIVES + r] = o;
      out.score[u * RELATIVES + r] = score[o];
      out.share[u * RELATIVES + r] = counts[o] / fires[u];
    });
  }
  return out;
}

/** Indices of the `count` largest values above 0, largest first; of equal ones the lower index. */
export function best(values: ArrayLike<number>, count: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (!(values[i] > 0)) continue;
    if (kept.length === count && !(values[i] > values[kept[count - 1]])) continue;
    let p = kept.length < count ? kept.length : count - 1;
    while (p > 0 && values[i] > values[kept[p - 1]]) {
      kept[p] = kept[p - 1];
      p--;
    }
    kept[p] = i;
  }
  return kept;
}
