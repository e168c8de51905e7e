// Tensors that every thread reads without a copy of its own, where threads can share memory.
import type { SaeTensors } from './types.js';

/** Copies that threads can read together, where the runtime allows it; otherwise each task carries its own. */
export function sharedTensors(tensors: SaeTensors): SaeTensors {
  if (typeof SharedArrayBuffer === 'undefined') return tensors;
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => {
      const copy = new Float32Array(new SharedArrayBuffer(data.byteLength));
      copy.set(data);
      return [name, { shape, data: copy }];
    }),
  );
}
