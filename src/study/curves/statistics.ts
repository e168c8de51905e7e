// What units do on photographs: the 99.9th percentile of each (for `strength`) and how
// often each fires (density). One pass over the uniform reference sample, exact, and
// bounded: of each unit only its largest 0.1 % of values are kept.
import type { VectorSource } from '../../vectors/types.js';
import type { Encoder } from './tuning.js';

/** Vectors encoded at a time. */
const CHUNK = 512;

export interface ActivationStatistics {
  /** 99.9th percentile by nearest rank: the value at rank ceil(0.999 n). */
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
    percentile999: Float32Array.from({ length: largest.n }, (_, u) =>
      Math.max(0, largest.values[u * largest.size]),
    ),
    density: Float32Array.from(largest.positive, (n) => n / vectors),
    vectors,
  };
}
