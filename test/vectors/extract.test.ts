import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Pool } from '../../src/core/pool.js';
import type { Storage } from '../../src/formats/storage.js';
import { nodeStorage } from '../../src/formats/storage.node.js';
import { prepareImage } from '../../src/images/prepare.js';
import { listImages, loadImage } from '../../src/images/source.node.js';
import type { ImageRef } from '../../src/images/types.js';
import { CurvesaeError, createSession, InputError, init, UsageError } from '../../src/index.js';
import { extractActivations } from '../../src/vectors/extract.js';
import { openVectors } from '../../src/vectors/open.node.js';
import { type Manifest, openStore, storeName, writeManifest } from '../../src/vectors/store.js';
import type { StoreRecipe } from '../../src/vectors/types.js';
import { extractFixture, MODEL, RECIPE, withJob } from '../support/extraction.js';
import { failing } from '../support/failing-fs.js';
import { filled } from '../support/filled.js';
import { rejection } from '../support/rejection.js';

const test = suite('activations/extract');
let dir = '';
test.before.each(async () => {
  dir = await fsp.mkdtemp(join(tmpdir(), 'curvesae-extract-'));
});
test.after.each(() => fsp.rm(dir, { recursive: true, force: true }));

const IMAGES = await listImages(['procedural:23'], 5);
/** Every shard's bytes by name. */
async function shards(folder: string): Promise<Map<string, Buffer>> {
  const names = (await fsp.readdir(folder)).filter((n) => n.startsWith('shard-')).sort();
  return new Map(
    await Promise.all(names.map(async (n) => [n, await fsp.readFile(join(folder, n))] as const)),
  );
}
async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await fsp.readFile(join(folder, 'manifest.json'), 'utf8'));
}

test('the same bytes with 1, 2 and 3 workers and in both exact builds', async () => {
  let first: Map<string, Buffer> | undefined;
  for (const [workers, build] of [
    [1, 'simd'],
    [2, 'simd'],
    [3, 'simd'],
    [1, 'scalar'],
  ] as const) {
    const root = join(dir, `${build}${workers}`);
    const outcome = await extractFixture(root, IMAGES, RECIPE, { workers, build });
    const now = await shards(outcome.storage.label);
    assert.ok(now.size >= 4, `${now.size} shards`);
    first ??= now;
    assert.equal([...now.keys()], [...first.keys()]);
    for (const [name, bytes] of filled(now))
      assert.ok(bytes.equals(first.get(name)!), `${name}, ${workers} workers, ${build}`);
  }
});

test('rows are what the network says at the recorded positions; splits go by image', async () => {
  const { storage, manifest } = await extractFixture(dir, IMAGES, RECIPE);
  assert.is(manifest.complete, true);
  assert.is(storage.label.split('/').pop(), await storeName(RECIPE));
  const engine = await init();
  const core = engine.acquire();
  const session = createSession(engine, MODEL, { height: 64, width: 64, taps: [RECIPE.tap] });
  const maps: Float32Array[] = [];
  for (const ref of IMAGES) {
    session.run(prepareImage(core, await loadImage(ref, engine.math, 64), 64));
    maps.push(session.tap(RECIPE.tap));
  }
  const { parseSafetensors } = await import('../../src/formats/safetensors.js');
  const rows = { train: 0, heldout: 0, reference: 0 };
  for (const [name, bytes] of filled(await shards(storage.label))) {
    const { tensors } = parseSafetensors(bytes, name);
    for (const group of ['train', 'heldout', 'reference'] as const) {
      const x = tensors.get(`${group}.activations`)!.f32();
      const image = tensors.get(`${group}.image`)!.f32();
      const position = tensors.get(`${group}.position`)!.f32();
      for (let i = 0; i < image.length; i++) {
        const want = maps[image[i]].subarray(position[i] * 64, position[i] * 64 + 64);
        assert.equal(x.subarray(i * 64, i * 64 + 64), want, `${name} ${group} row ${i}`);
        if (group !== 'reference') assert.is(image[i] % 10 === 9, group === 'heldout');
      }
      rows[group] += image.length;
    }
  }
  assert.equal(rows, { train: 21 * 10, heldout: 2 * 10, reference: 23 * 6 });
  const vectors = await openVectors(dir); // the parent holds exactly one store
  assert.is(vectors.hash, manifest.hash);
  assert.is(vectors.source('train').count, 210);
  assert.is(vectors.source('heldout').count, 20);
  assert.is(vectors.source('all').count, 230);
  assert.is(vectors.source('reference').count, 138);
  let loaded = 0;
  const all = vectors.source('all');
  for (let s = 0; s < all.shards.length; s++) {
    const part = await all.load(s);
    assert.is(part.length, all.shards[s] * 64);
    loaded += all.shards[s];
  }
  assert.is(loaded, 230);
});

