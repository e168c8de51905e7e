// Sum of tensors of one shape, as a residual stream is; of one tensor alone, another name for it.
import { addStep } from './add.js';
import { type BackwardMode, type BaseLayer, type Op, type Place, sizeOf } from './op.js';
import { inTurn } from './relu.js';

export interface SumLayer extends BaseLayer {
  op: 'sum';
  in: string[];
}

export const sum: Op<SumLayer> = {
  check(layer, from) {
    if (!Array.isArray(layer.in) || !layer.in.length) return 'must read a list of tensors';
    if (new Set(layer.in).size !== layer.in.length) return `reads a tensor twice: ${layer.in.join(', ')}`;
    const other = from.findIndex(({ dims }) => String(dims) !== String(from[0].dims));
    return other < 0
      ? undefined
      : `'${layer.in[other]}' is [${from[other].dims}] beside [${from[0].dims}]; all must have one shape`;
  },
  shape: (_, [from]) => ({ ...from, beforeY: 0, beforeX: 0 }),
  inPlace: true,
  forward({ core, at }, { in: names, out }) {
    const to = at(out);
    const [first, ...others] = names.map(at);
    const adds = others.map((from) => addStep(core, from, to));
    const isThere = first.block === to.block && first.start === to.start;
    if (isThere) return inTurn(...adds);
    return inTurn(() => copy(core.u8(0, core.capacity), first, to), ...adds);
  },
  linear: (layer) => ({ layer }),
  backward: {
    step: ({ core, gradient, onto }, { in: names, out }) =>
      inTurn<[BackwardMode]>(
        ...names
          .filter((name) => gradient(name))
          .map((name) => onto(name, (to) => addStep(core, gradient(out)!, to))),
      ),
  },
};

/** Row by row; tensors without border are one run of values. */
function copy(memory: Uint8Array, from: Place, to: Place): void {
  const { height, width, channels } = to.shape;
  const bytes = 4 * channels;
  if (from.pixel === bytes && to.pixel === bytes && from.row === to.row && to.row === bytes * width) {
    memory.copyWithin(to.ptr, from.ptr, from.ptr + 4 * sizeOf(to.shape));
    return;
  }
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = from.ptr + y * from.row + x * from.pixel;
      memory.copyWithin(to.ptr + y * to.row + x * to.pixel, at, at + bytes);
    }
}
