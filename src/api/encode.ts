// `encode`: features of any vectors.
import { rowRanges, rowsPerTask, throughSae } from '../sae/threads.js';
import { CALL_OPTIONS, type CallOptions, open } from './call.js';
import { checkWidth } from './checks.js';
import { checkMatrixName, SAE_OPTION, type SaeOption, writeMatrix } from './matrix.js';
import { AS_OPTIONS, type AsOptions, openSae } from './open-sae.js';
import { checked, type Options } from './options.js';
import type { Platform, VectorsSpec } from './platform.js';

export const ENCODE_OPTIONS = {
  in: {
    kind: 'text',
    value: 'FILE',
    help: 'vectors [n, d_in]: .npy, .npz, .safetensors, .pt, .parquet or .arrow',
    required: true,
    object: true,
  },
  out: { kind: 'text', value: 'FILE', help: 'features [n, d_sae]: .npy or .safetensors', required: true },
  ...AS_OPTIONS,
} as const satisfies Options;

export interface EncodeCall extends SaeOption, AsOptions, CallOptions {
  /** Vectors, [n, d_in]: a matrix file or a matrix. */
  in: VectorsSpec;
  /** File of the features, [n, d_sae]: `.npy` or `.safetensors`. */
  out: string;
}

export interface EncodeReport {
  out: string;
  vectors: number;
  dSae: number;
  /** Mean number of active latents per vector. */
  l0: number;
}

export async function encode(platform: Platform, options: EncodeCall): Promise<EncodeReport> {
  const o = checked('encode', { ...SAE_OPTION, ...ENCODE_OPTIONS }, options, CALL_OPTIONS);
  checkMatrixName(o.out);
  const { engine, signal, warn } = await open(platform, options);
  const matrix = await platform.openMatrix(o.in);
  if (matrix.note) warn(matrix.note);
  const [n, width] = matrix.shape;
  const sae = await openSae(platform, o.sae, {
    engine,
    signal,
    as: o.as,
    k: o.k,
    bDecToInput: o.bDecToInput,
  });
  const pool = await platform.pool(engine, undefined, warn);
  try {
    const { dIn, dSae } = sae.config;
    checkWidth('encode', width, dIn);
    const { storage, name } = await platform.fileIn(o.out);
    const parts = async function* () {
      for (const [first, count] of rowRanges(n, rowsPerTask(sae.config)))
        yield { rows: await matrix.rows(first, count) };
    };
    let active = 0;
    await writeMatrix(storage, name, 'features', [n, dSae], async function* () {
      active = 0;
      for await (const { result } of throughSae(sae, 'encode', parts(), n, { pool, signal })) {
        active += result.active;
        yield result.features;
      }
    });
    return { out: o.out, vectors: n, dSae, l0: active / n };
  } finally {
    pool.dispose();
    sae.dispose();
  }
}
