// A folder of embeddings (docs/formats.md): embeddings.npy, documents.jsonl, manifest.json. It is made in parts, each
// a file that says what it is of, so that what was finished before a kill is not made again.
import { InputError, shown, UsageError } from '../core/errors.js';
import { canonicalJson, sha256, shortHash } from '../core/hash.js';
import { DTYPE_BYTES, toF32, toHalves } from '../formats/dtypes.js';
import { digestOfFile } from '../formats/file-pieces.js';
import { parseJsonObject } from '../formats/json.js';
import { npyElements, npyHead, parseNpyHeader } from '../formats/npy.js';
import { bytesOf, digestOfContent, type Pieces } from '../formats/pieces.js';
import { encodeSafetensors, parseSafetensors } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import type { ImageFailure } from '../images/types.js';
import { type MatrixRows, matrixRows, streamedVectors } from './matrix.js';
import { ID_FIELD, type Metadata, type MetadataRecord, parseMetadata } from './metadata.js';
import { openStore, storeAsVectors, type Vectors } from './store.js';

export const EMBEDDINGS_FORMAT = 'curvesae-embeddings';
const VERSION = 1;
export const [VECTORS_FILE, DOCUMENTS_FILE, MANIFEST] = [
  'embeddings.npy',
  'documents.jsonl',
  'manifest.json',
];
const HEAD_BYTES = 4096;

export interface EmbeddingManifest {
  format: typeof EMBEDDINGS_FORMAT;
  version: number;
  /** Of the recipe: what names the content. */
  hash: string;
  /** What determines the vectors: model, texts or pictures, fields, tap. */
  recipe: Record<string, unknown>;
  shape: [rows: number, width: number];
  dtype: 'f16' | 'f32';
  files: Record<string, { bytes: number; sha256: string }>;
  /** Documents that gave no vector. */
  failures: ImageFailure[];
  /** That the service counted, over all runs; null where it did not say, or there was none. */
  tokens: number | null;
  /** Where the vectors came from; of no meaning for the content. */
  source: string;
}

/** What was made of some documents. */
export interface Part {
  rows: number;
  d: number;
  data: Float32Array;
  tokens: number | null;
  /** Documents of the part that gave no vector: their number in it, and why. */
  left: { at: number; failure: ImageFailure }[];
}

const partName = (index: number): string => `part-${String(index).padStart(6, '0')}.safetensors`;

/** A folder that is being made. */
export class EmbeddingParts {
  readonly hash: string;
  #storage: Storage;

  private constructor(storage: Storage, hash: string) {
    this.#storage = storage;
    this.hash = hash;
  }

  /** UsageError where the folder holds something else, which is kept. `finished`: it is whole already. */
  static async open(
    storage: Storage,
    recipe: Record<string, unknown>,
  ): Promise<{ parts: EmbeddingParts; finished: EmbeddingManifest | undefined }> {
    const hash = await shortHash(recipe);
    const manifest = await readEmbeddingManifest(storage);
    if (manifest && manifest.hash !== hash)
      throw new UsageError(
        `${storage.label}: holds embeddings of something else (${difference(manifest.recipe, recipe)}), which are kept; choose another folder`,
      );
    const whole = manifest && (await isWhole(storage, manifest));
    return { parts: new EmbeddingParts(storage, hash), finished: whole ? manifest : undefined };
  }

