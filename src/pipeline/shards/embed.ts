// Embeddings cut over machines: a share's parts and records, and the folder that they give.
import { InputError } from '../../core/errors.js';
import { DamagedFile } from '../../formats/checksums.js';
import { digestOfFile } from '../../formats/file-pieces.js';
import { digestOfContent, joined } from '../../formats/pieces.js';
import type { Storage } from '../../formats/storage.js';
import type { ImageFailure } from '../../images/types.js';
import {
  DOCUMENTS_FILE,
  type EmbeddingManifest,
  EmbeddingParts,
  joinParts,
  type Part,
  recordLines,
} from '../../vectors/embedding-folder.js';
import type { MetadataRecord } from '../../vectors/metadata.js';
import { mendedBy, OpenShare, type ShareRecord } from './record.js';
import type { Share } from './share.js';

/** What a finished share lists, once. */
interface EmbeddedShare {
  /** Files part-000000 .. of documents in order. */
  count: number;
  /** Documents that have a vector. */
  rows: number;
  /** Of documents.jsonl, the records that have a vector. */
  documents: string;
  failures: ImageFailure[];
  tokens: number | null;
}

export interface EmbeddingJob {
  recipe: Record<string, unknown>;
  /** Of the documents, and how many there are in all. */
  unit: string;
  all: number;
  source: string;
  dtype: 'f16' | 'f32';
}

/** Makes, resumes or mends a share: `make` makes its parts, and says after each how many documents are done. */
export async function embeddingShare<
  T extends Omit<EmbeddedShare, 'documents' | 'rows'> & { kept: readonly MetadataRecord[] },
>(
  out: Storage,
  { recipe, unit, all, source, dtype }: EmbeddingJob,
  share: Share,
  total: number,
  make: (parts: EmbeddingParts, onPart: (done: number, failures: number) => Promise<void>) => Promise<T>,
  onRemade: (message: string) => void,
): Promise<{ folder: Storage; made: T }> {
  const opened = await OpenShare.open(
    out,
    { ...{ command: 'embed', identity: recipe, call: null, unit, all }, facts: { source, dtype } },
    share,
    total,
    onRemade,
  );
  const { folder } = opened;
  try {
    const { parts } = await EmbeddingParts.open(folder, recipe);
    const made = await make(parts, async (done, failures) => opened.progress(done, failures));
    const { count, kept, failures, tokens } = made;
    const lines = recordLines(kept);
    const documents = await digestOfContent(lines);
    const there = (await folder.size(DOCUMENTS_FILE)) !== undefined;
    if (!there || (await digestOfFile(folder, DOCUMENTS_FILE)) !== documents)
      await folder.write(DOCUMENTS_FILE, lines);
    const listed: EmbeddedShare = { count, rows: kept.length, documents, failures, tokens };
    await opened.finish([listed], failures.length);
    return { folder, made };
  } finally {
    await opened.close();
  }
}

interface FinishedShare {
  storage: Storage;
  record: ShareRecord;
}

/** The folder `out`, of the finished shares of one job in their order. */
export async function joinEmbeddings(
  out: Storage,
  shares: readonly FinishedShare[],
): Promise<{ manifest: EmbeddingManifest; reused: boolean }> {
  const { hash, facts, all, unit } = shares[0].record;
  const { source, dtype } = facts as Pick<EmbeddingJob, 'source' | 'dtype'>;
  const recipe = shares[0].record.identity as Record<string, unknown>;
  const unlock = await out.lock();
  try {
    const { finished } = await EmbeddingParts.open(out, recipe);
    if (finished) return { manifest: finished, reused: true };
    const parts: (() => Promise<Part>)[] = [];
    const lines: Uint8Array[] = [];
    const failures: ImageFailure[] = [];
    let [tokens, rows]: [number | null, number] = [0, 0];
    for (const share of shares) {
      const listed = share.record.parts[0] as unknown as EmbeddedShare;
      lines.push(await recordsOf(share, listed.documents));
      const own = (await EmbeddingParts.open(share.storage, recipe)).parts;
      for (let p = 0; p < listed.count; p++) parts.push(() => partOf(share, own, p));
      for (const failure of listed.failures) failures.push(failure);
      tokens = tokens === null || listed.tokens === null ? null : tokens + listed.tokens;
      rows += listed.rows;
    }
    if (!rows)
      throw new InputError(
        `none of the ${all} ${unit} has a vector; the first: ${failures[0].name}: ${failures[0].reason}`,
      );
    const manifest = await joinParts(
      out,
      parts,
      { rows, lines: joined(lines) },
      { hash, recipe, dtype, failures, tokens: tokens || null, source },
    );
    return { manifest, reused: false };
  } finally {
    await unlock();
  }
}

async function recordsOf({ storage, record }: FinishedShare, digest: string): Promise<Uint8Array> {
  const there = (await storage.size(DOCUMENTS_FILE)) !== undefined;
  const bytes = there ? await storage.read(DOCUMENTS_FILE) : undefined;
  if (bytes && (await digestOfContent(bytes)) === digest) return bytes;
  const what = there ? 'is not as it was written' : 'is missing';
  throw new DamagedFile(`${storage.label}/${DOCUMENTS_FILE}: ${what}; ${mendedBy(record)}`);
}

async function partOf({ storage, record }: FinishedShare, own: EmbeddingParts, index: number): Promise<Part> {
  const part = await own.read(index);
  if (part) return part;
  throw new DamagedFile(
    `${storage.label}: part ${index} is missing, or not as it was written; ${mendedBy(record)}`,
  );
}
