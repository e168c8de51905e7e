// What users hand over instead of a path, the same in Node and in pages: URLs, bytes, Blobs, pictures.
import { InputError, UsageError } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import { checkSecure, download } from '../formats/download.js';
import type { Storage } from '../formats/storage.js';
import { MAX_FILE_BYTES } from '../images/limits.js';
import type { ImageRef } from '../images/types.js';
import type { Model } from '../network/types.js';
import { embeddingRows, openFolder } from '../vectors/embedding-folder.js';
import { type MatrixData, type MatrixRows, matrixVectors } from '../vectors/matrix.js';
import type { Vectors } from '../vectors/store.js';
import type { FetchHooks, ImagesSpec, Matrix, ModelSpec } from './platform.js';

/** An address with a protocol that is fetched; `C:\\x` has none. */
export const isUrl = (spec: unknown): spec is string | URL =>
  spec instanceof URL || (typeof spec === 'string' && /^(https?|blob|data):/i.test(spec));

const isModel = (spec: ModelSpec): spec is Model =>
  typeof spec === 'object' && spec !== null && 'parameters' in spec && 'description' in spec;

export const isStorage = (spec: unknown): spec is Storage =>
  typeof spec === 'object' && spec !== null && 'readRange' in spec && 'sub' in spec;

export const isMatrix = (spec: unknown): spec is Matrix =>
  typeof spec === 'object' && spec !== null && 'shape' in spec && 'data' in spec;

/** A model that is open, of bytes, or at a URL; undefined where `spec` is a name of some other kind. */
export async function givenModel(
  spec: ModelSpec,
  { signal, onBytes }: FetchHooks,
): Promise<Model | undefined> {
  if (typeof spec === 'string' && !isUrl(spec)) return undefined;
  if (isUrl(spec)) {
    const { loadModelFromUrl } = await import('../../models/from-url.js');
    return loadModelFromUrl(spec, { signal, onProgress: onBytes });
  }
  if (isModel(spec)) return spec;
  const { modelFromBytes } = await import('../../models/from-bytes.js');
  if (spec instanceof Uint8Array) return modelFromBytes(spec, 'the given weights', { name: 'weights' });
  if (spec instanceof Blob) {
    const name = (spec as Blob & { name?: string }).name ?? 'weights';
    const bytes = new Uint8Array(await spec.arrayBuffer());
    return modelFromBytes(bytes, name, { name: name.replace(/\.\w+$/, '') });
  }
  throw new UsageError(
    'model must be a name, a file, a URL, the bytes of a weights file, or a model that is open',
  );
}

/** The bytes at a URL, as a Blob by the name that the URL ends with. */
export async function fetchBlob(url: string | URL, { signal, onBytes }: FetchHooks): Promise<ImageRef> {
  const { href, pathname } = new URL(url);
  checkSecure(href, false);
  const bytes = await download(href, {
    maxBytes: MAX_FILE_BYTES,
    signal,
    onProgress: onBytes,
    advice: 'check the URL, or fetch it yourself and give a Blob',
  });
  const name = decodeURIComponent(pathname.split('/').pop() ?? '') || 'picture';
  return { kind: 'blob', name, blob: new Blob([bytes]) };
}

/** Pictures in their order; `named` says what a name means, several names at once. */
export async function picturesOf(
  images: ImagesSpec,
  named: (names: string[]) => Promise<ImageRef[]>,
  hooks: FetchHooks,
): Promise<ImageRef[]> {
  const list = (Array.isArray(images) ? images : [images]) as (string | URL | Blob | ImageRef)[];
  if (list.every((spec): spec is string => typeof spec === 'string' && !isUrl(spec))) return named(list);
  const refs: ImageRef[] = [];
  for (const [i, spec] of list.entries()) {
    if (isUrl(spec)) refs.push(await fetchBlob(spec, hooks));
    else if (typeof spec === 'string') for (const ref of await named([spec])) refs.push(ref);
    else if (spec instanceof Blob) {
      const name = (spec as Blob & { name?: string }).name ?? `picture-${String(i).padStart(6, '0')}`;
      refs.push({ kind: 'blob', name, blob: spec });
    } else if (spec !== null && typeof spec === 'object' && 'kind' in spec) refs.push(spec);
    else throw new UsageError(`images: entry ${i} is neither a name, a URL, a Blob nor a reference`);
  }
  return refs;
}

export const openStored = (storage: Storage): Promise<Vectors> => openFolder(storage);

/** The rows of a folder of embeddings. InputError where it is none. */
export async function rowsOfFolder(storage: Storage): Promise<MatrixRows> {
  const rows = await embeddingRows(storage);
  if (!rows) throw new InputError(`${storage.label}: a matrix file or a folder of embeddings is needed`);
  return rows;
}

/** A matrix in memory with its identity: that of its bytes. */
export async function givenMatrix({ shape, data }: Matrix): Promise<MatrixData> {
  if (!Array.isArray(shape) || shape.length !== 2 || shape[0] * shape[1] !== data.length)
    throw new UsageError(`the matrix has ${data.length} values, which are not shape [${shape}]`);
  const hash = await sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { label: 'the given vectors', hash, shape, data };
}

export const vectorsOf = (matrix: MatrixData): Vectors => ({
  hash: matrix.hash,
  note: matrix.note,
  source: (split) => matrixVectors(matrix, split),
});
