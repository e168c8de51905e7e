// What units do on photographs: the 99.9th percentile of each (for `strength`) and how
// often each fires (density). One pass over the uniform reference sample, exact, and
// bounded: of each unit only its largest 0.1 % of values are kept.
import type { VectorSource } from '../../vectors/types.js';
import { CRITERION } from './detector.js';
import type { Encoder } from './tuning.js';

/** Vectors encoded at a time. */
const CHUNK = 512;

export interface ActivationStatistics {
  /**
   * 99.9th percentile by nearest rank: the value at rank ceil(0.999 n). Where fewer than one in a thousand
   * fire, the largest value; 0 where none does.
   */
  percentile999: Float32Array;
  /** Fraction of vectors with a value > 0. */
  density: Float32Array;
  vectors: number;
}

/** Keeps the `size` largest values of each of `n` units, smallest first. */
class Largest {
  readonly values: Float32Array;
  readonly positive: Uint32Array;

  constructor(
    readonly n: number,
    readonly size: number,
  ) {
    this.values = new Float32Array(n * size).fill(Number.NEGATIVE_INFINITY);
    this.positive = new Uint32Array(n);
  }

  add(row: Float32Array, from: number): void {
    const { values, size } = this;
    for (let u = 0; u < this.n; u++) {
      const v = row[from + u];
      if (v > 0) this.positive[u]++;
      let at = u * size;
      if (!(v > values[at])) continue;
      for (const end = at + size - 1; at < end && values[at + 1] < v; at++) values[at] = values[at + 1];
      values[at] = v;
    }
  }
}

/** Vectors that fire unit `u`. */
export const firesOf = ({ density, vectors }: ActivationStatistics, u: number): number =>
  Math.round(density[u] * vectors);

/** How many units fire how often, on how many vectors. */
export interface Firing {
  vectors: number;
  /** On none of them; on fewer than a curve detector must; on these or more. */
  never: number;
  rare: number;
  alive: number;
}

export function firingOf(statistics: ActivationStatistics): Firing {
  const fires = Array.from(statistics.density, (_, u) => firesOf(statistics, u));
  const never = fires.filter((n) => n === 0).length;
  const alive = fires.filter((n) => n >= CRITERION.fires).length;
  return { vectors: statistics.vectors, never, rare: fires.length - never - alive, alive };
}

export const firingText = ({ vectors, never, rare, alive }: Firing): string =>
  `${alive} of ${never + rare + alive} features fire on ${CRITERION.fires} or more of ${vectors} vectors, ${rare} on fewer, ${never} on none`;

/** Statistics of the tap's units and, with an encoder, of the SAE's latents. */
export async function activationStatistics(
  source: VectorSource,
  encoder?: Encoder,
): Promise<{ units: ActivationStatistics; features?: ActivationStatistics }> {
  const rank = Math.ceil(0.999 * source.count);
  const size = source.count - rank + 1;
  const units = new Largest(source.d, size);
  const features = encoder && new Largest(encoder.features, size);
  for (let s = 0; s < source.shards.length; s++) {
    const rows = await source.load(s);
    const n = source.shards[s];
    for (let i = 0; i < n; i++) units.add(rows, i * source.d);
    if (!encoder || !features) continue;
    for (let i = 0; i < n; i += CHUNK) {
      const count = Math.min(CHUNK, n - i);
      const f = encoder.encode(rows.subarray(i * source.d, (i + count) * source.d), count);
      for (let j = 0; j < count; j++) features.add(f, j * encoder.features);
    }
  }
  return { units: summary(units, source.count), features: features && summary(features, source.count) };
}

function summary(largest: Largest, vectors: number): ActivationStatistics {
  return {
    percentile999: Float32Array.from({ length: largest.n }, (_, u) => {
      const kept = largest.values.subarray(u * largest.size, (u + 1) * largest.size);
      return Math.max(0, kept[0] > 0 ? kept[0] : kept[kept.length - 1]);
    }),
    density: Float32Array.from(largest.positive, (n) => n / vectors),
    vectors,
  };
}
