// Parameters on their way into a session's memory.
import type { Core } from '../../core/core.js';

/** Biases, with room for a multiple of `panel` (zeros). */
export function putBias(core: Core, bias: Float32Array, panel: number): number {
  const ptr = core.alloc32(Math.ceil(bias.length / panel) * panel);
  core.f32(ptr, bias.length).set(bias);
  return ptr;
}

/** The weights as they are in the file, in memory that is given back at once. */
export function withRaw(core: Core, weight: Float32Array, pack: (raw: number) => void): void {
  const mark = core.mark();
  pack(core.put(weight));
  core.release(mark);
}
