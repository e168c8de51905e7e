// What the kernels' tests compare with must notice whatever is not compared.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from './guarded.js';

const test = suite('support/guarded');
const engines = await bothBuilds();

test('onBoth refuses results of unequal lengths, unequal bits, and none', () => {
  const unequal = (simd: number[], scalar: number[]) => {
    let calls = 0;
    return () => onBoth(engines, () => Float32Array.from(calls++ ? scalar : simd));
  };
  assert.equal(unequal([1, 2], [1, 2])(), Float32Array.of(1, 2));
  assert.throws(unequal([1, 2], [1, 2, 3]), /simd gives 2 values, scalar 3/);
  assert.throws(unequal([1, 2, 3], [1, 2]), /simd gives 3 values, scalar 2/);
  assert.throws(unequal([1, 2], [1, 2.0000002]), /differ at 1/);
  assert.throws(unequal([0], [-0]), /differ at 0/);
  assert.throws(unequal([], []), /no value to compare/);
  assert.equal(unequal([Number.NaN], [Number.NaN])().length, 1);
});

test('guard bytes that are overwritten are told by name, on either side', () => {
  for (const [offset, message] of [
    [-1, /before output/],
    [4, /after output/],
  ] as const)
    assert.throws(
      () =>
        onBoth(engines, (g, core) => {
          const ptr = g.alloc(16, 'output');
          core.f32(ptr + 4 * offset, 1).fill(1);
          return core.f32(ptr, 4);
        }),
      message,
    );
});

test('relativeError refuses unequal lengths and nothing at all', () => {
  assert.is(relativeError([1, 2], [1, 4]), 0.5);
  assert.ok(Number.isNaN(relativeError([1, Number.NaN], [1, 2])));
  assert.throws(() => relativeError([1, 2], [1]), /2 values and 1/);
  assert.throws(() => relativeError([1], [1, 2]), /1 values and 2/);
  assert.throws(() => relativeError([], []), /no value to compare/);
});

test.run();
