// Tensors side by side along the channels. Nothing is computed: the branches write into it.
import { type BaseLayer, isMap, type Op } from './op.js';

export interface ConcatLayer extends BaseLayer {
  op: 'concat';
  in: string[];
  /** Whose name the units of the branches have: `whole` makes `mixed3b_5x5:59` the unit `mixed3b:379`. By default their own. */
  units?: 'whole' | 'branches';
}

/** f32_linear_1x16 writes whole panels of outputs, which must not reach into the next branch. */
const PANEL = 16;

export const concat: Op<ConcatLayer> = {
  check(layer, from, { maker, readers }) {
    if (!Array.isArray(layer.in) || !layer.in.length) return 'must read a list of branches';
    for (const [i, name] of layer.in.entries()) {
      const { op, isInput } = maker(name);
      if (isInput || op === 'concat')
        return `branch '${name}' is ${isInput ? 'an input' : 'a concat'}, must be another layer`;
      if (readers(name).filter((reader) => reader === 'concat').length > 1)
        return `branch '${name}' is in two concats, must be in one`;
      const { height, width, channels } = from[i];
      if (from[i].dims.length !== from[0].dims.length || height !== from[0].height || width !== from[0].width)
        return `branch '${name}' is [${from[i].dims}] beside [${from[0].dims}]; all must have one height and width`;
      if (!isMap(from[i]) && channels % PANEL)
        return `branch '${name}' is a vector of ${channels}: must be a multiple of ${PANEL}`;
    }
    return undefined;
  },
  shape(_, from) {
    const channels = from.reduce((n, f) => n + f.channels, 0);
    return { ...from[0], dims: [...from[0].dims.slice(0, -1), channels], channels, beforeY: 0, beforeX: 0 };
  },
  branches: (layer) => layer.in,
  linear: (layer) => ({ layer }),
  namesUnits: (layer) => layer.units === 'whole',
};
