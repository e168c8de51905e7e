// A page as the commands' platform: URLs, the site's private file system, Blobs, workers.
import { embeddedModel } from '../../models/embedded/index.js';
import { TRAINED } from '../../models/stem.js';
import { trainedModel } from '../../models/trained/index.js';
import { UsageError } from '../core/errors.js';
import { checkSecure, download } from '../formats/download.js';
import { httpStorage } from '../formats/storage.http.js';
import { opfsStorage } from '../formats/storage.opfs.js';
import { proceduralSpec } from '../images/procedural-set.js';
import { loadImage, nameImages } from '../images/source.web.js';
import type { ImageRef } from '../images/types.js';
import { webPool } from '../pipeline/pool.web.js';
import { parseLabels } from '../study/downstream/labels.js';
import { type MatrixData, matrixRows } from '../vectors/matrix.js';
import { parseMatrixFile } from '../vectors/matrix-file.js';
import { parseMetadata } from '../vectors/metadata.js';
import type { OutSpec, Platform } from './platform.js';
import {
  fetchBlob,
  givenMatrix,
  givenModel,
  isMatrix,
  isStorage,
  openStored,
  picturesOf,
  rowsOfFolder,
  vectorsOf,
} from './sources.js';

/** Of one file that is fetched: what a page's array can hold. */
const MAX_BYTES = 2 ** 31 - 1;
/** More make a page's machine slow for everything else. */
const MAX_THREADS = 8;
const OPFS = /^opfs:\/*/;

/** `opfs:/a/b`, and `a/b` where something is written, is a folder of the site's private file system. */
const storage = (out: OutSpec) => (isStorage(out) ? out : opfsStorage(out.replace(OPFS, '')));

function absolute(url: string | URL): string {
  try {
    return new URL(url, globalThis.location?.href).href;
  } catch (cause) {
    throw new UsageError(`'${url}' is no URL; outside a page give it whole: https://...`, { cause });
  }
}

/** A file of the private file system, or at a URL. */
async function readFile(path: string, limit: number, advice: string): Promise<Uint8Array<ArrayBuffer>> {
  if (OPFS.test(path)) {
    const { folder, name } = split(path);
    return storage(folder).read(name);
  }
  const href = absolute(path);
  checkSecure(href, false);
  return download(href, { maxBytes: limit, advice });
}

function split(path: string): { folder: string; name: string } {
  const parts = path.replace(OPFS, '').split('/');
  const name = parts.pop()!;
  return { folder: `opfs:/${parts.join('/')}`, name };
}

/** FILE or FILE#NAME. */
async function readMatrix(path: string): Promise<MatrixData> {
  const [file, name] = path.split('#');
  return parseMatrixFile(await readFile(file, MAX_BYTES, 'check the address'), path, file, name);
}

/** `procedural[:N]`, or URLs relative to the page. */
async function named(names: string[], seed: number): Promise<ImageRef[]> {
  const refs: ImageRef[] = [];
  for (const name of names)
    refs.push(...(proceduralSpec(name, seed) ?? [await fetchBlob(absolute(name), {})]));
  return refs;
}

export const webPlatform: Platform = {
  threads: () => Math.min(MAX_THREADS, globalThis.navigator?.hardwareConcurrency ?? 1),
  storage,
  async fileIn(path) {
    const { folder, name } = split(path);
    return { storage: storage(folder), name };
  },
  async ensureFolder(out) {
    await storage(out).list(); // a runtime without a private file system says so now
  },
  async openModel(spec, math, hooks) {
    if (spec === 'embedded') return embeddedModel(math);
    if (spec === TRAINED) return trainedModel();
    return (await givenModel(typeof spec === 'string' ? absolute(spec) : spec, hooks))!;
  },
  async saeFile(sae) {
    if (isStorage(sae) || !/\.(pt|pth|safetensors|npz)$/i.test(String(sae))) return undefined;
    const label = String(sae);
    return { bytes: await readFile(label, MAX_BYTES, 'check the address'), label };
  },
  async saeStorage(sae, { signal }) {
    if (isStorage(sae)) return sae;
    if (typeof sae === 'string' && OPFS.test(sae)) return storage(sae);
    return httpStorage(absolute(sae), { signal, maxBytes: MAX_BYTES });
  },
  listImages: (images, seed, hooks) => picturesOf(images, (names) => named(names, seed), hooks),
  nameImages,
  async openTokenizer(spec) {
    if (spec === undefined)
      throw new UsageError('name the tokenizer.json of the network as `tokenizer`, a URL or opfs:/...');
    const { openTokenizer } = await import('../tokens/tokenizer.js');
    return openTokenizer({ json: await readFile(spec, MAX_BYTES, 'check the address'), label: spec });
  },
  loadImage,
  pool: async (engine, model, warn) => webPool(engine, model, warn),
  async openVectors(spec) {
    if (isMatrix(spec)) return vectorsOf(await givenMatrix(spec));
    if (isStorage(spec)) return openStored(spec);
    if (/\.(npy|npz|safetensors|pt|pth)(#.*)?$/i.test(spec)) return vectorsOf(await readMatrix(spec));
    return openStored(storage(spec));
  },
  async openMatrix(spec) {
    if (isMatrix(spec)) return matrixRows(await givenMatrix(spec));
    if (isStorage(spec)) return rowsOfFolder(spec);
    return /\.\w+(#.*)?$/.test(spec) ? matrixRows(await readMatrix(spec)) : rowsOfFolder(storage(spec));
  },
  readFile,
  readLabels: async (path, classes) =>
    parseLabels(
      new TextDecoder().decode(await readFile(path, MAX_BYTES, 'check the address')),
      path,
      classes,
    ),
  readMetadata: async (path, options) =>
    parseMetadata(await readFile(path, MAX_BYTES, 'check the address'), path, options),
  variable: () => undefined,
  absolute: (spec) => spec,
};
