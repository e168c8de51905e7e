// Values of an objective and its gradient by the taps, from what a network computed of each picture of a batch.
import type { Engine } from '../../core/engine.js';
import type { TapInfo } from '../../network/types.js';
import { normalize, normalizeBackward } from '../../sae/normalization.js';
import { Likeness } from './diversity.js';
import type { Objective, Term } from './types.js';

/** Taps that an objective reads. */
export const tapsOf = ({ terms, diversity }: Objective): string[] => [
  ...new Set([...terms.map(({ tap }) => tap), ...(diversity ? [diversity.tap] : [])]),
];

/** Row and column of the position whose field is centred nearest to the middle of a picture; of two, the first. */
export function middle({ height, width, stride, centre }: TapInfo, size: number): number {
  const nearest = (n: number): number => {
    const at = Math.ceil((size / 2 - centre) / stride - 0.5);
    return Math.min(n - 1, Math.max(0, at));
  };
  return nearest(height) * width + nearest(width);
}

/** Values by tap, [positions][channels]. */
export type Activations = ReadonlyMap<string, Float32Array>;

export class Evaluation {
  readonly #objective: Objective;
  readonly #infos: ReadonlyMap<string, TapInfo>;
  readonly #size: number;
  readonly #likeness: Likeness | undefined;

  /** `size`: side of what the network sees; `batch`: pictures at a time. */
  constructor(
    engine: Engine,
    objective: Objective,
    infos: ReadonlyMap<string, TapInfo>,
    size: number,
    batch: number,
  ) {
    this.#objective = objective;
    this.#infos = infos;
    this.#size = size;
    if (objective.diversity && batch > 1)
      this.#likeness = new Likeness(engine, infos.get(objective.diversity.tap)!, batch);
  }

  /** The sum of the terms. */
  value(x: Activations): number {
    return this.#objective.terms.reduce((sum, term) => sum + term.weight * this.#term(term, x), 0);
  }

  /** Gradients by tap of each picture. */
  gradients(batch: readonly Activations[]): Record<string, Float32Array>[] {
    const out = batch.map((x) => {
      const gradients: Record<string, Float32Array> = {};
      for (const [tap, values] of x) gradients[tap] = new Float32Array(values.length);
      for (const term of this.#objective.terms) this.#term(term, x, gradients[term.tap]);
      return gradients;
    });
    const { diversity } = this.#objective;
    if (diversity && this.#likeness) {
      const by = this.#likeness.gradients(batch.map((x) => x.get(diversity.tap)!));
      for (const [i, g] of by.entries()) {
        const to = out[i][diversity.tap];
        for (let j = 0; j < g.length; j++) to[j] -= diversity.weight * g[j];
      }
    }
    return out;
  }

  /** Its value without the weight; its gradient, with the weight, is added to `to`. */
  #term(term: Term, x: Activations, to?: Float32Array): number {
    const info = this.#infos.get(term.tap)!;
    const values = x.get(term.tap)!;
    const positions = info.height * info.width;
    const places =
      term.where === 'centre' ? [middle(info, this.#size)] : Array.from({ length: positions }, (_, i) => i);
    let sum = 0;
    for (const place of places)
      sum += termAt(term, values, info.channels, place, term.weight / places.length, to);
    return sum / places.length;
  }

  dispose(): void {
    this.#likeness?.dispose();
  }
}

/** The term at one place, without its weight; `share` of its gradient is added to `to`. */
export function termAt(
  { channel, vector, offset = 0, normalize: norm, rectify }: Omit<Term, 'weight' | 'where' | 'tap'>,
  values: Float32Array,
  channels: number,
  place: number,
  share: number,
  to?: Float32Array,
): number {
  const first = place * channels;
  if (!vector) {
    if (to) to[first + channel!] += share;
    return values[first + channel!];
  }
  const read = values.subarray(first, first + channels);
  const x = rectify ? read.map((v) => Math.max(0, v)) : read;
  const z = norm ? new Float32Array(channels) : x;
  if (norm) normalize(norm, x, z);
  let sum = offset;
  for (let c = 0; c < channels; c++) sum += z[c] * vector[c];
  if (!to) return sum;
  const g = vector.map((v) => v * share);
  if (norm) normalizeBackward(norm, x, g);
  for (let c = 0; c < channels; c++) if (!rectify || x[c] > 0 || g[c] > 0) to[first + c] += g[c];
  return sum;
}
