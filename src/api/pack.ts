// `pack`: embeddings, SAEs, labels, families and pictures as one folder that is documented, checked and opened again.
import { InputError, UsageError } from '../core/errors.js';
import { canonicalJson, sha256, shortHash } from '../core/hash.js';
import { digestOfFile } from '../formats/file-pieces.js';
import { parseJsonObject } from '../formats/json.js';
import type { Storage } from '../formats/storage.js';
import { saveSaeAs } from '../sae/exchange/folder.js';
import { CONFIG_FILE, WEIGHTS_FILE } from '../sae/saelens.js';
import { problemsOf } from '../study/artefact/check.js';
import {
  type ArtefactManifest,
  type ArtefactSae,
  EMBEDDINGS_FOLDER,
  FAMILIES_FILE,
  manifestOf,
  PICTURES_FOLDER,
  README_FILE,
  readManifest,
  within,
  writeManifest,
} from '../study/artefact/manifest.js';
import { Artefact } from '../study/artefact/open.js';
import { readmeOf } from '../study/artefact/readme.js';
import { PATH_FIELD } from '../study/atlas/documents.js';
import { pictureOf } from '../study/atlas/format.js';
import { parseLabelsFile } from '../units/labels.js';
import {
  type EmbeddingManifest,
  readEmbeddingManifest,
  withIds,
  writeEmbeddings,
} from '../vectors/embedding-folder.js';
import type { MatrixRows } from '../vectors/matrix.js';
import { joinMetadata, type Metadata, metadataOf } from '../vectors/metadata.js';
import { CALL_OPTIONS, type Call, type CallOptions, open, type SeedOption } from './call.js';
import { checkWidth } from './checks.js';
import { SEED_OPTION } from './groups.js';
import { hashOfSae, type LoadedFolder, loadSae, OpenedSae } from './open-sae.js';
import { type Checked, checked, type Options } from './options.js';
import type { ImagesSpec, OutSpec, Platform, SaeSpec, VectorsSpec } from './platform.js';
import { arePictures, picturesOfRows, writeThumbnails } from './thumbnails.js';

export const PACK_OPTIONS = {
  in: {
    kind: 'text',
    value: 'E',
    help: 'vectors [n, d], a document each: a folder of embed, or a matrix file of any kind',
    object: true,
  },
  meta: {
    kind: 'text',
    value: 'FILE',
    help: 'a record a document: .jsonl or .csv, with .gz or not, or .parquet; of a folder of embed its own unless given',
  },
  labels: {
    kind: 'list',
    value: 'FILE,...',
    help: 'labels.json of each SAE; its controls beside it come along',
    paths: true,
  },
  families: { kind: 'text', value: 'DIR', help: 'families.json of these SAEs, or its folder' },
  images: {
    kind: 'list',
    value: 'DIR|GLOB|FILE,...',
    paths: true,
    help: 'the pictures that were embedded, where they have moved',
    object: true,
  },
  title: { kind: 'text', value: 'NAME', help: 'what the whole is called (default: the folder)' },
  out: { kind: 'text', value: 'DIR', help: 'the folder to write', object: true },
  check: {
    kind: 'text',
    value: 'DIR',
    help: 'instead of packing: whether every file of this folder is as it was written, and its parts fit one another',
    object: true,
  },
  ...SEED_OPTION,
} as const satisfies Options;

/** For the library; on the command line SAEs are the arguments. */
const SAES_OPTION = {
  sae: { kind: 'list', value: 'SAE,...', help: 'SAE folders', object: true },
} as const satisfies Options;

export interface PackCall extends SeedOption, CallOptions {
  /** SAEs of these vectors, any number; they are written as SAELens reads them. */
  sae?: SaeSpec | readonly SaeSpec[];
  /** Vectors, [n, d]; needed unless `check` is given. */
  in?: VectorsSpec;
  /** Records of the documents, by row or by id; of a folder of embed its own unless given. */
  meta?: string;
  /** Files of labels, one an SAE. */
  labels?: string | readonly string[];
  /** families.json, or its folder. */
  families?: string;
  /** The pictures that were embedded, where they have moved. */
  images?: ImagesSpec;
  /** What the whole is called; the folder's name unless given. */
  title?: string;
  /** Needed unless `check` is given. */
  out?: OutSpec;
  /** Nothing is packed: this folder is checked. */
  check?: OutSpec;
}

export interface PackReport {
  out: string;
  name: string;
  documents: number;
  d: number;
  dtype: 'f16' | 'f32';
  pictures: number | null;
  saes: { folder: string; dSae: number; labels: boolean }[];
  families: boolean;
  files: number;
  bytes: number;
  /** The same had been packed there before. */
  reused: boolean;
  /** What is not as it was written or does not fit, a line each; empty where all is well. */
  problems: string[];
}

