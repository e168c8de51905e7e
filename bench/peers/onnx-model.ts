// A network description as an ONNX model: the very same
// layers and weights for ONNX Runtime. NCHW, f32, opset 11.

import type { Layer, Model } from '../../src/index.js';
import { shapes } from '../../src/network/geometry.js';
import { inputsOf } from '../../src/network/ops/index.js';
import { neededLayers } from '../../src/network/taps.js';
import { modelOf, node, tensor, text, value } from './onnx-parts.js';

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
  return modelOf(
    ...([6, 11] as const),
    ...parts,
    text(2, model.name),
    value(11, 'input', [batch, 3, height, width]),
    ...taps.map((tap) => value(12, tap, dims(tap))),
  );
}
