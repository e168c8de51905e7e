// Sums of gradients: tensors added and cleared, wherever they lie.
import type { Core } from '../../core/core.js';
import type { Place } from './op.js';
import { source, target } from './operands.js';

/** `to` += `from`, of shape `to`. Channels are rounded up to 4: there is room. */
export function addStep(core: Core, from: Place, to: Place): () => void {
  const { height, width } = to.shape;
  const channels = Math.ceil(to.shape.channels / 4) * 4;
  const { f32_add } = core.kernels;
  const operands = { ...source(from), ...target(to), height, width, channels };
  return () => f32_add(operands);
}

/** `to` = 0, and nothing that lies between its pixels. */
export function clearStep(core: Core, { ptr, pixel, row, shape }: Place): () => void {
  const { height, width } = shape;
  const bytes = 16 * Math.ceil(shape.channels / 4);
  return () => {
    const memory = core.u8(0, core.capacity);
    for (let y = 0; y < height; y++) {
      const at = ptr + y * row;
      if (pixel === bytes) memory.fill(0, at, at + width * pixel);
      else for (let x = 0; x < width; x++) memory.fill(0, at + x * pixel, at + x * pixel + bytes);
    }
  };
}
