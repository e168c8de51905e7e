// What `pack` is given, read and found to fit before anything is written.
import { InputError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { parseJsonObject } from '../formats/json.js';
import { parseLabelsFile } from '../units/labels.js';
import { type EmbeddingManifest, readEmbeddingManifest, withIds } from '../vectors/embedding-folder.js';
import type { MatrixRows } from '../vectors/matrix.js';
import { joinMetadata, type Metadata, metadataOf } from '../vectors/metadata.js';
import type { Call } from './call.js';
import { checkWidth } from './checks.js';
import { hashOfSae, type LoadedFolder, loadSae } from './open-sae.js';
import type { PackAsked } from './pack-options.js';
import type { Platform, SaeSpec, VectorsSpec } from './platform.js';

/** What is packed. */
export interface Given {
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
export async function readParts(
  platform: Platform,
  call: Call,
  o: PackAsked,
  specs: readonly SaeSpec[],
): Promise<Given> {
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

export const lastPart = (path: string): string => path.split(/[/\\]/).filter(Boolean).at(-1) ?? path;
