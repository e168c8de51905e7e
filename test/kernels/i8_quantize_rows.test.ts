// The promises that the bound of i8_screen_4 is built on, in f64.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adversarialRows, ROWS } from '../support/adversarial.js';
import { filled } from '../support/filled.js';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('i8_quantize_rows');
const engines = await bothBuilds();
const regular = Object.keys(ROWS).slice(0, -4);

function quantize(x: Float32Array, n: number, d: number) {
  const flat = onBoth(engines, (g, core) => {
    const out = g.alloc(n * d, 'codes');
    const [inverse, bound] = [g.alloc(4 * n, 'inverse'), g.alloc(4 * n, 'bound')];
    core.kernels.i8_quantize_rows({ x: g.f32(x, 'x'), n, d, out, inverse, bound });
    const q = new Int8Array(core.u8(out, n * d).slice().buffer);
    return Float32Array.of(...core.f32(inverse, n), ...core.f32(bound, n), ...q);
  });
  return { inverse: flat.slice(0, n), bound: flat.slice(n, 2 * n), q: flat.slice(2 * n) };
}

test('codes lie in -127..127 within half a step, and the bound holds the residual and more', () => {
  for (const d of [16, 32, 256, 1024]) {
    const n = 24;
    const x = adversarialRows(n, d, d, regular);
    const { q, inverse, bound } = quantize(x, n, d);
    for (let i = 0; i < n; i++) {
      let [residual, length] = [0, 0];
      for (let j = 0; j < d; j++) {
        const [v, w] = [x[i * d + j], q[i * d + j]];
        assert.ok(Math.abs(w) <= 127);
        assert.ok(Math.abs(v - w * inverse[i]) <= 0.501 * inverse[i], `d ${d} row ${i} column ${j}`);
        residual += (v - w * inverse[i]) ** 2;
        length += v * v;
      }
      [residual, length] = [Math.sqrt(residual), Math.sqrt(length)];
      assert.ok(bound[i] >= residual + 2e-6 * length, `d ${d} row ${i}: ${bound[i]} ${residual}`);
      assert.ok(bound[i] <= 1.01 * residual + 0.001 * length, 'and is no larger than it has to be');
    }
  }
});

test('irregular rows are zeros that are always looked at; rows of zeros need no bound', () => {
  const d = 16;
  const kinds = [...Object.keys(ROWS).slice(-4), 'zeros'];
  const { q, inverse, bound } = quantize(adversarialRows(5, d, 5, kinds), 5, d);
  assert.ok(filled(q).every((v) => v === 0));
  assert.equal([...inverse], [0, 0, 0, 0, 0]);
  assert.equal([...bound], [Infinity, Infinity, Infinity, Infinity, 0]);
});

test.run();
