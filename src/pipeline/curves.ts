// The stage of curves: what a tap's units and an SAE's features answer to curves, how they behave on
// photographs, and which way the photographs run where they are looked at.

import { InputError } from '../core/errors.js';
import type { CoreMath } from '../core/math.js';
import type { Pool } from '../core/pool.js';
import type { ImageRef } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import { tapInfo } from '../network/taps.js';
import type { Model } from '../network/types.js';
import type { LoadedSae } from '../sae/inference.js';
import type { CurveOptions } from '../study/curves/options.js';
import { activationStatistics } from '../study/curves/statistics.js';
import { studyCurves } from '../study/curves/study.js';
import type { StructurePayload, StructureSlice } from '../study/curves/tasks.js';
import {
  curveResponses,
  type Encoder,
  featureCurves,
  lineOverArc,
  neuronCurves,
  type Responses,
  type TuningCurves,
} from '../study/curves/tuning.js';
import {
  encodeCurves,
  type MeasuredCurves,
  type MeasuredTap,
  readCurves,
  TUNING_FILE,
} from '../study/curves/tuning-file.js';
import type { CurveResult } from '../study/curves/types.js';
import { formatUnit } from '../units/unit.js';
import type { Places } from '../vectors/places.js';
import type { VectorSource } from '../vectors/types.js';
import type { Pictures, StageEnvironment } from './environment.js';
import { curvesIdentity, type MeasuredWith } from './identity.js';
import type { StageProgress } from './progress.js';
import { completeFile, runStage, type StageOutcome } from './stage.js';

/** Photographs and places of each at which their own direction is measured. */
export const PLACES = { pictures: 80, each: 128 } as const;

/** Who answers to the curves, and on what. */
export interface Measured {
  pool: Pool;
  model: Model;
  tap: string;
  sae?: LoadedSae;
  /** Pictures that `places` come from. */
  images: readonly ImageRef[];
  places: Places;
  /** Vectors of uniform positions of photographs. */
  reference: VectorSource;
  /** Of the network with random weights in place of its own. */
  weightsSeed?: number;
}

export const encoderOf = (sae: LoadedSae): Encoder => ({
  features: sae.config.dSae,
  encode: (x, n) => sae.encode(x, n),
});

export async function measure(
  { sae, reference, ...drawn }: Measured,
  options: CurveOptions,
  progress: Pick<StageProgress, 'update'>,
  signal?: AbortSignal,
): Promise<Required<MeasuredTap>> {
  const { responses, structure } = await measureTap(drawn, options, progress, signal);
  return measuredOf(responses, structure, reference, sae);
}

/** What the network answers to drawings, and which way photographs run: all that needs it. */
export async function measureTap(
  { pool, model, tap, images, places, weightsSeed }: Omit<Measured, 'sae' | 'reference'>,
  options: CurveOptions,
  progress: Pick<StageProgress, 'update'>,
  signal?: AbortSignal,
): Promise<{ responses: Responses; structure: Float32Array }> {
  const info = tapInfo(model.description, tap);
  const { size } = imageInput(model.description);
  const responses = await curveResponses({
    ...{ pool, tap, info, options, weightsSeed, signal, fullSize: size },
    onProgress: (done, total) => progress.update(done, total, 'drawings'),
  });
  const structure = await placeStructure(
    { pool, images, places, signal },
    (position) => {
      const pixel = (i: number) => Math.min(size - 1, Math.max(0, Math.round(info.stride * i + info.centre)));
      return [pixel(Math.floor(position / info.width)), pixel(position % info.width)];
      // About a sixteenth of the field: where the unit looks, not all that it sees.
    },
    Math.max(2, info.field / 16),
  );
  return { responses, structure };
}

/** Curves and statistics of units, and of an SAE's features. */
export async function measuredOf(
  responses: Responses,
  structure: Float32Array,
  reference: VectorSource,
  sae: LoadedSae | undefined,
): Promise<Required<MeasuredTap>> {
  const encoder = sae && encoderOf(sae);
  const { units, features } = await activationStatistics(reference, encoder);
  return {
    tuning: { units: neuronCurves(responses), features: encoder ? featureCurves(responses, encoder) : [] },
    statistics: { units, features },
    evidence: {
      responses,
      lines: { units: lineOverArc(responses), features: encoder && lineOverArc(responses, encoder) },
      structure,
    },
  };
}

