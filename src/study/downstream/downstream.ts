// Downstream metrics (METHODS 4.1): the SAE's reconstruction in place of a tap's activations
// at every position, and what the classifier then makes of labelled photographs.

import { InputError, UsageError } from '../../core/errors.js';
import { canonicalJson, sha256 } from '../../core/hash.js';
import type { Pool } from '../../core/pool.js';
import type { ImageFailure } from '../../images/types.js';
import { checkReach } from '../../network/load.js';
import { imageInput } from '../../network/ops/image.js';
import { dependentLayers, neededLayers, tapChannels } from '../../network/taps.js';
import type { Model } from '../../network/types.js';
import { sharedTensors } from '../../sae/shared-tensors.js';
import type { SaeConfig, SaeTensors } from '../../sae/types.js';
import type { LabelledImage } from './labels.js';
import type { Answer, DownstreamPayload, DownstreamTaskResult } from './tasks.js';

/** Means over the photographs; of text over its windows, in each over the tokens that have a next one. */
export interface Classification {
  /** -ln p(label), in nats; of text the label is the next token. */
  crossEntropy: number;
  /** Fractions of photographs. */
  top1: number;
  top5: number;
}

export interface SplicedClassification extends Classification {
  /** KL(original || spliced) of the softmax, in nats. */
  kl: number;
}

export interface SplicedSae extends SplicedClassification {
  /**
   * 1 - (CE(spliced) - CE(original)) / (CE(zero) - CE(original)): 1 is the original, 0 no better
   * than zeros; may leave [0, 1]. null where zero ablation changes nothing.
   */
  lossRecovered: number | null;
  /** Over every position of every photograph, about the mean per channel. */
  fvu: number;
  l0: number;
}

export interface DownstreamResult {
  original: Classification;
  /** Every activation of the tap set to zero. */
  zero: SplicedClassification;
  /** In the order of `saes`. */
  saes: SplicedSae[];
  /** Photographs measured, and their positions in all. */
  images: number;
  vectors: number;
  failures: ImageFailure[];
}

export interface DownstreamOptions {
  /** A pool that computes with `model`. */
  pool: Pool;
  model: Model;
  /** A post-ReLU tap. */
  tap: string;
  /** Measured together: each photograph runs once up to the tap. LoadedSae and SAE folders fit. */
  saes: readonly { config: SaeConfig; tensors: SaeTensors }[];
  images: readonly LabelledImage[];
  signal?: AbortSignal;
  onProgress?: (images: number, failures: number) => void;
}

/**
 * Sums are f64 in the order of the photographs, whatever the number of workers. Photographs
 * that cannot be read are skipped and listed. UsageError: no classifier, a tap that cannot be
 * spliced, an SAE of another width. InputError: no photograph could be used.
 */
export async function downstream(options: DownstreamOptions): Promise<DownstreamResult> {
  const { pool, model, tap, images, signal, onProgress } = options;
  const channels = checkDownstream({ ...options, widths: options.saes.map((s) => s.config.dIn) });
  const { classes = 0 } = model.description;
  for (const { ref, class: index } of images)
    if (ref.kind !== 'tokens' && !(Number.isInteger(index) && index >= 0 && index < classes))
      throw new UsageError(`${ref.name}: class ${index} is not one of 0 to ${classes - 1}`);
  const saes = options.saes.map(({ config, tensors }) => ({ config, tensors: sharedTensors(tensors) }));
  const key = await identity(options.saes);
  const sums = new Sums(channels, saes.length);
  const failures: ImageFailure[] = [];
  await pool.mapOrdered<LabelledImage, DownstreamTaskResult>(
    images,
    (image) => ({
      name: 'downstream',
      payload: {
        image,
        tap,
        size: image.ref.kind === 'tokens' ? image.ref.tokens.length : imageInput(model.description).size,
        saes,
        key,
      } satisfies DownstreamPayload,
    }),
    (result, i) => {
      if ('failure' in result) failures.push(result.failure);
      else sums.add(result);
      onProgress?.(i + 1, failures.length);
    },
    { ahead: 2, signal },
  );
  if (!sums.images)
    throw new InputError(
      failures.length
        ? `none of the ${images.length} images could be used; the first: ${failures[0].reason}`
        : 'no labelled photographs to measure on',
    );
  return { ...sums.result(), failures };
}

