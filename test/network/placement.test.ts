// Placement: blocks share bytes where their lifetimes allow it, and only there.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Block, place } from '../../src/network/placement.js';

const test = suite('network/placement');

test('blocks that live together never overlap, and memory is reused', () => {
  const blocks: Block[] = Array.from({ length: 30 }, (_, i) => ({
    bytes: 64 * (1 + ((i * 7) % 11)),
    from: i,
    to: i + 1 + (i % 3),
    offset: -1,
  }));
  const total = place(blocks);
  assert.ok(total < blocks.reduce((n, b) => n + b.bytes, 0) / 3);
  for (const [i, a] of blocks.entries())
    for (const b of blocks.slice(i + 1))
      if (a.from <= b.to && b.from <= a.to)
        assert.ok(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset);
});

test('what lives one after the other lies in the same place; offsets are multiples of 64', () => {
  const block = (bytes: number, from: number, to: number): Block => ({ bytes, from, to, offset: -1 });
  const [a, b, c] = [block(100, 0, 1), block(200, 2, 3), block(10, 1, 2)];
  assert.is(place([a, b, c]), 256 + 64);
  assert.equal([a.offset, b.offset, c.offset], [0, 0, 256]);
  assert.is(place([]), 0);
});

test.run();
