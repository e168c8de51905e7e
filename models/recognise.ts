// Which of the known networks a file's tensors are.
import { InputError } from '../src/core/errors.js';
import { fitModel, type ModelOptions, type NamedTensor } from '../src/network/load.js';
import type { Model } from '../src/network/types.js';
import { gpt2Description } from './gpt2/description.js';
import { gpt2Tensors, huggingFaceName, isGpt2, sizesOf } from './gpt2/tensors.js';
import { CANDIDATES, LUCID_NAMES } from './registry.js';
import { isStem, stemOf } from './stem.js';

export interface RecogniseOptions extends ModelOptions {
  /** Attention heads of a GPT-2, where its width does not tell: `n_head` of its config.json. */
  heads?: number;
}

/**
 * The InceptionV1, GoogLeNet, GPT-2 (of any size) or stem (models/stem.ts) that the tensors are. InputError, naming the tensors, where some are missing,
 * extra, misshapen or hold NaN or Inf, or where the file is another network's.
 */
export function modelFromTensors(
  tensors: Map<string, NamedTensor>,
  { heads, ...options }: RecogniseOptions,
): Model {
  const isTorchvision = [...tensors.keys()].some(
    (k) => /^inception\d[a-e]\.branch/.test(k) || k === 'conv1.conv.weight' || k === 'conv1.bn.weight',
  );
  if (isTorchvision)
    throw new InputError(
      `${options.name}: this is a torchvision GoogLeNet (BatchNorm, no LRN, other branches, other weights), ` +
        'which is not interchangeable; use BVLC googlenet or TF inceptionv1',
    );
  if (isStem(tensors))
    return fitModel(tensors, [{ network: stemOf(tensors, options.name), naming: LUCID_NAMES }], options);
  if (!isGpt2(tensors)) return fitModel(tensors, CANDIDATES, options);
  const own = gpt2Tensors(tensors, options.name);
  const network = gpt2Description(sizesOf(own, options.name, heads));
  const namings = [
    { name: 'Hugging Face', of: huggingFaceName },
    { name: "TransformerLens' taps", of: (tap: string) => tap },
  ];
  return fitModel(
    own,
    namings.map((naming) => ({ network, naming })),
    options,
  );
}
