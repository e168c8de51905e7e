// GPT-2's GELU, the form with tanh (METHODS 14), of every value.
import { type BaseLayer, isSequence, type Op } from './op.js';
import { checkFours } from './window.js';

export interface GeluLayer extends BaseLayer {
  op: 'gelu';
  in: string;
}

export const gelu: Op<GeluLayer> = {
  check: (_, [from]) =>
    isSequence(from)
      ? checkFours('channels', from.channels)
      : `reads [${from.dims}], must read a sequence [T,C]`,
  shape: (_, [from]) => ({ ...from, beforeY: 0, beforeX: 0 }),
  inPlace: true,
  forward({ core, at, span }, { in: name, out }) {
    const [from, to] = [at(name), at(out)];
    const { f32_gelu } = core.kernels;
    const operands = { x: from.ptr, y: to.ptr };
    return () => f32_gelu({ ...operands, n: span.count * to.shape.channels });
  },
  backward: {
    reads: (layer) => [layer.in],
    step: ({ core, at, gradient, into, span }, { in: name, out }) =>
      into(name, (to) => {
        const { f32_gelu_grad } = core.kernels;
        const operands = { x: at(name).ptr, g: gradient(out)!.ptr, dx: to.ptr };
        return () => f32_gelu_grad({ ...operands, n: span.count * to.shape.channels });
      }),
  },
};
