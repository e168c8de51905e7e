import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Batches } from '../../src/vectors/batches.js';
import { sharedVectors } from '../../src/vectors/shared-vectors.js';
import type { VectorSource } from '../../src/vectors/types.js';
import { rejection } from '../support/rejection.js';

const test = suite('vectors/shared-vectors');

function source(shards: number[]): VectorSource & { loads: number; broken?: boolean } {
  const count = shards.reduce((a, b) => a + b, 0);
  const s: VectorSource & { loads: number; broken?: boolean } = {
    ...{ d: 2, count, hash: 'h', split: 'train', shards, loads: 0 },
    load: async (i) => {
      s.loads++;
      if (s.broken) throw new Error('no such shard');
      const first = shards.slice(0, i).reduce((a, b) => a + b, 0);
      return Float32Array.from({ length: 2 * shards[i] }, (_, e) => first + (e >> 1));
    },
  };
  return s;
}

async function batch(from: VectorSource, step: number): Promise<number[]> {
  const out: number[] = [];
  await new Batches(from, 7, 3).read(step, (_, rows, places) => {
    for (const place of places) out.push(rows[2 * place]);
  });
  return out;
}

test('the vectors, shards and batches of the source, each shard loaded once', async () => {
  const own = source([5, 9, 4]);
  const shared = sharedVectors(own);
  for (const [i, n] of own.shards.entries()) {
    const rows = await shared.load(i);
    assert.is(rows.length, 2 * n);
    assert.equal(Array.from(rows), Array.from(await source([5, 9, 4]).load(i)));
    assert.instance(rows.buffer, SharedArrayBuffer);
  }
  assert.is((await shared.whole!()).length, 36);
  assert.is(own.loads, 3);
  for (const step of [0, 1, 2, 8]) assert.equal(await batch(shared, step), await batch(own, step));
});

test('what failed is loaded again when it is asked for again', async () => {
  const own = source([5, 9]);
  const shared = sharedVectors(own);
  own.broken = true;
  assert.match((await rejection(shared.load(1))).message, 'no such shard');
  own.broken = false;
  assert.equal(Array.from(await shared.load(1)).slice(0, 3), [5, 5, 6]);
});

test.run();
