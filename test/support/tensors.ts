// F32 tensors of a safetensors file that is known to be good.
import { readFileSync } from 'node:fs';
import type { NamedTensor } from '../../src/index.js';

export function readTensors(path: string): Map<string, NamedTensor> {
  const file = readFileSync(path);
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString('utf8'));
  const tensors = new Map<string, NamedTensor>();
  for (const [name, entry] of Object.entries<{ shape: number[]; data_offsets: [number, number] }>(header)) {
    if (name === '__metadata__') continue;
    const [from, to] = entry.data_offsets;
    const values = new Float32Array(bytes.slice(8 + length + from, 8 + length + to));
    tensors.set(name, { shape: entry.shape, f32: () => values });
  }
  return tensors;
}
