// The rows of an index as they are given: a matrix in memory, in f32 or as half floats, or one that is read.
import type { Core } from '../../core/core.js';
import { type MatrixRows, matrixRows } from '../../vectors/matrix.js';
import { checkFinite } from '../../vectors/store.js';

/** Half floats [n][d] by their bits: half the memory, the same products as those of the f32 that they stand for. */
export interface HalfMatrix {
  shape: [rows: number, width: number];
  halves: Uint16Array;
}

export type GivenRows =
  | MatrixRows
  | HalfMatrix
  | { shape: [rows: number, width: number]; data: Float32Array };

const LABEL = 'the given vectors';

/** Half floats are widened as they are read, by `core`. InputError: another number of values than the shape has, NaN or infinity. */
export function rowsOf(core: Core, given: GivenRows): MatrixRows {
  if ('rows' in given) return given;
  if ('data' in given) return matrixRows({ label: LABEL, hash: '', ...given });
  const { shape, halves } = given;
  const d = shape[1];
  return {
    label: LABEL,
    shape: [...shape],
    rows: async (first, n) => {
      const rows = widened(core, halves.subarray(first * d, (first + n) * d));
      checkFinite(rows, d, LABEL, first);
      return rows;
    },
  };
}

function widened(core: Core, halves: Uint16Array): Float32Array {
  const mark = core.mark();
  try {
    const n = Math.ceil(halves.length / 4) * 4;
    const [x, out] = [core.alloc(2 * n), core.alloc32(n)];
    core.u8(x, halves.byteLength).set(new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength));
    core.kernels.f16_widen({ x, n, out });
    return core.f32(out, halves.length).slice();
  } finally {
    core.release(mark);
  }
}
