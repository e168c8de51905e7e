// Views: branches in their concat, in place where that is free, borders around the rest.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lifetimes } from '../../src/network/lifetimes.js';
import { type BaseLayer, type Border, mapShape } from '../../src/network/ops/op.js';
import { viewsOf } from '../../src/network/views.js';

const test = suite('network/views');
const layer = (op: string, out: string, from: string | string[]): BaseLayer => ({ op, out, in: from });
const layers = [
  layer('conv', 'a', 'x'),
  layer('lrn', 'n', 'a'),
  layer('conv', 'b', 'n'),
  layer('conv', 'c', 'n'),
  layer('concat', 'whole', ['b', 'c']),
];
const map = (channels: number) => mapShape(5, 6, channels);
const shapes = new Map([
  ...([
    ['x', map(4)],
    ['a', map(8)],
    ['n', map(8)],
  ] as const),
  ...([
    ['b', map(4)],
    ['c', map(12)],
    ['whole', map(16)],
  ] as const),
]);
const steps = layers.map((_, i) => i);

function make(
  more: { lasting?: string[]; pre?: string[]; borders?: [string, Border][]; rows?: [string, number][] } = {},
) {
  return viewsOf({
    inputs: [{ op: 'tensor', out: 'x' }],
    ...{ layers, shapes, lives: lifetimes(layers, steps) },
    borders: new Map(more.borders),
    rows: new Map(more.rows),
    lasting: new Set(more.lasting),
    pre: new Set(more.pre),
  });
}

test('branches are slices of channels of one block', () => {
  const { views, shared } = make();
  const [b, c, whole] = ['b', 'c', 'whole'].map((name) => views.get(name)!);
  assert.ok(b.block === whole.block && c.block === whole.block);
  assert.equal([b.start, c.start, whole.start], [0, 16, 0]);
  assert.equal([b.pixel, c.pixel, c.row], [64, 64, 6 * 64]);
  assert.equal([whole.block.bytes, whole.block.from, whole.block.to], [5 * 6 * 64, 2, 4]);
  assert.is(shared.filter((block) => block === whole.block).length, 1);
});

test('an LRN works in place, unless its input or its output is wanted as it is', () => {
  const free = make();
  assert.is(free.views.get('n'), free.views.get('a'));
  assert.is(free.views.get('a')!.block.to, 3, 'lives as long as its result');
  const border = { before: 1, rows: 8, columns: 8 };
  for (const more of [
    { lasting: ['a'] },
    { lasting: ['n'] },
    { borders: [['n', border] as [string, Border]] },
  ]) {
    const { views } = make(more);
    assert.ok(views.get('n')!.block !== views.get('a')!.block, JSON.stringify(more));
  }
});

test('a border is room around the tensor, which then shares its block with nobody', () => {
  const { views, shared } = make({ borders: [['n', { before: 2, rows: 9, columns: 11 }]] });
  const { start, row, pixel, block, before, own } = views.get('n')!;
  assert.equal([pixel, row, before], [32, 11 * 32, 2]);
  assert.is(start, (2 * 11 + 2) * 32);
  assert.is(block.bytes, Math.ceil((9 * 11 * 32) / 64) * 64);
  assert.ok(own && !shared.includes(block));
});

test('taps and inputs share with nobody; a lasting branch keeps its concat', () => {
  const { views, shared } = make({ lasting: ['b'] });
  for (const name of ['whole', 'b', 'c', 'x']) assert.ok(views.get(name)!.own, name);
  assert.equal(shared, [views.get('a')!.block]);
});

test('values before a ReLU have a place of their own; of a band some rows are there', () => {
  const { views, pre } = make({ pre: ['b'], rows: [['a', 3]] });
  assert.equal([...pre.keys()], ['b']);
  assert.ok(pre.get('b')!.own && pre.get('b')!.block !== views.get('b')!.block);
  assert.is(pre.get('b')!.pixel, 16);
  assert.is(views.get('a')!.block.bytes, 3 * 6 * 32);
});

test.run();
