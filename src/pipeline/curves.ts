// The stage of curves: what a tap's units and an SAE's features answer to curves, and how they behave on
// photographs.

import type { CoreMath } from '../core/math.js';
import type { Pool } from '../core/pool.js';
import { imageInput } from '../network/ops/image.js';
import { tapInfo } from '../network/taps.js';
import type { Model } from '../network/types.js';
import type { LoadedSae } from '../sae/inference.js';
import type { CurveOptions } from '../study/curves/options.js';
import { type ActivationStatistics, activationStatistics } from '../study/curves/statistics.js';
import { studyCurves } from '../study/curves/study.js';
import { type TuningCurves, tuningCurves } from '../study/curves/tuning.js';
import { encodeCurves, type MeasuredCurves, readCurves, TUNING_FILE } from '../study/curves/tuning-file.js';
import type { CurveResult } from '../study/curves/types.js';
import { formatUnit } from '../units/unit.js';
import type { VectorSource } from '../vectors/types.js';
import type { Pictures, StageEnvironment } from './environment.js';
import { curvesIdentity, type MeasuredWith } from './identity.js';
import type { StageProgress } from './progress.js';
import { completeFile, runStage, type StageOutcome } from './stage.js';

/** Who answers to the curves. */
export interface Measured {
  pool: Pool;
  model: Model;
  tap: string;
  sae?: LoadedSae;
}

const encoderOf = (sae: LoadedSae | undefined) =>
  sae && {
    features: sae.config.dSae,
    encode: (x: Float32Array, n: number): Float32Array => sae.encode(x, n),
  };

export function measureTuning(
  { pool, model, tap, sae }: Measured,
  options: CurveOptions,
  progress: Pick<StageProgress, 'update'>,
  signal?: AbortSignal,
): Promise<TuningCurves> {
  return tuningCurves({
    ...{ pool, tap, options, signal },
    info: tapInfo(model.description, tap),
    fullSize: imageInput(model.description).size,
    encoder: encoderOf(sae),
    onProgress: (done, total) => progress.update(done, total, 'orientations'),
  });
}

/** `reference`: vectors of uniform positions of photographs. */
export const measureStatistics = ({ sae }: Measured, reference: VectorSource) =>
  activationStatistics(reference, encoderOf(sae));

export const measuredText = ({ orientations, radii }: CurveOptions): string =>
  `${orientations} orientations, ${radii.length} radii`;

/** Names of the units and features that were measured, as results have them. */
export const namesOf = (tap: string, { units, features }: TuningCurves) => ({
  unitNames: units.map((_, index) => formatUnit({ kind: 'neurons', index }, tap)),
  featureNames: features.map((_, index) => formatUnit({ kind: 'features', index })),
});

/** Detectors, gaps and filled gaps. `decoder`: W_dec [F][D]. */
export const studyMeasured = (
  math: CoreMath,
  tap: string,
  tuning: TuningCurves,
  statistics: { units: ActivationStatistics; features?: ActivationStatistics },
  decoder: Float32Array | undefined,
): CurveResult =>
  studyCurves({
    ...{ math, decoder },
    ...namesOf(tap, tuning),
    ...{ units: tuning.units, features: tuning.features },
    unitPercentiles: statistics.units.percentile999,
    featurePercentiles: statistics.features?.percentile999,
  });

/** Measures, or takes what was measured: it is what costs time. */
export async function curvesStage(
  env: Pick<Pictures, 'engine' | 'pool' | 'model'> & StageEnvironment,
  sae: LoadedSae,
  reference: VectorSource,
  { weights, tap, ...made }: MeasuredWith,
): Promise<StageOutcome<MeasuredCurves>> {
  const { engine, pool, model, progress, signal } = env;
  const { curves } = made;
  const measured = { pool, model, tap, sae };
  return runStage(env.out, progress, {
    name: 'curves',
    identity: curvesIdentity(engine.info(), { weights, tap, ...made }),
    complete: (folder) =>
      completeFile(
        folder,
        TUNING_FILE,
        async () => {
          const tuning = await measureTuning(measured, curves, progress, signal);
          const { units, features } = await measureStatistics(measured, reference);
          return encodeCurves({ tuning, statistics: { units, features: features! } });
        },
        () => readCurves(folder),
        (message) => progress.warn?.(message),
      ),
    summary: () => measuredText(curves),
  });
}
