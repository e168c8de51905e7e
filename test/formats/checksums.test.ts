// Checksums of a finished folder: every bit of every file counts, theirs included.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CHECKSUMS_FILE,
  DamagedFile,
  damageOf,
  verified,
  writeFinished,
} from '../../src/formats/checksums.js';
import { InputError } from '../../src/index.js';
import { memoryStorage } from '../support/memory-storage.js';
import { rejection } from '../support/rejection.js';

const test = suite('formats/checksums');
const FILES = { 'a.txt': 'first', 'b.bin': Uint8Array.of(1, 2, 3), 'end.json': '{"x":1}' };

test('every bit of every file, and of the checksums themselves', async () => {
  const storage = memoryStorage();
  await writeFinished(storage, FILES);
  assert.is(await damageOf(storage), undefined);
  for (const name of [...Object.keys(FILES), CHECKSUMS_FILE]) {
    const good = await storage.read(name);
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const bytes = good.slice();
      bytes[bit >> 3] ^= 1 << (bit & 7);
      await storage.write(name, bytes);
      const damage = await damageOf(storage);
      // White space between the values of checksums.json says nothing.
      if (damage === undefined && name === CHECKSUMS_FILE)
        assert.match(String.fromCharCode(good[bit >> 3], bytes[bit >> 3]), /^\s\s$/);
      else assert.is(damage, `memory/${name}: is not as it was written (checksum)`, `bit ${bit} of ${name}`);
    }
    await storage.write(name, good);
  }
});

test('reading names the file and the remedy; a file that is not listed, or a folder without checksums, is taken', async () => {
  const storage = memoryStorage();
  await writeFinished(storage, FILES);
  await storage.write('b.bin', Uint8Array.of(1, 2, 4));
  await storage.write('more.txt', 'x');
  const files = await verified(storage, 'make it again');
  assert.is((await files.read('a.txt')).length, 5);
  assert.is((await files.read('more.txt')).length, 1);
  const error = await rejection(files.read('b.bin'));
  assert.instance(error, DamagedFile);
  assert.instance(error, InputError);
  assert.is(error.name, 'InputError');
  assert.is(error.message, 'memory/b.bin: is not as it was written (checksum); make it again');
  await storage.write(CHECKSUMS_FILE, '{}');
  assert.match((await rejection(verified(storage, 'make it again'))).message, /checksums\.json: .*; make it/);
  await storage.remove(CHECKSUMS_FILE);
  assert.is((await (await verified(storage, '')).read('b.bin'))[2], 4);
  assert.is(await damageOf(storage), undefined);
});

test('killed before any write: finished only with its checksums', async () => {
  for (let writes = 0; writes <= 4; writes++) {
    const storage = memoryStorage();
    let left = writes;
    const dying = {
      ...storage,
      write: async (name: string, data: Uint8Array | string) => {
        if (left-- <= 0) throw new Error('killed');
        await storage.write(name, data);
      },
    };
    const died = await writeFinished(dying, FILES).then(
      () => false,
      () => true,
    );
    assert.is(died, writes < 4);
    assert.is((await storage.size('end.json')) !== undefined, !died);
    assert.is((await storage.size(CHECKSUMS_FILE)) !== undefined, writes >= 3);
  }
});

test.run();
