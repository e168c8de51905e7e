// Max over 3x3 windows clipped to the map.
import type { Core } from '../../core/core.js';
import { averages } from './conv/averages.js';
import type { BackwardSite, BaseLayer, Op, Place } from './op.js';
import { source, target } from './operands.js';
import { checkFours, checkWindow, type Windowed, windowLook, windowShape } from './window.js';

export interface MaxpoolLayer extends BaseLayer, Windowed {
  op: 'maxpool';
  in: string;
}

export const isMaxpool = (layer: BaseLayer | undefined): layer is MaxpoolLayer => layer?.op === 'maxpool';

export const maxpool: Op<MaxpoolLayer> = {
  check: (layer, [from]) =>
    checkWindow(layer, from) ??
    (layer.size === 3 ? checkFours('channels', from.channels) : `max pools are 3x3, not ${layer.size}`),
  shape: (layer, [from]) => windowShape(layer, from, from.channels),
  look: (layer, seen, _, out) => windowLook(layer, seen, out),
  forward({ core, at, shapes }, layer) {
    const [from, to] = [at(layer.in), at(layer.out)];
    const { beforeY, beforeX } = shapes.get(layer.out)!;
    const run = maxpoolRows(core, layer, from, to, beforeX);
    return () => run(from.ptr, from.shape.height, -beforeY, to.ptr, to.shape.height);
  },
  gains: true,
  linear: (layer, gain) => averages(layer, gain()),
  backward: {
    reads: (layer) => [layer.in, layer.out],
    step: (site, layer) => site.onto(layer.in, (to) => maxpoolBack(site, layer, to)),
  },
};

/** Rows of a pool: `have` rows lie at `src`, the first window begins at row `y` of them. */
export function maxpoolRows(core: Core, { stride }: MaxpoolLayer, from: Place, to: Place, beforeX: number) {
  const { f32_maxpool_3x3 } = core.kernels;
  const { width: outWidth, channels } = to.shape;
  const operands = {
    ...{ ...source(from), width: from.shape.width, stride, beforeX },
    ...{ ...target(to), outWidth, channels },
  };
  return (src: number, have: number, y: number, dst: number, rows: number): void =>
    f32_maxpool_3x3({ ...operands, src, height: have, beforeY: -y, dst, outHeight: rows });
}

function maxpoolBack({ core, at, gradient, shapes }: BackwardSite, layer: MaxpoolLayer, to: Place) {
  const [from, out, grad] = [at(layer.in), at(layer.out), gradient(layer.out)!];
  const { height, width, channels, beforeY, beforeX } = shapes.get(layer.out)!;
  const { f32_maxpool_3x3_grad } = core.kernels;
  const operands = {
    ...{ ...source(from), height: from.shape.height, width: from.shape.width },
    ...{ stride: layer.stride, beforeY, beforeX },
    ...{ out: out.ptr, outPixel: out.pixel, outRow: out.row },
    ...{ grad: grad.ptr, gradPixel: grad.pixel, gradRow: grad.row },
    ...{ ...target(to), outHeight: height, outWidth: width, channels },
  };
  return (): void => f32_maxpool_3x3_grad(operands);
}
