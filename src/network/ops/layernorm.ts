// Layer normalisation of every token (METHODS 14): mean 0 and biased variance 1 over the channels, gain, bias.
import { type BaseLayer, isSequence, type Op } from './op.js';
import { checkFours } from './window.js';

export interface LayernormLayer extends BaseLayer {
  op: 'layernorm';
  in: string;
  eps: number;
}

export const layernorm: Op<LayernormLayer> = {
  check: ({ eps }, [from]) => {
    if (!isSequence(from)) return `reads [${from.dims}], must read a sequence [T,C]`;
    return Number.isFinite(eps) && eps > 0
      ? checkFours('channels', from.channels)
      : `eps ${eps}: must be above 0`;
  },
  shape: (_, [from]) => ({ ...from, beforeY: 0, beforeX: 0 }),
  parameters: (_, { channels }) => ({ weight: [channels], bias: [channels], axes: 'C' }),
  forward({ core, parameters, at, span }, { in: name, out, eps }) {
    const [from, to] = [at(name), at(out)];
    const { weight, bias } = parameters.get(out)!;
    const operands = {
      ...{ src: from.ptr, srcPixel: from.pixel, dst: to.ptr, dstPixel: to.pixel },
      ...{ d: weight.length, gain: core.put(weight), bias: core.put(bias), eps },
    };
    const { f32_layernorm } = core.kernels;
    return () => f32_layernorm({ ...operands, n: span.count });
  },
  backward: {
    reads: (layer) => [layer.in],
    step: (site, { in: name, out, eps }) =>
      site.into(name, (to) => {
        const { core, span } = site;
        const [from, grad] = [site.at(name), site.gradient(out)!];
        const operands = {
          ...{ src: from.ptr, srcPixel: from.pixel, grad: grad.ptr, gradPixel: grad.pixel },
          ...{ dst: to.ptr, dstPixel: to.pixel, d: from.shape.channels, eps },
          gain: core.put(site.parameters.get(out)!.weight),
        };
        const { f32_layernorm_grad } = core.kernels;
        return () => f32_layernorm_grad({ ...operands, n: span.count });
      }),
  },
};
