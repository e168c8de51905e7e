// A model from the bytes of a weights file of any supported format.
import { sha256 } from '../src/core/hash.js';
import { asF32 } from '../src/formats/dtypes.js';
import { parseWeights } from '../src/formats/weights.js';
import type { NamedTensor } from '../src/network/load.js';
import type { Model } from '../src/network/types.js';
import { networkTensors } from './convert.js';
import { modelFromTensors, type RecogniseOptions } from './recognise.js';

/**
 * Opens a weights file (.safetensors, .caffemodel, .pb, .pt) of InceptionV1, GoogLeNet or GPT-2.
 * `label` names it in errors. InputError: not a weights file, damaged, or of another network.
 */
export async function modelFromBytes(
  bytes: Uint8Array,
  label: string,
  options: Omit<RecogniseOptions, 'sha256'>,
): Promise<Model> {
  const tensors = networkTensors(parseWeights(bytes, label));
  return modelFromTensors(tensors, { ...options, sha256: await sha256(bytes) });
}

/** The same of bytes that nobody else writes to: parameters are views of them where they can be. */
export async function modelOfOwnBytes(
  bytes: Uint8Array,
  label: string,
  options: Omit<RecogniseOptions, 'sha256'>,
): Promise<Model> {
  const tensors = new Map<string, NamedTensor>();
  for (const [name, tensor] of networkTensors(parseWeights(bytes, label)))
    tensors.set(name, { shape: tensor.shape, f32: () => asF32(tensor.bytes, tensor.dtype) });
  return modelFromTensors(tensors, { ...options, sha256: await sha256(bytes) });
}
