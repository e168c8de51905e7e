// Tensors as a foreign file names and lays them out -> Lucid's names and the layout of
// our own files (`<layer>.weight` OIHW or [out, in], `<layer>.bias`). METHODS 1.7.
import { encodeSafetensors, type Tensor, type TensorFile } from '../src/formats/safetensors.js';
import type { WeightsFormat } from '../src/formats/weights.js';
import { parameterShapes } from '../src/network/geometry.js';
import type { Model } from '../src/network/types.js';
import { CAFFE_AUXILIARY } from './googlenet.js';
import { GRAPH_AUXILIARY, graphParameter } from './inceptionv1.js';

/** Drops auxiliary heads; a GraphDef's `x_w` (HWIO), `x_b` become `x.weight`, `x.bias` of Lucid's taps. */
export function networkTensors({
  tensors,
  format,
}: TensorFile & { format: WeightsFormat }): Map<string, Tensor> {
  if (format === 'caffe') return new Map([...tensors].filter(([name]) => !CAFFE_AUXILIARY.test(name)));
  if (format !== 'graphdef') return tensors;
  const out = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    const parameter = GRAPH_AUXILIARY.test(name) ? undefined : graphParameter(name);
    if (!parameter) continue;
    const { tap, part } = parameter;
    out.set(`${tap}.${part}`, part === 'weight' ? reordered(tensor) : tensor);
  }
  return out;
}

/** HWIO -> OIHW, [in, out] -> [out, in]; other ranks stay and are refused by name later. */
function reordered(tensor: Tensor): Tensor {
  const { shape } = tensor;
  if (shape.length !== 4 && shape.length !== 2) return tensor;
  const [h, w, i, o] = shape.length === 4 ? shape : [1, 1, ...shape];
  const f32 = (): Float32Array => {
    const from = tensor.f32();
    const to = new Float32Array(from.length);
    let at = 0;
    for (let oo = 0; oo < o; oo++)
      for (let ii = 0; ii < i; ii++) for (let p = 0; p < h * w; p++) to[at++] = from[(p * i + ii) * o + oo];
    return to;
  };
  return {
    dtype: 'F32',
    shape: shape.length === 4 ? [o, i, h, w] : [o, i],
    get bytes() {
      return new Uint8Array(f32().buffer);
    },
    f32,
  };
}

/** A model as safetensors under Lucid's tap names: what `model convert` writes. */
export function encodeModel(model: Model): Uint8Array {
  const { description } = model;
  const tensors: Parameters<typeof encodeSafetensors>[0] = {};
  for (const [layer, shapes] of parameterShapes(description)) {
    const parameters = model.parameters.get(layer);
    if (!parameters) continue;
    tensors[`${layer}.weight`] = { shape: shapes.weight, data: parameters.weight };
    if (shapes.bias[0]) tensors[`${layer}.bias`] = { shape: shapes.bias, data: parameters.bias };
  }
  return encodeSafetensors(tensors, {
    architecture: description.architecture,
    ...(model.sha256 && { converted_from_sha256: model.sha256 }),
  });
}
