// A network description as an ONNX model: just enough protobuf to hand the very same
// layers and weights to ONNX Runtime. NCHW, f32, opset 11.

import type { Layer, Model } from '../../src/index.js';
import { shapes } from '../../src/network/geometry.js';
import { inputsOf } from '../../src/network/ops/index.js';
import { neededLayers } from '../../src/network/taps.js';

type Part = number[] | Uint8Array;

function varint(n: number): number[] {
  const out: number[] = [];
  let v = n;
  for (; v >= 128; v = Math.floor(v / 128)) out.push((v % 128) | 128);
  out.push(v);
  return out;
}

function join(parts: Part[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const int = (field: number, value: number): Uint8Array => join([varint(field * 8), varint(value)]);
const bytes = (field: number, value: Uint8Array): Uint8Array =>
  join([varint(field * 8 + 2), varint(value.length), value]);
const text = (field: number, value: string): Uint8Array => bytes(field, new TextEncoder().encode(value));
const message = (field: number, ...parts: Uint8Array[]): Uint8Array => bytes(field, join(parts));
const float = (field: number, value: number): Uint8Array =>
  join([varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer)]);

type Attribute = number | number[] | { float: number };

function attribute(name: string, value: Attribute): Uint8Array {
  if (Array.isArray(value)) return message(5, text(1, name), ...value.map((v) => int(8, v)), int(20, 7));
  if (typeof value === 'number') return message(5, text(1, name), int(3, value), int(20, 2));
  return message(5, text(1, name), float(2, value.float), int(20, 1));
}

function node(
  op: string,
  inputs: string[],
  output: string,
  attributes: Record<string, Attribute> = {},
): Uint8Array {
  return message(
    1,
    ...inputs.map((i) => text(1, i)),
    text(2, output),
    text(4, op),
    ...Object.entries(attributes).map(([k, v]) => attribute(k, v)),
  );
}

function tensor(name: string, dims: number[], data: Float32Array): Uint8Array {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(5, ...dims.map((d) => int(1, d)), int(2, 1), text(8, name), bytes(9, raw));
}

function value(field: number, name: string, dims: number[]): Uint8Array {
  const shape = message(2, ...dims.map((d) => message(1, int(1, d))));
  return message(field, text(1, name), message(2, message(1, int(1, 1), shape)));
}

/** ONNX bytes: `input` [batch,3,H,W] (preprocessed, the network's channel order) -> `taps`. */
export function onnxModel(
  model: Model,
  taps: string[],
  batch: number,
  height = 224,
  width = 224,
): Uint8Array {
  const layers = neededLayers(model.description, taps);
  const sizes = shapes(model.description, layers, height, width);
  const parts: Uint8Array[] = [];
  const dims = (name: string): number[] => {
    const s = sizes.get(name)!;
    return name === 'logits' || name === 'softmax'
      ? [batch, s.channels]
      : [batch, s.channels, s.height, s.width];
  };
  const pads = (layer: Extract<Layer, { size: number }>): number[] => {
    const out = sizes.get(layer.out)!;
    const from = sizes.get(layer.in)!;
    const after = (n: number, o: number, before: number) =>
      Math.max(0, (o - 1) * layer.stride + layer.size - n - before);
    return [
      ...[out.beforeY, out.beforeX],
      ...[after(from.height, out.height, out.beforeY), after(from.width, out.width, out.beforeX)],
    ];
  };
  const window = (layer: Extract<Layer, { size: number }>) => ({
    kernel_shape: [layer.size, layer.size],
    strides: [layer.stride, layer.stride],
    pads: pads(layer),
  });
  const parameters = (layer: Layer, weightDims: number[]): string[] => {
    const { weight, bias } = model.parameters.get(layer.out)!;
    parts.push(
      tensor(`${layer.out}.weight`, weightDims, weight),
      tensor(`${layer.out}.bias`, [bias.length], bias),
    );
    return [`${layer.out}.weight`, `${layer.out}.bias`];
  };
  for (const layer of layers) {
    const from = [...inputsOf(layer)];
    switch (layer.op) {
      case 'conv': {
        const cin = sizes.get(layer.in)!.channels;
        const names = parameters(layer, [layer.filters, cin, layer.size, layer.size]);
        parts.push(node('Conv', [layer.in, ...names], `${layer.out}.raw`, window(layer)));
        parts.push(node('Relu', [`${layer.out}.raw`], layer.out));
        break;
      }
      case 'maxpool':
        parts.push(node('MaxPool', from, layer.out, window(layer)));
        break;
      case 'avgpool':
        parts.push(node('AveragePool', from, layer.out, window(layer)));
        break;
      case 'lrn': {
        const size = 2 * layer.radius + 1;
        parts.push(
          node('LRN', from, layer.out, {
            size,
            alpha: { float: layer.alpha * size }, // ONNX divides alpha by size
            beta: { float: layer.beta },
            bias: { float: layer.bias },
          }),
        );
        break;
      }
      case 'concat':
        parts.push(node('Concat', from, layer.out, { axis: 1 }));
        break;
      case 'linear': {
        const names = parameters(layer, [layer.units, sizes.get(layer.in)!.channels]);
        parts.push(node('Flatten', from, `${layer.out}.flat`, { axis: 1 }));
        parts.push(node('Gemm', [`${layer.out}.flat`, ...names], layer.out, { transB: 1 }));
        break;
      }
      case 'softmax':
        parts.push(node('Softmax', from, layer.out, { axis: 1 }));
    }
  }
  const graph = message(
    7,
    ...parts,
    text(2, model.name),
    value(11, 'input', [batch, 3, height, width]),
    ...taps.map((tap) => value(12, tap, dims(tap))),
  );
  return join([int(1, 6), message(8, int(2, 11)), graph]);
}
