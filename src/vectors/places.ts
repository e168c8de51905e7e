// Where vectors of a store come from: some of them with their picture and their position.
import type { Storage } from '../formats/storage.js';
import { decodeGroup } from './shard-file.js';
import { type Group, type Manifest, type ReadShard, readShard } from './store.js';

export interface Places {
  /** [n][d] */
  vectors: Float32Array;
  /** Index of the picture in the list that the store was made from. */
  image: Int32Array;
  /** y * W + x in the tap. */
  position: Int32Array;
}

/** All vectors of one group, shard after shard; those of a picture follow each other. */
export async function* placedShards(
  storage: Storage,
  manifest: Manifest,
  group: Group,
  read: ReadShard = (entry) => readShard(storage, entry),
): AsyncGenerator<Places> {
  for (const entry of manifest.shards.filter((s) => s.rows[group] > 0)) {
    const label = `${storage.label}/${entry.file}`;
    const found = decodeGroup(await read(entry), label, group, entry.rows[group]);
    yield { vectors: found.activations, image: found.image, position: found.position };
  }
}

/** Rows first .. end of each picture. */
export function* picturesOf({ image }: Places): Generator<{ picture: number; first: number; end: number }> {
  for (let first = 0, end = 0; first < image.length; first = end) {
    while (end < image.length && image[end] === image[first]) end++;
    yield { picture: image[first], first, end };
  }
}

/** Vectors of one group, of at most `pictures` pictures and `each` places of a picture, both evenly spread. */
export async function storePlaces(
  storage: Storage,
  manifest: Manifest,
  group: Group,
  { pictures, each }: { pictures: number; each: number },
  read?: ReadShard,
): Promise<Places> {
  const d = manifest.dIn;
  const chosen: { rows: Float32Array; image: number; position: number }[][] = [];
  for await (const shard of placedShards(storage, manifest, group, read))
    for (const { picture, first, end } of picturesOf(shard))
      chosen.push(
        evenly(end - first, each).map((i) => ({
          rows: shard.vectors.subarray((first + i) * d, (first + i + 1) * d),
          image: picture,
          position: shard.position[first + i],
        })),
      );
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
