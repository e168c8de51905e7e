import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canonicalJson, sha256 } from '../../src/core/hash.js';
import { nodeStorage } from '../../src/formats/storage.node.js';
import { CurvesaeError, InputError } from '../../src/index.js';
import { failing } from '../support/failing-fs.js';
import { rejection } from '../support/rejection.js';
import { until } from '../support/until.js';

const test = suite('formats/storage');
let dir = '';
test.before.each(async () => {
  dir = await fsp.mkdtemp(join(tmpdir(), 'curvesae-storage-'));
});
test.after.each(() => fsp.rm(dir, { recursive: true, force: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (data: Uint8Array) => new TextDecoder().decode(data);

test('write, read, range, size, list, remove, sub', async () => {
  const storage = nodeStorage(join(dir, 'new', 'folder'));
  assert.equal(await storage.list(), []);
  assert.is(await storage.size('a'), undefined);
  await storage.write('b', 'two');
  await storage.write('a', bytes('hello'));
  await storage.sub('inner').write('c', '');
  assert.equal(await storage.list(), ['a', 'b', 'inner']);
  assert.is(textOf(await storage.read('a')), 'hello');
  assert.is(textOf(await storage.readRange('a', 1, 3)), 'ell');
  assert.is(await storage.size('a'), 5);
  assert.is(await storage.sub('inner').size('c'), 0);
  await storage.remove('a');
  await storage.remove('a');
  assert.is(await storage.size('a'), undefined);
});

test('missing and short files, and names that are not names', async () => {
  const storage = nodeStorage(dir);
  await storage.write('a', 'hello');
  assert.instance(await rejection(storage.read('none')), InputError);
  assert.match(
    (await rejection(storage.readRange('a', 3, 9))).message,
    /truncated: 9 bytes wanted at 3, 2 are there/,
  );
  for (const name of ['', '.', '..', '../x', 'a/b', 'a\\b', 'a\0b'])
    assert.match(
      (await rejection(storage.write(name, 'x'))).message,
      /is not a file name/,
      JSON.stringify(name),
    );
  assert.throws(() => storage.sub('..'), /is not a file name/);
});

test('spaces, Unicode and long names', async () => {
  const storage = nodeStorage(join(dir, 'a b', 'Größe ☃'));
  await storage.write('naïve file', '1');
  assert.equal(await storage.list(), ['naïve file']);
  const error = await rejection(storage.write('x'.repeat(300), '1'));
  assert.instance(error, CurvesaeError);
  assert.match(error.message, /the path is too long/);
});

for (const code of ['ENOSPC', 'EIO', 'EACCES', 'EMFILE', 'EROFS', 'SHORT'])
  test(`a write whose n-th operation fails (${code}) leaves the old or the new file, nothing else`, async () => {
    const plain = nodeStorage(dir);
    await plain.write('f', 'old');
    for (let n = 1; ; n++) {
      assert.ok(n < 50, 'never succeeds');
      const { fs, count } = failing(n, code);
      const error = await nodeStorage(dir, fs)
        .write('f', 'new text')
        .then(
          () => undefined,
          (e) => e as Error,
        );
      const now = textOf(await plain.read('f'));
      assert.ok(now === 'old' || now === 'new text', `half a file: '${now}'`);
      assert.equal(await fsp.readdir(dir), ['f'], 'temporary files are cleaned');
      if (!error) assert.is(now, 'new text');
      else {
        assert.instance(error, CurvesaeError);
        assert.not.match(error.message, /\n/);
        assert.match(error.message, /f: cannot be written/);
        if (code === 'ENOSPC') assert.match(error.message, /disk is full/);
        if (code === 'EMFILE') assert.match(error.message, /too many open files/);
        if (code === 'EROFS') assert.match(error.message, /read-only/);
      }
      if (count() < n) break; // nothing was left to fail
      await plain.write('f', 'old');
    }
  });

test('the n-th operation of reading fails: a typed error that names the file', async () => {
  await nodeStorage(dir).write('r', '12345');
  const reads: [string, (s: ReturnType<typeof nodeStorage>) => Promise<unknown>][] = [
    ['read', (s) => s.read('r')],
    ['readRange', (s) => s.readRange('r', 1, 3)],
    ['size', (s) => s.size('r')],
    ['list', (s) => s.list()],
  ];
  for (const code of ['EIO', 'EMFILE', 'EACCES'])
    for (const [name, read] of reads)
      for (let n = 1; ; n++) {
        const { fs, count } = failing(n, code);
        const error = await read(nodeStorage(dir, fs)).then(
          () => undefined,
          (e: Error) => e,
        );
        if (count() < n) break;
        assert.instance(error, InputError, `${name} ${n} ${code}`);
        assert.match(error!.message, /cannot be read \((the disk or the network|too many open|permission)/);
      }
});

test('the lock: refused while held, free after release, the n-th operation failing leaves no lock', async () => {
  const storage = nodeStorage(dir);
  const release = await storage.lock();
  const error = await rejection(nodeStorage(dir).lock());
  assert.match(error.message, new RegExp(`in use by process ${process.pid}`));
  await release();
  await (await storage.lock())();
  for (let n = 1; ; n++) {
    const { fs, count } = failing(n, 'EIO');
    const outcome = await nodeStorage(dir, fs)
      .lock()
      .then(
        (r) => r,
        (e) => e as Error,
      );
    if (outcome instanceof Error) assert.instance(outcome, CurvesaeError);
    else await outcome();
    // Whatever failed, this process is not locked out by itself for ever.
    await fsp.rm(join(dir, '.lock'), { force: true });
    if (count() < n) break;
  }
});

test('a dead owner, a reused pid and a damaged lock are taken over; another host is trusted', async () => {
  const storage = nodeStorage(dir);
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.on('exit', resolve));
  const lock = (owner: unknown) =>
    fsp.writeFile(join(dir, '.lock'), typeof owner === 'string' ? owner : JSON.stringify(owner));
  for (const owner of [
    { pid: child.pid, host: hostname(), started: '1' },
    { pid: process.pid, host: hostname(), started: 'not its start' },
    '',
    '{"pid":',
    'null',
    { pid: 'x', host: 1 },
  ]) {
    await lock(owner);
    await (await storage.lock())();
  }
  await lock({ pid: 1, host: 'elsewhere', started: '' });
  assert.match((await rejection(storage.lock())).message, /in use by process 1 on elsewhere/);
});

test('eight takers of a stale lock: one gets it', async () => {
  await fsp.writeFile(join(dir, '.lock'), '{"pid":');
  const takers = await Promise.allSettled(Array.from({ length: 8 }, () => nodeStorage(dir).lock()));
  assert.is(takers.filter((t) => t.status === 'fulfilled').length, 1);
});

test('releasing does not remove the lock of a successor', async () => {
  const release = await nodeStorage(dir).lock();
  await fsp.writeFile(join(dir, '.lock'), JSON.stringify({ pid: 1, host: 'elsewhere', started: '' }));
  await release();
  assert.ok((await fsp.readdir(dir)).includes('.lock'));
});

test('killed in the middle of writing: what was there stays, and the next owner cleans up', async () => {
  const storage = nodeStorage(dir);
  await storage.write('f', 'old');
  const script = `
    import { nodeStorage } from ${JSON.stringify(new URL('../../src/formats/storage.node.js', import.meta.url).href)};
    const storage = nodeStorage(${JSON.stringify(dir)});
    await storage.lock();
    const data = new Uint8Array(64 << 20).fill(120);
    console.log('started');
    for (;;) await storage.write('f', data);`;
  /** Bytes of the temporary file that is being written; none where it is a whole file at the moment. */
  const unfinished = () => {
    const sizes = readdirSync(dir)
      .filter((f) => f !== 'f' && f !== '.lock')
      .map((f) => statSync(join(dir, f), { throwIfNoEntry: false })?.size ?? -1);
    return Math.max(-1, ...sizes);
  };
  for (const share of [0, 0.3, 0.9]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await until(() => unfinished() >= share * (64 << 20));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('exit', resolve));
    const size = (await storage.size('f'))!;
    assert.ok(size === 3 || size === 64 << 20, `half a file of ${size} bytes`);
    assert.equal(await storage.list(), ['f'], 'temporary files are not listed');
    await (await storage.lock())();
    assert.equal(await fsp.readdir(dir), ['f'], 'temporary files of the dead are removed');
  }
});

test('sha256 and canonical JSON', async () => {
  assert.is(await sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.is(canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined }), '{"b":[1,{"c":"x","d":null}]}');
  assert.is(canonicalJson({ b: 1, a: 2 }), canonicalJson({ a: 2, b: 1 }));
  assert.throws(() => canonicalJson({ x: Number.NaN }), /no JSON form/);
});

test.run();
