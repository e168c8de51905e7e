// What commands that look at pictures begin with: the list of these, the folder of the results, a pool with the network.
import type { Pool } from '../core/pool.js';
import type { Storage } from '../formats/storage.js';
import type { Model } from '../network/types.js';
import type { NamedSae } from '../pipeline/circuit-job.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { sharedTensors } from '../sae/shared-tensors.js';
import type { Call } from './call.js';
import type { ImagesOption, OutOption } from './groups.js';
import { hashOfSae, type OpenedSae } from './open-sae.js';
import type { Platform } from './platform.js';

export interface Study {
  listed: Awaited<ReturnType<Platform['listImages']>>;
  out: Storage;
  pool: Pool;
}

/** Drawn pictures, unless others are given. */
const DRAWN = `procedural:${DEFAULTS.curveImages}`;

/** The pictures are listed, and are there, before anything is made; the pool ends with `use`. */
export async function inStudy<T>(
  platform: Platform,
  { engine, signal, warn }: Pick<Call, 'engine' | 'signal' | 'warn'>,
  model: Model,
  { images = DRAWN, seed, out }: ImagesOption & Pick<OutOption, 'out'> & { seed: number },
  use: (study: Study) => Promise<T>,
): Promise<T> {
  const listed = await platform.listImages(images, seed, { signal, warn });
  await platform.ensureFolder(out);
  const pool = await platform.pool(engine, model, warn);
  try {
    return await use({ listed, out: platform.storage(out), pool });
  } finally {
    pool.dispose();
  }
}

/** An SAE as tasks of a pool take it. */
export const saeForTasks = async (sae: OpenedSae): Promise<NamedSae> => ({
  config: sae.config,
  tensors: sharedTensors(sae.tensors),
  hash: await hashOfSae(sae),
});
