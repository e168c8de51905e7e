// A safetensors file read piece by piece: the header first, then one tensor at a time,
// so that memory holds one tensor however large the file is.
import { InputError } from '../core/errors.js';
import { asF32, DTYPE_BYTES, toF32 } from './dtypes.js';
import { readPieces } from './file-pieces.js';
import { headerLength, parseHeader, type SafetensorsHeader, type TensorFile } from './safetensors.js';
import type { Readable } from './storage.js';

export interface TensorReader extends Pick<SafetensorsHeader, 'entries' | 'metadata'> {
  /** Raw elements of one tensor. */
  bytes(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The same, a piece of the file at a time. */
  pieces(name: string): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Elements [first, first + count) of one tensor. */
  elements(name: string, first: number, count: number): Promise<Float32Array>;
  f32(name: string): Promise<Float32Array>;
}

/** InputError on a missing file and on every deviation that parseSafetensors refuses. */
export async function openTensors(storage: Readable, file: string): Promise<TensorReader> {
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
    pieces: (name) => {
      const { begin, end } = entry(name);
      return readPieces(storage, file, header.dataStart + begin, header.dataStart + end);
    },
    elements,
    entries: header.entries,
    metadata: header.metadata,
    bytes,
    f32: async (name) => toF32(await bytes(name), entry(name).dtype),
  };
}

/** As parseSafetensors of the file, which may be larger than one array. Each tensor is read by itself; its f32() is no copy where it is F32. */
export async function readTensors(storage: Readable, file: string): Promise<TensorFile> {
  const reader = await openTensors(storage, file);
  const tensors: TensorFile['tensors'] = new Map();
  for (const [name, { dtype, shape }] of reader.entries) {
    const bytes = await reader.bytes(name);
    tensors.set(name, { dtype, shape, bytes, f32: () => asF32(bytes, dtype) });
  }
  return { tensors, metadata: reader.metadata };
}
