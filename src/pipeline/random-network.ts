// The control of a network that learnt nothing: pictures and drawings once more through the same architecture
// with random weights, and the same random directions asked there.
import { type ControlInput, DRAWS, randomControl } from '../study/curves/controls.js';
import type { CurveOptions } from '../study/curves/options.js';
import type { RandomWeights } from '../study/curves/types.js';
import { evenRows } from '../vectors/even-rows.js';
import { measuredOf, measureTap, studyMeasured } from './curves.js';
import { type Referred, referenceSample } from './reference.js';

export interface RandomNetwork extends Omit<Referred, 'weightsSeed'> {
  options: CurveOptions;
}

/** `input`: what the trained network's directions were asked with; `thresholds`: vectors that set theirs. */
export async function randomNetwork(
  job: RandomNetwork,
  input: ControlInput,
  thresholds: number,
): Promise<RandomWeights> {
  const { engine, tap, options, progress, signal } = job;
  const random = { ...job, weightsSeed: job.seed };
  const { reference, places } = await referenceSample(random);
  const { responses, structure } = await measureTap({ ...random, places }, options, progress, signal);
  const measured = await measuredOf(responses, structure, reference, undefined);
  const directions: ControlInput = {
    ...input,
    ...{ responses, photographs: await evenRows(reference, thresholds) },
    places: { vectors: places.vectors, structure },
    neurons: measured.tuning.units,
  };
  return {
    ...(await randomControl(job.pool, directions, DRAWS, {
      onProgress: (done, total) => progress.update(done, total, 'draws'),
      signal,
    })),
    neurons: {
      of: measured.tuning.units.length,
      detectors: studyMeasured(engine.math, tap, measured, undefined).neurons.count,
    },
  };
}
