// What the neurons of a tap are made of: pictures for activations, drawings for tuning, and the same
// question asked of a rotated basis, which nothing in the network prefers.
import { Rng } from '../core/random.js';
import type { ImageFailure } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import { tapInfo } from '../network/taps.js';
import type { LoadedSae } from '../sae/inference.js';
import type { CurveOptions } from '../study/curves/options.js';
import { curveResponses, featureCurves, neuronCurves, type Responses } from '../study/curves/tuning.js';
import { decompose } from '../study/decompose/decompose.js';
import { tunedAlike } from '../study/decompose/tuning-groups.js';
import type { Decomposition } from '../study/decompose/types.js';
import { evenRows } from '../vectors/even-rows.js';
import { type Hiding, hide, hidingMatrix } from '../vectors/hiding.js';
import { randomRotation } from '../vectors/random-directions.js';
import { encoderOf } from './curves.js';
import type { StageProgress } from './progress.js';
import { type Referred, referenceSample } from './reference.js';

export interface DecomposeJob extends Omit<Referred, 'excludeBorder' | 'weightsSeed' | 'progress'> {
  sae: LoadedSae;
  /** How the tap's neurons are hidden from the SAE: then it is those that are looked at, or the sums that two of them are in. */
  hiding?: Hiding;
  /** Neurons; all unless given. */
  units?: readonly number[];
  curves: CurveOptions;
  progress: StageProgress;
}

export interface Decomposed {
  /** Of each neuron that was asked for, its index in the tap. */
  units: { index: number; decomposition: Decomposition }[];
  /** The same of the axes of a random rotation, as many as the SAE has dimensions. */
  control: Decomposition[];
  /** Tuning curves, [neurons][720] and [F][720]. */
  tuning: { units: readonly Float32Array[]; features: readonly Float32Array[] };
  /** Vectors of pictures that were summed over, and pictures. */
  vectors: number;
  used: number;
  failures: ImageFailure[];
}

/** All of a store's would take longer, and change the second digit. */
const MOST_VECTORS = 32_768;
/** Stream of the rotation, away from those of other controls. */
const ROTATION = 2000;

/** InputError: not one picture could be used. */
export async function decomposeTap(job: DecomposeJob): Promise<Decomposed> {
  const { engine, pool, model, tap, sae, hiding, progress, signal, seed } = job;
  const { math } = engine;
  progress.start('pictures');
  const { reference, failures, used } = await referenceSample(job);
  progress.finish(`${used} images`);
  progress.start('curves');
  const info = tapInfo(model.description, tap);
  const drawn = await curveResponses({
    ...{ pool, tap, info, options: job.curves, signal, fullSize: imageInput(model.description).size },
    onProgress: (done, total) => progress.update(done, total, 'drawings'),
  });
  progress.finish(`${drawn.orientations} orientations`);
  progress.start('parts');
  const rows = await evenRows(reference, MOST_VECTORS);
  const seen = hiding
    ? hiddenFrom(job, hiding, rows, drawn)
    : { rows, drawn, neurons: identity(info.channels) };
  const { dIn: d } = sae.config;
  const features = featureCurves(seen.drawn, encoderOf(sae));
  const alike = tunedAlike(math, features, { data: sae.tensors.W_dec.data, d });
  const indices = job.units ?? Array.from({ length: info.channels }, (_, i) => i);
  const chosen = new Float32Array(indices.length * d);
  for (const [i, u] of indices.entries()) chosen.set(seen.neurons.subarray(u * d, (u + 1) * d), i * d);
  const found = decompose(engine, sae, seen.rows, chosen, alike);
  const rotation = randomRotation(math, new Rng(seed, ROTATION), d);
  const control = decompose(engine, sae, seen.rows, rotation, alike);
  progress.finish(`${indices.length} neurons, ${d} axes of a rotation`);
  return {
    units: indices.map((index, i) => ({ index, decomposition: found[i] })),
    control,
    tuning: { units: neuronCurves(hiding?.kind === 'pairs' ? seen.drawn : drawn), features },
    vectors: rows.length / info.channels,
    ...{ used, failures },
  };
}

/** Of what the SAE sees where neurons are hidden: vectors, answers to drawings, and the directions of the neurons. */
function hiddenFrom({ engine }: DecomposeJob, hiding: Hiding, rows: Float32Array, drawn: Responses) {
  const neurons = hidingMatrix(engine.math, drawn.d, hiding);
  const core = engine.acquire();
  try {
    const hidden = (x: Float32Array) => hide(core, x, neurons, hiding.width);
    return {
      rows: hidden(rows),
      // Of sums of two neurons it is the sums that are taken apart.
      neurons: hiding.kind === 'pairs' ? identity(hiding.width) : neurons,
      drawn: { ...drawn, d: hiding.width, vectors: hidden(drawn.vectors), lines: hidden(drawn.lines) },
    };
  } finally {
    core.dispose();
  }
}

function identity(d: number): Float32Array {
  const out = new Float32Array(d * d);
  for (let i = 0; i < d; i++) out[i * d + i] = 1;
  return out;
}
