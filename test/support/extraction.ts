// A small extraction for tests; run as a process of its own it is the victim of kill -9.

import { nodeStorage } from '../../src/formats/storage.node.js';
import { listImages } from '../../src/images/source.node.js';
import type { ImageRef } from '../../src/images/types.js';
import { type Build, init } from '../../src/index.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import { type ExtractJob, type ExtractOutcome, extractActivations } from '../../src/vectors/extract.js';
import type { StoreRecipe } from '../../src/vectors/types.js';
import { heModel } from './he.js';

const whole = heModel('inceptionv1');
/** The stem's first blocks only: little to copy to a worker. */
export const MODEL = {
  ...whole,
  lastTap: 'mixed3a',
  parameters: new Map([...whole.parameters].filter(([tap]) => /^conv2d|^mixed3a/.test(tap))),
};

export const RECIPE: StoreRecipe = {
  model: { name: MODEL.name, architecture: 'inceptionv1', sha256: MODEL.sha256 },
  tap: 'conv2d1',
  inputSize: 64,
  images: 'procedural:23 of seed 5',
  perImage: 10,
  reference: 6,
  sample: 'norm',
  excludeBorder: false,
  seed: 1,
  numerics: 'exact',
};

interface Options {
  workers?: number;
  build?: Build;
  dIn?: number;
  signal?: AbortSignal;
  onProgress?: (images: number) => void;
  /** Called for every image that is computed. */
  onTask?: () => void;
}

/** Shards of four images. */
export const extractFixture = (
  root: string,
  images: readonly ImageRef[],
  recipe: StoreRecipe,
  options: Options = {},
): Promise<ExtractOutcome> =>
  withJob(images, recipe, options, (job) => extractActivations({ ...job, root: nodeStorage(root) }));

/** The job alone, for what else is done with it. */
export async function withJob<T>(
  images: readonly ImageRef[],
  recipe: StoreRecipe,
  { workers = 1, build = 'simd', dIn = 64, signal, onProgress, onTask }: Options,
  use: (job: ExtractJob) => Promise<T>,
): Promise<T> {
  const engine = await init({ build, workers });
  const pool = nodePool(engine, MODEL);
  const run = pool.run.bind(pool);
  pool.run = (...args: Parameters<typeof run>) => {
    onTask?.();
    return run(...args) as never;
  };
  const shardBytes = 4 * (recipe.perImage + recipe.reference) * dIn * 4;
  try {
    return await use({ pool, images, recipe, dIn, shardBytes, signal, onProgress });
  } finally {
    pool.dispose();
    engine.dispose();
  }
}

if (process.env.CURVESAE_TEST_EXTRACT && process.argv[2] !== undefined && process.send) {
  const report = (n: number) => process.send!(n);
  await extractFixture(process.argv[2], await listImages(['procedural:23'], 5), RECIPE, {
    onProgress: report,
  });
  process.disconnect();
}
