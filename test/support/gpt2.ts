// GPT-2 as Hugging Face's file.
import { huggingFaceName } from '../../models/gpt2/tensors.js';
import { encodeSafetensors, type Tensors } from '../../src/formats/safetensors.js';
import { parameterShapes } from '../../src/network/geometry.js';
import type { Model } from '../../src/network/types.js';

/** With the prefix, the masks and the unembedding of old files where `old`. */
export function huggingFaceFile(model: Model, old = false): Uint8Array {
  const prefix = old ? 'transformer.' : '';
  const tensors: Tensors = {};
  for (const [layer, { weight, bias }] of parameterShapes(model.description)) {
    const own = model.parameters.get(layer)!;
    tensors[`${prefix}${huggingFaceName(layer)}.weight`] = { shape: weight, data: own.weight };
    if (bias[0]) tensors[`${prefix}${huggingFaceName(layer)}.bias`] = { shape: bias, data: own.bias };
  }
  if (old) {
    const { shape, data } = tensors[`${prefix}wte.weight`];
    tensors['lm_head.weight'] = { shape, data };
    tensors[`${prefix}h.0.attn.bias`] = { shape: [1, 1, 2, 2], data: Float32Array.of(1, 0, 1, 1) };
    tensors[`${prefix}h.0.attn.masked_bias`] = { shape: [1], data: Float32Array.of(-1e4) };
  }
  return encodeSafetensors(tensors, { format: 'pt' });
}
