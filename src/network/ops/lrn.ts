// Local response normalisation over channels (METHODS 1.3):
//   y_c = x_c / (bias + alpha * sum_{|j-c|<=radius} x_j^2)^beta
import type { Core } from '../../core/core.js';
import { averages } from './conv/averages.js';
import type { BaseLayer, Op, Place } from './op.js';
import { source, target } from './operands.js';
import { checkFours } from './window.js';

export interface LrnLayer extends BaseLayer {
  op: 'lrn';
  in: string;
  radius: number;
  bias: number;
  /** Multiplies the SUM of squares, not their mean. */
  alpha: number;
  beta: number;
}

export const isLrn = (layer: BaseLayer | undefined): layer is LrnLayer => layer?.op === 'lrn';

export const lrn: Op<LrnLayer> = {
  check({ radius, beta }, [from]) {
    const isKnown = (radius === 5 && beta === 0.5) || (radius === 2 && beta === 0.75);
    return isKnown
      ? checkFours('channels', from.channels)
      : `no LRN of radius ${radius} and beta ${beta}; there are 5 with 0.5 and 2 with 0.75`;
  },
  shape: (_, [from]) => ({ ...from, beforeY: 0, beforeX: 0 }),
  inPlace: true,
  forward({ core, at }, layer) {
    const [from, to] = [at(layer.in), at(layer.out)];
    const run = lrnRows(core, layer, from, to);
    return () => run(from.ptr, to.ptr, to.shape.height);
  },
  gains: true,
  linear: ({ in: name, out }, gain) =>
    averages({ in: name, out, size: 1, stride: 1, padding: { rule: 'valid' } }, gain()),
  backward: {
    reads: (layer) => [layer.in],
    scratch: (core, _, { channels }) => core.kernels.f32_lrn_grad_scratch(channels),
    step: ({ core, at, gradient, into, scratch }, { in: name, out, radius, bias, alpha }) =>
      into(name, (to) => {
        const grad = gradient(out)!;
        const { height, width, channels } = to.shape;
        const { f32_lrn_grad } = core.kernels;
        const operands = {
          ...{ ...source(at(name)), grad: grad.ptr, gradPixel: grad.pixel, gradRow: grad.row },
          ...{ ...target(to), height, width, channels, radius, bias, alpha, scratch },
        };
        return () => f32_lrn_grad(operands);
      }),
  },
};

/** Rows of an LRN. */
export function lrnRows(core: Core, { radius, bias, alpha }: LrnLayer, from: Place, to: Place) {
  const { width, channels } = to.shape;
  const { f32_lrn } = core.kernels;
  const operands = { ...source(from), ...target(to), width, channels, radius, bias, alpha };
  return (src: number, dst: number, rows: number): void => f32_lrn({ ...operands, src, dst, height: rows });
}
