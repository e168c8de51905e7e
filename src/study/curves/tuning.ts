// Radial tuning curves: R_u(phi) = mean over radii of the post-ReLU activation (METHODS 5.2), and what
// straight lines give beside arcs.
import type { Pool } from '../../core/pool.js';
import type { TapInfo } from '../../network/types.js';
import { type CurveOptions, SAMPLES } from './options.js';
import { type Placement, placeStimulus } from './placement.js';
import { respondTo } from './respond.js';
import type { PlacedStimulus, ResponsesPayload } from './tasks.js';

/** Latents of an SAE for vectors of the tap: [n][D] -> [n][F]. */
export interface Encoder {
  features: number;
  encode(x: Float32Array, n: number): Float32Array;
}

/** Responses of a tap to the drawn curves. */
export interface Responses {
  d: number;
  orientations: number;
  radii: number;
  /** [orientations][radii][d] */
  vectors: Float32Array;
  /** To straight lines, [lines][d]. */
  lines: Float32Array;
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
  /** Of the network with random weights in place of its own. */
  weightsSeed?: number;
  encoder?: Encoder;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

export async function tuningCurves({ encoder, ...job }: TuningJob): Promise<TuningCurves> {
  const responses = await curveResponses(job);
  return { units: neuronCurves(responses), features: encoder ? featureCurves(responses, encoder) : [] };
}

/** What the network answers to every curve, and to straight lines. */
export async function curveResponses(job: Omit<TuningJob, 'encoder'>): Promise<Responses> {
  const { info, options } = job;
  const { orientations, radii } = options;
  const placement = placeStimulus(info, job.fullSize, options.pairing);
  const { arcs, lines } = curveStimuli(options);
  const all = await respond(job, placement, [...arcs, ...lines]);
  const at = arcs.length * info.channels;
  return {
    ...{ d: info.channels, orientations, radii: radii.length },
    vectors: all.subarray(0, at),
    lines: all.subarray(at),
  };
}

/** All that is drawn: arcs [orientations][radii], and straight lines. */
export function curveStimuli({ orientations, radii }: Pick<CurveOptions, 'orientations' | 'radii'>): {
  arcs: PlacedStimulus[];
  lines: PlacedStimulus[];
} {
  const arcs: PlacedStimulus[] = [];
  for (let o = 0; o < orientations; o++)
    for (const radius of radii)
      arcs.push({ stimulus: { kind: 'curve', orientationDeg: (360 * o) / orientations, radius } });
  return { arcs, lines: lineStimuli(orientations) };
}

/** Pixels from the middle of the read unit's field, of the lines of one direction. */
export const LINE_OFFSETS = [-8, -4, 0, 4, 8] as const;

/**
 * Lines of every direction, modulo 180 degrees, at five offsets across 16 pixels: the best offset is asked
 * for, and pooling shifts what a unit sees. A sixteenth of the curves at most.
 */
function lineStimuli(orientations: number): PlacedStimulus[] {
  const directions = Math.max(4, Math.min(36, orientations >> 2));
  return Array.from({ length: directions }, (_, i) =>
    LINE_OFFSETS.map(
      (offset): PlacedStimulus => ({
        stimulus: { kind: 'line', orientationDeg: (180 * i) / directions },
        offset,
      }),
    ),
  ).flat();
}

/** Vectors [stimuli][channels]. */
const respond = (
  { options: { lineWidth }, ...job }: Omit<TuningJob, 'encoder'>,
  placement: Placement,
  stimuli: readonly PlacedStimulus[],
): Promise<Float32Array> =>
  respondTo(job, stimuli, (slice) => ({
    name: 'responses',
    payload: {
      ...{ tap: job.tap, placement, lineWidth, weightsSeed: job.weightsSeed, stimuli: slice },
    } satisfies ResponsesPayload,
  }));

/** [units][720] */
export function neuronCurves({ d, orientations, radii, vectors }: Responses): Float32Array[] {
  const units = rows(d, orientations);
  meanOverRadii(vectors, radii, 0, units);
  return units.map(toSamples);
}

/** Orientations encoded at a time. */
const CHUNK = 12;

/** [F][720]: latents are encoded before radii are averaged. */
export function featureCurves(
  { d, orientations, radii, vectors }: Responses,
  encoder: Encoder,
): Float32Array[] {
  const features = rows(encoder.features, orientations);
  for (let start = 0; start < orientations; start += CHUNK) {
    const n = Math.min(CHUNK, orientations - start) * radii;
    const from = start * radii * d;
    const f = encoder.encode(vectors.subarray(from, from + n * d), n);
    meanOverRadii(f, radii, start, features);
  }
  return features.map(toSamples);
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

/**
 * The largest response to a straight line over the largest to an arc, of each unit or, with an encoder, of
 * each feature; NaN where no arc fires it. Above 1, it is a line that it looks for.
 */
export function lineOverArc({ d, vectors, lines }: Responses, encoder?: Encoder): Float32Array {
  const count = encoder?.features ?? d;
  const largest = (x: Float32Array): Float32Array => {
    const out = new Float32Array(count);
    for (let first = 0; first < x.length; first += 512 * d) {
      const part = x.subarray(first, first + 512 * d);
      const values = encoder ? encoder.encode(part, part.length / d) : part;
      for (let i = 0; i < values.length; i++) out[i % count] = Math.max(out[i % count], values[i]);
    }
    return out;
  };
  const arc = largest(vectors);
  return largest(lines).map((v, i) => (arc[i] > 0 ? v / arc[i] : Number.NaN));
}

/** Linear on the circle to 720 samples; the identity when there are 720. */
export function toSamples(curve: Float32Array): Float32Array {
  const n = curve.length;
  if (n === SAMPLES) return curve;
  const out = new Float32Array(SAMPLES);
  for (let i = 0; i < SAMPLES; i++) {
    const at = (i * n) / SAMPLES;
    const low = Math.floor(at);
    const t = at - low;
    out[i] = curve[low % n] * (1 - t) + curve[(low + 1) % n] * t;
  }
  return out;
}
