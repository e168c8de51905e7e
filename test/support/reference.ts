// The networks in float64, as plain loops over the description: what the kernels must
// agree with. Slow and simple on purpose; shares no code with src/network but geometry.
import { imageInput } from '../../src/network/ops/image.js';
import type { Shape } from '../../src/network/ops/op.js';
import type { Layer, NetworkDescription, Parameters } from '../../src/network/types.js';

export interface Tensor extends Omit<Shape, 'dims'> {
  data: ArrayLike<number>;
}

/** Preprocessed input [H][W][3] in the network's channel order. */
export function preprocess(description: NetworkDescription, image: ArrayLike<number>): Float64Array {
  const { channels, mean } = imageInput(description);
  const out = new Float64Array(image.length);
  for (let i = 0; i < image.length; i += 3)
    for (let c = 0; c < 3; c++) out[i + c] = image[i + (channels === 'bgr' ? 2 - c : c)] - mean[c];
  return out;
}

/** Operations of pictures; those of text are in transformer.ts. */
type PictureOp = 'conv' | 'maxpool' | 'avgpool' | 'lrn' | 'linear';
export type PictureLayer = Extract<Layer, { op: PictureOp }>;
const OF_PICTURES: readonly string[] = ['conv', 'maxpool', 'avgpool', 'lrn', 'linear'] satisfies PictureOp[];
export const isPictureLayer = (layer: Layer): layer is PictureLayer => OF_PICTURES.includes(layer.op);

/** Value of one output element, before the ReLU of a convolution. `out` gives the padding. */
export function element(
  layer: PictureLayer,
  input: Tensor,
  out: Omit<Shape, 'dims'>,
  parameters: Parameters,
  y: number,
  x: number,
  c: number,
): number {
  const { height, width, channels, data } = input;
  const at = (yy: number, xx: number, cc: number) => data[(yy * width + xx) * channels + cc];
  switch (layer.op) {
    case 'linear': {
      const { weight, bias } = parameters.get(layer.out)!;
      let s = bias[c];
      for (let i = 0; i < channels; i++) s += weight[c * channels + i] * data[i];
      return s;
    }
    case 'lrn': {
      let s = 0;
      for (let j = Math.max(0, c - layer.radius); j <= Math.min(channels - 1, c + layer.radius); j++)
        s += at(y, x, j) ** 2;
      return at(y, x, c) / (layer.bias + layer.alpha * s) ** layer.beta;
    }
    default: {
      const { size, stride } = layer;
      const weight = layer.op === 'conv' ? parameters.get(layer.out)!.weight : undefined;
      let sum = 0;
      let max = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
          const yy = y * stride + i - out.beforeY;
          const xx = x * stride + j - out.beforeX;
          if (yy < 0 || xx < 0 || yy >= height || xx >= width) continue;
          if (weight)
            for (let k = 0; k < channels; k++)
              sum += at(yy, xx, k) * weight[((c * channels + k) * size + i) * size + j];
          else {
            sum += at(yy, xx, c);
            max = Math.max(max, at(yy, xx, c));
          }
        }
      if (layer.op === 'conv') return sum + parameters.get(layer.out)!.bias[c];
      return layer.op === 'maxpool' ? max : sum / (size * size);
    }
  }
}

/** A whole layer in f64 (post-ReLU). */
export function evaluate(
  layer: Layer,
  inputs: Tensor[],
  out: Omit<Shape, 'dims'>,
  parameters: Parameters,
): Float64Array {
  const { height, width, channels } = out;
  const result = new Float64Array(height * width * channels);
  if (layer.op === 'concat') {
    let offset = 0;
    for (const part of inputs) {
      for (let p = 0; p < height * width; p++)
        for (let c = 0; c < part.channels; c++)
          result[p * channels + offset + c] = part.data[p * part.channels + c];
      offset += part.channels;
    }
    return result;
  }
  if (layer.op === 'softmax') return softmax(inputs[0].data);
  if (!isPictureLayer(layer)) throw new Error(`${layer.op}: not an operation of pictures`);
  let i = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) {
        const v = element(layer, inputs[0], out, parameters, y, x, c);
        result[i++] = layer.op === 'conv' ? Math.max(0, v) : v;
      }
  return result;
}

export function softmax(x: ArrayLike<number>): Float64Array {
  const top = Math.max(...Array.from(x));
  const e = Float64Array.from({ length: x.length }, (_, i) => Math.exp(x[i] - top));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
}
