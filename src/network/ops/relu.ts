// The ReLU that ends a layer, where it is a step of its own: the values before it are a tap, or
// the kernel has none.
import type { Core } from '../../core/core.js';
import { addStep } from './add.js';
import type { BackwardSite, BackwardStep, Place } from './op.js';
import { source, target } from './operands.js';

/** `to` = ReLU of `pre`, of shape `to`; the same place is allowed. Channels are rounded up to 4: there is room. */
export function reluStep(core: Core, pre: Place, to: Place): () => void {
  const { height, width } = to.shape;
  const channels = Math.ceil(to.shape.channels / 4) * 4;
  const { f32_relu } = core.kernels;
  const operands = { ...source(pre), ...target(to), height, width, channels };
  return () => f32_relu(operands);
}

/**
 * `to` = the gradient before the ReLU of the layer that makes `name`; where it has none (`rectified` is false), or no
 * gradient behind it, that is added to `to`, which the caller clears. What is given there besides is added.
 */
export function reluBack(
  site: Pick<BackwardSite, 'core' | 'at' | 'gradient' | 'given'>,
  name: string,
  rectified: boolean,
  to: Place,
): BackwardStep {
  const { core } = site;
  const steps: BackwardStep[] = [];
  const behind = site.gradient(name);
  if (behind && rectified) steps.push(maskStep(core, site.at(name), behind, to));
  else if (behind) steps.push(addStep(core, behind, to));
  const given = site.given(name);
  if (given) steps.push(addStep(core, given, to));
  return inTurn(...steps);
}

/** Lucid's rule: redirected only where nothing of the whole layer's gradient got through. */
function maskStep(core: Core, y: Place, behind: Place, to: Place): BackwardStep {
  const { height, width } = to.shape;
  const channels = Math.ceil(to.shape.channels / 4) * 4;
  const { f32_relu_grad } = core.kernels;
  const operands = {
    ...{ ...source(y), grad: behind.ptr, gradPixel: behind.pixel, gradRow: behind.row },
    ...{ ...target(to), height, width, channels },
  };
  return ({ redirect }) => {
    const any = f32_relu_grad({ ...operands, redirect: 0 });
    if (!any && redirect) f32_relu_grad({ ...operands, redirect: 1 });
  };
}

export const inTurn =
  <A extends unknown[]>(...steps: ((...args: A) => void)[]): ((...args: A) => void) =>
  (...args) => {
    for (const step of steps) step(...args);
  };
