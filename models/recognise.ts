// Which of the known networks a file's tensors are.
import { InputError } from '../src/core/errors.js';
import { fitModel, type ModelOptions, type NamedTensor } from '../src/network/load.js';
import type { Model } from '../src/network/types.js';
import { CANDIDATES } from './registry.js';

/**
 * The InceptionV1 or GoogLeNet that the tensors are. InputError, naming the tensors, where some are missing,
 * extra, misshapen or hold NaN or Inf, or where the file is another network's.
 */
export function modelFromTensors(tensors: Map<string, NamedTensor>, options: ModelOptions): Model {
  const isTorchvision = [...tensors.keys()].some(
    (k) => /^inception\d[a-e]\.branch/.test(k) || k === 'conv1.conv.weight' || k === 'conv1.bn.weight',
  );
  if (isTorchvision)
    throw new InputError(
      `${options.name}: this is a torchvision GoogLeNet (BatchNorm, no LRN, other branches, other weights), ` +
        'which is not interchangeable; use BVLC googlenet or TF inceptionv1',
    );
  return fitModel(tensors, CANDIDATES, options);
}
