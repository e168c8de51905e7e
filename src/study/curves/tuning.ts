// Radial tuning curves: R_u(phi) = mean over radii of the post-ReLU activation (METHODS 5.2).
import type { Pool } from '../../core/pool.js';
import type { TapInfo } from '../../network/types.js';
import { type CurveOptions, SAMPLES } from './options.js';
import { placeStimulus } from './placement.js';
import type { TuningPayload, TuningSlice } from './tasks.js';

/** Orientations per task: fixed, so that the work is cut the same way for any number of workers. */
const SLICE = 12;

/** Latents of an SAE for vectors of the tap: [n][D] -> [n][F]. */
export interface Encoder {
  features: number;
  encode(x: Float32Array, n: number): Float32Array;
}

export interface TuningCurves {
  /** [units][720] */
  units: Float32Array[];
  /** [F][720]; empty without an encoder */
  features: Float32Array[];
}

export interface TuningJob {
  pool: Pool;
  tap: string;
  /** Geometry of the tap in the full picture. */
  info: TapInfo;
  fullSize: number;
  options: CurveOptions;
  encoder?: Encoder;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

export async function tuningCurves(job: TuningJob): Promise<TuningCurves> {
  const { pool, tap, info, options, encoder } = job;
  const { orientations, radii, lineWidth } = options;
  const placement = placeStimulus(info, job.fullSize, options.pairing);
  const starts = Array.from({ length: Math.ceil(orientations / SLICE) }, (_, i) => i * SLICE);
  const units = rows(info.channels, orientations);
  const features = rows(encoder?.features ?? 0, orientations);
  await pool.mapOrdered<number, TuningSlice>(
    starts,
    (start) => ({
      name: 'tuning',
      payload: {
        tap,
        placement,
        orientationsDeg: Array.from(
          { length: Math.min(SLICE, orientations - start) },
          (_, i) => (360 * (start + i)) / orientations,
        ),
        radii,
        lineWidth,
      } satisfies TuningPayload,
    }),
    (slice, s) => {
      const vectors = slice.length / info.channels;
      meanOverRadii(slice, radii.length, starts[s], units);
      if (encoder) meanOverRadii(encoder.encode(slice, vectors), radii.length, starts[s], features);
      job.onProgress?.(Math.min(orientations, starts[s] + SLICE), orientations);
    },
    { ahead: 2, signal: job.signal },
  );
  return { units: units.map(toSamples), features: features.map(toSamples) };
}

const rows = (n: number, length: number): Float32Array[] =>
  Array.from({ length: n }, () => new Float32Array(length));

/** values [orientation][radius][n] -> out[n][start + orientation], radii summed in their order. */
function meanOverRadii(values: Float32Array, radii: number, start: number, out: Float32Array[]): void {
  const n = out.length;
  const orientations = values.length / (radii * n);
  for (let o = 0; o < orientations; o++)
    for (let u = 0; u < n; u++) {
      let sum = 0;
      for (let r = 0; r < radii; r++) sum += values[(o * radii + r) * n + u];
      out[u][start + o] = sum / radii;
    }
}

/** Linear on the circle to 720 samples; the identity when there are 720. */
export function toSamples(curve: Float32Array): Float32Array {
  const n = curve.length;
  if (n === SAMPLES) return curve;
  return Float32Array.from({ length: SAMPLES }, (_, i) => {
    const at = (i * n) / SAMPLES;
    const low = Math.floor(at);
    const t = at - low;
    return curve[low % n] * (1 - t) + curve[(low + 1) % n] * t;
  });
}
