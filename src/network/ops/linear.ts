// Fully connected layer of one vector, y = W x + b; of a map, x is its values in the order [H][W][C].
import type { Core } from '../../core/core.js';
import { readView } from '../view.js';
import { addStep, clearStep } from './add.js';
import {
  type BackwardMode,
  type BackwardSite,
  type BackwardStep,
  type BaseLayer,
  type Op,
  type Place,
  type Shape,
  sizeOf,
  type View,
  vectorShape,
} from './op.js';
import { inTurn, reluBack, reluStep } from './relu.js';
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
  linear: (layer) => ({ layer: { ...layer, relu: false } as LinearLayer }),
  backward: {
    reads: (layer) => (layer.relu ? [layer.out] : []),
    // The gradient before the ReLU, and that by the values in a row.
    work: ({ units }, from) => 4 * (panels(units) + panels(sizeOf(from))),
    step: linearBack,
    // dW = d x^T, db = d.
    parameters:
      ({ core, at }, { in: name }, before) =>
      (weight, bias) => {
        const [d, x] = [readView(core, before), readView(core, at(name))];
        for (let o = 0; o < d.length; o++)
          for (let i = 0; i < x.length; i++) weight[o * x.length + i] = d[o] * x[i];
        bias.set(d);
      },
  },
};

const panels = (n: number): number => Math.ceil(n / PANEL) * PANEL;

/** dx = W^T d. */
function linearBack(site: BackwardSite, { in: name, out, units, relu }: LinearLayer): BackwardStep {
  const { core, work } = site;
  const { f32_linear_1x16, f32_linear_pack16 } = core.kernels;
  const vector = (ptr: number, shape: Shape): Place => ({ ...contiguous(shape), ptr });
  const before = vector(work, site.shapes.get(out)!);
  const shape = site.shapes.get(name)!;
  const inputs = sizeOf(shape);
  const row = vector(work + 4 * panels(units), shape);
  const packed = core.alloc32(panels(inputs) * units);
  withRaw(core, transposed(site.parameters.get(out)!.weight, units, inputs), (raw) =>
    f32_linear_pack16({ weight: raw, packed, outputs: inputs, inputs: units }),
  );
  const bias = core.alloc32(panels(inputs));
  const operands = { x: before.ptr, inputs: units, packed, bias, y: row.ptr, outputs: inputs };
  return inTurn<[BackwardMode]>(
    clearStep(core, before),
    reluBack(site, out, relu === true, before),
    () => f32_linear_1x16(operands),
    site.onto(name, (to) => addStep(core, row, to)),
  );
}

/** A tensor with nothing between its values. */
function contiguous(shape: Shape): View {
  const pixel = 4 * shape.channels;
  const block = { bytes: 0, from: 0, to: 0, offset: 0 };
  return { shape, block, own: true, start: 0, pixel, row: pixel * shape.width, before: 0 };
}

/** [rows][columns] -> [columns][rows]. */
function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c];
  return out;
}

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
