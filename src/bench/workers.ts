// One thread against several on whole pieces of the job, and two register loops together in
// the same rounds: shared cores give two threads anything from 1 to 2 times one, and only
// the loops say how much of that is the machine's.

import type { Engine } from '../core/engine.js';
import type { Pool } from '../core/pool.js';
import { Rng } from '../core/random.js';
import { LoadedSae } from '../sae/inference.js';
import { evaluate } from '../sae/metrics.js';
import { rowsPerTask, throughSae } from '../sae/threads.js';
import type { Placement } from '../study/curves/placement.js';
import type { ResponsesPayload } from '../study/curves/tasks.js';
import { evenParts } from '../vectors/even-rows.js';
import type { ExtractPayload, ExtractResult } from '../vectors/extract.js';
import { matrixVectors } from '../vectors/matrix.js';
import type { StoreRecipe, VectorSource } from '../vectors/types.js';
import { heModel } from './random-model.js';
import type { Environment, Impl, Row, Scaling, Work } from './types.js';

/** Of one task of register loops: as long as one image takes. */
const LOOP_FLOP = 96 * 64 * 163840;
const TASKS = 8;
/** Of the SAE that encodes, and how many it encodes. */
const [D, F, VECTORS] = [192, 3072, 8192];

const recipe: StoreRecipe = {
  model: { name: 'random', architecture: 'inceptionv1', sha256: '' },
  ...{ tap: 'mixed3b', inputSize: 224, images: '' },
  ...{ perImage: 16, reference: 4, sample: 'uniform', excludeBorder: true, seed: 0, numerics: 'exact' },
};

export async function* workerWorks(env: Environment): AsyncGenerator<Work> {
  if (!env.pool) return;
  const model = heModel('inceptionv1');
  const sae = randomSae(env.variants[0].engine);
  const counts = [...new Set([1, 2, Math.min(env.cores, 8)])].filter((n) => n <= env.cores || n === 2);
  const pieces: [string, (pool: Pool) => Promise<ArrayLike<number>>][] = [
    [`activations of ${TASKS} images at 224x224`, (pool) => extract(pool)],
    [`tuning curves, ${TASKS} slices of 2 orientations`, (pool) => tuning(pool)],
    [`${VECTORS} vectors of ${D} encoded by a TopK SAE of ${F}`, (pool) => encoding(pool, sae)],
    [`${VECTORS} vectors of ${D} reconstructed by it and compared`, (pool) => evaluation(pool, sae)],
  ];
  try {
    for (const [name, piece] of pieces) {
      const pools = await Promise.all(counts.map((n) => env.pool!(n, model)));
      const row = { version: env.version, build: env.variants[0].build, batch: TASKS };
      const impls = counts.flatMap((threads, i): Impl[] => {
        let result: ArrayLike<number> = [];
        const pool = pools[i];
        return [
          {
            ...{ impl: 'curvesae', ...row, threads },
            run: async () => {
              result = await piece(pool);
            },
            output: () => result,
            dispose: () => pool.dispose(),
          },
          { ...{ impl: 'register loops', ...row, threads }, run: () => loops(pool) },
        ];
      });
      yield { work: `workers: ${name}`, tolerance: 0, impls };
    }
  } finally {
    sae.dispose();
  }
}

function randomSae(engine: Engine): LoadedSae {
  const { math } = engine;
  const tensor = (...shape: number[]) => {
    const rng = new Rng(shape[0]);
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => rng.normal(math));
    return { shape, data };
  };
  const tensors = { W_enc: tensor(D, F), W_dec: tensor(F, D), b_enc: tensor(F), b_dec: tensor(D) };
  return new LoadedSae(engine, { architecture: 'topk', dIn: D, dSae: F, k: 32 }, tensors);
}

let drawn: VectorSource | undefined;

function vectors(): VectorSource {
  if (!drawn) {
    const rng = new Rng(7);
    const data = Float32Array.from({ length: VECTORS * D }, () => rng.uniform() - 0.5);
    drawn = matrixVectors({ label: 'drawn', hash: 'drawn', shape: [VECTORS, D], data }, 'all');
  }
  return drawn;
}

/** Features of vectors, dense; of each task how many are active, and a sum. */
async function encoding(pool: Pool, sae: LoadedSae): Promise<number[]> {
  pool.warm();
  const seen: number[] = [];
  const parts = evenParts(vectors(), VECTORS, rowsPerTask(sae.config));
  for await (const { result } of throughSae(sae, 'encode', parts, VECTORS, { pool }))
    seen.push(
      result.active,
      result.features.subarray(-F).reduce((sum, f) => sum + f),
    );
  return seen;
}

async function evaluation(pool: Pool, sae: LoadedSae): Promise<number[]> {
  pool.warm();
  return Object.values(await evaluate(sae, vectors(), { pool }));
}

/** The piece of `curvesae run` that is done per image: draw, prepare, stem, sample. */
async function extract(pool: Pool): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  await pool.mapOrdered<number, ExtractResult>(
    Array.from({ length: TASKS }, (_, i) => i),
    (image) => ({
      name: 'extract',
      payload: {
        ...{ image, recipe },
        ref: { kind: 'procedural', name: `${image}`, seed: 1, index: image },
      } satisfies ExtractPayload,
    }),
    (result) => {
      if ('sample' in result) parts.push(result.sample.activations);
    },
  );
  return joined(parts);
}

/** The piece that is done per slice of orientations. */
async function tuning(pool: Pool): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  const placement: Placement = { size: 224, index: 13, apex: 111 };
  await pool.mapOrdered<number, Float32Array>(
    Array.from({ length: TASKS }, (_, i) => i),
    (i) => ({
      name: 'responses',
      payload: {
        ...{ tap: 'mixed3b', placement, lineWidth: 2 },
        stimuli: [20 * i, 20 * i + 10].map((orientationDeg) => ({
          stimulus: { kind: 'curve', orientationDeg, radius: 30 },
        })),
      } satisfies ResponsesPayload,
    }),
    (slice) => void parts.push(slice),
  );
  return joined(parts);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const loops = (pool: Pool): Promise<unknown> =>
  Promise.all(Array.from({ length: TASKS }, () => pool.run('registerLoop', { flop: LOOP_FLOP })));

/** Speed-up of each work over one thread, beside that of the loops. */
export function scalingOf(rows: readonly Row[]): Scaling[] {
  const find = (work: string, impl: string, threads: number): Row | undefined =>
    rows.find((r) => r.work === work && r.impl === impl && r.threads === threads);
  return rows
    .filter((r) => r.impl === 'curvesae' && r.threads > 1)
    .flatMap((row) => {
      const one = find(row.work, 'curvesae', 1);
      const [loop1, loop] = [1, row.threads].map((n) => find(row.work, 'register loops', n));
      if (!one || !loop1 || !loop) return [];
      const speedup = one.bestMs / row.bestMs;
      const ceiling = loop1.bestMs / loop.bestMs;
      return [{ work: row.work, threads: row.threads, speedup, ceiling, efficiency: speedup / ceiling }];
    });
}
