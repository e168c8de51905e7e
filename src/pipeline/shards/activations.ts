// An extraction cut over machines: a share's pieces, and the store that they give.

import type { Storage } from '../../formats/storage.js';
import type { ImageFailure } from '../../images/types.js';
import { type ExtractJob, imagesPerShard } from '../../vectors/extract.js';
import { extractSpan, joinSpans, type Piece } from '../../vectors/extract-span.js';
import type { Manifest } from '../../vectors/store.js';
import type { StoreRecipe } from '../../vectors/types.js';
import { storeIdentity } from '../identity.js';
import { mendedBy, OpenShare, type ShareRecord } from './record.js';
import { type Share, spanOf } from './share.js';

export interface ExtractedShare {
  folder: Storage;
  hash: string;
  pieces: readonly Piece[];
  failures: ImageFailure[];
  reused: boolean;
}

/** Makes, resumes or mends a share of the store. Aborted: finished pieces stay, and the signal's reason is thrown. */
export async function extractShare(out: Storage, job: ExtractJob, share: Share): Promise<ExtractedShare> {
  const { images, recipe, dIn } = job;
  const span = spanOf(share, images.length);
  const opened = await OpenShare.open(
    out,
    {
      ...{ command: 'activations', identity: storeIdentity(recipe), call: null },
      ...{ unit: 'images', all: images.length },
      facts: { dIn, imagesPerShard: imagesPerShard(job) },
    },
    share,
    span.end - span.first,
    job.onRemade,
  );
  const failed = (pieces: readonly Piece[]) => pieces.reduce((n, p) => n + p.failures.length, 0);
  try {
    const { pieces, reused } = await extractSpan(
      opened.folder,
      {
        ...job,
        onProgress: (done, failures) => {
          opened.progress(done, failures);
          job.onProgress?.(done, failures);
        },
      },
      span,
      (opened.before?.parts ?? []) as readonly Piece[],
      (made) =>
        opened.keep(
          made,
          made.reduce((n, p) => n + p.images, 0),
          failed(made),
        ),
    );
    const { hash } = await opened.finish(pieces, failed(pieces));
    return { folder: opened.folder, hash, pieces, failures: pieces.flatMap((p) => p.failures), reused };
  } finally {
    await opened.close();
  }
}

/** The store in `root`, of the finished shares of one job in their order. */
export async function joinActivations(
  root: Storage,
  shares: readonly { storage: Storage; record: ShareRecord }[],
  hooks: { signal?: AbortSignal; onProgress?: (images: number) => void },
): Promise<{ storage: Storage; manifest: Manifest; reused: boolean }> {
  const { hash, identity, all, facts } = shares[0].record;
  const storage = root.sub(hash);
  const unlock = await storage.lock();
  try {
    const joined = await joinSpans(
      storage,
      {
        recipe: identity as StoreRecipe,
        images: all,
        ...(facts as { dIn: number; imagesPerShard: number }),
        seconds: shares.reduce((sum, { record }) => sum + record.seconds, 0),
      },
      shares.flatMap(({ storage, record }) =>
        (record.parts as readonly Piece[]).map((piece) => ({
          piece,
          storage,
          remedy: mendedBy(record),
        })),
      ),
      hooks,
    );
    return { storage, ...joined };
  } finally {
    await unlock();
  }
}
