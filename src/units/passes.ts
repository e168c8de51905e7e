// The two passes over a run's data: its sampled vectors (histograms, what fires together) and
// its photographs (what drives each unit, what each photograph drives).

import type { Pool } from '../core/pool.js';
import type { ImageFailure, ImageRef } from '../images/types.js';
import type { LoadedSae } from '../sae/inference.js';
import type { VectorSource } from '../vectors/types.js';
import { ActiveUnits, best, firingTogether, type Relatives } from './co-occurrence.js';
import { Histograms } from './histogram.js';
import type { MaximaPayload, MaximaResult } from './maxima-tasks.js';
import { TopPictures } from './top-examples.js';
import type { Kind } from './unit.js';

/** Vectors of the reference sample that are visited, evenly from its shards. */
const MOST_VECTORS = 100_000;
/** Active units kept for co-activation, per kind: 24 MB. */
const MOST_ACTIVE = 6_000_000;
const CHUNK = 512;

export interface VectorMeasures {
  vectors: number;
  histograms: Partial<Record<Kind, Histograms>>;
  together: Partial<Record<Kind, { relatives: Relatives; vectors: number }>>;
}

export async function visitVectors(
  source: VectorSource,
  sae: LoadedSae | undefined,
  onProgress: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<VectorMeasures> {
  const { d } = source;
  const perShard = Math.ceil(MOST_VECTORS / Math.max(1, source.shards.length));
  const total = source.shards.reduce((n, rows) => n + Math.min(rows, perShard), 0);
  const neurons = { histograms: new Histograms(d), active: new ActiveUnits(MOST_ACTIVE) };
  const features = sae && {
    histograms: new Histograms(sae.config.dSae),
    active: new ActiveUnits(MOST_ACTIVE),
  };
  const positive: number[] = [];
  let done = 0;
  for (let shard = 0; shard < source.shards.length; shard++) {
    const rows = await source.load(shard);
    const n = Math.min(source.shards[shard], perShard);
    for (let first = 0; first < n; first += CHUNK) {
      signal?.throwIfAborted();
      const count = Math.min(CHUNK, n - first);
      const x = rows.subarray(first * d, (first + count) * d);
      for (let i = 0; i < count; i++) {
        positive.length = 0;
        for (let u = 0; u < d; u++)
          if (x[i * d + u] > 0) {
            neurons.histograms.add(u, x[i * d + u]);
            positive.push(u);
          }
        neurons.active.add(positive);
      }
      if (sae && features)
        sae.visit(x, count, (_first, samples, { start, index, value }) => {
          for (let i = 0; i < start[samples]; i++) features.histograms.add(index[i], value[i]);
          for (let s = 0; s < samples; s++) features.active.add(index, start[s], start[s + 1]);
        });
      done += count;
      onProgress(done, total);
      await new Promise((next) => setImmediate(next)); // Ctrl-C is heard between chunks
    }
  }
  const together = (active: ActiveUnits, units: number) => ({
    relatives: firingTogether(active, units, () => signal?.throwIfAborted()),
    vectors: active.vectors,
  });
  return {
    vectors: total,
    histograms: { neurons: neurons.histograms, features: features?.histograms },
    together: {
      neurons: together(neurons.active, d),
      features: features && together(features.active, features.histograms.units),
    },
  };
}

/** Units listed for a photograph. */
export const TOP_UNITS = 16;

/** Strongest units of each photograph, [photographs][TOP_UNITS]; -1 beyond the last. */
export interface StrongestUnits {
  index: Int32Array;
  value: Float32Array;
  position: Int32Array;
}

export interface PictureMeasures {
  top: Partial<Record<Kind, TopPictures>>;
  strongest: Partial<Record<Kind, StrongestUnits>>;
  failures: ImageFailure[];
}

export interface PicturePass {
  pool: Pool;
  images: readonly ImageRef[];
  counts: Record<Kind, number>;
  tap: string;
  size: number;
  sae?: MaximaPayload['sae'];
  key: string;
  /** A unit's usual largest value: photographs are ranked by value over it. 0: not known, not ranked. */
  scale: Partial<Record<Kind, ArrayLike<number>>>;
  /** Keeps the pixels of a photograph, RGB [size][size][3]. */
  keep: (picture: number, pixels: Uint8Array) => Promise<void>;
  onProgress: (done: number, total: number, failures: number) => void;
  signal?: AbortSignal;
}

export async function visitPictures(pass: PicturePass): Promise<PictureMeasures> {
  const { images, counts, tap, size, sae, key } = pass;
  const kinds: Kind[] = sae ? ['neurons', 'features'] : ['neurons'];
  const out: PictureMeasures = { top: {}, strongest: {}, failures: [] };
  for (const kind of kinds) {
    out.top[kind] = new TopPictures(counts[kind]);
    out.strongest[kind] = {
      index: new Int32Array(images.length * TOP_UNITS).fill(-1),
      value: new Float32Array(images.length * TOP_UNITS),
      position: new Int32Array(images.length * TOP_UNITS),
    };
  }
  await pass.pool.mapOrdered<ImageRef, MaximaResult>(
    images,
    (ref) => ({ name: 'maxima', payload: { ref, tap, size, sae, key } satisfies MaximaPayload }),
    async (result, picture) => {
      if ('failure' in result) out.failures.push(result.failure);
      else {
        for (const kind of kinds) {
          const maxima = result[kind]!;
          out.top[kind]!.add(picture, maxima.values, maxima.positions);
          rank(out.strongest[kind]!, picture, maxima, pass.scale[kind]);
        }
        await pass.keep(picture, result.pixels);
      }
      pass.onProgress(picture + 1, images.length, out.failures.length);
    },
    { ahead: 2, signal: pass.signal },
  );
  return out;
}

function rank(
  into: StrongestUnits,
  picture: number,
  { values, positions }: { values: Float32Array; positions: Int32Array },
  scale: ArrayLike<number> | undefined,
): void {
  const relative = values.map((v, u) => (scale && scale[u] > 0 ? v / scale[u] : 0));
  best(relative, TOP_UNITS).forEach((unit, r) => {
    const at = picture * TOP_UNITS + r;
    into.index[at] = unit;
    into.value[at] = values[unit];
    into.position[at] = positions[unit];
  });
}
