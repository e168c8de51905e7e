// A folder of everything that was made of a corpus, to be kept and passed on (docs/formats.md, Artefact): embeddings and
// their documents, SAEs, labels, families, pictures; artefact.json, written last, says what each file is and how it reads.
import { InputError, shown } from '../../core/errors.js';
import { canonicalJson, sha256 } from '../../core/hash.js';
import { parseJsonObject } from '../../formats/json.js';
import type { Readable, Storage } from '../../formats/storage.js';

export const ARTEFACT_FORMAT = 'curvesae-artefact';
const VERSION = 1;
export const ARTEFACT_FILE = 'artefact.json';
export const README_FILE = 'README.md';
export const EMBEDDINGS_FOLDER = 'embeddings';
export const PICTURES_FOLDER = 'pictures';
export const FAMILIES_FILE = 'families/families.json';

export interface ArtefactSae {
  /** As it was called where it was trained: the last part of its path. */
  name: string;
  /** A SAELens folder. */
  folder: string;
  architecture: string;
  dIn: number;
  dSae: number;
  k: number | null;
  /** Names of its features, and how random directions and dimensions are named; null: not labelled. */
  labels: string | null;
  controls: string | null;
}

export interface ArtefactManifest {
  format: typeof ARTEFACT_FORMAT;
  version: number;
  /** Of what it was packed from. */
  hash: string;
  name: string;
  documents: {
    count: number;
    d: number;
    dtype: 'f16' | 'f32' /** Of embeddings/manifest.json. */;
    embeddings: string;
  };
  /** Documents that have a picture; null: they are no pictures. */
  pictures: number | null;
  saes: ArtefactSae[];
  families: string | null;
  /** Of every file but this one and what is derived (explorer/): bytes, and digest (docs/formats.md, Digests). */
  files: Record<string, { bytes: number; sha256: string }>;
}

/** A file of a folder by its path, with forward slashes. */
export function within<S extends Pick<Storage, 'sub'>>(
  storage: S,
  path: string,
): { storage: S; name: string } {
  const parts = path.split('/');
  const name = parts.pop()!;
  return { storage: parts.reduce((s, part) => s.sub(part) as unknown as S, storage), name };
}

export async function writeManifest(storage: Storage, manifest: ArtefactManifest): Promise<void> {
  const checksum = await sha256(canonicalJson(manifest));
  await storage.write(ARTEFACT_FILE, `${JSON.stringify({ ...manifest, checksum }, null, 1)}\n`);
}

/** Undefined where the folder has none. InputError: damaged, of another version, or a path in it that leads elsewhere. */
export async function readManifest(storage: Readable): Promise<ArtefactManifest | undefined> {
  if ((await storage.size(ARTEFACT_FILE)) === undefined) return undefined;
  const label = `${storage.label}/${ARTEFACT_FILE}`;
  const { checksum, ...content } = parseJsonObject(await storage.read(ARTEFACT_FILE), label);
  if (content.format !== ARTEFACT_FORMAT)
    throw new InputError(`${label}: its format is ${shown(content.format)}, not ${ARTEFACT_FORMAT}`);
  if (content.version !== VERSION)
    throw new InputError(`${label}: version ${shown(content.version)}, this program reads ${VERSION}`);
  if (checksum !== (await sha256(canonicalJson(content))))
    throw new InputError(`${label}: is not as it was written (checksum); fetch or pack it again`);
  const manifest = content as unknown as ArtefactManifest;
  for (const path of pathsOf(manifest))
    if (!isPlain(path))
      throw new InputError(`${label}: names the file ${shown(path)}, which is not in the folder`);
  return manifest;
}

const pathsOf = ({ files, saes, families }: ArtefactManifest): string[] => [
  ...Object.keys(files),
  ...saes.flatMap(({ folder, labels, controls }) => [folder, labels, controls].filter((p) => p !== null)),
  ...(families === null ? [] : [families]),
];

/** Whoever made the manifest, no path of it leads out of the folder. */
const isPlain = (path: unknown): boolean =>
  typeof path === 'string' && /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(path);

export const manifestOf = (content: Omit<ArtefactManifest, 'format' | 'version'>): ArtefactManifest => ({
  format: ARTEFACT_FORMAT,
  version: VERSION,
  ...content,
});