/** The tap's channels. UsageError for what cannot be measured (see downstream), before anything is started. */
export function checkDownstream({
  model,
  tap,
  widths,
}: Pick<DownstreamOptions, 'model' | 'tap'> & { widths: readonly number[] }): number {
  const network = model.description;
  const order = network.layers.map((l) => l.out);
  if (order.indexOf(model.lastTap) < order.indexOf('logits'))
    throw new UsageError(
      `${model.name} ends at tap '${model.lastTap}' and classifies nothing, so it has no downstream metrics; use googlenet or inceptionv1`,
    );
  const channels = tapChannels(network, tap);
  checkReach(model, tap, tap);
  dependentLayers(network, tap, neededLayers(network, ['logits']));
  for (const dIn of widths)
    if (dIn !== channels)
      throw new UsageError(
        `an SAE of d_in ${dIn} does not fit tap '${tap}' of ${channels} channels; give the tap that it was trained on`,
      );
  return channels;
}

async function identity(saes: DownstreamOptions['saes']): Promise<string> {
  const parts: unknown[] = [];
  for (const { config, tensors } of saes)
    for (const [name, { data }] of Object.entries(tensors))
      parts.push(config, name, await sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
  return sha256(canonicalJson(parts));
}

class AnswerSums {
  #crossEntropy = 0;
  #kl = 0;
  #top1 = 0;
  #top5 = 0;

  add({ crossEntropy, kl, top1, top5 }: Answer): void {
    this.#crossEntropy += crossEntropy;
    this.#kl += kl;
    this.#top1 += top1;
    this.#top5 += top5;
  }

  mean(n: number): SplicedClassification {
    return {
      crossEntropy: this.#crossEntropy / n,
      kl: this.#kl / n,
      top1: this.#top1 / n,
      top5: this.#top5 / n,
    };
  }
}

class Sums {
  images = 0;
  #vectors = 0;
  #original = new AnswerSums();
  #zero = new AnswerSums();
  #saes: { answers: AnswerSums; error: number; active: number }[];
  #mean: Float64Array;
  #spread = 0;

  constructor(channels: number, saes: number) {
    this.#mean = new Float64Array(channels);
    this.#saes = Array.from({ length: saes }, () => ({ answers: new AnswerSums(), error: 0, active: 0 }));
  }

  add(result: Exclude<DownstreamTaskResult, { failure: ImageFailure }>): void {
    this.#original.add(result.original);
    this.#zero.add(result.zero);
    this.#saes.forEach((sums, s) => {
      const part = result.saes[s];
      sums.answers.add(part);
      sums.error += part.error;
      sums.active += part.active;
    });
    // Moments of two parts joined (Chan, Golub, LeVeque 1979): no difference of large sums.
    const n = this.#vectors + result.positions;
    const share = result.positions / n;
    let between = 0;
    for (let c = 0; c < this.#mean.length; c++) {
      const d = result.mean[c] - this.#mean[c];
      between += d * d;
      this.#mean[c] += d * share;
    }
    this.#spread += result.spread + between * this.#vectors * share;
    this.#vectors = n;
    this.images++;
  }

  result(): Omit<DownstreamResult, 'failures'> {
    const { kl: _, ...original } = this.#original.mean(this.images);
    const zero = this.#zero.mean(this.images);
    const lost = zero.crossEntropy - original.crossEntropy;
    return {
      original,
      zero,
      saes: this.#saes.map(({ answers, error, active }) => {
        const mean = answers.mean(this.images);
        return {
          ...mean,
          lossRecovered: lost === 0 ? null : 1 - (mean.crossEntropy - original.crossEntropy) / lost,
          // As in sae/metrics.ts: constant activations have no variance to explain.
          fvu: this.#spread > 0 ? error / this.#spread : error > 0 ? 1 : 0,
          l0: active / this.#vectors,
        };
      }),
      images: this.images,
      vectors: this.#vectors,
    };
  }
}
