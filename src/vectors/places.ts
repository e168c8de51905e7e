// Where vectors of a store come from: some of them with their picture and their position.
import { InputError } from '../core/errors.js';
import { parseSafetensors } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import { type Group, type Manifest, readShard } from './store.js';

export interface Places {
  /** [n][d] */
  vectors: Float32Array;
  /** Index of the picture in the list that the store was made from. */
  image: Int32Array;
  /** y * W + x in the tap. */
  position: Int32Array;
}

/** Vectors of one group, of at most `pictures` pictures and `each` places of a picture, both evenly spread. */
export async function storePlaces(
  storage: Storage,
  manifest: Manifest,
  group: Group,
  { pictures, each }: { pictures: number; each: number },
): Promise<Places> {
  const d = manifest.dIn;
  const chosen: { rows: Float32Array; image: number; position: number }[][] = [];
  for (const entry of manifest.shards.filter((s) => s.rows[group] > 0)) {
    const { tensors } = parseSafetensors(await readShard(storage, entry), `${storage.label}/${entry.file}`);
    const [activations, image, position] = ['activations', 'image', 'position'].map((part) => {
      const tensor = tensors.get(`${group}.${part}`);
      if (tensor?.shape[0] !== entry.rows[group])
        throw new InputError(
          `${storage.label}/${entry.file}: holds other rows than its manifest says; extract again`,
        );
      return tensor;
    });
    const x = activations.f32();
    const [images, positions] = [image, position].map((t) => int32(t.bytes));
    for (let first = 0; first < images.length; ) {
      let end = first;
      while (end < images.length && images[end] === images[first]) end++;
      chosen.push(
        evenly(end - first, each).map((i) => ({
          rows: x.subarray((first + i) * d, (first + i + 1) * d),
          image: images[first + i],
          position: positions[first + i],
        })),
      );
      first = end;
    }
  }
  const places = evenly(chosen.length, pictures).flatMap((i) => chosen[i]);
  const vectors = new Float32Array(places.length * d);
  for (const [i, { rows }] of places.entries()) vectors.set(rows, i * d);
  return {
    vectors,
    image: Int32Array.from(places, (p) => p.image),
    position: Int32Array.from(places, (p) => p.position),
  };
}

/** At most `most` of 0 .. n - 1, evenly spaced. */
export function evenly(n: number, most: number): number[] {
  const count = Math.min(n, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
}

function int32(bytes: Uint8Array): Int32Array {
  const { buffer, byteOffset, byteLength } = bytes.slice();
  return new Int32Array(buffer as ArrayBuffer, byteOffset, byteLength / 4);
}
