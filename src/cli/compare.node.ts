// What `eval` compares an SAE with: another SAE (--stability), known features (--truth).
import type { Engine } from '../core/engine.js';
import { InputError, UsageError } from '../core/errors.js';
import { readRegularFile } from '../formats/read-file.node.js';
import type { LoadedSae } from '../sae/inference.js';
import { type Stability, stability } from '../sae/stability.js';
import { readTruth } from '../sae/synth-folder.js';
import { groundTruth, type TruthMetrics } from '../sae/truth.js';
import type { Vectors } from '../vectors/store.js';
import type { VectorSource } from '../vectors/types.js';
import type { Flags } from './flags.js';
import { openSae } from './open-sae.js';

export const COMPARE_FLAGS = {
  truth: {
    kind: 'text',
    value: 'FILE',
    help: 'truth.safetensors of `curvesae synth`: adds MCC, uniqueness and F1',
  },
  stability: { kind: 'text', value: 'SAE', help: 'another SAE: adds the cosine of matched directions' },
} as const satisfies Flags;

export interface Comparisons {
  truth?: TruthMetrics;
  stability?: Stability;
}

const LARGEST_TRUTH_BYTES = 2 ** 31 - 1;

/** Only what was asked for: without the flags, an empty object. */
export async function compare(
  engine: Engine,
  sae: LoadedSae,
  vectors: Vectors,
  source: VectorSource,
  asked: { truth?: string; stability?: string },
): Promise<Comparisons> {
  const found: Comparisons = {};
  if (asked.truth !== undefined)
    found.truth = await groundTruth(engine, sae, source, await truthOf(vectors, asked.truth));
  if (asked.stability !== undefined) {
    const other = await openSae(engine, asked.stability);
    found.stability = stability(engine, sae, other.sae);
    other.sae.dispose();
  }
  return found;
}

async function truthOf(vectors: Vectors, path: string) {
  if (vectors.manifest)
    throw new UsageError('--truth needs the vectors file of the set as --activations, not a store');
  const { truth, vectorsHash } = readTruth(await readRegularFile(path, LARGEST_TRUTH_BYTES), path);
  if (vectorsHash !== undefined && vectorsHash !== vectors.hash)
    throw new InputError(
      `${path}: is the truth of other vectors; give the vectors.safetensors beside it as --activations`,
    );
  return truth;
}

export function describeComparisons({ truth, stability: s }: Comparisons): string[] {
  return [
    ...(truth
      ? [
          `truth: MCC ${truth.mcc.toFixed(4)}   uniqueness ${truth.uniqueness.toFixed(4)}   F1 ${truth.f1.toFixed(4)}`,
        ]
      : []),
    ...(s
      ? [
          `stability ${s.matchedCosine.toFixed(4)} (mean max ${s.meanMaxCosine.toFixed(4)})   ${s.pairs} pairs, ${(100 * s.above70).toFixed(1)} % above 0.7, ${(100 * s.above90).toFixed(1)} % above 0.9`,
        ]
      : []),
  ];
}
