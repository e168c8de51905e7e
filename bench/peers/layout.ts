// Between our layout, [pixels][C], and NCHW.
import type { Model } from '../../src/index.js';

/** [pixels][C] -> [C][pixels]. */
export function planes(data: ArrayLike<number>, channels: number): Float32Array {
  const n = data.length / channels;
  return Float32Array.from({ length: data.length }, (_, i) => data[(i % n) * channels + Math.floor(i / n)]);
}

/** [C][pixels] -> [pixels][C]. */
export function pixels(data: ArrayLike<number>, channels: number): Float32Array {
  const n = data.length / channels;
  return Float32Array.from(
    { length: data.length },
    (_, i) => data[(i % channels) * n + Math.floor(i / channels)],
  );
}

/** Channels of a block's tap. */
export function channelsOf(model: Model, tap: string): number {
  const concat = model.description.layers.find((l) => l.out === tap);
  if (concat?.op !== 'concat') throw new Error(`${tap} is no concat`);
  return concat.in.reduce((n, name) => n + model.parameters.get(name)!.bias.length, 0);
}
