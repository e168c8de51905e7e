// Fully connected layer of one vector, y = W x + b; of a map, x is its values in the order [H][W][C].
import type { Core } from '../../core/core.js';
import { type BaseLayer, type Op, type Place, sizeOf, type View, vectorShape } from './op.js';
import { inTurn, reluStep } from './relu.js';
import { putBias, withRaw } from './weights.js';
import { isCount } from './window.js';

export interface LinearLayer extends BaseLayer {
  op: 'linear';
  in: string;
  units: number;
  /** Ends in a ReLU; by default it does not. */
  relu?: boolean;
}

const PANEL = 16;

export const linear: Op<LinearLayer> = {
  check: ({ units }) => (isCount(units) ? undefined : `units ${units}: must be a whole number from 1`),
  shape: ({ units }) => vectorShape(units),
  native: true,
  parameters: ({ units }, from) => ({ weight: [units, sizeOf(from)], bias: [units], axes: 'OI' }),
  look: (_, seen, from) => ({
    stride: seen.stride,
    centre: seen.centre + (seen.stride * (from.width - 1)) / 2,
    field: seen.field + seen.stride * (from.width - 1),
  }),
  relu: ({ relu }) => relu === true,
  scratch: (_core, _layer, from) => (isContiguous(from) ? 0 : 4 * sizeOf(from.shape)),
  forward({ core, parameters, scratch, at, before }, { in: source, out, units, relu }) {
    const from = at(source);
    const to = at(out);
    const result = before(out) ?? to;
    const inputs = sizeOf(from.shape);
    const { weight, bias } = parameters.get(out)!;
    const biases = putBias(core, bias, PANEL);
    const packed = core.alloc32(Math.ceil(units / PANEL) * PANEL * inputs);
    withRaw(core, weight, (raw) =>
      core.kernels.f32_linear_pack16({ weight: raw, packed, outputs: units, inputs }),
    );
    const x = isContiguous(from) ? from.ptr : scratch;
    const { f32_linear_1x16 } = core.kernels;
    const operands = { x, inputs, packed, bias: biases, y: result.ptr, outputs: units };
    return inTurn(
      ...(isContiguous(from) ? [] : [gather(core, from, scratch)]),
      () => f32_linear_1x16(operands),
      ...(relu ? [reluStep(core, result, to)] : []),
    );
  },
};

const isContiguous = ({ shape, pixel, row }: View): boolean =>
  (pixel === 4 * shape.channels || shape.height * shape.width === 1) &&
  (row === pixel * shape.width || shape.height === 1);

/** A padded tensor, or a slice of channels, without what lies between. */
function gather(core: Core, { ptr, pixel, row, shape }: Place, to: number): () => void {
  const bytes = 4 * shape.channels;
  return () => {
    const memory = core.u8(0, core.capacity);
    let at = to;
    for (let y = 0; y < shape.height; y++)
      for (let x = 0; x < shape.width; x++) {
        const from = ptr + y * row + x * pixel;
        memory.copyWithin(at, from, from + bytes);
        at += bytes;
      }
  };
}
