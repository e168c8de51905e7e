// Any numbers as input, [H][W][C], [T][C] or [C], taken as they are.
import { InputError, UsageError } from '../../core/errors.js';
import { readView, writeView } from '../view.js';
import {
  type BaseInput,
  type InputOp,
  isSequence,
  mapShape,
  sequenceShape,
  sizeOf,
  vectorShape,
} from './op.js';
import { take } from './span.js';
import { isCount } from './window.js';

export interface TensorInput extends BaseInput {
  op: 'tensor';
  /** [H,W,C], [T,C] of a sequence, or [C]. */
  shape: number[];
}

export const tensor: InputOp<TensorInput> = {
  check: ({ shape }) =>
    Array.isArray(shape) && shape.length >= 1 && shape.length <= 3 && shape.every(isCount)
      ? undefined
      : `shape [${shape}]: must be [C], [T,C] or [H,W,C] of whole numbers from 1`,
  isSized: false,
  shape: ({ shape }) => {
    if (shape.length === 1) return vectorShape(shape[0]);
    return shape.length === 2 ? sequenceShape(shape[0], shape[1]) : mapShape(shape[0], shape[1], shape[2]);
  },
  load(core, { out }, shape, to, _staging, span) {
    const n = sizeOf(shape);
    return (given) => {
      let values = given;
      if (span.cached && isSequence(shape) && values.length % shape.channels === 0) {
        take(span, values.length / shape.channels, shape.width, out);
        values = new Float32Array(n);
        values.set(given);
      }
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
