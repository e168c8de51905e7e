import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { halfToNumber } from '../../src/formats/dtypes.js';
import { filled } from '../support/filled.js';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('f16_widen');
const engines = await bothBuilds();

test('every half float, by its value, in both builds', () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const wide = onBoth(engines, (g, core) => {
    const x = g.alloc(2 * halves.length, 'x');
    core.u8(x, 2 * halves.length).set(new Uint8Array(halves.buffer));
    const out = g.alloc(4 * halves.length, 'out');
    core.kernels.f16_widen({ x, n: halves.length, out });
    return core.f32(out, halves.length);
  });
  for (const [i, h] of halves.entries()) assert.ok(Object.is(wide[i], halfToNumber(h)), `${h}: ${wide[i]}`);
});

test('the number of values decides how much is written', () => {
  for (const n of [4, 8, 12, 100]) {
    const wide = onBoth(engines, (g, core) => {
      const x = g.alloc(2 * n, 'x');
      core.u8(x, 2 * n).fill(0x3c);
      const out = g.alloc(4 * n, 'out');
      core.kernels.f16_widen({ x, n, out });
      return core.f32(out, n);
    });
    assert.ok(filled(wide).every((v) => v === halfToNumber(0x3c3c)));
  }
});

test.run();
