// Identity of a set of pictures: the same for the same files, in Node and in a browser. What is read of a
// picture later must be what named the set, or what is made of it would stand under a wrong name for ever.
import { InputError, UsageError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { MAX_FILE_BYTES } from './limits.js';
import { PROCEDURAL_VERSION } from './procedural.js';
import type { ImageRef, StoredRef } from './types.js';

/** Pictures that know what named them: each is read again only as it was. */
export interface NamedImages {
  /** Hash of names and contents, in order. */
  hash: string;
  images: ImageRef[];
}

/** Stands for the digest of a picture that could not be read. */
const UNREADABLE = 'unreadable';

/**
 * Names and contents, in order; what cannot be read counts as unreadable. `known`: digests of before, which spare reading; a picture
 * that has another is told when it is read (namedBytes).
 */
export async function nameSet(
  refs: readonly ImageRef[],
  read: (ref: StoredRef) => Promise<Uint8Array>,
  known: readonly (string | null)[] = [],
): Promise<NamedImages> {
  const parts: unknown[] = [];
  const images: ImageRef[] = [];
  for (const [i, ref] of refs.entries()) {
    if (ref.kind === 'procedural') {
      parts.push(['procedural', PROCEDURAL_VERSION, ref.seed, ref.index]);
      images.push(ref);
    } else if (ref.kind === 'tokens') {
      parts.push(['tokens', ...ref.tokens]);
      images.push(ref);
    } else {
      const digest = known[i] ?? (await read(ref).then(sha256, () => UNREADABLE));
      parts.push([ref.name, digest]);
      images.push({ ...ref, sha256: digest });
    }
  }
  return { hash: await sha256(canonicalJson(parts)), images };
}

/** Digests that may be kept for later (`known`): null of what could not be read, and of what has none. */
export const digestsOf = ({ images }: NamedImages): (string | null)[] =>
  images.map((ref) => ('sha256' in ref && ref.sha256 !== UNREADABLE ? (ref.sha256 ?? null) : null));

/** A picture is not what named its set: no failure of that picture, but the end of the work. */
export class ChangedPicture extends InputError {}

/**
 * Bytes of a picture, those that named its set where there is one. ChangedPicture where they are others.
 * `read` reads it in full: a limit of size would tell nothing of what it holds.
 */
export async function namedBytes(
  ref: StoredRef,
  read: (ref: StoredRef) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const { name, sha256: named } = ref;
  if (named === undefined) return read(ref);
  let bytes: Uint8Array;
  try {
    bytes = await read(ref);
  } catch (error) {
    if (named === UNREADABLE || !(error instanceof InputError)) throw error;
    throw new ChangedPicture(
      `${error.message}; it could be read when this work began: make it readable, or take it out of the pictures, and repeat the command`,
      { cause: error },
    );
  }
  if ((await sha256(bytes)) !== named)
    throw new ChangedPicture(
      `${name}: has changed since this work began, which would give its result a wrong name; repeat the command when nothing writes to the pictures`,
    );
  return bytes;
}

/** A window of text where a picture is needed. */
export const noPicture = (name: string): UsageError =>
  new UsageError(`${name} is a text, which a network of pictures cannot read; give pictures`);

/** InputError where a file is larger than any picture. */
export function checkFileSize(name: string, bytes: number): void {
  if (bytes > MAX_FILE_BYTES)
    throw new InputError(`${name}: ${bytes} bytes, more than the limit of ${MAX_FILE_BYTES}`);
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
