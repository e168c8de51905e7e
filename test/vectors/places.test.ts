import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evenRows } from '../../src/vectors/even-rows.js';
import { evenly } from '../../src/vectors/places.js';
import { shuffledChannels } from '../../src/vectors/shuffled-channels.js';

const test = suite('vectors/places');
const source = {
  ...{ d: 2, count: 30, hash: 'h', split: 'train' as const, shards: [10, 20] },
  load: async (shard: number) =>
    Float32Array.from({ length: 2 * (shard ? 20 : 10) }, (_, i) => 100 * shard + i),
};

test('evenly spread, never more than there are', () => {
  assert.equal(evenly(10, 4), [0, 2, 5, 7]);
  assert.equal(evenly(3, 9), [0, 1, 2]);
  assert.equal(evenly(0, 9), []);
});

test('rows evenly spaced over shards', async () => {
  assert.equal(await evenRows(source, 3), Float32Array.of(0, 1, 100, 101, 120, 121));
  assert.is((await evenRows(source, 99)).length, 60);
});

test('channels are shuffled apart: each keeps its values, pairs do not', async () => {
  const shuffled = shuffledChannels(source, 4);
  const [x, y] = [await source.load(1), await shuffled.load(1)];
  for (const channel of [0, 1]) {
    const values = (rows: Float32Array) => rows.filter((_, i) => i % 2 === channel).sort();
    assert.equal(values(y), values(x));
  }
  const pairs = Array.from({ length: 20 }, (_, i) => y[2 * i + 1] - y[2 * i] === 1);
  assert.ok(pairs.filter(Boolean).length < 10);
  assert.equal(await shuffled.load(1), y);
  assert.not.equal(await shuffledChannels(source, 5).load(1), y);
  assert.is.not(shuffled.hash, source.hash);
});

test.run();