  /** A part that was finished before, as it was written; undefined: it must be made. */
  async read(index: number): Promise<Part | undefined> {
    const name = partName(index);
    if ((await this.#storage.size(name)) === undefined) return undefined;
    try {
      const { tensors, metadata } = parseSafetensors(await this.#storage.read(name), name);
      const data = tensors.get('embeddings')!.f32();
      const [rows, d] = tensors.get('embeddings')!.shape;
      if (metadata.of !== this.hash || metadata.sha256 !== (await sha256(bytesOf(data)))) return undefined;
      const { tokens, left } = JSON.parse(metadata.part) as Pick<Part, 'tokens' | 'left'>;
      return { rows, d, data, tokens, left };
    } catch (error) {
      if (error instanceof InputError || error instanceof TypeError || error instanceof SyntaxError)
        return undefined; // damaged: made again
      throw error;
    }
  }

  async write(index: number, { rows, d, data, tokens, left }: Part): Promise<void> {
    const metadata = {
      of: this.hash,
      sha256: await sha256(bytesOf(data)),
      part: JSON.stringify({ tokens, left }),
    };
    const tensors = { embeddings: { shape: [rows, d], data } };
    await this.#storage.write(partName(index), encodeSafetensors(tensors, metadata));
  }

  /** Joins `count` parts; the manifest is written last, and the parts are taken away. */
  async finish(
    count: number,
    records: readonly MetadataRecord[],
    about: Omit<JoinedEmbeddings, 'hash'>,
  ): Promise<EmbeddingManifest> {
    const readers = Array.from({ length: count }, (_, i) => async () => (await this.read(i))!);
    const documents = { rows: records.length, lines: recordLines(records) };
    const manifest = await joinParts(this.#storage, readers, documents, { ...about, hash: this.hash });
    for (let i = 0; i < count; i++) await this.#storage.remove(partName(i));
    return manifest;
  }
}

type JoinedEmbeddings = Pick<
  EmbeddingManifest,
  'hash' | 'recipe' | 'dtype' | 'failures' | 'tokens' | 'source'
>;

/** A folder of parts in their order, each read when it is written; the manifest last. */
export async function joinParts(
  storage: Storage,
  parts: readonly (() => Promise<Part>)[],
  { rows, lines }: { rows: number /** documents.jsonl */; lines: Uint8Array },
  { hash, ...about }: JoinedEmbeddings,
): Promise<EmbeddingManifest> {
  const shape: [number, number] = [rows, (await parts[0]()).d];
  const { dtype } = about;
  const head = npyHead(shape, dtype === 'f16' ? 'F16' : 'F32');
  const vectors: Pieces = {
    size: head.byteLength + shape[0] * shape[1] * (dtype === 'f16' ? 2 : 4),
    async *pieces() {
      yield head;
      for (const read of parts) {
        const { data } = await read();
        if (data.length) yield bytesOf(dtype === 'f16' ? toHalves(data) : data);
      }
    },
  };
  return writeFolder(storage, hash, vectors, lines, { ...about, shape });
}

/** documents.jsonl */
export const recordLines = (records: readonly MetadataRecord[]): Uint8Array =>
  new TextEncoder().encode(records.map((r) => `${JSON.stringify(r)}\n`).join(''));

/** Vectors and records, and the manifest last. */
async function writeFolder(
  storage: Storage,
  hash: string,
  vectors: Pieces,
  documents: Uint8Array,
  about: Omit<EmbeddingManifest, 'format' | 'version' | 'hash' | 'files'>,
): Promise<EmbeddingManifest> {
  const files: EmbeddingManifest['files'] = {};
  for (const [name, content, bytes] of [
    [VECTORS_FILE, vectors, vectors.size],
    [DOCUMENTS_FILE, documents, documents.byteLength],
  ] as const) {
    await storage.write(name, content);
    files[name] = { bytes, sha256: await digestOfContent(content) };
  }
  const manifest: EmbeddingManifest = {
    ...{ format: EMBEDDINGS_FORMAT, version: VERSION, hash, ...about, files },
  };
  const checksum = await sha256(canonicalJson(manifest));
  await storage.write(MANIFEST, `${JSON.stringify({ ...manifest, checksum }, null, 1)}\n`);
  return manifest;
}

/** Rows of a matrix that are read at a time. */
const BLOCK = 4096;

/**
 * Any matrix and its records as such a folder: in f16 where every value is a half float, in f32 otherwise. `about`: what is known
 * of their origin; unless given, that they were given, by their digest.
 */
export async function writeEmbeddings(
  storage: Storage,
  matrix: MatrixRows,
  records: readonly MetadataRecord[],
  about?: Pick<EmbeddingManifest, 'recipe' | 'failures' | 'tokens' | 'source'>,
): Promise<EmbeddingManifest> {
  const shape: [number, number] = [matrix.shape[0], matrix.shape[1]];
  const blocks = async function* (): AsyncGenerator<Float32Array> {
    for (let first = 0; first < shape[0]; first += BLOCK)
      yield await matrix.rows(first, Math.min(BLOCK, shape[0] - first));
  };
  let dtype: 'f16' | 'f32' = 'f16';
  const digests: string[] = [];
  for await (const block of blocks()) {
    digests.push(await sha256(bytesOf(block)));
    if (dtype === 'f16' && !areHalves(block)) dtype = 'f32';
  }
  const given = { kind: 'given', vectors: await sha256(digests.join('')), shape };
  const { recipe, ...rest } = about ?? { recipe: given, failures: [], tokens: null, source: 'given' };
  const head = npyHead(shape, dtype === 'f16' ? 'F16' : 'F32');
  const vectors: Pieces = {
    size: head.byteLength + shape[0] * shape[1] * (dtype === 'f16' ? 2 : 4),
    async *pieces() {
      yield head;
      for await (const block of blocks()) yield bytesOf(dtype === 'f16' ? toHalves(block) : block);
    },
  };
  const hash = await shortHash(recipe);
  return writeFolder(storage, hash, vectors, recordLines(records), { ...rest, recipe, dtype, shape });
}

/** Whether no value loses anything as a half float. */
function areHalves(values: Float32Array): boolean {
  const halves = toHalves(values);
  const back = toF32(bytesOf(halves), 'F16');
  return values.every((v, i) => Object.is(v, back[i]));
}

/** What two recipes differ in, in a few words. */
function difference(there: Record<string, unknown>, here: Record<string, unknown>): string {
  const names = [...new Set([...Object.keys(there), ...Object.keys(here)])];
  const differing = names.filter((n) => canonicalJson(there[n] ?? null) !== canonicalJson(here[n] ?? null));
  const text = (v: unknown) =>
    (v !== null && typeof v === 'object' ? canonicalJson(v) : String(v)).slice(0, 60);
  return differing.map((n) => `${n} ${shown(text(there[n]))} there, ${shown(text(here[n]))} here`).join('; ');
}

/** The manifest; undefined where the folder has none of embeddings. InputError: damaged, or of another version. */
export async function readEmbeddingManifest(storage: Storage): Promise<EmbeddingManifest | undefined> {
  if ((await storage.size(MANIFEST)) === undefined) return undefined;
  const remedy = 'remove the file and repeat curvesae embed';
  const label = `${storage.label}/${MANIFEST}`;
  const { checksum, ...content } = parseJsonObject(await storage.read(MANIFEST), label, remedy);
  if (content.format !== EMBEDDINGS_FORMAT) return undefined;
  if (content.version !== VERSION)
    throw new InputError(`${label}: version ${shown(content.version)}, this program reads ${VERSION}`);
  if (checksum !== (await sha256(canonicalJson(content))))
    throw new InputError(`${label}: is corrupt (checksum); ${remedy}`);
  return content as unknown as EmbeddingManifest;
}

async function isWhole(storage: Storage, { files }: EmbeddingManifest): Promise<boolean> {
  for (const [name, { bytes, sha256: digest }] of Object.entries(files))
    if ((await storage.size(name)) !== bytes || (await digestOfFile(storage, name)) !== digest) return false;
  return true;
}

/** The rows of a folder of embeddings, its files verified; undefined where it is none. InputError: unfinished or damaged. */
export async function embeddingRows(storage: Storage): Promise<MatrixRows | undefined> {
  const manifest = await readEmbeddingManifest(storage);
  if (!manifest) {
    if ((await storage.size(partName(0))) !== undefined)
      throw new InputError(
        `${storage.label}: embedding was not finished; repeat the curvesae embed command to go on`,
      );
    return undefined;
  }
  if (!(await isWhole(storage, manifest)))
    throw new InputError(
      `${storage.label}: its files are not as they were written (checksum); repeat the curvesae embed command`,
    );
  const label = `${storage.label}/${VECTORS_FILE}`;
  const size = manifest.files[VECTORS_FILE].bytes;
  const header = parseNpyHeader(await storage.readRange(VECTORS_FILE, 0, Math.min(size, HEAD_BYTES)), label);
  const stride = header.shape[1] * DTYPE_BYTES[header.dtype];
  const rows = matrixRows({
    label,
    shape: header.shape,
    rows: async (first, n) =>
      npyElements(
        await storage.readRange(VECTORS_FILE, header.dataStart + first * stride, n * stride),
        header,
      ),
  });
  return { ...rows, records: () => embeddingRecords(storage) };
}

/** A folder of embeddings, or an activation store. */
export async function openFolder(storage: Storage): Promise<Vectors> {
  const rows = await embeddingRows(storage);
  if (!rows) {
    const { storage: store, manifest } = await openStore(storage);
    return storeAsVectors(store, manifest);
  }
  const { files } = (await readEmbeddingManifest(storage))!;
  const hash = files[VECTORS_FILE].sha256;
  const metadata = await embeddingRecords(storage);
  return {
    hash,
    ids: metadata.ids,
    metadata: async () => metadata,
    source: (split) => streamedVectors({ ...rows, hash }, split),
  };
}

const embeddingRecords = async (storage: Storage): Promise<Metadata> =>
  parseMetadata(await storage.read(DOCUMENTS_FILE), `${storage.label}/${DOCUMENTS_FILE}`);

/** Records with an id each: their own, or the number of the row. */
export const withIds = (
  records: readonly MetadataRecord[],
  ids: readonly string[] | undefined,
): MetadataRecord[] => records.map((record, i) => (ids ? record : { ...record, [ID_FIELD]: String(i) }));
