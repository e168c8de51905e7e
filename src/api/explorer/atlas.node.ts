// From a folder of pack() or embed() to a site: its data, made where they are not there yet, and the pages.
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { InputError, UsageError } from '../../core/errors.js';
import { shortHash } from '../../core/hash.js';
import type { Site } from '../../explorer/site.js';
import { bytesOf } from '../../formats/pieces.js';
import type { Storage } from '../../formats/storage.js';
import { nodeStorage } from '../../formats/storage.node.js';
import { LoadedSae } from '../../sae/inference.js';
import { CONFIG_FILE, WEIGHTS_FILE } from '../../sae/saelens.js';
import { ARTEFACT_FILE, PICTURES_FOLDER } from '../../study/artefact/manifest.js';
import { Artefact } from '../../study/artefact/open.js';
import { type AtlasSource, knownAtlas, makeAtlas } from '../../study/atlas/data.js';
import {
  ATLAS_VERSION,
  type AtlasIndex,
  type AtlasSite,
  type Network,
  SITE_FILE,
  TOKENS,
} from '../../study/atlas/format.js';
import type { LayoutNeighbours } from '../../study/atlas/layout.js';
import { lockFirst } from '../../study/facts/data.js';
import {
  type EmbeddingManifest,
  embeddingRows,
  readEmbeddingManifest,
} from '../../vectors/embedding-folder.js';
import { EmbeddingEndpoint } from '../../vectors/endpoint.js';
import type { Call } from '../call.js';
import { type EndpointOption, endpointOptions } from '../endpoint-options.js';
import type { Platform } from '../platform.js';
import { arePictures, picturesOfRows, writeThumbnails } from '../thumbnails.js';
import { effectsOf } from './effects.node.js';
import { isFolder } from './find.node.js';
import { addCore, pageFile } from './pages.node.js';
import { readerOf, type TextNetwork, textNetworkOf } from './reads.node.js';

/** A folder of embeddings, with what was packed beside them or alone. */
export interface Embeddings {
  folder: string;
  storage: Storage;
  /** Undefined for a folder of embed(). */
  artefact: Artefact | undefined;
  /** Of embed(). */
  embedded: EmbeddingManifest;
}

/** Undefined where the folders are of runs. UsageError: two folders, one of them of embeddings. */
export async function embeddingsOf(folders: readonly string[]): Promise<Embeddings | undefined> {
  const found: Embeddings[] = [];
  for (const folder of folders) {
    if (!(await isFolder(folder))) continue;
    const storage = nodeStorage(folder);
    const artefact =
      (await storage.size(ARTEFACT_FILE)) === undefined ? undefined : await Artefact.open(storage);
    const embedded = await readEmbeddingManifest(artefact ? artefact.embeddings : storage);
    if (artefact && !embedded)
      throw new InputError(`${folder}: its embeddings are missing; curvesae pack --check says what else is`);
    if (embedded) found.push({ folder, storage, artefact, embedded });
  }
  if (found.length && folders.length > 1)
    throw new UsageError(
      `${found[0].folder}: embeddings are looked at alone; give one folder, or pack several SAEs of the same vectors to compare them`,
    );
  return found[0];
}

/** A folder of pack() or embed(). */
export interface ExploredEmbeddings {
  folder: string;
  documents: number;
  d: number;
  saes: { name: string; dSae: number }[];
  pictures: boolean;
  /** Rows are tokens of texts. */
  tokens: boolean;
  reused: boolean;
}

export interface AtlasOptions {
  /** Service that embeds texts. */
  endpoint?: EndpointOption;
  map: 'pca' | 'umap';
  images?: readonly string[];
  /** Of tokens: the network, where it has moved. */
  model?: string;
  tokenizer?: string;
  /** Whether texts are read: not by static files. */
  live: boolean;
  seed: number;
  /** Folder of the data of what cannot be written to. */
  cache: string;
  version: string;
}

