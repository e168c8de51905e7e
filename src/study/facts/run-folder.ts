// A run's folder as `run --out DIR` leaves it, read part by part: what is missing or damaged
// is said with the reason, and the rest is used.

import { CurvesaeError, InputError } from '../../core/errors.js';
import { DamagedFile, verified } from '../../formats/checksums.js';
import { parseJsonObject } from '../../formats/json.js';
import type { Storage } from '../../formats/storage.js';
import { loadSaeFolder, type SaeFolder } from '../../sae/saelens.js';
import { openStore, storeVectors } from '../../vectors/store.js';
import type { VectorSource } from '../../vectors/types.js';
import type { ActivationStatistics } from '../curves/statistics.js';
import type { TuningCurves } from '../curves/tuning.js';
import { readCurves } from '../curves/tuning-file.js';
import type { JobResult } from '../result.js';
import type { ExplorerIndex, Part } from './format.js';

export interface RunFolder {
  storage: Storage;
  result: JobResult;
  curves?: {
    tuning: TuningCurves;
    statistics: { units: ActivationStatistics; features: ActivationStatistics };
  };
  sae?: SaeFolder;
  /** The uniform reference sample. */
  reference?: VectorSource;
  missing: ExplorerIndex['missing'];
}

const MAX_RESULT_BYTES = 256 << 20;

/** InputError where there is no result.json, it is of another kind, or a part is not as it was written. */
export async function openRun(storage: Storage): Promise<RunFolder> {
  const result = await readResult(storage);
  const run: RunFolder = { storage, result, missing: [] };
  const part = async <T>(name: Part, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      // What is damaged might be anything: nothing is shown of it, or beside it.
      if (!(error instanceof CurvesaeError) || error instanceof DamagedFile) throw error;
      run.missing.push({ part: name, reason: error.message });
      return undefined;
    }
  };
  run.curves = await part('curves', () => readCurves(inside(storage, result.paths.curves)));
  run.sae = await part('sae', async () => {
    const folder = await loadSaeFolder(inside(storage, result.paths.sae));
    if (folder.config.dIn !== result.sae.dIn || folder.config.dSae !== result.sae.dSae)
      throw new InputError(
        `${result.paths.sae}: d_in ${folder.config.dIn} and d_sae ${folder.config.dSae} are not those of result.json`,
      );
    return folder;
  });
  run.reference = await part('activations', async () => {
    const { storage: folder, manifest } = await openStore(inside(storage, result.paths.activations));
    return storeVectors(folder, manifest, 'reference');
  });
  return run;
}

/** A folder below the run's; names from result.json never lead out of it. */
function inside(storage: Storage, path: string): Storage {
  let folder = storage;
  for (const name of path.split('/')) {
    if (!/^\w[\w.-]*$/.test(name))
      throw new InputError(`result.json names the folder '${path}', which is no folder of a run`);
    folder = folder.sub(name);
  }
  return folder;
}

async function readResult(storage: Storage): Promise<JobResult> {
  const file = `${storage.label}/result.json`;
  const size = await storage.size('result.json');
  if (size === undefined)
    throw new InputError(
      `${storage.label}: no result.json here, so this is not the folder of a finished run; make one with curvesae run --out ${storage.label}`,
    );
  if (size > MAX_RESULT_BYTES) throw new InputError(`${file}: ${size} bytes is too large`);
  const folder = await verified(storage, 'repeat curvesae run, which writes it again');
  const content: unknown = parseJsonObject(await folder.read('result.json'), file, 'run again');
  const result = content as JobResult;
  const lacking = lackingKeys(result);
  if (lacking.length)
    throw new InputError(
      `${file}: lacks ${lacking.join(', ')}; it was not written by this version of curvesae run: repeat the run`,
    );
  return result;
}

function lackingKeys(result: JobResult): string[] {
  const text = (v: unknown) => typeof v === 'string';
  const number = (v: unknown) => typeof v === 'number';
  const checks: Record<string, boolean> = {
    'model.name': text(result?.model?.name),
    'model.architecture': text(result?.model?.architecture),
    'model.sha256': text(result?.model?.sha256),
    tap: text(result?.tap),
    'sae.dSae': number(result?.sae?.dSae),
    'sae.dIn': number(result?.sae?.dIn),
    'curves.neurons': Array.isArray(result?.curves?.neurons?.detectors),
    hashes: text(result?.hashes?.images) && text(result?.hashes?.sae) && text(result?.hashes?.store),
    paths: text(result?.paths?.sae) && text(result?.paths?.curves) && text(result?.paths?.activations),
  };
  return Object.keys(checks).filter((key) => !checks[key]);
}
