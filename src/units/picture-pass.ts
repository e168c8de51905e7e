// The pass over a run's photographs: what drives each unit, what each photograph drives.

import type { Pool } from '../core/pool.js';
import type { ImageFailure, ImageRef } from '../images/types.js';
import { best } from './co-occurrence.js';
import type { MaximaPayload, MaximaResult } from './maxima-tasks.js';
import { TOP_UNITS, TopPictures } from './top-examples.js';
import type { Kind } from './unit.js';

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
