import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { windowsOf } from '../../src/tokens/windows.js';

const test = suite('tokens/windows');

test('documents follow each other; each window begins with the token between them; the rest is left', () => {
  const windows = windowsOf(
    [
      [1, 2, 3],
      [4, 5],
      [6, 7, 8, 9],
    ],
    4,
    0,
  );
  assert.equal(
    windows.map(({ tokens }) => tokens),
    [
      [0, 1, 2, 3],
      [0, 0, 4, 5],
      [0, 0, 6, 7],
    ],
  );
  assert.is(windows[2].name, 'window-000002');
  assert.equal(
    windowsOf(
      [
        [1, 2, 3],
        [4, 5],
      ],
      2,
      undefined,
    ).map(({ tokens }) => tokens),
    [
      [1, 2],
      [3, 4],
    ],
  );
});

test('too little text for one window is said', () => {
  assert.throws(() => windowsOf([[1, 2]], 4, 0), /2 tokens of text are less than one window of 4/);
});

test.run();
