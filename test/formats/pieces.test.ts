import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOfFile } from '../../src/formats/file-pieces.js';
import { type Content, digestOf, digestOfContent, PIECE_BYTES } from '../../src/formats/pieces.js';
import { encodeSafetensors, safetensorsPieces } from '../../src/formats/safetensors.js';
import type { Storage } from '../../src/formats/storage.js';
import { nodeStorage } from '../../src/formats/storage.node.js';
import { openTensors, readTensors } from '../../src/formats/tensor-reader.js';
import { InputError } from '../../src/index.js';
import { memoryStorage } from '../support/memory-storage.js';
import { rejection } from '../support/rejection.js';

const test = suite('formats/pieces');
let dir = '';
test.before.each(async () => {
  dir = await fsp.mkdtemp(join(tmpdir(), 'curvesae-pieces-'));
});
test.after.each(() => fsp.rm(dir, { recursive: true, force: true }));

const sha = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');
/** Byte i is (from + i) % 251. */
const counted = (from: number, n: number) => {
  const period = Uint8Array.from({ length: 251 }, (_, i) => (from + i) % 251);
  return n ? new Uint8Array(Buffer.alloc(n, period)) : new Uint8Array(0);
};

test('content made while it is written is the same file; small content is one write', async () => {
  const made = (...parts: Uint8Array[]): Content => ({
    size: parts.reduce((n, p) => n + p.length, 0),
    async *pieces() {
      yield* parts;
    },
  });
  for (const storage of [nodeStorage(dir), memoryStorage()]) {
    await storage.write('x', made(counted(0, 3), new Uint8Array(0), counted(3, 500)));
    assert.equal(await storage.read('x'), counted(0, 503));
    await storage.write('x', made());
    assert.is(await storage.size('x'), 0);
  }
  const writes: number[] = [];
  const fs = {
    ...fsp,
    open: async (...args: Parameters<typeof fsp.open>) => {
      const handle = await fsp.open(...args);
      const write = handle.write.bind(handle) as (...args: unknown[]) => unknown;
      const noted = (...args: unknown[]) => {
        writes.push(args[2] as number);
        return write(...args);
      };
      handle.write = noted as typeof handle.write;
      return handle;
    },
  };
  const storage = nodeStorage(dir, fs);
  await storage.write('small', made(counted(0, 3), counted(3, 7)));
  assert.equal(writes.splice(0), [10]);
  const large = counted(0, PIECE_BYTES + 10);
  await storage.write('large', made(large, counted(0, 5)));
  assert.equal(writes, [PIECE_BYTES, 10, 5]);
  assert.is(sha(await storage.read('large')), sha(Buffer.concat([large, counted(0, 5)])));
});

test('an error of making content leaves as it is, and no file', async () => {
  const storage = nodeStorage(dir);
  await storage.write('x', 'before');
  const aborted = new DOMException('stop', 'AbortError');
  for (const size of [100, 2 * PIECE_BYTES])
    for (const error of [new InputError('x: NaN in row 7'), aborted]) {
      const content: Content = {
        size,
        *pieces() {
          yield counted(0, 50);
          throw error;
        },
      };
      assert.is(await rejection(storage.write('x', content)), error);
    }
  assert.is(String(Buffer.from(await storage.read('x'))), 'before');
  assert.equal(readdirSync(dir), ['x']);
  const short: Content = { size: 9, pieces: () => [counted(0, 3)] };
  assert.match((await rejection(storage.write('x', short))).message, /content of 3 bytes, 9 were announced/);
});

test('digests: of a piece that of its bytes, of more that of the digests of its pieces', async () => {
  const storage: Storage = nodeStorage(dir);
  await storage.write('small', 'hello');
  assert.is(await digestOfFile(storage, 'small'), sha('hello'));
  const [first, rest] = [counted(0, PIECE_BYTES), counted(9, 11)];
  await storage.write('large', { size: PIECE_BYTES + 11, pieces: () => [first, rest] });
  const expected = sha(sha(first) + sha(rest));
  assert.is(await digestOfFile(storage, 'large'), expected);
  assert.is(await digestOf([first, rest]), expected);
  assert.instance(await rejection(digestOfFile(storage, 'none')), InputError);
});

test('tensors in pieces are the file that they are in one, and are read back one by one', async () => {
  const tensors = {
    a: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, -6) },
    __proto__x: { shape: [2], data: Float64Array.of(1e300, -0) },
    c: { shape: [0], data: new Uint8Array(0) },
    odd: { shape: [3], data: Uint8Array.of(1, 2, 3) },
  };
  const storage = nodeStorage(dir);
  await storage.write('x', safetensorsPieces(tensors, { k: 'v' }));
  assert.equal(await storage.read('x'), encodeSafetensors(tensors, { k: 'v' }));
  const { tensors: found, metadata } = await readTensors(storage, 'x');
  assert.equal({ ...metadata }, { k: 'v' });
  assert.equal([...found.keys()].sort(), Object.keys(tensors).sort());
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    assert.equal(found.get(name)!.shape, shape);
    assert.equal(found.get(name)!.f32(), Float32Array.from(data), name);
  }
  const parts: number[] = [];
  for await (const part of (await openTensors(storage, 'x')).pieces('odd')) parts.push(...part);
  assert.equal(parts, [1, 2, 3]);
});

test('the digest of content is that of its file, however it was cut', async () => {
  const storage = memoryStorage();
  const sizes = [[0], [5], [8, PIECE_BYTES - 8], [8, PIECE_BYTES + 3, 0, 40]];
  for (const parts of sizes) {
    const pieces = parts.map((n, i) => counted(i, n));
    const content = { size: parts.reduce((sum, n) => sum + n, 0), pieces: () => pieces };
    await storage.write('x', content);
    assert.is(await digestOfContent(content), await digestOfFile(storage, 'x'), parts.join(' + '));
  }
});

test.run();