type Asked = Checked<typeof PACK_OPTIONS & typeof SAES_OPTION, PackCall>;

export async function pack(platform: Platform, options: PackCall): Promise<PackReport> {
  const o = checked('pack', { ...SAES_OPTION, ...PACK_OPTIONS }, options, CALL_OPTIONS);
  if (o.check !== undefined) return checkedFolder(platform, o, await open(platform, options));
  if (o.in === undefined || o.out === undefined)
    throw new UsageError('pack: needs --in E and --out DIR, or --check DIR');
  const specs = (o.sae === undefined ? [] : Array.isArray(o.sae) ? o.sae : [o.sae]) as SaeSpec[];
  if (o.labels && o.labels.length !== specs.length)
    throw new UsageError(`pack: ${o.labels.length} files of --labels for ${specs.length} SAEs`);
  if (o.families !== undefined && !specs.length)
    throw new UsageError('pack: --families are of SAEs; give these too');
  const call = await open(platform, options);
  const given = await read(platform, call, o, specs);
  await platform.ensureFolder(o.out);
  const storage = platform.storage(o.out);
  const unlock = await storage.lock();
  try {
    const hash = await shortHash(given.identity);
    const there = await readManifest(storage).catch(() => undefined);
    if (there && there.hash !== hash)
      throw new UsageError(`${storage.label}: holds another artefact, which is kept; choose another folder`);
    if (there && !(await problemsOf(storage)).length) {
      call.log(`${storage.label}: is packed already`);
      return reportOf(storage.label, there, true, []);
    }
    const manifest = await write(platform, call, storage, o, given, hash);
    return reportOf(storage.label, manifest, false, []);
  } finally {
    await unlock();
  }
}

async function checkedFolder(platform: Platform, o: Asked, { stages, signal }: Call): Promise<PackReport> {
  const given = Object.entries(o).find(([name, v]) => v !== undefined && name !== 'check' && name !== 'seed');
  if (given) throw new UsageError(`pack: --check takes the folder and nothing else, not ${given[0]}`);
  const storage = platform.storage(o.check!);
  stages.start('check');
  const problems = await problemsOf(storage, {
    signal,
    onFile: (done, total) => stages.update(done, total, 'files'),
  });
  stages.finish(problems.length ? `${problems.length} problems` : 'whole');
  return reportOf(storage.label, (await Artefact.open(storage)).manifest, false, problems);
}

interface Given {
  rows: MatrixRows;
  records: Metadata;
  /** Of the folder of embed itself, which says where pictures lay. */
  own: Metadata | undefined;
  /** Of a folder of embed. */
  embedded: EmbeddingManifest | undefined;
  saes: LoadedFolder[];
  labels: (Uint8Array | null)[];
  controls: (Uint8Array | null)[];
  families: Uint8Array | null;
  /** What names the content. */
  identity: Record<string, unknown>;
}

/** Everything is read and fits before anything is written. */
async function read(platform: Platform, call: Call, o: Asked, specs: readonly SaeSpec[]): Promise<Given> {
  const rows = await platform.openMatrix(o.in!);
  if (rows.note) call.warn(rows.note);
  const [count, d] = rows.shape;
  const embedded = await manifestOfEmbeddings(platform, o.in!);
  const own = await rows.records?.();
  const meta = o.meta === undefined ? own : await platform.readMetadata(o.meta);
  const joined =
    meta && (meta === own ? meta : joinMetadata(meta, { count, label: rows.label, ids: own?.ids }));
  const numbered = joined?.records ?? Array.from({ length: count }, () => ({}));
  const records = metadataOf(withIds(numbered, joined?.ids), joined?.label ?? rows.label);
  const saes: LoadedFolder[] = [];
  for (const spec of specs) {
    const sae = await loadSae(platform, spec, {}, { signal: call.signal });
    checkWidth('pack', d, sae.config.dIn);
    saes.push(sae);
  }
  const labels: (Uint8Array | null)[] = [];
  const controls: (Uint8Array | null)[] = [];
  for (const [i, { config }] of saes.entries()) {
    const file = o.labels?.[i];
    if (file === undefined) {
      labels.push(null);
      controls.push(null);
      continue;
    }
    const bytes = await platform.readFile(file, LARGEST, 'give a file of label');
    for (const feature of parseLabelsFile(bytes, file).keys())
      if (feature >= config.dSae)
        throw new InputError(
          `${file}: names f${feature}, and its SAE has ${config.dSae} features; give its own labels`,
        );
    labels.push(bytes);
    controls.push(await controlsOf(platform, controlsFile(file)));
  }
  const families = o.families === undefined ? null : await familiesOf(platform, o.families, saes);
  const digest = async (bytes: Uint8Array | null) => bytes && sha256(bytes);
  return {
    ...{ rows, records, own, embedded, saes, labels, controls, families },
    identity: {
      vectors: embedded?.files ?? (await digestOfRows(rows)),
      records: await sha256(canonicalJson(records.records)),
      saes: await Promise.all(saes.map(hashOfSae)),
      labels: await Promise.all([...labels, ...controls].map(digest)),
      families: await digest(families),
      title: o.title ?? null,
    },
  };
}

