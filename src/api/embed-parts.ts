// The parts of an embedding: made one after the other, or taken as an earlier run left them.
import { InputError } from '../core/errors.js';
import type { ImageFailure } from '../images/types.js';
import type { EmbeddingParts } from '../vectors/embedding-folder.js';
import type { MetadataRecord } from '../vectors/metadata.js';
import { normalise, notUnitRows } from '../vectors/unit-length.js';
import type { Call } from './call.js';
import type { Asked } from './embed-options.js';
import type { EmbedWork } from './embed-work.js';

/** Documents of a part: what a kill loses at most. */
export const PART = 1024;

export interface MadeParts {
  count: number;
  /** Records of the documents that have a vector, in order. */
  kept: MetadataRecord[];
  failures: ImageFailure[];
  tokens: number | null;
  /** Width; undefined where not one document has a vector. */
  d: number | undefined;
  /** Vectors that are not of length 1. */
  notUnit: number;
  /** Documents that were done before. */
  reused: number;
}

/** Parts of documents first .. end - 1. `onPart`: after each, how many of these documents are done. */
export async function makeParts(
  { stages, signal }: Call,
  work: EmbedWork,
  parts: EmbeddingParts,
  { first, end }: { first: number; end: number },
  o: Pick<Asked, 'normalize' | 'price'>,
  remedy: string,
  onPart?: (done: number, failures: number) => Promise<void>,
): Promise<MadeParts> {
  const { records, each = PART } = work;
  const total = end - first;
  const made: MadeParts = {
    ...{ count: Math.ceil(total / each), kept: [], failures: [], tokens: 0, d: undefined },
    ...{ notUnit: 0, reused: 0 },
  };
  let done = 0;
  for (let i = 0; i < made.count; i++) {
    signal?.throwIfAborted();
    const at = first + i * each;
    const n = Math.min(each, end - at);
    let part = await parts.read(i);
    if (part) made.reused += n;
    else {
      const before = made.tokens;
      part = await work.part(at, n, (more, used) =>
        stages.update(done + more, total, work.unit, spent(before, used, o.price)),
      );
      if (o.normalize) normalise(part, at);
      await parts.write(i, part);
    }
    if (part.rows) {
      made.d ??= part.d;
      if (part.d !== made.d)
        throw new InputError(
          `part ${i}: vectors of ${part.d} dimensions where the parts before have ${made.d}; ${remedy}`,
        );
    }
    made.notUnit += notUnitRows(part);
    made.tokens = made.tokens === null || part.tokens === null ? null : made.tokens + part.tokens;
    const left = new Set(part.left.map(({ at }) => at));
    made.failures.push(...part.left.map(({ failure }) => failure));
    for (let k = 0; k < n; k++) if (!left.has(k)) made.kept.push(records[at + k]);
    done += n;
    stages.update(done, total, work.unit, spent(null, made.tokens, o.price));
    await onPart?.(done, made.failures.length);
  }
  return made;
}

export const costOf = (tokens: number, price: number): number => (tokens * price) / 1e6;

function spent(before: number | null, tokens: number | null, price: number | undefined): string {
  if (tokens === null) return '';
  const all = tokens + (before ?? 0);
  if (!all) return '';
  return `${all} tokens${price === undefined ? '' : `, ${costOf(all, price).toFixed(4)}`}`;
}
