// A weights file of any kind that is read here, told by its first bytes, never by its name.
import { InputError } from '../core/errors.js';
import { parseCaffe } from './caffe.js';
import { parseGraphDef } from './graphdef.js';
import { fields } from './protobuf.js';
import { isPyTorch, parsePyTorch } from './pytorch.js';
import { parseSafetensors, type TensorFile } from './safetensors.js';

export type WeightsFormat = 'safetensors' | 'pytorch' | 'caffe' | 'graphdef';

const READERS: Record<WeightsFormat, (bytes: Uint8Array, label: string) => TensorFile> = {
  safetensors: parseSafetensors,
  pytorch: parsePyTorch,
  caffe: parseCaffe,
  graphdef: parseGraphDef,
};

/** Tensors under the names they have in the file, in the file's layout. */
export function parseWeights(bytes: Uint8Array, label: string): TensorFile & { format: WeightsFormat } {
  const format = formatOf(bytes);
  if (!format)
    throw new InputError(
      `${label}: not a weights file that is known; safetensors, PyTorch (.pt, .pth), Caffe (.caffemodel) and TensorFlow graphs (.pb) are read`,
    );
  return { ...READERS[format](bytes, label), format };
}

/** Undefined where the first bytes fit no format. */
export function formatOf(bytes: Uint8Array): WeightsFormat | undefined {
  if (isPyTorch(bytes)) return 'pytorch';
  if (bytes[8] === 0x7b) return 'safetensors';
  return protobufKind(bytes);
}

/**
 * NetParameter (Caffe): a name (1), then layers (2 or 100). GraphDef: nodes (1), whose first
 * field is again a name (1). A message that breaks off is of the kind it began as.
 */
function protobufKind(bytes: Uint8Array): 'caffe' | 'graphdef' | undefined {
  const stop = (): never => {
    throw new InputError('not protobuf');
  };
  let ones = 0;
  try {
    for (const { number, wire, bytes: content } of fields(bytes, stop)) {
      if (number === 100 && wire === 2) return 'caffe';
      if (number === 2 && wire === 2 && ones <= 1) return 'caffe';
      if (number !== 1 || wire !== 2) continue;
      if (++ones === 1 && content[0] !== 0x0a) continue; // a name
      return 'graphdef';
    }
  } catch {
    return ones ? 'caffe' : undefined;
  }
  return undefined;
}