const LARGEST = 2 ** 30;

const controlsFile = (labels: string): string => `${labels.replace(/\.json$/i, '')}.controls.json`;

/** Without where they were written. */
async function controlsOf(platform: Platform, file: string): Promise<Uint8Array | null> {
  const bytes = await platform.readFile(file, LARGEST, '').catch(() => null);
  if (!bytes) return null;
  const { out: _, ...scores } = parseJsonObject(bytes, file);
  return new TextEncoder().encode(`${JSON.stringify(scores, null, 1)}\n`);
}

async function manifestOfEmbeddings(
  platform: Platform,
  spec: VectorsSpec,
): Promise<EmbeddingManifest | undefined> {
  if (typeof spec === 'object' && 'data' in spec) return undefined;
  // A path that is a file has none either.
  return readEmbeddingManifest(platform.storage(spec)).catch((error) => {
    if (error instanceof InputError) return undefined;
    throw error;
  });
}

async function digestOfRows(rows: MatrixRows): Promise<string> {
  const digests: string[] = [];
  for (let first = 0; first < rows.shape[0]; first += BLOCK) {
    const block = await rows.rows(first, Math.min(BLOCK, rows.shape[0] - first));
    digests.push(await sha256(new Uint8Array(block.buffer, block.byteOffset, block.byteLength)));
  }
  return sha256(digests.join(''));
}

const BLOCK = 4096;

async function familiesOf(
  platform: Platform,
  spec: string,
  saes: readonly LoadedFolder[],
): Promise<Uint8Array> {
  const file = /\.json$/i.test(spec) ? spec : `${spec.replace(/[/\\]$/, '')}/families.json`;
  const bytes = await platform.readFile(file, LARGEST, 'give a folder of families');
  const found = parseJsonObject(bytes, file);
  const own = Array.isArray(found.saes) ? (found.saes as { dSae: unknown }[]).map(({ dSae }) => dSae) : [];
  if (canonicalJson(own) !== canonicalJson(saes.map(({ config }) => config.dSae)))
    throw new InputError(
      `${file}: is of SAEs of ${own.join(', ') || 'no'} features, these have ${saes.map((s) => s.config.dSae).join(', ')}; give the SAEs in the order that families was given`,
    );
  // No path of this machine is passed on.
  const named = (found.saes as Record<string, unknown>[]).map((sae, i) => ({
    ...sae,
    sae: lastPart(saes[i].label),
  }));
  return new TextEncoder().encode(`${JSON.stringify({ ...found, saes: named })}\n`);
}

