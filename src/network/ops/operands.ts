// Operands of the kernels that a tensor gives.
import type { Place } from './op.js';

/** What is read: position (0,0), bytes between positions and rows. */
export const source = ({ ptr, pixel, row }: Place) => ({ src: ptr, srcPixel: pixel, srcRow: row });
/** What is written. */
export const target = ({ ptr, pixel, row }: Place) => ({ dst: ptr, dstPixel: pixel, dstRow: row });
