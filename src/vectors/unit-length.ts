// Rows that are to be of length 1: which are not, and making them so.
import { InputError } from '../core/errors.js';

const TOLERANCE = 1e-3;

/** Rows [rows][d]. */
export interface LengthRows {
  rows: number;
  d: number;
  data: Float32Array;
}

function lengths({ rows, d, data }: LengthRows): Float64Array {
  return Float64Array.from({ length: rows }, (_, r) => {
    let square = 0;
    for (let k = r * d; k < (r + 1) * d; k++) square += data[k] * data[k];
    return Math.sqrt(square);
  });
}

export const notUnitRows = (part: LengthRows): number =>
  lengths(part).reduce((n, l) => n + Number(Math.abs(l - 1) > TOLERANCE), 0);

/** In place. InputError: a row of zeros; `first` is the number of the first row in the message. */
export function normalise(part: LengthRows, first: number): void {
  const { d, data } = part;
  lengths(part).forEach((length, r) => {
    if (!(length > 0))
      throw new InputError(
        `document ${first + r}: its vector is zero and has no direction; leave out --normalize`,
      );
    for (let k = r * d; k < (r + 1) * d; k++) data[k] /= length;
  });
}
