import * as fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { imageSetHash, listImages, loadImage } from '../../src/images/source.node.js';
import { InputError, init, UsageError } from '../../src/index.js';
import { rejection } from '../support/rejection.js';

const test = suite('images/source');
const { math } = await init();
let dir = '';
test.before(async () => {
  dir = await fsp.mkdtemp(join(tmpdir(), 'curvesae-source-'));
  await fsp.mkdir(join(dir, 'sub'));
  await fsp.mkdir(join(dir, 'empty'));
  for (const [i, name] of [
    'b.PNG',
    'a.jpg',
    '.hidden.png',
    'notes.md',
    'sub/c.webp',
    'sub/a.jpg',
    'we [ird] ☃.png',
  ].entries())
    await fsp.writeFile(
      join(dir, name),
      name.endsWith('.md')
        ? 'text'
        : await sharp({ create: { width: 4, height: 3, channels: 3, background: { r: i, g: 0, b: 0 } } })
            .png()
            .toBuffer(),
    );
  await fsp.writeFile(join(dir, 'list.txt'), '# chosen\nb.PNG\r\n\nsub/c.webp\n');
});
test.after(() => fsp.rm(dir, { recursive: true, force: true }));

const names = async (...specs: string[]) => (await listImages(specs, 0)).map((r) => r.name);

test('folder (top level), glob, list, files; sorted by name', async () => {
  assert.equal(await names(dir), ['a.jpg', 'b.PNG', 'we [ird] ☃.png']);
  assert.equal(await names(join(dir, '**/*.webp')), ['c.webp']);
  assert.equal(await names(join(dir, '{a.jpg,b.PNG}')), ['a.jpg', 'b.PNG']);
  assert.equal(await names(join(dir, 'list.txt')), ['b.PNG', 'c.webp']);
  assert.equal(await names(join(dir, 'we [ird] ☃.png')), ['we [ird] ☃.png'], 'a file wins over a pattern');
});

test('a file by several paths is one picture, and that is said once', async () => {
  const root = await fsp.mkdtemp(join(dir, 'links-'));
  await fsp.mkdir(join(root, 'real'));
  for (const name of ['a.png', 'b.png']) await fsp.copyFile(join(dir, 'b.PNG'), join(root, 'real', name));
  await fsp.symlink('real', join(root, 'again'));
  await fsp.symlink('.', join(root, 'real', 'loop'));
  await fsp.symlink('a.png', join(root, 'real', 'c.png'));
  await fsp.symlink('nowhere.png', join(root, 'real', 'broken.png'));
  const said: string[] = [];
  const list = async (...specs: string[]) =>
    (await listImages(specs, 0, (text) => said.push(text))).map((r) => r.name);
  const [first, ...others] = await list(join(root, '**/*.png'));
  assert.is(others.length + 1, 2, 'copies are two, links are none');
  assert.is(said.length, 1);
  assert.match(
    said[0],
    /^\d+ of \d+ pictures are files that were listed before.* is .*; each file is taken once$/,
  );
  assert.ok(first.endsWith('.png'));
  said.length = 0;
  const real = join(root, 'real');
  assert.equal(
    await list(real),
    ['a.png', 'b.png', 'broken.png'],
    'what leads nowhere is named when it is read',
  );
  assert.equal(await list(real, join(root, 'again', 'a.png'), join(root, 'again', 'b.png')), [
    ...['a.png', 'b.png', 'broken.png'],
  ]);
  assert.is(said.length, 2);
  said.length = 0;
  assert.is((await list(dir, 'procedural:3', 'procedural:3')).length, 9);
  assert.equal(said, []);
});

test('files of one name keep apart', async () => {
  assert.equal(await names(join(dir, 'a.jpg'), join(dir, 'sub/a.jpg')), [
    join(dir, 'a.jpg'),
    join(dir, 'sub/a.jpg'),
  ]);
});

test('procedural images', async () => {
  const refs = await listImages(['procedural:3'], 7);
  assert.equal(
    refs.map((r) => r.name),
    ['procedural-000000', 'procedural-000001', 'procedural-000002'],
  );
  const image = await loadImage(refs[1], math, 32);
  assert.equal([image.width, image.height, image.data.length], [32, 32, 3072]);
  assert.equal((await loadImage(refs[1], math, 32)).data, image.data);
  for (const spec of ['procedural:0', 'procedural:99999999'])
    assert.instance(await rejection(listImages([spec], 0)), UsageError);
});

test('as many pictures as large sets have', async () => {
  assert.is((await listImages(['procedural:400000', 'procedural:1'], 0)).length, 400_001);
});

test('nothing found: one line that says what', async () => {
  for (const [spec, reason] of [
    [join(dir, 'empty'), /no image in this folder/],
    [join(dir, '*.tiff'), /no image matches/],
    [join(dir, 'none.png'), /no such image/],
    ['procedural:x', /no such image/],
  ] as [string, RegExp][]) {
    const error = await rejection(listImages([spec], 0));
    assert.instance(error, InputError);
    assert.match(error.message, reason);
  }
});

test('the hash of an image set sees contents, names and order', async () => {
  const refs = await listImages([dir], 0);
  const before = await imageSetHash(refs);
  assert.is(await imageSetHash(await listImages([dir], 0)), before);
  assert.is.not(await imageSetHash([...refs].reverse()), before);
  const file = join(dir, 'b.PNG');
  const old = await fsp.readFile(file);
  await fsp.writeFile(
    file,
    await sharp({ create: { width: 4, height: 3, channels: 3, background: 'green' } })
      .png()
      .toBuffer(),
  );
  assert.is.not(await imageSetHash(refs), before, 'a changed picture under the same name counts');
  await fsp.writeFile(file, old);
  assert.is(await imageSetHash(refs), before);
  assert.is.not(
    await imageSetHash(await listImages(['procedural:2'], 0)),
    await imageSetHash(await listImages(['procedural:2'], 1)),
  );
});

test.run();