test('reused when nothing changed; another store for each change of the recipe', async () => {
  await extractFixture(dir, IMAGES, RECIPE);
  const again = await extractFixture(dir, IMAGES, RECIPE);
  assert.is(again.reused, true);
  const variants: Partial<StoreRecipe>[] = [
    { model: { ...RECIPE.model, sha256: '1'.repeat(64) } },
    { tap: 'maxpool0' },
    { inputSize: 96 },
    { images: 'other' },
    { perImage: 11 },
    { reference: 7 },
    { sample: 'uniform' },
    { excludeBorder: true },
    { seed: 2 },
    { numerics: 'relaxed' },
  ];
  const names = await Promise.all([RECIPE, ...variants.map((v) => ({ ...RECIPE, ...v }))].map(storeName));
  assert.is(new Set(names).size, names.length);
  const other = await extractFixture(dir, IMAGES, { ...RECIPE, seed: 2 });
  assert.is(other.reused, false);
  const error = await rejection(openVectors(dir));
  assert.instance(error, InputError);
  assert.match(error.message, /holds 2 stores; give one: /);
  await openVectors(other.storage.label);
});

test('a corrupt or lost shard is named on loading and re-made alone', async () => {
  const { storage } = await extractFixture(dir, IMAGES, RECIPE);
  const whole = await shards(storage.label);
  const names = [...whole.keys()];
  for (const damage of ['flip', 'cut', 'lose']) {
    const file = join(storage.label, names[1]);
    const bytes = Buffer.from(whole.get(names[1])!);
    if (damage === 'flip') bytes[bytes.length - 5] ^= 1;
    if (damage === 'lose') await fsp.rm(file);
    else await fsp.writeFile(file, damage === 'cut' ? bytes.subarray(0, 1000) : bytes);
    const vectors = (await openVectors(dir)).source('train');
    const error = await rejection(vectors.load(1));
    assert.instance(error, InputError);
    assert.match(error.message, new RegExp(names[1].replace('.', '\\.')));
    const others = await fsp.stat(join(storage.label, names[2]));
    let computed = 0;
    const outcome = await extractFixture(dir, IMAGES, RECIPE, { onTask: () => computed++ });
    assert.is(outcome.reused, false);
    assert.is(computed, outcome.manifest.imagesPerShard, 'only the images of one shard');
    assert.is((await fsp.stat(join(storage.label, names[2]))).ino, others.ino, 'the others are not written');
    for (const [name, old] of filled(whole))
      assert.ok((await fsp.readFile(join(storage.label, name))).equals(old), name);
    await vectors.load(1);
  }
});

