// Node as the commands' platform: paths, sharp, worker threads.
import { existsSync } from 'node:fs';
import { mkdir, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../core/errors.js';
import { makeFolder, removeMade } from '../formats/make-folder.node.js';
import { readRegularFile } from '../formats/read-file.node.js';
import { httpStorage } from '../formats/storage.http.js';
import { nodeStorage } from '../formats/storage.node.js';
import { matrixRows } from '../vectors/matrix.js';
import { parseMetadata } from '../vectors/metadata.js';
import { cacheFolder } from './cache.node.js';
import type { OutSpec, Platform } from './platform.js';
import {
  givenMatrix,
  givenModel,
  isMatrix,
  isStorage,
  isUrl,
  openStored,
  picturesOf,
  rowsOfFolder,
  vectorsOf,
} from './sources.js';
import { workersByDefault } from './workers.node.js';

/** Of an SAE from a web server: a wide one has a few hundred MB. */
const MAX_SAE_BYTES = 2 ** 31 - 1;
/** Of records: read in one. */
const LARGEST_FILE = 2 ** 31 - 1;

/** A file: URL as the path that it is; anything else as it was. */
const local = <T>(spec: T | URL): T | URL | string =>
  spec instanceof URL && spec.protocol === 'file:' ? fileURLToPath(spec) : spec;

/** Whether it can be made: it stays away until something is written into it. */
async function ensure(folder: string): Promise<void> {
  try {
    await removeMade(await makeFolder(folder, { mkdir, stat }), { rmdir });
  } catch (cause) {
    throw new InputError(
      `${folder}: this folder cannot be made (${(cause as NodeJS.ErrnoException).code ?? cause}); choose another`,
      { cause },
    );
  }
}

// Loaded when used: the decoders of pictures alone would be half of the start of a command that reads none.
const models = () => import('../../models/open.node.js');
const pictures = () => import('../images/source.node.js');
const vectors = () => import('../vectors/open.node.js');

const storage = (out: OutSpec) => (isStorage(out) ? out : nodeStorage(out));

export const nodePlatform: Platform = {
  threads: workersByDefault,
  storage,
  async fileIn(path) {
    await ensure(dirname(path));
    return { storage: nodeStorage(dirname(path)), name: basename(path) };
  },
  async ensureFolder(out) {
    if (!isStorage(out)) await ensure(out);
  },
  async openModel(spec, math, hooks) {
    const at = local(spec) as typeof spec;
    return (await givenModel(at, hooks)) ?? (await models()).openModel(at as string, math, cacheFolder());
  },
  async saeFile(sae) {
    const at = local(sae) as typeof sae;
    if (typeof at !== 'string' || isUrl(at)) return undefined;
    const info = await stat(at).catch(() => undefined);
    return info && !info.isDirectory() ? { bytes: await readRegularFile(at), label: at } : undefined;
  },
  async saeStorage(sae, { signal }) {
    const at = local(sae) as typeof sae;
    return isUrl(at) ? httpStorage(String(at), { signal, maxBytes: MAX_SAE_BYTES }) : storage(at);
  },
  listImages: (images, seed, hooks) =>
    picturesOf(
      local(images) as typeof images,
      async (names) => (await pictures()).listImages(names, seed, hooks.warn),
      hooks,
    ),
  nameImages: async (refs, known) => (await pictures()).nameImages(refs, known),
  stampsOf: async (refs) => (await pictures()).stampsOf(refs),
  openTokenizer: async (spec, model) =>
    (await import('./tokenizer.node.js')).tokenizerOf(spec, local(model) as typeof model, cacheFolder()),
  loadImage: async (ref, math, size) => (await pictures()).loadImage(ref, math, size),
  pool: async (engine, model, warn) =>
    (await import('../pipeline/pool.node.js')).nodePool(engine, model, warn),
  async openVectors(spec) {
    if (isMatrix(spec)) return vectorsOf(await givenMatrix(spec));
    return isStorage(spec) ? openStored(spec) : (await vectors()).openVectors(spec);
  },
  async openMatrix(spec) {
    if (isMatrix(spec)) return matrixRows(await givenMatrix(spec));
    if (isStorage(spec)) return rowsOfFolder(spec);
    return (await vectors()).openRows(spec);
  },
  async readFile(path, limit, advice) {
    const info = await stat(path).catch(() => undefined);
    if (!info?.isFile()) throw new InputError(`${path}: no such file; ${advice}`);
    return readRegularFile(path, limit);
  },
  readLabels: async (path, classes) =>
    (await import('../study/downstream/labels.node.js')).readLabels(path, classes),
  async readMetadata(path, options) {
    const { RECORD_READERS } = await import('../vectors/columns.node.js');
    return parseMetadata(await readRegularFile(path, LARGEST_FILE), path, options, RECORD_READERS);
  },
  variable: (name) => process.env[name] || undefined,
  absolute: (spec) => (!isUrl(spec) && (/[/\\.*]/.test(spec) || existsSync(spec)) ? resolve(spec) : spec),
  layout: async (neighbours, seed) =>
    (await import('../study/taxonomy/layout.node.js')).umapLayout(neighbours, seed),
  encodeJpeg: async (pixels, size) => (await import('../explorer/jpeg.node.js')).encodeJpeg(pixels, size),
  report: {
    families: async (result, names) => (await import('./pages.js')).writeFamilies(result, names),
    run: async (result, extras) => {
      const { encodeJpeg } = await import('../explorer/jpeg.node.js');
      return (await import('./pages.js')).writeReport(result, extras, encodeJpeg);
    },
    disentangle: async (result, commandLine) =>
      (await import('./pages.js')).writeDisentangle(result, commandLine),
    sweep: async (result, logs, commandLine) =>
      (await import('./pages.js')).writeSweep(result, logs, commandLine),
    examples: async (result, sheets, commandLine) =>
      (await import('./pages.js')).writeExamples(result, sheets, commandLine),
    textExamples: async (result, commandLine) =>
      (await import('./pages.js')).writeTextExamples(result, commandLine),
    decomposition: async (result, pictures, commandLine) => {
      const { encodeJpeg } = await import('../explorer/jpeg.node.js');
      return (await import('./pages.js')).writeDecomposition(result, pictures, encodeJpeg, commandLine);
    },
    physiology: async (result, thumbnails, commandLine) =>
      (await import('./pages.js')).writePhysiology(result, thumbnails, commandLine),
    taxonomy: async (result, drawings, commandLine) =>
      (await import('./pages.js')).writeTaxonomy(result, drawings, commandLine),
    sheet: async (content) => {
      const { pixels, width, height } = (await import('./pages.js')).drawContactSheet(content);
      return (await import('../explorer/jpeg.node.js')).encodeJpeg(pixels, width, height);
    },
    circuit: async (result, crops, commandLine) => {
      const { encodeJpeg } = await import('../explorer/jpeg.node.js');
      return (await import('./pages.js')).writeCircuit(result, crops, encodeJpeg, commandLine);
    },
    visualize: async (page) => {
      const { encodeJpeg } = await import('../explorer/jpeg.node.js');
      return (await import('./pages.js')).writeVisualize(page, encodeJpeg);
    },
    steering: async (report) => (await import('./pages.js')).drawSteering(report),
  },
};
