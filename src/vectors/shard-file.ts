// One file of a store (docs/formats.md): nine tensors, for each group vectors, pictures and positions.
import { InputError } from '../core/errors.js';
import { parseSafetensors, safetensorsRoom } from '../formats/safetensors.js';
import { GROUPS, type Group } from './store.js';

export interface GroupRows {
  /** [n][d] */
  activations: Float32Array;
  /** Index of the picture in the list that the store is made from. */
  image: Int32Array;
  /** y * W + x */
  position: Int32Array;
}

/** The file of what `groups` list, in this order, and its rows. Written into the file's bytes at once: a copy costs a shard's time. */
export function encodeShard(
  groups: Readonly<Record<Group, readonly GroupRows[]>>,
  dIn: number,
): { bytes: Uint8Array<ArrayBuffer>; rows: Record<Group, number> } {
  const rows = {} as Record<Group, number>;
  const entries: { name: string; dtype: 'F32' | 'I32'; shape: number[] }[] = [];
  for (const group of GROUPS) {
    const n = groups[group].reduce((sum, g) => sum + g.position.length, 0);
    rows[group] = n;
    entries.push({ name: `${group}.activations`, dtype: 'F32', shape: [n, dIn] });
    for (const part of ['image', 'position'])
      entries.push({ name: `${group}.${part}`, dtype: 'I32', shape: [n] });
  }
  const { bytes, room } = safetensorsRoom(entries);
  for (const group of GROUPS) {
    const activations = room(`${group}.activations`) as Float32Array;
    const [image, position] = [room(`${group}.image`), room(`${group}.position`)];
    let at = 0;
    for (const part of groups[group]) {
      activations.set(part.activations, at * dIn);
      image.set(part.image, at);
      position.set(part.position, at);
      at += part.position.length;
    }
  }
  return { bytes, rows };
}

/** The rows of one group of a file. InputError: it holds another number of them. */
export function decodeGroup(bytes: Uint8Array, label: string, group: Group, rows: number): GroupRows {
  const { tensors } = parseSafetensors(bytes, label);
  const [activations, image, position] = ['activations', 'image', 'position'].map((part) => {
    const tensor = tensors.get(`${group}.${part}`);
    if (tensor?.shape[0] !== rows)
      throw new InputError(`${label}: holds other rows than its manifest says; extract again`);
    return tensor;
  });
  return {
    activations: activations.f32(),
    image: int32(image.bytes),
    position: int32(position.bytes),
  };
}

function int32(bytes: Uint8Array): Int32Array {
  const { buffer, byteOffset, byteLength } = bytes.slice();
  return new Int32Array(buffer as ArrayBuffer, byteOffset, byteLength / 4);
}
