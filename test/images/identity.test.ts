// What is read of a picture is what named its set, or the work ends: nothing is kept under a name that
// other pictures gave (FAULTS S7).
import * as fsp from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { activations } from '../../src/api/activations.js';
import type { Platform } from '../../src/api/platform.js';
import { nodePlatform } from '../../src/api/platform.node.js';
import { run } from '../../src/api/run.js';
import { MAX_FILE_BYTES } from '../../src/images/limits.js';
import { listImages, loadImage, nameImages } from '../../src/images/source.node.js';
import { type Engine, InputError, init } from '../../src/index.js';
import { temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { rejection } from '../support/rejection.js';

const test = suite('images/identity');
const dir = temporaryFolder('identity');
const engines = new Map<number, Engine>();
const engineOf = async (workers: number): Promise<Engine> => {
  if (!engines.has(workers)) engines.set(workers, await init({ workers }));
  return engines.get(workers)!;
};
test.after(() => {
  for (const engine of engines.values()) engine.dispose();
});

const noise = async (seed: number): Promise<Uint8Array<ArrayBuffer>> => {
  const pixels = Uint8Array.from({ length: 40 * 40 * 3 }, (_, i) => (i * (seed + 7) * 31) % 251);
  return new Uint8Array(
    await sharp(pixels, { raw: { width: 40, height: 40, channels: 3 } })
      .png()
      .toBuffer(),
  );
};

let folders = 0;
async function photographs(): Promise<string> {
  const at = join(dir, `photos-${folders++}`);
  await fsp.mkdir(at);
  for (let i = 0; i < 4; i++) await fsp.writeFile(join(at, `p${i}.png`), await noise(i));
  return at;
}

/** Node, where something happens to the pictures once their set has its name. */
const after = (happens: () => Promise<unknown>): Platform => ({
  ...nodePlatform,
  nameImages: async (refs) => {
    const named = await nodePlatform.nameImages(refs);
    await happens();
    return named;
  },
});

const extract = async (platform: Platform, images: string, out: string, workers = 1) =>
  activations(platform, {
    ...{ model: 'embedded', tap: 'mixed3b_5x5', perImage: 4, reference: 4, images, out },
    ...{ engine: await engineOf(workers), warn: () => {} },
  });

/** Every file of every store in `out`. */
async function stores(out: string): Promise<Map<string, Buffer>> {
  const all = new Map<string, Buffer>();
  for (const store of await fsp.readdir(out))
    for (const file of await fsp.readdir(join(out, store)))
      all.set(`${store}/${file}`, await fsp.readFile(join(out, store, file)));
  return all;
}
const withoutManifests = (files: Map<string, Buffer>) =>
  new Map([...files].filter(([name]) => !name.endsWith('manifest.json')));

const intact = { out: join(dir, 'intact'), hash: '' };
test.before(async () => {
  intact.hash = (await extract(nodePlatform, await photographs(), intact.out)).hash;
});

const FAULTS: [string, (file: string) => Promise<unknown>, RegExp][] = [
  [
    'changes',
    async (file) => fsp.writeFile(file, await noise(99)),
    /p2\.png: has changed since this work began/,
  ],
  ['disappears', (file) => fsp.rm(file), /p2\.png: no such file; it could be read when this work began/],
  [
    'is cut',
    async (file) => fsp.truncate(file, (await fsp.stat(file)).size >> 1),
    /p2\.png: has changed since/,
  ],
  ['is emptied', (file) => fsp.truncate(file, 0), /p2\.png: has changed since/],
  [
    'is replaced by a folder',
    async (file) => {
      await fsp.rm(file);
      await fsp.mkdir(file);
    },
    /p2\.png: not a regular file; it could be read when/,
  ],
];

for (const [i, [what, happens, message]] of FAULTS.entries())
  test(`a picture that ${what} after its set was named ends the work; the intact set has its store`, async () => {
    const images = await photographs();
    const out = join(dir, `out-${i}`);
    const file = join(images, 'p2.png');
    const before = await fsp.readFile(file);
    // On this thread, and on two others.
    const error = await rejection(
      extract(
        after(() => happens(file)),
        images,
        out,
        1 + (i % 2),
      ),
    );
    assert.instance(error, InputError);
    assert.match(error.message, message);
    assert.not.ok(error.message.includes('\n'));
    assert.instance(await rejection(nodePlatform.openVectors(out)), InputError, 'nothing to take for whole');
    await fsp.rm(file, { recursive: true, force: true });
    await fsp.writeFile(file, before);
    const { hash, images: used } = await extract(nodePlatform, images, out);
    assert.equal([hash, used], [intact.hash, 4]);
    const got = withoutManifests(await stores(out));
    for (const [name, bytes] of filled(withoutManifests(await stores(intact.out))))
      assert.ok(got.get(name)?.equals(bytes), name);
  });

test('run: the same', async () => {
  const images = await photographs();
  const out = join(dir, 'run');
  const error = await rejection(
    run(
      after(async () => fsp.writeFile(join(images, 'p0.png'), await noise(50))),
      {
        ...{
          images,
          out,
          model: 'embedded',
          tap: 'mixed3b_5x5',
          perImage: 64,
          batch: 64,
          steps: 2,
          dSae: 16,
        },
        ...{ engine: await engineOf(1), warn: () => {} },
      },
    ),
  );
  assert.instance(error, InputError);
  assert.match(error.message, /p0\.png: has changed/);
});

test('unreadable when the set is named: skipped as long as it is, and no longer the same set when it is not', async () => {
  const images = await photographs();
  const file = join(images, 'p2.png');
  await fsp.rm(file);
  const list = join(dir, 'list.txt');
  await fsp.writeFile(list, [0, 1, 2, 3].map((i) => join(images, `p${i}.png`)).join('\n'));
  const out = join(dir, 'unreadable');
  const first = await extract(nodePlatform, list, out);
  assert.equal(
    first.failures.map((f) => f.name),
    ['p2.png'],
  );
  const error = await rejection(
    extract(
      after(async () => fsp.writeFile(file, await noise(2))),
      list,
      join(dir, 'appears'),
    ),
  );
  assert.match(error.message, /p2\.png: has changed/);
  const second = await extract(nodePlatform, list, out);
  assert.equal([second.images, second.failures], [4, []]);
  assert.is.not(second.hash, first.hash);
});

test('a picture that failed for a reason of that moment is taken up by the repetition', async () => {
  const images = await photographs();
  const out = join(dir, 'moment');
  // A store as a version left it that did not look what it read.
  const list = await nodePlatform.listImages(images, 0, {});
  const gone: Platform = {
    ...nodePlatform,
    nameImages: async (refs) => {
      const { hash } = await nodePlatform.nameImages(refs);
      const lost = list.map((ref, i) => (i === 2 ? { ...ref, path: join(images, 'none.png') } : ref));
      return { hash, images: lost as typeof list };
    },
  };
  const poisoned = await extract(gone, images, out);
  assert.equal([poisoned.hash, poisoned.images], [intact.hash, 3]);
  const said: string[] = [];
  const engine = await engineOf(1);
  const options = { model: 'embedded', tap: 'mixed3b_5x5', perImage: 4, reference: 4, images, out, engine };
  const healed = await activations(nodePlatform, { ...options, warn: (text) => said.push(text) });
  assert.equal([healed.images, healed.reused], [4, false]);
  assert.match(said.join('\n'), /lacks pictures that can be used now \(the first: p2\.png\); made again/);
  const got = withoutManifests(await stores(out));
  for (const [name, bytes] of filled(withoutManifests(await stores(intact.out))))
    assert.ok(got.get(name)?.equals(bytes), name);
  const again = await activations(nodePlatform, { ...options, warn: (text) => said.push(text) });
  assert.is(again.reused, true);
});

test('a Blob is held to its name as a file is, and both to the limit of size', async () => {
  const engine = await engineOf(1);
  const [named] = (await nameImages([{ kind: 'blob', name: 'b', blob: new Blob([await noise(1)]) }])).images;
  assert.is((await loadImage(named, engine.math, 40)).width, 40);
  const other = { ...named, blob: new Blob([await noise(2)]) } as typeof named;
  assert.match((await rejection(loadImage(other, engine.math, 40))).message, /^b: has changed/);
  const large = join(dir, 'large.png');
  await fsp.writeFile(large, '');
  await fsp.truncate(large, MAX_FILE_BYTES + 1);
  const refs = await listImages([large], 0);
  assert.match((await rejection(loadImage(refs[0], engine.math, 40))).message, /more than the limit of/);
});

test.run();
