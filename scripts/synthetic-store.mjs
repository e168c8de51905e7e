// An activation store of any number of vectors (docs/formats.md), for what depends on how many there are and not on what they
// hold: rows of a block that repeats, in the files that an extraction would write.
import { join } from 'node:path';

const { nodeStorage } = await import('../dist/src/formats/storage.node.js');
const { encodeShard } = await import('../dist/src/vectors/shard-file.js');
const { shardFile, storeName, writeManifest } = await import('../dist/src/vectors/store.js');
const { sha256 } = await import('../dist/src/core/hash.js');

/** `block`: [n][d]; `images` of `perImage` vectors each, in `files` files. Returns the store's folder. */
export async function syntheticStore(out, { images, perImage, d, files, block }) {
  const recipe = {
    model: { name: 'synthetic', architecture: 'synthetic', sha256: 'synthetic' },
    ...{ tap: 'mixed3b_5x5', inputSize: 224, images: `${images} of nothing`, perImage, reference: 1 },
    ...{ sample: 'uniform', excludeBorder: false, seed: 0, numerics: 'exact' },
  };
  const folder = join(out, await storeName(recipe));
  const storage = nodeStorage(folder);
  const imagesPerShard = Math.ceil(images / files);
  const period = block.length / d;
  const rowsFrom = (first, n, image, each) => {
    const activations = new Float32Array(n * d);
    for (let i = 0; i < n; ) {
      const from = (first + i) % period;
      const some = Math.min(n - i, period - from);
      activations.set(block.subarray(from * d, (from + some) * d), i * d);
      i += some;
    }
    return {
      activations,
      image: Int32Array.from({ length: n }, (_, i) => image(Math.floor(i / each))),
      position: new Int32Array(n),
    };
  };
  const manifest = {
    ...{ format: 'curvesae-activations', version: 1, hash: await storeName(recipe), recipe, dIn: d },
    ...{ images, imagesPerShard, complete: true, shards: [], seconds: 0 },
  };
  for (let s = 0; s * imagesPerShard < images; s++) {
    const first = s * imagesPerShard;
    const n = Math.min(imagesPerShard, images - first);
    const heldout = Math.floor((first + n) / 10) - Math.floor(first / 10);
    const group = (count, each) => [rowsFrom(first * each, count * each, (i) => first + i, each)];
    const { bytes, rows } = encodeShard(
      { train: group(n - heldout, perImage), heldout: group(heldout, perImage), reference: group(n, 1) },
      d,
    );
    const file = shardFile(s);
    await storage.write(file, bytes);
    manifest.shards.push({ file, bytes: bytes.byteLength, sha256: await sha256(bytes), rows, failures: [] });
  }
  await writeManifest(storage, manifest);
  return folder;
}
