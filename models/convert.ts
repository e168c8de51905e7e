// Tensors as a foreign file names and lays them out -> names and layout of load.ts
// (`<layer>.weight` OIHW or [out, in], `<layer>.bias`). METHODS 1.7.
import { encodeSafetensors, type Tensor, type TensorFile } from '../src/formats/safetensors.js';
import type { WeightsFormat } from '../src/formats/weights.js';
import type { Model } from '../src/network/types.js';

/** Auxiliary classifiers, not needed at inference: of BVLC, and of inception5h. */
const AUXILIARY = { caffe: /^loss[12]\//, graphdef: /^(head[01]_|nn[01]_|softmax[01]_)/ };

/** Drops auxiliary heads; a GraphDef's `x_w` (HWIO), `x_b` become `x.weight`, `x.bias` of Lucid's taps. */
export function networkTensors({
  tensors,
  format,
}: TensorFile & { format: WeightsFormat }): Map<string, Tensor> {
  if (format === 'safetensors' || format === 'pytorch') return tensors;
  const out = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    if (AUXILIARY[format].test(name)) continue;
    if (format === 'caffe') {
      out.set(name, tensor);
      continue;
    }
    const match = /^(\w+)_([wb])$/.exec(name);
    if (!match) continue; // constants of the graph that are no parameters
    const tap = match[1] === 'softmax2' ? 'logits' : match[1];
    if (match[2] === 'b') out.set(`${tap}.bias`, tensor);
    else out.set(`${tap}.weight`, reordered(tensor));
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
  const { architecture, layers } = model.description;
  const tensors: Parameters<typeof encodeSafetensors>[0] = {};
  for (const layer of layers) {
    const parameters = model.parameters.get(layer.out);
    if (!parameters) continue;
    const { weight, bias } = parameters;
    const side = layer.op === 'conv' ? layer.size : 1;
    const from = weight.length / bias.length / (side * side);
    const shape = layer.op === 'conv' ? [bias.length, from, side, side] : [bias.length, from];
    tensors[`${layer.out}.weight`] = { shape, data: weight };
    tensors[`${layer.out}.bias`] = { shape: [bias.length], data: bias };
  }
  return encodeSafetensors(tensors, { architecture, converted_from_sha256: model.sha256 });
}
