import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rowRanges, writeMatrix } from '../../src/api/matrix.js';
import { encodeNpy } from '../../src/formats/npy.js';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import { memoryStorage } from '../support/memory-storage.js';

const test = suite('api/matrix');

test('rows in parts are the file that they are in one', async () => {
  const data = Float32Array.from({ length: 12 }, (_, i) => Math.cbrt(i));
  const storage = memoryStorage();
  const parts = async function* () {
    yield data.subarray(0, 3);
    yield data.subarray(3);
  };
  await writeMatrix(storage, 'x.NPY', 'features', [4, 3], parts);
  assert.equal(await storage.read('x.NPY'), encodeNpy([4, 3], data));
  await writeMatrix(storage, 'x.safetensors', 'features', [4, 3], parts);
  const features = { shape: [4, 3], data };
  assert.equal(await storage.read('x.safetensors'), encodeSafetensors({ features }));
});

test('ranges cover the rows once, in whole blocks of at most 64 MiB where a block is not larger', () => {
  for (const [n, width, count] of [
    [1, 1, 1],
    [16_777_216, 1, 1],
    [16_777_217, 1, 2],
    [100_000, 2048, 13],
    [1000, 1_000_000, 2],
  ]) {
    const ranges = [...rowRanges(n, width)];
    assert.is(ranges.length, count);
    let at = 0;
    for (const [first, rows] of ranges) {
      assert.is(first, at);
      assert.ok(rows === n - first || rows % 512 === 0);
      assert.ok(rows <= 512 || 4 * rows * width <= 64 * 1024 ** 2);
      at += rows;
    }
    assert.is(at, n);
  }
});

test.run();
