// The `downstream` task: one labelled photograph -> the classifier's answer with original,
// zero-ablated and reconstructed activations of one tap.

import { NumericError } from '../../core/errors.js';
import type { CoreMath } from '../../core/math.js';
import type { ImageFailure } from '../../images/types.js';
import type { Session } from '../../network/types.js';
import { LoadedSae } from '../../sae/inference.js';
import type { SaeConfig, SaeTensors } from '../../sae/types.js';
import { type Change, intervene } from '../../units/interventions/intervene.js';
import type { Task, TaskContext, TaskResult } from '../../vectors/task-context.js';
import type { LabelledImage } from './labels.js';

export const downstreamTasks: Record<string, Task> = { downstream };

export interface DownstreamPayload {
  image: LabelledImage;
  tap: string;
  size: number;
  saes: { config: SaeConfig; tensors: SaeTensors }[];
  /** Identity of `saes`: a thread loads them once. */
  key: string;
}

/** The answer on one photograph. */
export interface Answer {
  crossEntropy: number;
  /** KL(original || this) */
  kl: number;
  /** Shares of the answers whose label is the first, and among the first five; of equal classes the lower index is ahead. */
  top1: number;
  top5: number;
}

export interface ImageResult {
  original: Answer;
  zero: Answer;
  saes: (Answer & { error: number; active: number })[];
  positions: number;
  /** Of the original activations over this photograph's positions: mean per channel, and sum ||x - mean||^2. */
  mean: Float64Array;
  spread: number;
}
export type DownstreamTaskResult = { failure: ImageFailure } | ImageResult;

async function downstream(payload: DownstreamPayload, context: TaskContext): Promise<TaskResult> {
  const { image, tap, size } = payload;
  const picture = await context.picture(image.ref, size);
  if (!(picture instanceof Float32Array))
    return { value: { failure: picture } satisfies DownstreamTaskResult };
  const { math } = context.engine;
  const loaded = context.keep('downstream', payload.key, () => loadAll(payload, context));
  const session = context.session(size, ['logits'], tap);
  session.run(picture);
  const { channels } = session.info(tap);
  const x = session.tap(tap);
  const positions = x.length / channels;
  const { class: label, ref } = image;
  const labels = ref.kind === 'tokens' ? ref.tokens.slice(1) : [label];
  const bases = answers(math, session, labels.length);
  const judged = (found: readonly Float64Array[]): Answer => judge(math, bases, found, labels);
  const after = (change: Change): Answer => {
    intervene(session, tap, change);
    return judged(answers(math, session, labels.length));
  };
  const value: ImageResult = {
    original: judged(bases),
    zero: after({ kind: 'ablate' }),
    saes: loaded.saes.map((sae, s) => {
      const { xhat, error, active } = reconstruct(sae, x, positions);
      if (!Number.isFinite(error))
        throw new NumericError(
          `${image.ref.name}: the ${sae.config.architecture} SAE of ${sae.config.dSae} latents (number ${s + 1}) gives NaN or infinite values at tap '${tap}'; its weights do not fit this network`,
        );
      return { ...after({ kind: 'splice', values: xhat }), error, active };
    }),
    positions,
    ...moments(x, channels),
  };
  return { value, transfer: [value.mean.buffer] };
}

function loadAll({ saes }: DownstreamPayload, context: TaskContext) {
  const loaded: LoadedSae[] = [];
  const dispose = () => {
    for (const sae of loaded) sae.dispose();
  };
  try {
    for (const { config, tensors } of saes) loaded.push(new LoadedSae(context.engine, config, tensors));
  } catch (error) {
    dispose();
    throw error;
  }
  return { saes: loaded, dispose };
}

/** x [n][D] through the SAE, with sum ||x - xhat||^2 and the number of active latents. */
function reconstruct(sae: LoadedSae, x: Float32Array, n: number) {
  const { dIn } = sae.config;
  const xhat = new Float32Array(x.length);
  let error = 0;
  let active = 0;
  sae.visit(x, n, (first, count, lists, rebuild) => {
    active += lists.start[count];
    const { rows, stride } = rebuild();
    for (let s = 0; s < count; s++) {
      const at = (first + s) * dIn;
      for (let j = 0; j < dIn; j++) {
        const h = rows[s * stride + j];
        const e = x[at + j] - h;
        error += e * e;
        xhat[at + j] = h;
      }
    }
  });
  return { xhat, error, active };
}

function moments(x: Float32Array, channels: number): { mean: Float64Array; spread: number } {
  const mean = new Float64Array(channels);
  for (let i = 0; i < x.length; i++) mean[i % channels] += x[i];
  for (let c = 0; c < channels; c++) mean[c] /= x.length / channels;
  let spread = 0;
  for (let i = 0; i < x.length; i++) {
    const d = x[i] - mean[i % channels];
    spread += d * d;
  }
  return { mean, spread };
}

/** Of the first n rows of logits: a picture has one, a text one for each token, of which the last has no next one. */
function answers(math: CoreMath, session: Session, n: number): Float64Array[] {
  const logits = session.tap('logits');
  const width = session.info('logits').channels;
  return Array.from({ length: n }, (_, i) =>
    logProbabilities(math, logits.subarray(i * width, (i + 1) * width)),
  );
}

/** Means over the rows. */
function judge(
  math: CoreMath,
  originals: readonly Float64Array[],
  found: readonly Float64Array[],
  labels: readonly number[],
): Answer {
  const sum: Answer = { crossEntropy: 0, kl: 0, top1: 0, top5: 0 };
  for (const [i, label] of labels.entries()) {
    const one = answer(math, originals[i], found[i], label);
    for (const key of ['crossEntropy', 'kl', 'top1', 'top5'] as const) sum[key] += one[key] / labels.length;
  }
  return sum;
}

/** log softmax in f64, from the f32 logits: finite however small a probability is. */
function logProbabilities(math: CoreMath, logits: Float32Array): Float64Array {
  let top = Number.NEGATIVE_INFINITY;
  for (const v of logits) top = Math.max(top, v);
  let sum = 0;
  for (const v of logits) sum += math.exp(v - top);
  const norm = top + math.log(sum);
  return Float64Array.from(logits, (v) => v - norm);
}

function answer(math: CoreMath, original: Float64Array, q: Float64Array, label: number): Answer {
  let kl = 0;
  let rank = 0;
  for (let i = 0; i < q.length; i++) {
    kl += math.exp(original[i]) * (original[i] - q[i]);
    if (q[i] > q[label] || (q[i] === q[label] && i < label)) rank++;
  }
  // KL is never negative; its rounded sum may be, by some 1e-16.
  return { crossEntropy: -q[label], kl: Math.max(0, kl), top1: Number(rank < 1), top5: Number(rank < 5) };
}
