// Mean over windows inside the map. A window over the whole map leaves a vector.
import { type BaseLayer, type Op, vectorShape } from './op.js';
import { source, target } from './operands.js';
import { checkFours, checkWindow, type Windowed, windowLook, windowShape } from './window.js';

export interface AvgpoolLayer extends BaseLayer, Windowed {
  op: 'avgpool';
  in: string;
}

export const avgpool: Op<AvgpoolLayer> = {
  check(layer, [from]) {
    const wrong = checkWindow(layer, from) ?? checkFours('channels', from.channels);
    if (wrong) return wrong;
    const { height, width, beforeY, beforeX } = windowShape(layer, from, from.channels);
    const past = (n: number, out: number): boolean => (out - 1) * layer.stride + layer.size > n;
    return beforeY || beforeX || past(from.height, height) || past(from.width, width)
      ? `windows of ${layer.size} must lie inside the map of ${from.height}x${from.width}`
      : undefined;
  },
  shape(layer, [from]) {
    const shape = windowShape(layer, from, from.channels);
    return shape.height === 1 && shape.width === 1 ? vectorShape(from.channels) : shape;
  },
  native: true,
  look: (layer, seen, _, out) => windowLook(layer, seen, out),
  forward({ core, at }, { in: name, out, size, stride }) {
    const [from, to] = [at(name), at(out)];
    const { height, width, channels } = to.shape;
    const { f32_avgpool } = core.kernels;
    const operands = {
      ...{ ...source(from), size, stride },
      ...{ ...target(to), outHeight: height, outWidth: width, channels },
    };
    return () => f32_avgpool(operands);
  },
  linear: (layer) => ({ layer }),
  backward: {
    step: (site, { in: name, out, size, stride }) =>
      site.onto(name, (to) => {
        const grad = site.gradient(out)!;
        const { height, width, channels } = grad.shape;
        const { f32_avgpool_grad } = site.core.kernels;
        const operands = {
          ...{ grad: grad.ptr, gradPixel: grad.pixel, gradRow: grad.row, size, stride },
          ...{ ...target(to), outHeight: height, outWidth: width, channels },
        };
        return () => f32_avgpool_grad(operands);
      }),
  },
};
