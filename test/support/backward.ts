// The way back in float64, as plain loops over the description: what gradients must agree with.
// Shares no code with src/network but geometry.
import { inputsOf } from '../../src/network/ops/index.js';
import type { Shape } from '../../src/network/ops/op.js';
import type { Layer, Model } from '../../src/network/types.js';
import { evaluate, type Tensor } from './reference.js';

/** Every tensor of `layers` in f64. A ReLU of a linear layer is taken here; `evaluate` takes those of convolutions alone. */
export function forward64(
  model: Model,
  layers: readonly Layer[],
  shapes: ReadonlyMap<string, Shape>,
  inputs: Readonly<Record<string, Float64Array>>,
): Map<string, Tensor> {
  const all = new Map<string, Tensor>();
  for (const [name, data] of Object.entries(inputs)) all.set(name, { ...shapes.get(name)!, data });
  for (const layer of layers) {
    const shape = shapes.get(layer.out)!;
    const from = inputsOf(layer).map((name) => all.get(name)!);
    const flat =
      layer.op === 'linear' ? [{ ...from[0], channels: from[0].data.length, height: 1, width: 1 }] : from;
    let data = evaluate(layer, flat, shape, model.parameters);
    if (layer.op === 'conv' && layer.relu === false) data = convolved(layer, from[0], shape, model);
    if (layer.op === 'linear' && layer.relu) data = data.map((v) => Math.max(0, v));
    all.set(layer.out, { ...shape, data });
  }
  return all;
}

/** Visits every product of a convolution: output, input and weight by index. */
function products(
  layer: Extract<Layer, { op: 'conv' }>,
  from: Tensor,
  out: Shape,
  each: (o: number, i: number, w: number) => void,
): void {
  const { size, stride, filters } = layer;
  for (let y = 0; y < out.height; y++)
    for (let x = 0; x < out.width; x++)
      for (let ky = 0; ky < size; ky++)
        for (let kx = 0; kx < size; kx++) {
          const [yy, xx] = [y * stride + ky - out.beforeY, x * stride + kx - out.beforeX];
          if (yy < 0 || xx < 0 || yy >= from.height || xx >= from.width) continue;
          for (let f = 0; f < filters; f++)
            for (let c = 0; c < from.channels; c++)
              each(
                (y * out.width + x) * filters + f,
                (yy * from.width + xx) * from.channels + c,
                ((f * from.channels + c) * size + ky) * size + kx,
              );
        }
}

function convolved(
  layer: Extract<Layer, { op: 'conv' }>,
  from: Tensor,
  out: Shape,
  model: Model,
): Float64Array {
  const { weight, bias } = model.parameters.get(layer.out)!;
  const data = new Float64Array(out.height * out.width * out.channels).map((_, i) => bias[i % layer.filters]);
  products(layer, from, out, (o, i, w) => {
    data[o] += from.data[i] * weight[w];
  });
  return data;
}

/** Branches are the values of their concat: the gradient by it holds all that reaches them, in place. */
function asBranches(
  layers: readonly Layer[],
  values: ReadonlyMap<string, Tensor>,
  all: Map<string, Float64Array>,
): void {
  for (const layer of layers) {
    if (layer.op !== 'concat') continue;
    const whole = all.get(layer.out)!;
    const { channels, height, width } = values.get(layer.out)!;
    let offset = 0;
    for (const name of layer.in) {
      const own = values.get(name)!.channels;
      for (let i = 0; i < height * width * own; i++)
        whole[Math.floor(i / own) * channels + offset + (i % own)] = all.get(name)![i];
      offset += own;
    }
  }
}

/** Gradients by every tensor, and before every ReLU as `<layer>_pre_relu`, from those given by name. */
export function backward64(
  model: Model,
  layers: readonly Layer[],
  values: ReadonlyMap<string, Tensor>,
  shapes: ReadonlyMap<string, Shape>,
  given: Readonly<Record<string, ArrayLike<number>>>,
): Map<string, Float64Array> {
  const all = new Map<string, Float64Array>();
  for (const [name, { data }] of values) {
    const start = given[name];
    all.set(name, start ? Float64Array.from(start) : new Float64Array(data.length));
  }
  for (const layer of [...layers].reverse()) {
    const out = values.get(layer.out)!;
    const shape = shapes.get(layer.out)!;
    let g = all.get(layer.out)!;
    const ends =
      (layer.op === 'conv' && layer.relu !== false) || (layer.op === 'linear' && layer.relu === true);
    if (ends) {
      const before = given[`${layer.out}_pre_relu`];
      g = g.map((v, i) => (out.data[i] > 0 ? v : 0) + (before ? before[i] : 0));
      all.set(`${layer.out}_pre_relu`, g);
    }
    const from = inputsOf(layer).map((name) => values.get(name)!);
    const to = inputsOf(layer).map((name) => all.get(name)!);
    passBack(layer, model, from, out, shape, g, to);
  }
  asBranches(layers, values, all);
  return all;
}

