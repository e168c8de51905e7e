// `decode`: vectors from features.
import { UsageError } from '../core/errors.js';
import { rowRanges, rowsPerTask } from '../sae/threads.js';
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
  try {
    const { dIn, dSae } = sae.config;
    if (width !== dSae) throw new UsageError(`decode: rows of ${width} do not fit this SAE of d_sae ${dSae}`);
    const of = o.vectors === undefined ? undefined : await platform.openMatrix(o.vectors);
    if (of && (of.shape[0] !== n || of.shape[1] !== dIn))
      throw new UsageError(
        `${of.label}: ${of.shape[0]} vectors of ${of.shape[1]} are not the ${n} of ${dIn} that the features are of`,
      );
    const { storage, name } = await platform.fileIn(o.out);
    await writeMatrix(storage, name, 'activations', [n, dIn], async function* () {
      // On this thread: reading the dense rows takes longer than decoding them.
      for (const [first, count] of rowRanges(n, rowsPerTask(sae.config))) {
        signal?.throwIfAborted();
        const x = await of?.rows(first, count);
        yield sae.decode(await matrix.rows(first, count), count, x);
      }
    });
    return { out: o.out, vectors: n, dIn };
  } finally {
    sae.dispose();
  }
}
