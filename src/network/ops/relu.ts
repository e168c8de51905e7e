// The ReLU that ends a layer, where it is a step of its own: the values before it are a tap, or
// the kernel has none.
import type { Core } from '../../core/core.js';
import type { Place } from './op.js';
import { source, target } from './operands.js';

/** `to` = ReLU of `pre`, of shape `to`; the same place is allowed. Channels are rounded up to 4: there is room. */
export function reluStep(core: Core, pre: Place, to: Place): () => void {
  const { height, width } = to.shape;
  const channels = Math.ceil(to.shape.channels / 4) * 4;
  const { f32_relu } = core.kernels;
  const operands = { ...source(pre), ...target(to), height, width, channels };
  return () => f32_relu(operands);
}

export const inTurn =
  (...steps: (() => void)[]): (() => void) =>
  () => {
    for (const step of steps) step();
  };
