// Half precision: every value back and forth, and the nearest one for what lies between.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { halfToNumber, toHalves } from '../../src/formats/dtypes.js';
import { Rng } from '../../src/index.js';

const test = suite('formats/dtypes');

test('each half is itself again', () => {
  for (let h = 0; h < 65536; h++) {
    const value = halfToNumber(h);
    const [back] = toHalves(Float32Array.of(value));
    if (Number.isNaN(value)) assert.ok(Number.isNaN(halfToNumber(back)));
    else assert.is(back, h);
  }
});

test('a value between two halves goes to the nearer one, and in the middle to the even one', () => {
  for (const h of [0, 1, 2, 1022, 1023, 1024, 15359, 15360, 31742]) {
    const [a, b] = [halfToNumber(h), halfToNumber(h + 1)];
    const middle = (a + b) / 2;
    const even = h % 2 ? h + 1 : h;
    const near = (b - a) / 64;
    assert.equal(
      [...toHalves(Float32Array.of(middle, middle - near, middle + near, -middle))],
      [even, h, h + 1, even | 0x8000],
    );
  }
  assert.equal(
    [...toHalves(Float32Array.of(65519, 65520, 1e30, 2 ** -26, 2 ** -25))],
    [0x7bff, 0x7c00, 0x7c00, 0, 0],
  );
  const rng = new Rng(1);
  const values = Float32Array.from({ length: 5000 }, () => (rng.uniform() - 0.5) * 2 ** (rng.below(40) - 26));
  toHalves(values).forEach((h, i) => {
    const error = Math.abs(halfToNumber(h) - values[i]);
    for (const other of [h - 1, h + 1])
      if (other >= 0 && (other & 0x7fff) < 0x7c00)
        assert.ok(error <= Math.abs(halfToNumber(other) - values[i]), `${values[i]}`);
  });
});

test.run();
