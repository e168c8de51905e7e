// A safetensors file read piece by piece: the header first, then one tensor at a time,
// so that memory holds one tensor however large the file is.
import { InputError } from '../core/errors.js';
import { toF32 } from './dtypes.js';
import { headerLength, parseHeader, type SafetensorsHeader } from './safetensors.js';
import type { Storage } from './storage.js';

export interface TensorReader extends Pick<SafetensorsHeader, 'entries' | 'metadata'> {
  /** Raw elements of one tensor. */
  bytes(name: string): Promise<Uint8Array>;
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
  return {
    entries: header.entries,
    metadata: header.metadata,
    bytes,
    f32: async (name) => toF32(await bytes(name), entry(name).dtype),
  };
}
