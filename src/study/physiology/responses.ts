// What a tap answers to a battery, and what read-outs of it (its units, features of an SAE, random directions) make
// of that: their largest responses over where a drawing lies.
import type { Pool } from '../../core/pool.js';
import type { TapInfo } from '../../network/types.js';
import { placeStimulus } from '../curves/placement.js';
import { respondTo } from '../curves/respond.js';
import type { Encoder } from '../curves/tuning.js';
import type { Series } from './battery.js';
import type { DrawingsPayload } from './tasks.js';

export interface BatteryJob {
  pool: Pool;
  tap: string;
  /** Geometry of the tap in the full picture. */
  info: TapInfo;
  fullSize: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** Vectors of the tap, [drawings][channels], series after series. */
export function batteryResponses(job: BatteryJob, all: readonly Series[]): Promise<Float32Array> {
  const { tap, info, fullSize } = job;
  const placement = placeStimulus(info, fullSize, 'centred');
  return respondTo(
    job,
    all.flatMap(({ drawings }) => drawings),
    (drawings) => ({ name: 'drawings', payload: { tap, placement, drawings } satisfies DrawingsPayload }),
  );
}

/** Units of the tap themselves. */
export const unitsOf = (d: number): Encoder => ({ features: d, encode: (x) => x });

/** The largest responses of each read-out over places: [combinations of the other axes][read-outs], by series. */
export type Profiles = Map<Series['name'], Float32Array>;

/** Combinations of the axes that are no places, and places of each. */
export function gridOf({ axes }: Series): { kept: number; places: number } {
  const product = (place: boolean) =>
    axes.filter((a) => Boolean(a.place) === place).reduce((n, { values }) => n * values.length, 1);
  return { kept: product(false), places: product(true) };
}

/** Vectors read at a time. */
const CHUNK = 256;

/** `vectors` as batteryResponses() gives them, of width `d`. */
export function profilesOf(
  all: readonly Series[],
  vectors: Float32Array,
  d: number,
  readOuts: Encoder,
): Profiles {
  const profiles: Profiles = new Map();
  let from = 0;
  for (const series of all) {
    const n = series.drawings.length;
    const { kept, places } = gridOf(series);
    const m = readOuts.features;
    const largest = new Float32Array(kept * m);
    const step = Math.max(1, Math.floor(CHUNK / places));
    for (let first = 0; first < kept; first += step) {
      const rows = Math.min(step, kept - first) * places;
      const at = (from + first * places) * d;
      const values = readOuts.encode(vectors.subarray(at, at + rows * d), rows);
      for (let i = 0; i < rows; i++)
        for (let j = 0, to = (first + Math.floor(i / places)) * m; j < m; j++, to++)
          largest[to] = Math.max(largest[to], values[i * m + j]);
    }
    profiles.set(series.name, largest);
    from += n;
  }
  return profiles;
}
