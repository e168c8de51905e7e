// Vectors that are read as they are: embeddings of any kind.
import type { Reading } from './types.js';

export class PlainReading implements Reading {
  constructor(readonly width: number) {}

  pass(
    h: Float32Array,
    _bases: readonly number[],
    each: (i: number, values: Float32Array) => Float32Array | undefined,
  ): Float32Array | undefined {
    const { width } = this;
    let gradient: Float32Array | undefined;
    for (let i = 0; i * width < h.length; i++) {
      const by = each(i, h.subarray(i * width, (i + 1) * width));
      if (!by) continue;
      gradient ??= new Float32Array(h.length);
      gradient.set(by, i * width);
    }
    return gradient;
  }
}
