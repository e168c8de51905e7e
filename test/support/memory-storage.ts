// Storage in memory: what code above the interface may rely on, without a disk.
import { joinedPieces, watched } from '../../src/formats/pieces.js';
import type { Storage } from '../../src/formats/storage.js';
import { InputError } from '../../src/index.js';

export function memoryStorage(files: Record<string, Uint8Array> = {}, label = 'memory'): Storage {
  const all = new Map(Object.entries(files));
  const subs = new Map<string, Storage>();
  const get = (name: string) => {
    const data = all.get(name);
    if (!data) throw new InputError(`${label}/${name}: no such file`);
    return data;
  };
  return {
    label,
    read: async (name) => new Uint8Array(get(name)),
    readRange: async (name, offset, length) => {
      const part = new Uint8Array(get(name).slice(offset, offset + length));
      if (part.length < length) throw new InputError(`${label}/${name}: truncated`);
      return part;
    },
    size: async (name) => all.get(name)?.byteLength,
    write: async (name, data) => {
      all.set(name, await joinedPieces(watched(data).content));
    },
    list: async () => [...all.keys(), ...subs.keys()].sort(),
    remove: async (name) => {
      all.delete(name);
    },
    sub: (name) => {
      if (!subs.has(name)) subs.set(name, memoryStorage({}, `${label}/${name}`));
      return subs.get(name)!;
    },
    lock: async () => async () => {},
  };
}