export async function openAtlas(
  platform: Platform,
  call: Call,
  given: Embeddings,
  options: AtlasOptions,
): Promise<{ site: Site; explored: ExploredEmbeddings }> {
  const text = options.endpoint && textService(platform, call, options.endpoint, given.embedded.shape[1]);
  const network = await textNetworkFor(platform, call, given, options);
  const { storage, index, reused } = await dataOf(platform, call, given, options);
  const { artefact, folder } = given;
  const site: Site = { files: new Map(), folders: new Map([['data', resolve(storage.label)]]) };
  site.files.set('index.html', pageFile('atlas.html'));
  for (const name of ['atlas.js', 'atlas-worker.js', 'style.css']) site.files.set(name, pageFile(name));
  addCore(site);
  const put = (path: string | null, file: string | null): string | null => {
    if (file === null || path === null) return null;
    site.files.set(path, { file: resolve(folder, file) });
    return path;
  };
  const putNotes = (path: string): string | null => (existsSync(join(folder, path)) ? put(path, path) : null);
  const { manifest } = artefact ?? {};
  const shown: AtlasSite = {
    version: options.version,
    label: manifest?.name ?? basename(resolve(folder)),
    data: 'data',
    vectors: put('embeddings/embeddings.npy', artefact ? 'embeddings/embeddings.npy' : 'embeddings.npy')!,
    pictures: null,
    saes: (manifest?.saes ?? []).map((sae) => {
      for (const name of [CONFIG_FILE, WEIGHTS_FILE]) put(`${sae.folder}/${name}`, `${sae.folder}/${name}`);
      return {
        folder: sae.folder,
        labels: put(sae.labels, sae.labels),
        controls: put(sae.controls, sae.controls),
        notes: putNotes(`${sae.folder}/${NOTES_FILE}`),
      };
    }),
    notes: manifest?.saes.length ? null : putNotes(NOTES_FILE),
    families: put(manifest?.families ?? null, manifest?.families ?? null),
    text: text ? TEXT : null,
    reads: network ? READ : null,
    effects: network ? EFFECTS : null,
  };
  const pictures = index.of === 'pictures';
  if (pictures) {
    shown.pictures = PICTURES_FOLDER;
    site.folders.set(PICTURES_FOLDER, resolve(artefact ? folder : storage.label, PICTURES_FOLDER));
  }
  if (text) site.answers = new Map([[TEXT, text]]);
  if (network)
    site.answers = new Map([
      [READ, readerOf(network)],
      [EFFECTS, effectsOf(network, saesOf(call, artefact))],
    ]);
  site.files.set(SITE_FILE, { text: JSON.stringify(shown) });
  const { documents, d, saes } = index;
  return {
    site,
    explored: {
      ...{ folder, documents, d, pictures, tokens: index.of === 'tokens', reused },
      saes: saes.map(({ name, dSae }) => ({ name, dSae })),
    },
  };
}

const TEXT = 'embed';
const [READ, EFFECTS] = ['read', 'effects'];
/** What people noted, beside the SAE that it is about. */
const NOTES_FILE = 'notes.json';

/** Undefined: rows are no tokens, pages are files, or the network is not here, which is said. */
async function textNetworkFor(
  platform: Platform,
  call: Call,
  { embedded }: Embeddings,
  { model, tokenizer, endpoint, live }: AtlasOptions,
): Promise<TextNetwork | undefined> {
  if (embedded.recipe.kind !== TOKENS) {
    for (const [name, value] of Object.entries({ model, tokenizer }))
      if (value !== undefined)
        throw new UsageError(
          `explore: --${name} is of runs and of tokens, and these are neither; leave it out`,
        );
    return undefined;
  }
  if (endpoint)
    throw new UsageError(
      'explore: texts are read by the network whose tokens these are, not by a service; leave out --endpoint',
    );
  if (!live) return undefined;
  const found = await textNetworkOf(platform, call, embedded, { model, tokenizer });
  if (!('reason' in found)) return found;
  call.warn(`no texts can be read: ${found.reason}; say where the network is with --model`);
  return undefined;
}