/** The parts, and the manifest last. */
async function write(
  platform: Platform,
  call: Call,
  storage: Storage,
  o: Asked,
  given: Given,
  hash: string,
): Promise<ArtefactManifest> {
  const { stages, signal } = call;
  const { rows, records, embedded, families } = given;
  const paths: string[] = [];
  const put = async (path: string, bytes: Uint8Array | string) => {
    const at = within(storage, path);
    await at.storage.write(at.name, bytes);
    paths.push(path);
  };
  stages.start('pack');
  // No path of this machine is passed on.
  const shown = records.records.map((record) =>
    Object.fromEntries(Object.entries(record).filter(([field]) => field !== PATH_FIELD || !embedded)),
  );
  const written = await writeEmbeddings(storage.sub(EMBEDDINGS_FOLDER), rows, shown, embedded);
  paths.push(
    ...['embeddings.npy', 'documents.jsonl', 'manifest.json'].map((f) => `${EMBEDDINGS_FOLDER}/${f}`),
  );
  const saes: ArtefactSae[] = [];
  for (const [i, sae] of given.saes.entries()) {
    signal?.throwIfAborted();
    const folder = `saes/${i}`;
    await saveSaeAs(storage.sub('saes').sub(String(i)), 'saelens', sae, sae.label);
    paths.push(`${folder}/${WEIGHTS_FILE}`, `${folder}/${CONFIG_FILE}`);
    const [labels, controls] = [given.labels[i], given.controls[i]];
    if (labels) await put(`labels/${i}.json`, labels);
    if (controls) await put(`labels/${i}.controls.json`, controls);
    const { architecture, dIn, dSae, k } = sae.config;
    saes.push({
      ...{ name: lastPart(sae.label), folder, architecture, dIn, dSae, k: k ?? null },
      labels: labels && `labels/${i}.json`,
      controls: controls && `labels/${i}.controls.json`,
    });
  }
  if (families) await put(FAMILIES_FILE, families);
  stages.finish(`${rows.shape[0]} vectors, ${saes.length} SAEs`);
  const pictures = arePictures(embedded?.recipe)
    ? await packPictures(platform, call, storage, o, given.own ?? records, paths)
    : null;
  const name = o.title ?? lastPart(storage.label);
  const [count, d] = written.shape;
  const documents = { count, d, dtype: written.dtype, embeddings: written.hash };
  const content = { hash, name, documents, pictures, saes, families: families && FAMILIES_FILE };
  await put(
    README_FILE,
    readmeOf(
      manifestOf({ ...content, files: {} }),
      records.fields.filter((f) => f !== PATH_FIELD || !embedded),
    ),
  );
  const files: ArtefactManifest['files'] = {};
  for (const path of paths.sort()) {
    const at = within(storage, path);
    files[path] = {
      bytes: (await at.storage.size(at.name))!,
      sha256: await digestOfFile(at.storage, at.name),
    };
  }
  const manifest = manifestOf({ ...content, files });
  await writeManifest(storage, manifest);
  return manifest;
}

async function packPictures(
  platform: Platform,
  call: Call,
  storage: Storage,
  { images, seed }: Asked,
  records: Metadata,
  paths: string[],
): Promise<number> {
  const folder = storage.sub(PICTURES_FOLDER);
  const refs = await picturesOfRows(platform, records, images, { seed, ...call });
  const written = await writeThumbnails(platform, call, folder, refs);
  paths.push(...written.map((row) => `${PICTURES_FOLDER}/${pictureOf(row)}`));
  return written.length;
}

const lastPart = (path: string): string => path.split(/[/\\]/).filter(Boolean).at(-1) ?? path;

function reportOf(out: string, manifest: ArtefactManifest, reused: boolean, problems: string[]): PackReport {
  const { name, documents, pictures, saes, families, files } = manifest;
  const sizes = Object.values(files).map(({ bytes }) => bytes);
  return {
    ...{
      out,
      name,
      documents: documents.count,
      d: documents.d,
      dtype: documents.dtype,
      pictures,
      reused,
      problems,
    },
    saes: saes.map(({ folder, dSae, labels }) => ({ folder, dSae, labels: labels !== null })),
    families: families !== null,
    files: sizes.length,
    bytes: sizes.reduce((sum, n) => sum + n, 0),
  };
}

/** An artefact, and its SAEs ready to compute. */
export class OpenedArtefact {
  constructor(
    readonly artefact: Artefact,
    readonly call: Pick<Call, 'engine'>,
  ) {}

  get manifest(): ArtefactManifest {
    return this.artefact.manifest;
  }

  /** Vectors, [documents, d], read in pieces. InputError: damaged. */
  rows(): Promise<MatrixRows> {
    return this.artefact.rows();
  }

  /** Records of the documents, in the order of the vectors. */
  records(): Promise<Metadata> {
    return this.artefact.records();
  }

  /** SAE number `i`; dispose() gives its memory back. */
  async sae(i: number): Promise<OpenedSae> {
    const { label } = this.artefact.saeStorage(i);
    const folder = await this.artefact.sae(i);
    return new OpenedSae(this.call.engine, { ...folder, format: 'saelens', label, isFile: false });
  }

  /** Names of its features. */
  labels(i: number) {
    return this.artefact.labels(i);
  }

  families() {
    return this.artefact.families();
  }

  /** What is not as it was written or does not fit, a line each. */
  problems(): Promise<string[]> {
    return problemsOf(this.artefact.storage);
  }
}

/** Opens a folder of `pack`. InputError: no artefact, or its manifest is damaged. */
export async function openArtefact(
  platform: Platform,
  folder: OutSpec | URL,
  options: Pick<CallOptions, 'engine' | 'signal'> = {},
): Promise<OpenedArtefact> {
  const storage = await platform.saeStorage(folder, { signal: options.signal });
  const { engine } = await open(platform, options);
  return new OpenedArtefact(await Artefact.open(storage), { engine });
}