function passBack(
  layer: Layer,
  model: Model,
  [from, ...others]: Tensor[],
  out: Tensor,
  shape: Shape,
  g: Float64Array,
  [to, ...rest]: Float64Array[],
): void {
  switch (layer.op) {
    case 'conv': {
      const { weight } = model.parameters.get(layer.out)!;
      products(layer, from, shape, (o, i, w) => {
        to[i] += g[o] * weight[w];
      });
      return;
    }
    case 'linear': {
      const { weight } = model.parameters.get(layer.out)!;
      for (let u = 0; u < layer.units; u++)
        for (let i = 0; i < to.length; i++) to[i] += g[u] * weight[u * to.length + i];
      return;
    }
    case 'softmax': {
      let sum = 0;
      for (let i = 0; i < g.length; i++) sum += g[i] * out.data[i];
      for (let i = 0; i < g.length; i++) to[i] += out.data[i] * (g[i] - sum);
      return;
    }
    case 'concat': {
      let offset = 0;
      for (const [branch, gradient] of [
        [from, to] as const,
        ...others.map((o, i) => [o, rest[i]] as const),
      ]) {
        for (let p = 0; p < branch.height * branch.width; p++)
          for (let c = 0; c < branch.channels; c++)
            gradient[p * branch.channels + c] += g[p * out.channels + offset + c];
        offset += branch.channels;
      }
      return;
    }
    case 'lrn': {
      const { radius, bias, alpha, beta } = layer;
      const { channels: C, data } = from;
      for (let p = 0; p < from.height * from.width; p++) {
        const near = (c: number, f: (j: number) => number): number => {
          let sum = 0;
          for (let j = Math.max(0, c - radius); j <= Math.min(C - 1, c + radius); j++) sum += f(p * C + j);
          return sum;
        };
        const s = Float64Array.from({ length: C }, (_, c) => bias + alpha * near(c, (j) => data[j] ** 2));
        for (let c = 0; c < C; c++)
          to[p * C + c] +=
            g[p * C + c] * s[c] ** -beta -
            2 * alpha * beta * data[p * C + c] * near(c, (j) => g[j] * data[j] * s[j - p * C] ** (-beta - 1));
      }
      return;
    }
    case 'maxpool':
    case 'avgpool':
      pooledBack(layer, from, out, shape, g, to);
      return;
    default:
      throw new Error(`${layer.op}: not an operation of pictures`);
  }
}

function pooledBack(
  layer: Extract<Layer, { op: 'maxpool' | 'avgpool' }>,
  from: Tensor,
  out: Tensor,
  shape: Shape,
  g: Float64Array,
  to: Float64Array,
): void {
  for (let y = 0; y < shape.height; y++)
    for (let x = 0; x < shape.width; x++)
      for (let c = 0; c < shape.channels; c++) {
        const o = (y * shape.width + x) * shape.channels + c;
        let best = -1;
        for (let ky = 0; ky < layer.size; ky++)
          for (let kx = 0; kx < layer.size; kx++) {
            const [yy, xx] = [y * layer.stride + ky - shape.beforeY, x * layer.stride + kx - shape.beforeX];
            if (yy < 0 || xx < 0 || yy >= from.height || xx >= from.width) continue;
            const i = (yy * from.width + xx) * from.channels + c;
            if (layer.op === 'avgpool') to[i] += g[o] / layer.size ** 2;
            else if (best < 0 && from.data[i] === out.data[o]) best = i;
          }
        if (best >= 0) to[best] += g[o];
      }
}

/** Gradients by a layer's parameters from `before`, that before its ReLU, and what the layer read. */
export function parameters64(
  layer: Extract<Layer, { op: 'conv' | 'linear' }>,
  from: Tensor,
  out: Shape,
  before: ArrayLike<number>,
  weights: number,
): { weight: Float64Array; bias: Float64Array } {
  const weight = new Float64Array(weights);
  const bias = new Float64Array(out.channels);
  for (let i = 0; i < before.length; i++) bias[i % out.channels] += before[i];
  if (layer.op === 'conv')
    products(layer, from, out, (o, i, w) => {
      weight[w] += before[o] * from.data[i];
    });
  else
    for (let o = 0; o < before.length; o++)
      for (let i = 0; i < from.data.length; i++) weight[o * from.data.length + i] += before[o] * from.data[i];
  return { weight, bias };
}
