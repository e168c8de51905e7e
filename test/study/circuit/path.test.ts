// Where circuits begin and end, and how grids lie over each other.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../../src/index.js';
import { checkWay, logitsOf, tapAfter, tapBefore, windowOf } from '../../../src/study/circuit/path.js';
import { heModel } from '../../support/he.js';

const test = suite('study/circuit/path');
const model = heModel('googlenet');
const isUsage = (e: unknown) => e instanceof UsageError;
const stem = { ...model, lastTap: 'mixed3b' };

test('the nearest taps before and after that everything passes', () => {
  const around = (tap: string) => [tapBefore(model, tap), tapAfter(model, tap)];
  assert.equal(around('conv2d1'), ['conv2d0', 'conv2d2']);
  assert.equal(around('mixed3a'), ['conv2d2', 'mixed3b']);
  assert.equal(around('mixed3b_5x5'), ['mixed3a', 'mixed4a']);
  assert.equal(around('mixed4e'), ['mixed4d', 'mixed5a']);
  assert.equal(around('mixed5b'), ['mixed5a', undefined]);
  assert.is(tapAfter(stem, 'mixed3b_5x5'), undefined);
  assert.equal([logitsOf(model), logitsOf(stem)], ['logits', undefined]);
  assert.throws(() => tapBefore(model, 'conv2d0'), isUsage);
  assert.throws(() => checkWay(model, 'mixed3b', 'mixed3a'), isUsage);
  assert.throws(() => checkWay(stem, 'mixed3b', 'mixed4a'), isUsage);
});

test('windows hold what a position is computed from, and are centred on it', () => {
  const over = (from: string, tap: string) => windowOf(model, from, tap);
  assert.is(over('mixed3a', 'mixed3b_5x5').side, 5);
  assert.equal(over('mixed3a', 'mixed3b_5x5').corner(10 * 28 + 3), { row: 8, column: 1 });
  // Pool and convolutions: 8 pixels a step over 4, from 1, and 19 pixels of field to 91.
  const { side, corner } = over('conv2d2', 'mixed3b_5x5');
  assert.is(side, 19);
  assert.equal(corner(0), { row: -8, column: -8 });
  assert.equal(
    [over('mixed3a', 'mixed3b_1x1').side, over('mixed3a', 'mixed3b').side],
    [1, 5],
    'of a block, its widest',
  );
});

test.run();
