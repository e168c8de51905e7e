// The promises that the bound of i16_sae_screen_4x8 is built on, in f64.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adversarialRows, ROWS } from '../support/adversarial.js';
import { filled } from '../support/filled.js';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('i16_quantize_rows');
const engines = await bothBuilds();
const regular = Object.keys(ROWS).slice(0, -3);

function quantize(
  x: Float32Array,
  n: number,
  d: number,
  group: number,
): { q: Float64Array; inverse: Float32Array } {
  const flat = onBoth(engines, (g, core) => {
    const [out, inverse] = [g.alloc(2 * n * d, 'q'), g.alloc(4 * n, 'inverse')];
    core.kernels.i16_quantize_rows({ x: g.f32(x, 'x'), n, d, group, out, inverse });
    const q = new Int16Array(core.u8(out, 2 * n * d).slice().buffer);
    return Float32Array.of(...core.f32(inverse, n), ...q);
  });
  const q = new Float64Array(n * d);
  // [n/group][D/2][group][2]
  for (let i = 0; i < n; i++)
    for (let j = 0; j < d; j++) {
      const at = (Math.floor(i / group) * (d >> 1) + (j >> 1)) * group * 2 + (i % group) * 2 + (j & 1);
      q[i * d + j] = flat[n + at];
    }
  return { q, inverse: flat.slice(0, n) };
}

test('norms stay below 46000 and elements within 0.51, in both layouts', () => {
  for (const d of [4, 8, 12, 96, 1024])
    for (const group of [4, 8]) {
      const n = 32;
      const x = adversarialRows(n, d, d + group, regular);
      const { q, inverse } = quantize(x, n, d, group);
      for (let i = 0; i < n; i++) {
        let squares = 0;
        for (let j = 0; j < d; j++) {
          const [v, w] = [x[i * d + j], q[i * d + j]];
          squares += w * w;
          if (inverse[i] === 0) assert.ok(v === 0 && w === 0);
          else assert.ok(Math.abs(v / inverse[i] - w) <= 0.51, `d ${d} row ${i} column ${j}: ${v} ${w}`);
        }
        assert.ok(squares <= 46000 ** 2, `d ${d} row ${i}: norm ${Math.sqrt(squares)}`);
        if (regular[i % regular.length] === 'normal') assert.ok(squares > 30000 ** 2, 'uses its range');
      }
    }
});

test('rows without a bound are zeros of infinite scale', () => {
  const kinds = [...Object.keys(ROWS).slice(-4)]; // denormal too
  const x = adversarialRows(8, 16, 5, kinds);
  const { q, inverse } = quantize(x, 8, 16, 8);
  assert.ok(filled(q).every((v) => v === 0));
  assert.ok(filled(inverse).every((v) => v === Number.POSITIVE_INFINITY));
});

test.run();
