// Identity of a set of pictures: the same for the same files, in Node and in a browser.
import { InputError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { PROCEDURAL_VERSION } from './procedural.js';
import type { ImageRef } from './types.js';

type StoredRef = Exclude<ImageRef, { kind: 'procedural' }>;

/** Hash of names and contents, in order; what cannot be read counts as unreadable. */
export async function hashImages(
  refs: readonly ImageRef[],
  read: (ref: StoredRef) => Promise<Uint8Array>,
): Promise<string> {
  const parts: unknown[] = [];
  for (const ref of refs) {
    if (ref.kind === 'procedural') parts.push(['procedural', PROCEDURAL_VERSION, ref.seed, ref.index]);
    else parts.push([ref.name, await read(ref).then(sha256, () => 'unreadable')]);
  }
  return sha256(canonicalJson(parts));
}

/** InputError: a file that was moved, changed or locked since it was chosen. */
export async function blobBytes(ref: StoredRef): Promise<Uint8Array> {
  if (ref.kind !== 'blob')
    throw new InputError(`${ref.name}: a page cannot open files by their path; give a Blob`);
  try {
    return new Uint8Array(await ref.blob.arrayBuffer());
  } catch (cause) {
    throw new InputError(`${ref.name}: cannot be read (${(cause as Error).name}); choose it again`, {
      cause,
    });
  }
}
