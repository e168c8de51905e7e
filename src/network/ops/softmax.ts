// Softmax of one vector, exp and sum in f64.
import { type BaseLayer, isMap, isVector, type Op } from './op.js';

export interface SoftmaxLayer extends BaseLayer {
  op: 'softmax';
  in: string;
}

export const softmax: Op<SoftmaxLayer> = {
  check: (_, [from]) =>
    isVector(from)
      ? undefined
      : `reads a ${isMap(from) ? 'map' : 'text'} [${from.dims}], must read a vector [C]`,
  shape: (_, [from]) => ({ ...from, beforeY: 0, beforeX: 0 }),
  native: true,
  scratch: (_core, _layer, { shape }) => 8 * shape.channels,
  forward({ core, at, scratch }, layer) {
    const [from, to] = [at(layer.in), at(layer.out)];
    const operands = { x: from.ptr, y: to.ptr, n: to.shape.channels, scratch };
    const { f32_softmax } = core.kernels;
    return () => f32_softmax(operands);
  },
  backward: {
    reads: (layer) => [layer.out],
    step: ({ core, at, gradient, into }, { in: name, out }) =>
      into(name, (to) => {
        const { f32_softmax_grad } = core.kernels;
        const operands = { y: at(out).ptr, g: gradient(out)!.ptr, dx: to.ptr, n: to.shape.channels };
        return () => f32_softmax_grad(operands);
      }),
  },
};
