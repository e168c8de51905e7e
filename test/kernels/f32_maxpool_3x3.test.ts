import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { destination, source } from '../../src/bench/kernel.js';
import { Rng } from '../../src/index.js';
import { extent, type Padding } from '../../src/network/ops/window.js';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { element } from '../support/reference.js';

const test = suite('f32_maxpool_3x3');
const engines = await bothBuilds();

const RULES: [string, number, Padding][] = [
  ['TF SAME, stride 2', 2, { rule: 'same' }],
  ['TF SAME, stride 1', 1, { rule: 'same' }],
  ['Caffe ceil, stride 2', 2, { rule: 'caffe', pad: 0 }],
  ['Caffe pad 1, stride 1', 1, { rule: 'caffe', pad: 1 }],
  ['Caffe pad 1, stride 2', 2, { rule: 'caffe', pad: 1 }],
];

for (const [name, stride, padding] of RULES)
  test(`${name}: exact for every size, negative values included`, () => {
    const rng = new Rng(3);
    for (let h = 1; h <= 8; h++)
      for (let w = 1; w <= 8; w++)
        for (const channels of [4, 12]) {
          const [y, x] = [extent(h, 3, stride, padding), extent(w, 3, stride, padding)];
          if (y.size < 1 || x.size < 1) continue;
          // Few distinct values: ties everywhere.
          const data = Float32Array.from({ length: h * w * channels }, () => rng.below(7) - 9);
          const have = onBoth(engines, (g, core) => {
            const dst = g.alloc(4 * y.size * x.size * channels, 'result');
            core.kernels.f32_maxpool_3x3({
              ...source(g.f32(data, 'source'), w, channels),
              ...destination(dst, x.size, channels),
              ...{ height: h, width: w, stride, beforeY: y.before, beforeX: x.before },
              ...{ outHeight: y.size, outWidth: x.size, channels },
            });
            return core.f32(dst, y.size * x.size * channels);
          });
          const shape = { height: y.size, width: x.size, channels, beforeY: y.before, beforeX: x.before };
          const input = { height: h, width: w, channels, beforeY: 0, beforeX: 0, data };
          const layer = { op: 'maxpool', out: 'it', in: 'input', size: 3, stride, padding } as const;
          const want = have.map((_, i) => {
            const p = Math.floor(i / channels);
            return element(layer, input, shape, new Map(), Math.floor(p / x.size), p % x.size, i % channels);
          });
          assert.equal(have, want, `${h}x${w}x${channels}`);
        }
  });

test('a NaN in the last place of a comparison is passed over, in both builds alike; +-Inf are values', () => {
  const window = (values: number[]) =>
    onBoth(engines, (g, core) => {
      const dst = g.alloc(16, 'result');
      const data = Float32Array.from({ length: 36 }, (_, i) => values[i >> 2]);
      core.kernels.f32_maxpool_3x3({
        ...source(g.f32(data), 3, 4),
        ...destination(dst, 1, 4),
        ...{ height: 3, width: 3, stride: 1, beforeY: 0, beforeX: 0, outHeight: 1, outWidth: 1, channels: 4 },
      });
      return core.f32(dst, 4);
    })[0];
  assert.is(window([1, 2, 3, 4, 5, 6, 7, 8, Number.POSITIVE_INFINITY]), Number.POSITIVE_INFINITY);
  assert.is(window(new Array(9).fill(Number.NEGATIVE_INFINITY)), Number.NEGATIVE_INFINITY);
  assert.ok(Number.isNaN(window([Number.NaN, 2, 3, 4, 5, 6, 7, 8, 9])));
  assert.is(window([1, 2, 3, 4, 5, 6, 7, 8, Number.NaN]), 8);
  assert.ok(Number.isNaN(window(new Array(9).fill(Number.NaN))));
});

test.run();
