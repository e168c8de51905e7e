// Does an autoencoder know the vectors that it was trained on better than others of their kind?
import type { Engine } from '../core/engine.js';
import { LoadedSae } from '../sae/inference.js';
import { evaluate } from '../sae/metrics.js';
import type { SaeFolder } from '../sae/saelens.js';
import type { ThroughOptions } from '../sae/threads.js';
import { evenSample } from '../vectors/even-rows.js';
import type { Vectors } from '../vectors/store.js';
import type { VectorSource } from '../vectors/types.js';

/** Vectors of a split that are looked at. */
const SAMPLE = 12_288;
/** Held-out FVU that is far above the training FVU: this many times, and by this much. */
const FAR = { times: 1.5, by: 0.01 } as const;
/** Passes over the training vectors beyond which a run says so: at 89 a wide SAE of few vectors learnt them by heart. */
const MOST_PASSES = 100;

/** FVU of some vectors of a split. */
export const sampledFvu = async (
  sae: LoadedSae,
  source: VectorSource,
  options: ThroughOptions = {},
): Promise<number> => (await evaluate(sae, await evenSample(source, SAMPLE), options)).fvu;

export interface Fit {
  fvu: number;
  trainFvu: number;
}

/** FVU of some held-out vectors and of some training vectors; null where none was held out. */
export async function fitOf(
  engine: Engine,
  { config, tensors }: SaeFolder,
  vectors: Pick<Vectors, 'source'>,
  options: ThroughOptions,
): Promise<Fit | null> {
  const heldOut = vectors.source('heldout');
  if (!heldOut.count) return null;
  const sae = new LoadedSae(engine, config, tensors);
  try {
    return {
      fvu: await sampledFvu(sae, heldOut, options),
      trainFvu: await sampledFvu(sae, vectors.source('train'), options),
    };
  } finally {
    sae.dispose();
  }
}

/** What is doubtful about an SAE whose held-out FVU is `fvu`. */
export const heldOutDoubts = (fvu: number, trainFvu: number): string[] =>
  fvu > FAR.times * trainFvu && fvu > trainFvu + FAR.by
    ? [
        `held-out FVU ${fvu.toPrecision(3)} is far above the ${trainFvu.toPrecision(3)} of training vectors: it learnt these by heart; give more vectors (pictures, --per-image), fewer latents or fewer --steps`,
      ]
    : [];

export interface Stream {
  steps: number;
  batch: number;
}

/** `67 passes`: how often training sees each of `vectors`. */
export function passesText({ steps, batch }: Stream, vectors: number): string {
  const passes = (steps * batch) / vectors;
  return `${passes < 10 ? passes.toPrecision(2) : passes.toFixed(0)} passes`;
}

export const passesDoubts = (stream: Stream, vectors: number): string[] =>
  stream.steps * stream.batch > MOST_PASSES * vectors
    ? [
        `${passesText(stream, vectors)} over ${vectors} training vectors, more than ${MOST_PASSES}: an SAE may learn them by heart; give more vectors, or --steps ${Math.max(1, Math.floor((MOST_PASSES * vectors) / stream.batch))} at most`,
      ]
    : [];
