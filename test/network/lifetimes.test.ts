// Lifetimes: from the step that makes a tensor to the last one that reads it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lifetimes, stepsOf } from '../../src/network/lifetimes.js';
import type { BaseLayer } from '../../src/network/ops/op.js';

const test = suite('network/lifetimes');
const layer = (op: string, out: string, from: string | string[]): BaseLayer => ({ op, out, in: from });
/** A block: two branches, side by side, and a reader of one branch behind all. */
const layers = [
  layer('conv', 'a', 'x'),
  layer('conv', 'b', 'a'),
  layer('conv', 'c', 'a'),
  layer('concat', 'whole', ['b', 'c']),
  layer('maxpool', 'p', 'whole'),
  layer('lrn', 'late', 'b'),
];
const plain = layers.map((_, i) => i);

test('a tensor lives to its last reader, an input from before the first step', () => {
  const lives = lifetimes(layers, plain);
  assert.equal(lives.get('x'), { from: -1, to: 0 });
  assert.equal(lives.get('a'), { from: 0, to: 2 });
  assert.equal(lives.get('p'), { from: 4, to: 4 }, 'nobody reads it');
});

test('a concat lives from its first branch to the last reader of itself and of its branches', () => {
  assert.equal(lifetimes(layers, plain).get('whole'), { from: 1, to: 5 });
  assert.equal(lifetimes(layers.slice(0, 5), plain).get('whole'), { from: 1, to: 4 });
});

test('what is computed together works at the step of the first', () => {
  const group = { name: 'a', forward: () => () => undefined };
  const steps = stepsOf(layers, [{ ...group, layers: [layers[1], layers[2]] }]);
  assert.equal(steps, [0, 1, 1, 3, 4, 5]);
  const lives = lifetimes(layers, steps);
  assert.equal(lives.get('a'), { from: 0, to: 1 });
  assert.equal(lives.get('c'), { from: 1, to: 3 });
});

test.run();
