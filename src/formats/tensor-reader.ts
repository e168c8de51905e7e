// A safetensors file read piece by piece: the header first, then one tensor at a time,
// so that memory holds one tensor however large the file is.
import { InputError } from '../core/errors.js';
import { DTYPE_BYTES, toF32 } from './dtypes.js';
import { headerLength, parseHeader, type SafetensorsHeader } from './safetensors.js';
import type { Storage } from './storage.js';

export interface TensorReader extends Pick<SafetensorsHeader, 'entries' | 'metadata'> {
  /** Raw elements of one tensor. */
  bytes(name: string): Promise<Uint8Array>;
  /** Elements [first, first + count) of one tensor. */
  elements(name: string, first: number, count: number): Promise<Float32Array>;
  f32(name: string): Promise<Float32Array>;
}

/** InputError on a missing file and on every deviation that parseSafetensors refuses. */
export async function openTensors(storage: Storage, file: string): Promise<TensorReader> {
  const label = `${storage.label}/${file}`;
  const size = await storage.size(file);
  if (size === undefined) throw new InputError(`${label}: no such file`);
  const length = headerLength(await storage.readRange(file, 0, Math.min(8, size)), size, label);
  const header = parseHeader(await storage.readRange(file, 8, length), size, label);
  const entry = (name: string) => {
    const found = header.entries.get(name);
    if (!found) throw new InputError(`${label}: holds no tensor '${name}'`);
    return found;
  };
  const bytes = (name: string) => {
    const { begin, end } = entry(name);
    return storage.readRange(file, header.dataStart + begin, end - begin);
  };
  const elements = async (name: string, first: number, count: number) => {
    const { begin, end, dtype } = entry(name);
    const width = DTYPE_BYTES[dtype];
    const [from, length] = [begin + first * width, count * width];
    if (from + length > end)
      throw new InputError(`${label}: tensor '${name}' ends before element ${first + count}`);
    return toF32(await storage.readRange(file, header.dataStart + from, length), dtype);
  };
  return {
    elements,
    entries: header.entries,
    metadata: header.metadata,
    bytes,
    f32: async (name) => toF32(await bytes(name), entry(name).dtype),
  };
}
