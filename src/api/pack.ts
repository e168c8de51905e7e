// `pack`: embeddings, SAEs, labels, families and pictures as one folder that is documented, checked and opened again.
import { UsageError } from '../core/errors.js';
import { shortHash } from '../core/hash.js';
import { problemsOf } from '../study/artefact/check.js';
import { type ArtefactManifest, readManifest } from '../study/artefact/manifest.js';
import { Artefact } from '../study/artefact/open.js';
import { CALL_OPTIONS, type Call, open } from './call.js';
import { checked } from './options.js';
import { PACK_OPTIONS, type PackAsked, type PackCall, SAES_OPTION } from './pack-options.js';
import { readParts } from './pack-read.js';
import { writeParts } from './pack-write.js';
import type { Platform, SaeSpec } from './platform.js';

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
  const given = await readParts(platform, call, o, specs);
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
    const manifest = await writeParts(platform, call, storage, o, given, hash);
    return reportOf(storage.label, manifest, false, []);
  } finally {
    await unlock();
  }
}

async function checkedFolder(
  platform: Platform,
  o: PackAsked,
  { stages, signal }: Call,
): Promise<PackReport> {
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
