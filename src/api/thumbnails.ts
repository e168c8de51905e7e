// Small pictures of the documents that are pictures, as a network sees them.
import type { Core } from '../core/core.js';
import type { Storage } from '../formats/storage.js';
import { prepareImage } from '../images/prepare.js';
import type { ImageRef } from '../images/types.js';
import { PATH_FIELD } from '../study/atlas/documents.js';
import { pictureOf } from '../study/atlas/format.js';
import type { Metadata } from '../vectors/metadata.js';
import type { Call } from './call.js';
import type { ImagesSpec, Platform } from './platform.js';

/** Side in pixels. */
export const THUMBNAIL = 224;

/** Whether the documents are pictures: `embed --images` says where each lay. */
export const arePictures = (recipe: Record<string, unknown> | undefined): boolean =>
  recipe?.kind === 'pictures';

/** The picture of each row: of `images`, the one of its id; otherwise where the record says that it lay. */
export async function picturesOfRows(
  platform: Platform,
  { records, ids }: Metadata,
  images: ImagesSpec | undefined,
  { seed, warn, signal }: { seed: number; warn: (message: string) => void; signal?: AbortSignal },
): Promise<(ImageRef | undefined)[]> {
  if (images === undefined)
    return records.map((record, row) => {
      const path = record[PATH_FIELD];
      return typeof path === 'string' ? { kind: 'file', name: ids?.[row] ?? String(row), path } : undefined;
    });
  const listed = await platform.listImages(images, seed, { signal, warn });
  const byName = new Map(listed.map((ref) => [ref.name, ref]));
  // Pictures of one name in several folders have their number as id.
  return records.map(
    (_, row) => (ids && byName.get(ids[row])) ?? (ids?.[row] === String(row) ? listed[row] : undefined),
  );
}

/** Writes those that can be read. Returns their rows; a line says how many cannot, and of the first one why. */
export async function writeThumbnails(
  platform: Platform,
  { engine, stages, signal, warn }: Call,
  storage: Storage,
  refs: readonly (ImageRef | undefined)[],
): Promise<number[]> {
  const encode = platform.encodeJpeg;
  if (!encode) {
    warn('small pictures are made in Node only, and are left out here');
    return [];
  }
  const core: Core = engine.acquire();
  stages.start('pictures');
  const written: number[] = [];
  let first = '';
  try {
    for (const [row, ref] of refs.entries()) {
      signal?.throwIfAborted();
      try {
        if (!ref) throw new Error('where it lies is not known');
        const pixels = prepareImage(core, await platform.loadImage(ref, engine.math, THUMBNAIL), THUMBNAIL);
        await storage.write(pictureOf(row), await encode(Uint8Array.from(pixels, Math.round), THUMBNAIL));
        written.push(row);
      } catch (error) {
        first ||= `row ${row}: ${(error as Error).message}`;
      }
      stages.update(row + 1, refs.length, 'pictures');
    }
  } finally {
    core.dispose();
  }
  stages.finish(`${written.length} pictures`);
  if (written.length < refs.length)
    warn(
      `${refs.length - written.length} of ${refs.length} pictures cannot be shown (the first, ${first}); say with --images where they are`,
    );
  return written;
}