async function dataOf(
  platform: Platform,
  call: Call,
  { storage: folder, artefact, embedded }: Embeddings,
  { map, images, seed, cache }: AtlasOptions,
): Promise<{ storage: Storage; index: AtlasIndex; reused: boolean }> {
  const { engine, signal, stages, warn } = call;
  const digests = artefact ? digestsOfSaes(artefact) : [];
  const hash = await shortHash({
    ...{ version: ATLAS_VERSION, build: engine.info().buildId, map, ...(map === 'umap' && { seed }) },
    ...{ embeddings: embedded.files, saes: digests.flat() },
    pictures: artefact?.manifest.pictures ?? null,
  });
  const homes = [folder.sub('explorer'), nodeStorage(join(cache, 'explorer'))];
  for (const home of homes) {
    const index = await knownAtlas(home.sub(hash), hash);
    if (index) return { storage: home.sub(hash), index, reused: true };
  }
  const rows = artefact ? await artefact.rows() : (await embeddingRows(folder))!;
  const records = await rows.records!();
  const pictures = artefact ? Boolean(artefact.manifest.pictures) : arePictures(embedded.recipe);
  const saes: AtlasSource['saes'] = [];
  const { storage, unlock } = await lockFirst(homes, hash, warn);
  try {
    for (const [i, { name }] of (artefact?.manifest.saes ?? []).entries()) {
      const { config, tensors } = await artefact!.sae(i);
      const hash = await shortHash(digests[i]);
      saes.push({ name, hash, sae: new LoadedSae(engine, config, tensors) });
    }
    if (pictures && !artefact) {
      const refs = await picturesOfRows(platform, records, images, { seed, warn, signal });
      await writeThumbnails(platform, call, storage.sub(PICTURES_FOLDER), refs);
    }
    const draw =
      map === 'umap' ? (neighbours: LayoutNeighbours) => platform.layout!(neighbours, seed) : undefined;
    const of = embedded.recipe.kind === TOKENS ? 'tokens' : pictures ? 'pictures' : 'documents';
    const source: AtlasSource = { hash, rows, records, saes, of, network: networkOf(embedded) };
    const pool = await platform.pool(engine, undefined, warn);
    try {
      const index = await makeAtlas({ engine, pool, draw, signal, progress: stages }, source, storage);
      return { storage, index, reused: false };
    } finally {
      pool.dispose();
    }
  } finally {
    for (const { sae } of saes) sae.dispose();
    await unlock();
  }
}

/** SAEs of an artefact, each opened once it is asked for. */
function saesOf({ engine }: Call, artefact: Artefact | undefined) {
  const opened = new Map<number, Promise<LoadedSae>>();
  return async (number: number): Promise<LoadedSae | undefined> => {
    if (!artefact?.manifest.saes[number]) return undefined;
    const open = async () => {
      const { config, tensors } = await artefact.sae(number);
      return new LoadedSae(engine, config, tensors);
    };
    const sae = opened.get(number) ?? open();
    opened.set(number, sae);
    sae.catch(() => opened.delete(number));
    return sae;
  };
}

/** Null where a service made the vectors, or nobody says who did. */
function networkOf({ recipe }: EmbeddingManifest): Network | null {
  const model = recipe.model as { name?: unknown; sha256?: unknown } | undefined;
  if (typeof recipe.tap !== 'string' || typeof model?.sha256 !== 'string') return null;
  return { model: String(model.name), sha256: model.sha256, tap: recipe.tap };
}

/** Of the files of each. */
const digestsOfSaes = ({ manifest: { saes, files } }: Artefact): string[][] =>
  saes.map(({ folder }) =>
    [CONFIG_FILE, WEIGHTS_FILE].map((name) => files[`${folder}/${name}`]?.sha256 ?? ''),
  );

/** Texts that were asked for, and what they are: sliders ask again and again. */
const KEPT = 200;

/** The vector of a text that a page sends, f32 in little endian. */
function textService(
  platform: Platform,
  { warn }: Call,
  { endpoint, name, keyVariable }: EndpointOption,
  dimension: number,
): (body: Uint8Array) => Promise<Uint8Array> {
  const service = new EmbeddingEndpoint(endpoint!, name!, {
    ...endpointOptions(platform, { endpoint, keyVariable }, 'embeddings', warn),
    dimension,
  });
  const known = new Map<string, Promise<Uint8Array>>();
  return (body) => {
    const text = new TextDecoder().decode(body).trim();
    if (text === '') throw new UsageError('a text to look for is needed');
    let vector = known.get(text);
    if (!vector) {
      vector = service.embed([text]).then(({ data }) => bytesOf(data));
      vector.catch(() => known.delete(text));
      known.set(text, vector);
      if (known.size > KEPT) known.delete(known.keys().next().value!);
    }
    return vector;
  };
}
