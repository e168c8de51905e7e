// The `tiles` task: one picture -> parts of it, and what units do on all of it.
import type { ImageFailure, ImageRef } from '../../images/types.js';
import { type Firing, firingOf, firingOfSae } from '../../units/firing.js';
import { type Looked, pictureValues, pixelsOf } from '../../units/picture-values.js';
import type { Kind } from '../../units/unit.js';
import type { Task, TaskContext, TaskResult } from '../../vectors/task-context.js';
import { tileOf } from './tiles.js';

export const exampleTasks: Record<string, Task> = { tiles };

export interface TilesPayload extends Looked {
  ref: ImageRef;
  /** Squares of the picture, [n][left, top, side], in pixels. */
  windows: Int32Array;
  /** Side that each gets. */
  tile: number;
  /** Units whose map over the whole picture is wanted, by kind. */
  maps: Partial<Record<Kind, number[]>>;
}

export type TilesResult =
  | { failure: ImageFailure }
  | {
      /** [n][tile][tile][3] */
      tiles: Uint8Array;
      /** [size][size][3], where a map is wanted. */
      pixels?: Uint8Array;
      /** [H * W] by unit. */
      maps: Partial<Record<Kind, Float32Array[]>>;
    };

async function tiles(
  { ref, windows, tile, maps, ...looked }: TilesPayload,
  context: TaskContext,
): Promise<TaskResult> {
  const wanted = (maps.neurons?.length ?? 0) + (maps.features?.length ?? 0) > 0;
  const seen = wanted ? await pictureValues(ref, looked, context) : await context.picture(ref, looked.size);
  if (!(seen instanceof Float32Array) && !('picture' in seen))
    return { value: { failure: 'failure' in seen ? seen.failure : seen } satisfies TilesResult };
  const pixels = pixelsOf(seen instanceof Float32Array ? seen : seen.picture);
  const parts = new Uint8Array((windows.length / 3) * tile * tile * 3);
  for (let i = 0; i < windows.length; i += 3) {
    const [left, top, side] = windows.subarray(i, i + 3);
    parts.set(tileOf(pixels, looked.size, { left, top, side }, tile), (i / 3) * tile * tile * 3);
  }
  if (seen instanceof Float32Array) return { value: { tiles: parts, maps: {} }, transfer: [parts.buffer] };
  const { x, channels, sae, read } = seen;
  const places = x.length / channels;
  const value = {
    ...{ tiles: parts, pixels },
    maps: {
      ...(maps.neurons && { neurons: mapsOf(firingOf(x, channels), maps.neurons, places) }),
      ...(maps.features && sae && { features: mapsOf(firingOfSae(sae, read), maps.features, places) }),
    },
  } satisfies TilesResult;
  return { value, transfer: [parts.buffer, pixels.buffer] };
}

function mapsOf(
  { start, position, value }: Firing,
  units: readonly number[],
  places: number,
): Float32Array[] {
  return units.map((u) => {
    const map = new Float32Array(places);
    for (let i = start[u]; i < start[u + 1]; i++) map[position[i]] = value[i];
    return map;
  });
}
