// The pass over a run's photographs: what drives each unit, what each photograph drives.

import type { Pool } from '../core/pool.js';
import type { ImageFailure, ImageRef } from '../images/types.js';
import { best } from './co-occurrence.js';
import { ExampleSets } from './example-sets.js';
import { peaksOf } from './firing.js';
import type { FiringPayload, FiringResult } from './firing-tasks.js';
import { HeatMaps, mapGrid } from './heat-maps.js';
import type { SaeOfTap } from './picture-values.js';
import { TOP_PICTURES, TOP_UNITS, type TopPictures } from './top-examples.js';
import type { Kind } from './unit.js';

/** Strongest units of each photograph, [photographs][TOP_UNITS]; -1 beyond the last. */
export interface StrongestUnits {
  index: Int32Array;
  value: Float32Array;
  position: Int32Array;
}

export interface PictureMeasures {
  top: Partial<Record<Kind, TopPictures>>;
  /** All that is kept of each unit, `top` among it. */
  sets?: Partial<Record<Kind, ExampleSets>>;
  maps?: Partial<Record<Kind, HeatMaps>>;
  strongest: Partial<Record<Kind, StrongestUnits>>;
  failures: ImageFailure[];
}

export interface PicturePass {
  pool: Pool;
  images: readonly ImageRef[];
  counts: Record<Kind, number>;
  tap: string;
  size: number;
  grid: { height: number; width: number };
  sae?: SaeOfTap;
  /** Places that are sampled of each unit, for examples of every level. */
  sample: number;
  seed: number;
  /** The tap before its ReLU, where near misses of neurons are looked for, and whether those of features are. */
  before?: string;
  near: boolean;
  key: string;
  /** A unit's usual largest value: photographs are ranked by value over it. 0: not known, not ranked. */
  scale: Partial<Record<Kind, ArrayLike<number>>>;
  /** Keeps the pixels of a photograph, RGB [size][size][3]. */
  keep: (picture: number, pixels: Uint8Array) => Promise<void>;
  onProgress: (done: number, total: number, failures: number) => void;
  signal?: AbortSignal;
}

export async function visitPictures(pass: PicturePass): Promise<PictureMeasures> {
  const { images, counts, tap, size, sae, key, grid, before, near } = pass;
  const kinds: Kind[] = sae ? ['neurons', 'features'] : ['neurons'];
  const out = { top: {}, strongest: {}, sets: {}, maps: {}, failures: [] } as Required<PictureMeasures>;
  for (const kind of kinds) {
    const sets = new ExampleSets({
      ...{ units: counts[kind], top: TOP_PICTURES, sample: pass.sample },
      ...(kind === 'neurons' ? { seed: pass.seed, near: before !== undefined } : { seed: ~pass.seed, near }),
    });
    out.sets[kind] = sets;
    out.top[kind] = sets.top;
    out.maps[kind] = new HeatMaps(counts[kind], mapGrid(grid), grid.width);
    out.strongest[kind] = {
      index: new Int32Array(images.length * TOP_UNITS).fill(-1),
      value: new Float32Array(images.length * TOP_UNITS),
      position: new Int32Array(images.length * TOP_UNITS),
    };
  }
  await pass.pool.mapOrdered<ImageRef, FiringResult>(
    images,
    (ref) => ({
      name: 'firing',
      payload: { ref, tap, size, sae, key, before, near, pixels: true } satisfies FiringPayload,
    }),
    async (result, picture) => {
      if ('failure' in result) out.failures.push(result.failure);
      else {
        for (const kind of kinds) {
          const { firing, near: missed } = result[kind]!;
          out.sets[kind]!.add(picture, firing, missed);
          out.maps[kind]!.add(out.top[kind]!, picture, firing);
          rank(out.strongest[kind]!, picture, peaksOf(firing), pass.scale[kind]);
        }
        await pass.keep(picture, result.pixels!);
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
