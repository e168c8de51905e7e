import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/hash.js';
import { encodeSafetensors, parseSafetensors } from '../../src/formats/safetensors.js';
import { hideStore, hidingMatrix, init, Rng, UsageError } from '../../src/index.js';
import { TRUTH_FILE } from '../../src/vectors/hidden-store.js';
import {
  GROUPS,
  type Manifest,
  openStore,
  storeName,
  storeVectors,
  writeManifest,
} from '../../src/vectors/store.js';
import { memoryStorage } from '../support/memory-storage.js';

const test = suite('vectors/hidden-store');
const engine = await init();
const dIn = 6;

/** A store of two shards, as extraction leaves it. */
async function smallStore() {
  const storage = memoryStorage();
  const rng = new Rng(1);
  const recipe = {
    model: { name: 'm', architecture: 'a', sha256: '' },
    ...{ tap: 't', inputSize: 8, images: 'i', perImage: 2, reference: 1 },
    ...{ sample: 'uniform' as const, excludeBorder: false, seed: 0, numerics: 'exact' as const },
  };
  const rows = { train: 4, heldout: 1, reference: 3 };
  const shards: Manifest['shards'] = [];
  for (let s = 0; s < 2; s++) {
    const tensors: Parameters<typeof encodeSafetensors>[0] = {};
    for (const group of GROUPS) {
      const n = rows[group];
      const data = Float32Array.from({ length: n * dIn }, () => rng.uniform());
      tensors[`${group}.activations`] = { shape: [n, dIn], data };
      tensors[`${group}.image`] = { shape: [n], data: Int32Array.from({ length: n }, (_, i) => s * 10 + i) };
      tensors[`${group}.position`] = { shape: [n], data: Int32Array.from({ length: n }, (_, i) => 7 * i) };
    }
    const bytes = encodeSafetensors(tensors);
    const file = `shard-${s}.safetensors`;
    await storage.write(file, bytes);
    shards.push({ file, bytes: bytes.byteLength, sha256: await sha256(bytes), rows, failures: [] });
  }
  const manifest: Manifest = {
    ...{ format: 'curvesae-activations', version: 1, hash: await storeName(recipe), recipe, dIn },
    ...{ images: 4, imagesPerShard: 2, complete: true, shards, seconds: 1 },
  };
  await writeManifest(storage, manifest);
  return { storage, manifest };
}

test('the same places, their vectors times P; P is kept; repeated: the same bytes, reused', async () => {
  const { storage, manifest } = await smallStore();
  const root = memoryStorage();
  const hiding = { kind: 'project' as const, width: 4, seed: 2 };
  const made = await hideStore({ engine, storage, manifest, hiding, root });
  assert.is(made.reused, false);
  assert.is((await hideStore({ engine, storage, manifest, hiding, root })).reused, true);
  const opened = await openStore(root);
  assert.is(opened.manifest.dIn, 4);
  assert.equal(opened.manifest.recipe.hidden, { ...hiding, store: manifest.hash, neurons: dIn });
  const matrix = hidingMatrix(engine.math, dIn, hiding);
  const truth = parseSafetensors(await made.storage.read(TRUTH_FILE), 'truth').tensors.get('directions')!;
  assert.equal([truth.shape, truth.f32()], [[dIn, 4], matrix]);
  for (const split of ['train', 'heldout', 'reference'] as const) {
    const before = storeVectors(storage, manifest, split);
    const after = storeVectors(opened.storage, opened.manifest, split);
    assert.equal([after.d, after.count, [...after.shards]], [4, before.count, [...before.shards]]);
    const [x, y] = [await before.load(1), await after.load(1)];
    for (let i = 0; i < after.shards[1]; i++)
      for (let j = 0; j < 4; j++) {
        let dot = 0;
        for (let k = 0; k < dIn; k++) dot += x[i * dIn + k] * matrix[k * 4 + j];
        assert.ok(Math.abs(y[i * 4 + j] - dot) < 1e-6);
      }
  }
  const shard = parseSafetensors(await opened.storage.read('shard-1.safetensors'), 's').tensors;
  const source = parseSafetensors(await storage.read('shard-1.safetensors'), 's').tensors;
  assert.equal(shard.get('train.position')!.bytes, source.get('train.position')!.bytes);
  assert.equal(shard.get('heldout.image')!.bytes, source.get('heldout.image')!.bytes);
});

test('another seed is another folder; a damaged shard is made again; a hidden store is not hidden twice', async () => {
  const { storage, manifest } = await smallStore();
  const root = memoryStorage();
  const hiding = { kind: 'rotate' as const, width: dIn, seed: 0 };
  const one = await hideStore({ engine, storage, manifest, hiding, root });
  const two = await hideStore({ engine, storage, manifest, hiding: { ...hiding, seed: 1 }, root });
  assert.not.equal(one.manifest.hash, two.manifest.hash);
  const good = await one.storage.read('shard-0.safetensors');
  await one.storage.write(
    'shard-0.safetensors',
    good.map((b, i) => (i === good.length - 1 ? b ^ 1 : b)),
  );
  assert.is((await hideStore({ engine, storage, manifest, hiding, root })).reused, false);
  assert.equal(await one.storage.read('shard-0.safetensors'), good);
  const again = await hideStore({ engine, ...one, hiding, root }).catch((e: unknown) => e);
  assert.instance(again, UsageError);
});

test.run();
