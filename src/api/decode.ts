// `decode`: vectors from features.
import { UsageError } from '../core/errors.js';
import { matrixVectors } from '../vectors/matrix.js';
import { CALL_OPTIONS, type CallOptions, open } from './call.js';
import { checkMatrixName, SAE_OPTION, type SaeOption, writeMatrix } from './matrix.js';
import { AS_OPTIONS, type AsOptions, openSae } from './open-sae.js';
import { checked, type Options } from './options.js';
import type { Platform, VectorsSpec } from './platform.js';

export const DECODE_OPTIONS = {
  in: {
    kind: 'text',
    value: 'FILE',
    help: 'features [n, d_sae]: .npy, .npz, .safetensors, .pt, .parquet or .arrow',
    required: true,
    object: true,
  },
  vectors: {
    kind: 'text',
    value: 'FILE',
    help: 'the vectors [n, d_in] that the features are of: needed where the SAE normalises each vector',
    object: true,
  },
  out: { kind: 'text', value: 'FILE', help: 'vectors [n, d_in]: .npy or .safetensors', required: true },
  ...AS_OPTIONS,
} as const satisfies Options;

export interface DecodeCall extends SaeOption, AsOptions, CallOptions {
  /** Features, [n, d_sae]: a matrix file or a matrix. */
  in: VectorsSpec;
  /** The vectors that the features are of: needed where the SAE normalises each vector. */
  vectors?: VectorsSpec;
  /** File of the vectors, [n, d_in]: `.npy` or `.safetensors`. */
  out: string;
}

export interface DecodeReport {
  out: string;
  vectors: number;
  dIn: number;
}

export async function decode(platform: Platform, options: DecodeCall): Promise<DecodeReport> {
  const o = checked('decode', { ...SAE_OPTION, ...DECODE_OPTIONS }, options, CALL_OPTIONS);
  checkMatrixName(o.out);
  const { engine, signal, warn } = await open(platform, options);
  const matrix = await platform.readMatrix(o.in);
  if (matrix.note) warn(matrix.note);
  const source = matrixVectors(matrix, 'all');
  const sae = await openSae(platform, o.sae, {
    engine,
    signal,
    as: o.as,
    k: o.k,
    bDecToInput: o.bDecToInput,
  });
  try {
    if (source.d !== sae.config.dSae)
      throw new UsageError(`decode: rows of ${source.d} do not fit this SAE of d_sae ${sae.config.dSae}`);
    const { storage, name } = await platform.fileIn(o.out);
    const of = o.vectors === undefined ? undefined : await platform.readMatrix(o.vectors);
    const x = of && (await matrixVectors(of, 'all').load(0));
    const vectors = sae.decode(await source.load(0), source.count, x);
    await writeMatrix(storage, name, 'activations', [source.count, sae.config.dIn], vectors);
    return { out: o.out, vectors: source.count, dIn: sae.config.dIn };
  } finally {
    sae.dispose();
  }
}
