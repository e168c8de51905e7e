import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Batches } from '../../src/vectors/batches.js';
import type { VectorSource } from '../../src/vectors/types.js';

const test = suite('activations/batches');

/** Vectors [i, i] in shards of the given sizes. */
function source(shards: number[]): VectorSource & { loads: number } {
  const starts = shards.map((_, i) => shards.slice(0, i).reduce((a, b) => a + b, 0));
  const s = {
    d: 2,
    count: shards.reduce((a, b) => a + b, 0),
    hash: 'x',
    split: 'train' as const,
    shards,
    loads: 0,
    load: async (i: number) => {
      s.loads++;
      return Float32Array.from({ length: 2 * shards[i] }, (_, e) => starts[i] + (e >> 1));
    },
  };
  return s;
}

async function take(b: Batches, steps: number, batch: number, first = 0): Promise<number[][]> {
  const out: number[][] = [];
  for (let t = first; t < first + steps; t++) {
    const rows: number[] = new Array(batch);
    await b.read(t, (first, all, places) => {
      for (const [i, place] of places.entries()) {
        const [v, again] = all.subarray(2 * place, 2 * place + 2);
        assert.is(v, again);
        rows[first + i] = v;
      }
    });
    out.push(rows);
  }
  return out;
}

test('an epoch visits every vector once, in another order each time', async () => {
  for (const buffer of [1000, 25]) {
    const s = source([10, 12, 8, 20, 10]);
    const epochs = await take(new Batches(s, 12, 1, buffer), 10, 12);
    const [first, second] = [epochs.slice(0, 5).flat(), epochs.slice(5).flat()];
    const all = Array.from({ length: 60 }, (_, i) => i);
    assert.equal(
      first.toSorted((a, b) => a - b),
      all,
    );
    assert.equal(
      second.toSorted((a, b) => a - b),
      all,
    );
    assert.not.equal(first, second);
    assert.not.equal(first, all);
  }
});

test('any step can be asked for first: the stream is a function of seed and step', async () => {
  for (const buffer of [1000, 25]) {
    const s = source([10, 12, 8, 20, 11]);
    const whole = await take(new Batches(s, 7, 5, buffer), 30, 7);
    for (const at of [0, 1, 8, 9, 17, 29])
      assert.equal(await take(new Batches(s, 7, 5, buffer), 1, 7, at), [whole[at]]);
    assert.not.equal(await take(new Batches(s, 7, 6, buffer), 30, 7), whole, 'another seed');
  }
});

test('what fits the buffer is read once; otherwise each shard once an epoch', async () => {
  const small = source([10, 10, 10]);
  await take(new Batches(small, 10, 1), 30, 10);
  assert.is(small.loads, 3);
  const large = source([10, 10, 10]);
  await take(new Batches(large, 10, 1, 20), 9, 10);
  assert.ok(large.loads <= 3 * 3 + 1, `${large.loads} loads`);
});

test('a batch larger than the data is refused', () => {
  assert.throws(() => new Batches(source([5]), 6, 1), /larger than the 5 training vectors/);
});

test.run();