test('each shard is told of once it is in its file, made or found', async () => {
  const told: string[] = [];
  const root = join(dir, 'told');
  for (const expected of ['made', 'found']) {
    told.length = 0;
    const { manifest, storage, reused } = await withJob(IMAGES, RECIPE, {}, (job) =>
      extractActivations({
        ...job,
        root: nodeStorage(root),
        onShard: ({ file, sha256 }, bytes) => {
          assert.is(createHash('sha256').update(bytes).digest('hex'), sha256);
          told.push(file);
        },
      }),
    );
    assert.is(reused, expected === 'found');
    assert.equal(
      told,
      manifest.shards.map(({ file }) => file),
    );
    assert.ok(told.length > 1);
    for (const { file, sha256 } of filled(manifest.shards))
      assert.is(
        createHash('sha256')
          .update(await storage.read(file))
          .digest('hex'),
        sha256,
      );
  }
});

test('a damaged manifest is refused, and extraction makes the same store again', async () => {
  const { storage } = await extractFixture(dir, IMAGES, RECIPE);
  const file = join(storage.label, 'manifest.json');
  const good = await fsp.readFile(file, 'utf8');
  const whole = await shards(storage.label);
  for (const [text, reason] of [
    ['', /not valid JSON/],
    [good.slice(0, 300), /not valid JSON/],
    ['null', /is not an object/],
    ['[]', /is not an object/],
    ['{}', /not an activation store/],
    [good.replace('"version": 1', '"version": 2'), /store version 2, this program reads 1/],
    [good.replace('"dIn": 64', '"dIn": 65'), /corrupt \(checksum\)/],
  ] as [string, RegExp][]) {
    await fsp.writeFile(file, text);
    const error = await rejection(openStore(storage));
    assert.instance(error, InputError);
    assert.match(error.message, reason);
  }
  const { checksum: _, ...fields } = JSON.parse(good);
  for (const change of [{ shards: null }, { shards: [null] }, { dIn: '64' }, { dIn: 0 }, { recipe: null }]) {
    await writeManifest(storage, { ...fields, ...change } as Manifest);
    assert.match((await rejection(openStore(storage))).message, /manifest\.json lacks fields/);
  }
  await extractFixture(dir, IMAGES, RECIPE);
  const now = await shards(storage.label);
  for (const [name, bytes] of filled(whole)) assert.ok(now.get(name)!.equals(bytes), name);
  const {
    seconds: _a,
    checksum: _b,
    ...content
  } = (await manifestOf(storage.label)) as Manifest & { checksum: string };
  const { seconds: _c, checksum: _d, ...before } = JSON.parse(good);
  assert.equal(content, before);
});

test('broken pictures are named, skipped and counted; all broken is an error', async () => {
  const broken = join(dir, 'broken.png');
  await fsp.writeFile(broken, 'not a picture');
  const bad: ImageRef = { kind: 'file', name: 'broken.png', path: broken };
  for (const workers of [1, 2]) {
    const { failures, manifest } = await extractFixture(
      join(dir, `w${workers}`),
      [IMAGES[0], bad, IMAGES[1]],
      RECIPE,
      { workers },
    );
    assert.is(failures.length, 1);
    assert.is(failures[0].name, 'broken.png');
    assert.match(failures[0].reason, /is not a picture/);
    assert.is(manifest.shards[0].rows.reference, 12);
  }
  const root = join(dir, 'all');
  const error = await rejection(extractFixture(root, [bad, bad], RECIPE));
  assert.instance(error, InputError);
  assert.match(error.message, /none of the 2 images could be used; the first: broken\.png/);
  assert.instance(await rejection(openVectors(root)), InputError, 'no store that looks complete is left');
});

test('errors keep their kind across workers', async () => {
  for (const workers of [1, 2]) {
    const error = await rejection(
      extractFixture(
        join(dir, `e${workers}`),
        IMAGES,
        { ...RECIPE, tap: 'mixed3a', inputSize: 48, excludeBorder: true },
        { workers, dIn: 256 },
      ),
    );
    assert.instance(error, UsageError);
    assert.match(error.message, /receptive field/);
  }
});

