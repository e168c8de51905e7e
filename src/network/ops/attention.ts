// Causal self-attention: rows [q | k | v] of heads x width each -> rows z of heads x width. Keys and values are kept
// in the session, so that a run can go on where the last one ended (SessionOptions.cache).
import { type BaseLayer, isSequence, type Op, type Place, type Span, sequenceShape } from './op.js';
import { isCount } from './window.js';

export interface AttentionLayer extends BaseLayer {
  op: 'attention';
  in: string;
  heads: number;
}

const capacityOf = ({ capacity }: Readonly<Span>): number => Math.ceil(capacity / 8) * 8;
const widthOf = (channels: number, heads: number): number => channels / 3 / heads;

export const attention: Op<AttentionLayer> = {
  check({ heads }, [from]) {
    if (!isSequence(from)) return `reads [${from.dims}], must read a sequence [T,C]`;
    if (!isCount(heads)) return `heads ${heads}: must be a whole number from 1`;
    const width = widthOf(from.channels, heads);
    return isCount(width) && width % 8 === 0
      ? undefined
      : `${from.channels} channels are not q, k, v of ${heads} heads of a multiple of 8 values`;
  },
  shape: (_, [from]) => sequenceShape(from.width, from.channels / 3),
  look: (_, seen, from) => ({ ...seen, field: seen.field + from.width - 1 }),
  scratch: (core, { heads }, { shape }, span) =>
    core.kernels.f32_attention_scratch({ capacity: capacityOf(span), width: widthOf(shape.channels, heads) }),
  forward(site, layer) {
    const { core, span, scratch, at, kept } = site;
    const [from, to] = [at(layer.in), at(layer.out)];
    const capacity = capacityOf(span);
    const bytes = 4 * capacity * to.shape.channels;
    const keys = core.alloc(2 * bytes);
    kept.set(layer.out, keys);
    const operands = { ...operandsOf(layer, from, keys, capacity), z: to.ptr, zPixel: to.pixel, scratch };
    const { f32_attention } = core.kernels;
    return () => f32_attention({ ...operands, past: span.past, count: span.count });
  },
  backward: {
    reads: (layer) => [layer.in],
    scratch: (core, { heads }, from, _out, span) =>
      core.kernels.f32_attention_grad_scratch({
        capacity: capacityOf(span),
        width: widthOf(from.channels, heads),
      }),
    step: ({ core, at, gradient, into, span, scratch, kept }, layer) =>
      into(layer.in, (to) => {
        const [from, grad] = [at(layer.in), gradient(layer.out)!];
        const operands = {
          ...operandsOf(layer, from, kept.get(layer.out)!, capacityOf(span)),
          ...{ dz: grad.ptr, dzPixel: grad.pixel, dqkv: to.ptr, dqkvPixel: to.pixel, scratch },
        };
        const { f32_attention_grad } = core.kernels;
        return () => f32_attention_grad({ ...operands, past: span.past, count: span.count });
      }),
  },
};

function operandsOf({ heads }: AttentionLayer, { ptr, pixel, shape }: Place, keys: number, capacity: number) {
  const width = widthOf(shape.channels, heads);
  const values = keys + 4 * capacity * heads * width;
  return { qkv: ptr, qkvPixel: pixel, keys, values, capacity, heads, width };
}
