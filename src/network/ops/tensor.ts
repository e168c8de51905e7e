// Any numbers as input, [H][W][C] or [C], taken as they are.
import { InputError, UsageError } from '../../core/errors.js';
import { readView, writeView } from '../view.js';
import { type BaseInput, type InputOp, mapShape, sizeOf, vectorShape } from './op.js';
import { isCount } from './window.js';

export interface TensorInput extends BaseInput {
  op: 'tensor';
  /** [H,W,C] or [C]. */
  shape: number[];
}

export const tensor: InputOp<TensorInput> = {
  check: ({ shape }) =>
    Array.isArray(shape) && (shape.length === 1 || shape.length === 3) && shape.every(isCount)
      ? undefined
      : `shape [${shape}]: must be [C] or [H,W,C] of whole numbers from 1`,
  isSized: false,
  shape: ({ shape }) => (shape.length === 1 ? vectorShape(shape[0]) : mapShape(shape[0], shape[1], shape[2])),
  load(core, { out }, shape, to) {
    const n = sizeOf(shape);
    return (values) => {
      if (values.length !== n)
        throw new UsageError(
          `${values.length} values for input '${out}', which is ${shape.dims.join('x')} = ${n}`,
        );
      const bad = values.findIndex((v) => !Number.isFinite(v));
      if (bad >= 0)
        throw new InputError(`input '${out}' holds ${values[bad]} at index ${bad}; give finite numbers`);
      writeView(core, to, values);
    };
  },
  gradient: (core, _input, _shape, from, out) => readView(core, from, out),
};