test('aborted: the reason is thrown, finished shards stay, the rest follows', async () => {
  const stop = new AbortController();
  const reason = new CurvesaeError('stopped');
  const error = await rejection(
    extractFixture(dir, IMAGES, RECIPE, {
      signal: stop.signal,
      onProgress: (n) => {
        if (n >= 12) stop.abort(reason);
      },
    }),
  );
  assert.is(error, reason);
  assert.match((await rejection(openVectors(dir))).message, /was not finished; repeat/);
  let computed = 0;
  const { storage } = await extractFixture(dir, IMAGES, RECIPE, { onTask: () => computed++ });
  assert.ok(computed < IMAGES.length, `${computed} computed again`);
  const reference = await extractFixture(join(dir, 'fresh'), IMAGES, RECIPE);
  const want = await shards(reference.storage.label);
  for (const [name, bytes] of filled(await shards(storage.label)))
    assert.ok(bytes.equals(want.get(name)!), name);
});

test('kill -9 at several points: opens, resumes, same bytes, nothing left over', async () => {
  const reference = await extractFixture(join(dir, 'whole'), IMAGES, RECIPE);
  const want = await shards(reference.storage.label);
  const root = join(dir, 'killed');
  const script = fileURLToPath(new URL('../support/extraction.js', import.meta.url));
  for (let kill = 0; kill < 3; kill++) {
    const child = fork(script, [root], { env: { ...process.env, CURVESAE_TEST_EXTRACT: '1' } });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    let shardsSeen = 0;
    await new Promise<void>((resolve) => {
      child.on('message', (n) => {
        if ((n as number) > 3 * (kill + 1) || ++shardsSeen > 40) resolve();
      });
      child.on('exit', () => resolve());
    });
    child.kill('SIGKILL');
    await ended;
  }
  const { storage } = await extractFixture(root, IMAGES, RECIPE);
  const got = await shards(storage.label);
  assert.equal([...got.keys()], [...want.keys()]);
  for (const [name, bytes] of filled(got)) assert.ok(bytes.equals(want.get(name)!), name);
  const left = (await fsp.readdir(storage.label)).filter((n) => n.startsWith('.'));
  assert.equal(left, [], 'no lock, no temporary file');
});

for (const code of ['ENOSPC', 'SHORT'])
  test(`the n-th file operation fails (${code}): never a half file that reads as good`, async () => {
    // A network of constants: the folder is what is tested.
    const value = { activations: new Float32Array(16).fill(1), positions: new Int32Array(2) };
    const pool = new Pool({
      workers: 1,
      spawn: () => assert.unreachable() as never,
      local: async () => ({ value: { sample: value, reference: value } }),
    });
    const recipe = { ...RECIPE, perImage: 2, reference: 2 };
    const run = (root: Storage) =>
      extractActivations({ pool, images: IMAGES.slice(0, 4), recipe, dIn: 8, root, shardBytes: 256 });
    const want = await shards((await run(nodeStorage(join(dir, 'want')))).storage.label);
    assert.is(want.size, 2);
    for (let n = 1; ; n++) {
      assert.ok(n < 300, 'never succeeds');
      const root = join(dir, `${n}`);
      const { fs, count } = failing(n, code);
      const error = await run(nodeStorage(root, fs)).then(
        () => undefined,
        (e) => e as Error,
      );
      if (error) assert.instance(error, CurvesaeError, `operation ${n}: ${error.stack}`);
      const { storage } = await run(nodeStorage(root)); // nobody trips over what is left
      for (const [name, bytes] of filled(await shards(storage.label)))
        assert.ok(bytes.equals(want.get(name)!), name);
      assert.equal((await fsp.readdir(storage.label)).sort(), ['manifest.json', ...want.keys()]);
      await (await openVectors(root)).source('all').load(0);
      if (count() < n) break;
    }
  });

test('two extractions into one store: the second is refused', async () => {
  const release = await nodeStorage(dir)
    .sub(await storeName(RECIPE))
    .lock();
  assert.match((await rejection(extractFixture(dir, IMAGES, RECIPE))).message, /in use by process/);
  await release();
  await extractFixture(dir, IMAGES, RECIPE);
});

test.run();
