// What a machine must be: numbers laid out as WebAssembly has them.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkByteOrder } from '../../src/core/features.js';
import { UnsupportedError } from '../../src/index.js';

const test = suite('core/features');

test('a big-endian machine is refused in one line (for real: npm run test:foreign)', () => {
  checkByteOrder();
  let error: unknown;
  try {
    checkByteOrder(Uint8Array.of(0, 1));
  } catch (thrown) {
    error = thrown;
  }
  assert.instance(error, UnsupportedError);
  assert.match((error as Error).message, /^this machine is big-endian, [^\n]*$/);
});

test.run();
