// What the pages show of features: a table of all of an SAE, and by feature the documents that fire it, what fires
// together with it, and its nearest relatives in this SAE and in the others.
import type { Engine } from '../../core/engine.js';
import { encodeSafetensors, type Tensors } from '../../formats/safetensors.js';
import type { Storage } from '../../formats/storage.js';
import type { Rows } from '../../sae/cosines.js';
import type { LoadedSae } from '../../sae/inference.js';
import { decoderRows } from '../../sae/stability.js';
import { type ActiveLists, type ByFeature, byFeature, firingCounts } from '../../units/active-lists.js';
import { ActiveUnits, firingTogether, RELATIVES } from '../../units/co-occurrence.js';
import { chanceCosines, nearestRows, neuronsOfFeatures, similarFeatures } from '../../units/similarity.js';
import { FEATURE_PIECE, featureFile, tableFile } from './format.js';

/** Entries of what fires together at most: every further document is left out of that one table. */
const MOST_TOGETHER = 2 ** 26;

export interface FeatureWork {
  engine: Engine;
  storage: Storage;
  /** Decoder rows of all SAEs, by number. */
  decoders: readonly Rows[];
  /** Whether the vectors' dimensions are neurons of a tap. */
  neurons: boolean;
  progress: { start(stage: string): void; finish(summary: string): void };
  check: () => void;
}

/** Writes the table and the files of SAE number `s`. */
export async function writeFeatures(
  { engine, storage, decoders, neurons, check }: FeatureWork,
  s: number,
  sae: LoadedSae,
  lists: ActiveLists,
): Promise<void> {
  const columns = byFeature(lists);
  const { dIn, dSae } = sae.config;
  const together = firingTogether(activeUnits(lists), dSae, check);
  const own = decoderRows(sae);
  const similar = similarFeatures(engine, own, dIn);
  const elsewhere = decoders.flatMap((rows, to) =>
    to === s ? [] : [{ to, ...nearestRows(engine, own, rows, dIn) }],
  );
  const aligned = neurons ? neuronsOfFeatures(own, dIn) : undefined;
  const column = <T extends Int32Array | Float32Array>(data: T) => ({ shape: [dSae], data });
  const table: Tensors = {
    fires: column(firingCounts(columns)),
    best: column(bestOf(columns)),
    largest: column(largestOf(columns, 0)),
    strength: column(largestOf(columns, rankOf(lists.documents))),
  };
  for (const { to, index, cosine } of elsewhere) {
    table[`to${to}.index`] = column(firstOf(index));
    table[`to${to}.cosine`] = column(firstOf(cosine));
    table[`to${to}.chance`] = column(chanceCosines(engine, own, decoders[to].count, dIn));
  }
  if (aligned) {
    table['neurons.index'] = column(firstOf(aligned.index));
    table['neurons.cosine'] = column(firstOf(aligned.cosine));
  }
  await storage.write(tableFile(s), encodeSafetensors(table));
  for (let first = 0; first < dSae; first += FEATURE_PIECE) {
    check();
    const n = Math.min(FEATURE_PIECE, dSae - first);
    const tensors: Tensors = documentsOf(columns, first, n);
    const part = <T extends Int32Array | Float32Array>(all: T) => ({
      shape: [n, RELATIVES],
      data: all.slice(first * RELATIVES, (first + n) * RELATIVES) as T,
    });
    tensors['together.index'] = part(together.index);
    tensors['together.share'] = part(together.share);
    tensors['similar.index'] = part(similar.index);
    tensors['similar.cosine'] = part(similar.cosine);
    for (const { to, index, cosine } of elsewhere) {
      tensors[`to${to}.index`] = part(index);
      tensors[`to${to}.cosine`] = part(cosine);
    }
    if (aligned) {
      tensors['neurons.index'] = part(aligned.index);
      tensors['neurons.cosine'] = part(aligned.cosine);
    }
    await storage.write(featureFile(s, first), encodeSafetensors(tensors));
  }
}

/** The nearest alone, of each row of relatives. */
const firstOf = <T extends Int32Array | Float32Array>(all: T): T =>
  all.filter((_, i) => i % RELATIVES === 0) as T;

function activeUnits({ documents, start, index }: ActiveLists): ActiveUnits {
  const active = new ActiveUnits(MOST_TOGETHER);
  for (let s = 0; s < documents; s++) if (!active.add(index, start[s], start[s + 1])) break;
  return active;
}

/** Of each feature the activation of that rank, from 0; the largest where fewer documents fire it. */
function largestOf({ start, value }: ByFeature, rank: number): Float32Array {
  return Float32Array.from({ length: start.length - 1 }, (_, f) => {
    const sorted = value.slice(start[f], start[f + 1]).sort();
    return sorted[sorted.length - 1 - rank] ?? sorted[sorted.length - 1] ?? 0;
  });
}

/** The document that each feature fires on most, of equal ones the first; -1 where it never fires. */
function bestOf({ start, document, value }: ByFeature): Int32Array {
  return Int32Array.from({ length: start.length - 1 }, (_, f) => {
    let best = -1;
    for (let i = start[f]; i < start[f + 1]; i++) if (best < 0 || value[i] > value[best]) best = i;
    return best < 0 ? -1 : document[best];
  });
}

/** Of the 99.9th percentile of all documents, as steering counts (study/search/edits.ts). */
export const rankOf = (documents: number): number => documents - Math.ceil(0.999 * documents);

/** Of features [first, first + n): the entries of feature i are start[i] .. start[i + 1]. */
export function documentsOf({ start, document, value }: ByFeature, first: number, n: number): Tensors {
  const [from, to] = [start[first], start[first + n]];
  return {
    start: { shape: [n + 1], data: start.slice(first, first + n + 1).map((at) => at - from) },
    document: { shape: [to - from], data: document.slice(from, to) },
    value: { shape: [to - from], data: value.slice(from, to) },
  };
}
