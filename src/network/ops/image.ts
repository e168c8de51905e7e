// A picture as input: RGB, 0..255, [H][W][3], brought to the channel order and mean that the
// weights expect. Its size is the network's own, or any other that the layers can do with.
import { InputError, UsageError } from '../../core/errors.js';
import { type BaseInput, type InputOp, mapShape, sizeOf } from './op.js';
import { source } from './operands.js';
import { isCount } from './window.js';

export interface ImageInput extends BaseInput {
  op: 'image';
  /** Native height and width. */
  size: number;
  /** Order of the channels that the weights expect. */
  channels: 'rgb' | 'bgr';
  /** Subtracted from the 0..255 value of each channel, in the order of `channels`. */
  mean: [number, number, number];
}

/** Pictures beyond this side are refused before anything is allocated. */
export const LARGEST_SIDE = 8192;

const isImage = (input: BaseInput): input is ImageInput => input.op === 'image';

/** The picture that a network takes. UsageError where that is not its one input. */
export function imageInput({
  architecture,
  inputs,
}: {
  architecture: string;
  inputs: readonly BaseInput[];
}): ImageInput {
  const [first] = inputs;
  if (inputs.length !== 1 || !isImage(first))
    throw new UsageError(
      first.op === 'tokens'
        ? `${architecture} reads text, not pictures: give --text or --texts where the command has them, or a network of pictures`
        : `${architecture} takes ${inputs.map((i) => `'${i.out}' (${i.op})`).join(', ')}, not one picture; use a network of pictures here`,
    );
  return first;
}

export const image: InputOp<ImageInput> = {
  check({ size, channels, mean }) {
    if (!isCount(size)) return `size ${size}: must be a whole number from 1`;
    if (channels !== 'rgb' && channels !== 'bgr') return `channels '${channels}': must be rgb or bgr`;
    return Array.isArray(mean) && mean.length === 3 && mean.every(Number.isFinite)
      ? undefined
      : 'mean: must be three numbers';
  },
  isSized: true,
  shape({ size }, { height = size, width = size }) {
    for (const n of [height, width])
      if (!isCount(n) || n > LARGEST_SIDE)
        throw new UsageError(
          `input size ${height}x${width}: sides are whole numbers from 1 to ${LARGEST_SIDE} pixels`,
        );
    return mapShape(height, width, 3);
  },
  held(shape, border) {
    if (!border?.fold) return { shape, border };
    const folded = (n: number, before: number, span: number) => Math.max(span, Math.ceil((n + before) / 2));
    const height = folded(shape.height, border.fold.y, border.rows);
    const width = folded(shape.width, border.fold.x, border.columns);
    return { shape: mapShape(height, width, 4 * shape.channels) };
  },
  staging: (shape) => 4 * sizeOf(shape),
  load(core, { channels, mean }, shape, to, staging) {
    const { height, width } = shape;
    const n = sizeOf(shape);
    const { fold, before } = to;
    const operands = {
      ...{ image: staging, height, width, dst: to.ptr - to.start, dstRow: to.row },
      ...{ beforeY: fold?.y ?? before, beforeX: fold?.x ?? before, fold: Number(fold !== undefined) },
      ...{ bgr: Number(channels === 'bgr'), mean0: mean[0], mean1: mean[1], mean2: mean[2] },
    };
    return (values) => {
      if (values.length !== n)
        throw new UsageError(
          `image of ${values.length} values: this session takes ${height}x${width}x3 = ${n}, RGB, 0..255`,
        );
      core.f32(staging, n).set(values);
      const isGood = core.kernels.f32_image_input(operands);
      if (!isGood) throw new InputError('the image holds NaN or infinite values; give RGB from 0 to 255');
    };
  },
  gradient(core, { channels }, shape, from, out) {
    const { height, width } = shape;
    const { fold } = from;
    const mark = core.mark();
    const image = core.alloc32(sizeOf(shape));
    core.kernels.f32_image_input_grad({
      ...{ ...source(from), height, width, beforeY: fold?.y ?? 0, beforeX: fold?.x ?? 0 },
      ...{ fold: Number(fold !== undefined), bgr: Number(channels === 'bgr'), image },
    });
    out.set(core.f32(image, out.length));
    core.release(mark);
    return out;
  },
};
