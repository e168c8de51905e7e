// What of an artefact is not as its manifest says, a line each: files that are missing or changed, parts that do not fit
// one another.
import { CurvesaeError } from '../../core/errors.js';
import { digestOfFile } from '../../formats/file-pieces.js';
import type { Storage } from '../../formats/storage.js';
import type { FamiliesResult } from '../families/result.js';
import { type ArtefactManifest, PICTURES_FOLDER, within } from './manifest.js';
import { Artefact } from './open.js';

export interface CheckHooks {
  signal?: AbortSignal;
  onFile?: (done: number, total: number) => void;
}

/** Empty where it is whole. InputError where there is no manifest that can be read. */
export async function problemsOf(storage: Storage, hooks: CheckHooks = {}): Promise<string[]> {
  const artefact = await Artefact.open(storage);
  const { manifest } = artefact;
  const problems = await filesOf(storage, manifest, hooks);
  // Of damaged files nothing more can be said.
  if (problems.length) return problems;
  const part = async (read: () => Promise<string[]>) => {
    hooks.signal?.throwIfAborted();
    try {
      problems.push(...(await read()));
    } catch (error) {
      if (!(error instanceof CurvesaeError)) throw error;
      problems.push(error.message);
    }
  };
  await part(() => documentsOf(artefact));
  for (const i of manifest.saes.keys()) await part(() => saeOf(artefact, i));
  await part(() => familiesOf(artefact));
  return problems;
}

async function filesOf(
  storage: Storage,
  { files }: ArtefactManifest,
  { signal, onFile }: CheckHooks,
): Promise<string[]> {
  const problems: string[] = [];
  const all = Object.entries(files);
  for (const [i, [path, { bytes, sha256 }]] of all.entries()) {
    signal?.throwIfAborted();
    const at = within(storage, path);
    const size = await at.storage.size(at.name);
    if (size === undefined) problems.push(`${path}: is missing`);
    else if (size !== bytes) problems.push(`${path}: has ${size} bytes, ${bytes} were written`);
    else if ((await digestOfFile(at.storage, at.name)) !== sha256)
      problems.push(`${path}: is not as it was written (SHA-256)`);
    onFile?.(i + 1, all.length);
  }
  return problems;
}

const BLOCK = 4096;

async function documentsOf(artefact: Artefact): Promise<string[]> {
  const { count, d } = artefact.manifest.documents;
  const rows = await artefact.rows();
  const problems: string[] = [];
  if (rows.shape[0] !== count || rows.shape[1] !== d)
    problems.push(`embeddings: are ${rows.shape.join(' x ')}, the manifest says ${count} x ${d}`);
  // A value that is not finite is told by its row.
  for (let first = 0; first < rows.shape[0]; first += BLOCK)
    await rows.rows(first, Math.min(BLOCK, rows.shape[0] - first));
  const { records } = await rows.records!();
  if (records.length !== rows.shape[0])
    problems.push(`embeddings: ${records.length} documents for ${rows.shape[0]} vectors`);
  const { pictures, files } = artefact.manifest;
  const there = Object.keys(files).filter((path) => path.startsWith(`${PICTURES_FOLDER}/`)).length;
  if (there !== (pictures ?? 0))
    problems.push(`${PICTURES_FOLDER}: ${there} pictures, the manifest says ${pictures ?? 0}`);
  return problems;
}

async function saeOf(artefact: Artefact, i: number): Promise<string[]> {
  const said = artefact.manifest.saes[i];
  const { config } = await artefact.sae(i);
  const problems: string[] = [];
  for (const key of ['architecture', 'dIn', 'dSae'] as const)
    if (config[key] !== said[key])
      problems.push(`${said.folder}: ${key} is ${config[key]}, the manifest says ${said[key]}`);
  if (config.dIn !== artefact.manifest.documents.d)
    problems.push(
      `${said.folder}: is of vectors of ${config.dIn}, these have ${artefact.manifest.documents.d}`,
    );
  for (const feature of (await artefact.labels(i)).keys())
    if (feature >= config.dSae)
      problems.push(`${said.labels}: names f${feature}, and ${said.folder} has ${config.dSae} features`);
  return problems;
}

async function familiesOf(artefact: Artefact): Promise<string[]> {
  const found = await artefact.families();
  if (!found) return [];
  const { saes, families } = artefact.manifest;
  if (!Array.isArray(found.families) || !Array.isArray(found.splitting))
    return [`${families}: has no lists 'families' and 'splitting'`];
  const bad = namesOf(found).find((name) => {
    const [, sae = '0', feature] = /^(?:(\d+):)?f(\d+)$/.exec(name) ?? [];
    return feature === undefined || !saes[Number(sae)] || Number(feature) >= saes[Number(sae)].dSae;
  });
  return bad === undefined ? [] : [`${families}: names ${bad}, which no SAE here has`];
}

const namesOf = ({ families, splitting }: FamiliesResult): string[] => [
  ...families.flatMap(({ parent, children }) => [parent, ...children]),
  ...splitting.flatMap(({ from, to }) => [from, to]),
];
