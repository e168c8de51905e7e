import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/hash.js';
import { keptShards, type ShardEntry } from '../../src/vectors/store.js';
import { memoryStorage } from '../support/memory-storage.js';

const test = suite('vectors/store');

test('a shard that was verified is read once; a damaged one is asked for again', async () => {
  const storage = memoryStorage();
  const bytes = Uint8Array.of(1, 2, 3);
  const entry = { file: 'shard-0', bytes: 3, sha256: await sha256(bytes) } as ShardEntry;
  await storage.write(entry.file, Uint8Array.of(9, 9, 9));
  let reads = 0;
  const read = keptShards({
    ...storage,
    read: (name) => {
      reads++;
      return storage.read(name);
    },
  });
  let message = '';
  await read(entry).catch((error: Error) => {
    message = error.message;
  });
  assert.match(message, /shard-0: corrupt/);
  await storage.write(entry.file, bytes);
  assert.equal(await read(entry), bytes);
  assert.equal(await read(entry), bytes);
  assert.is(reads, 2);
});

test('a shard that was just written is not read again', async () => {
  const storage = memoryStorage();
  const read = keptShards(storage);
  const bytes = Uint8Array.of(1, 2, 3);
  const entry = { file: 'shard-0', bytes: 3, sha256: await sha256(bytes) } as ShardEntry;
  read.keep(entry, bytes);
  assert.is(await read(entry), bytes);
});

test.run();