/** Which way each place runs, [places][2]. `pixelOf`: row and column of a position. */
async function placeStructure(
  { pool, images, places, signal }: Pick<Measured, 'pool' | 'images' | 'places'> & { signal?: AbortSignal },
  pixelOf: (position: number) => [number, number],
  sigma: number,
): Promise<Float32Array> {
  const { image, position } = places;
  const out = new Float32Array(2 * image.length);
  const runs: { first: number; end: number }[] = [];
  for (let first = 0, end = 0; first < image.length; first = end) {
    while (end < image.length && image[end] === image[first]) end++;
    runs.push({ first, end });
  }
  await pool.mapOrdered<(typeof runs)[number], StructureSlice>(
    runs,
    ({ first, end }) => ({
      name: 'structure',
      payload: {
        ...{ ref: images[image[first]], sigma },
        pixels: Int32Array.from(Array.from(position.subarray(first, end)).flatMap(pixelOf)),
      } satisfies StructurePayload,
    }),
    (slice, i) => out.set(slice, 2 * runs[i].first),
    { ahead: 2, signal },
  );
  return out;
}

export const measuredText = ({ orientations, radii }: CurveOptions): string =>
  `${orientations} orientations, ${radii.length} radii`;

/** Names of the units and features that were measured, as results have them. */
export const namesOf = (tap: string, { units, features }: TuningCurves) => ({
  unitNames: units.map((_, index) => formatUnit({ kind: 'neurons', index }, tap)),
  featureNames: features.map((_, index) => formatUnit({ kind: 'features', index })),
});

/** What features are asked with besides. `seeds`: see EvidenceSources. */
export interface AskedWith {
  sae: LoadedSae;
  places: Places;
  seeds?: readonly Float32Array[];
}

/** Detectors with their evidence, gaps and filled gaps. */
export function studyMeasured(
  math: CoreMath,
  tap: string,
  { tuning, statistics, evidence }: MeasuredTap,
  asked: AskedWith | undefined,
): CurveResult {
  const { unitNames, featureNames } = namesOf(tap, tuning);
  return studyCurves({
    math,
    neurons: {
      ...{ names: unitNames, curves: tuning.units, statistics: statistics.units },
      lines: evidence?.lines.units,
    },
    ...(asked &&
      statistics.features && {
        features: {
          ...{ names: featureNames, curves: tuning.features, statistics: statistics.features },
          lines: evidence?.lines.features,
          decoder: asked.sae.tensors.W_dec.data,
          evidence: {
            seeds: asked.seeds,
            ...(evidence && {
              places: {
                structure: evidence.structure,
                activations: (features) => activationsAt(asked.sae, asked.places.vectors, features),
              },
            }),
          },
        },
      }),
  });
}

/** What the given features do at places, [places] each. */
export function activationsAt(
  sae: LoadedSae,
  vectors: Float32Array,
  features: readonly number[],
): Float32Array[] {
  const n = vectors.length / sae.config.dIn;
  const out = features.map(() => new Float32Array(n));
  const at = new Map(features.map((feature, i) => [feature, out[i]]));
  sae.visit(vectors, n, (first, count, { start, index, value }) => {
    for (let s = 0; s < count; s++)
      for (let i = start[s]; i < start[s + 1]; i++) {
        const column = at.get(index[i]);
        if (column) column[first + s] = value[i];
      }
  });
  return out;
}

/** Measures, or takes what was measured: it is what costs time. */
export async function curvesStage(
  env: Pick<Pictures, 'engine' | 'pool' | 'model' | 'images'> & StageEnvironment,
  sae: LoadedSae,
  { reference, places }: Pick<Measured, 'reference' | 'places'>,
  { weights, tap, ...made }: MeasuredWith,
): Promise<StageOutcome<Required<MeasuredCurves>>> {
  const { engine, pool, model, images, progress, signal } = env;
  const { curves } = made;
  return runStage(env.out, progress, {
    name: 'curves',
    identity: curvesIdentity(engine.info(), { weights, tap, ...made }),
    complete: (folder) =>
      completeFile(
        folder,
        TUNING_FILE,
        async () => {
          const { statistics, ...measured } = await measure(
            { pool, model, tap, sae, images, places, reference },
            ...([curves, progress, signal] as const),
          );
          const { units, features } = statistics;
          return encodeCurves({ ...measured, statistics: { units, features: features! } });
        },
        async () => {
          const { evidence, ...measured } = await readCurves(folder);
          if (!evidence)
            throw new InputError(
              `${folder.label}/${TUNING_FILE}: is not whole; remove the folder and run again`,
            );
          return { ...measured, evidence };
        },
        (message) => progress.warn?.(message),
      ),
    summary: () => measuredText(curves),
  });
}
