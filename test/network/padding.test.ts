// Padding: the smallest border that serves every reader.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mapShape, type Shape } from '../../src/network/ops/op.js';
import { windowShape } from '../../src/network/ops/window.js';
import { bordersOf } from '../../src/network/padding.js';
import type { ConvLayer } from '../../src/network/types.js';

const test = suite('network/padding');
const from = mapShape(10, 7, 8);
const conv = (out: string, size: number, stride: number, pad: number): ConvLayer => ({
  ...{ op: 'conv', out, in: 'x', size, stride, filters: 4, padding: { rule: 'explicit', pad } },
});

function borderOf(...layers: ConvLayer[]) {
  const shapes = new Map<string, Shape>([['x', from]]);
  for (const layer of layers) shapes.set(layer.out, windowShape(layer, from, 4));
  return bordersOf(layers, shapes);
}

test('the direct form reads its windows, Winograd whole tiles', () => {
  // 7x7 at stride 2, 10x7 -> 5x4: (5-1)*2 + 7 rows.
  assert.equal(borderOf(conv('a', 7, 2, 3)).get('x'), { before: 3, rows: 15, columns: 13 });
  // 3x3 on 8x8 tiles with 6x6 outputs: 10 rows are two tiles, (2-1)*6 + 8.
  assert.equal(borderOf(conv('a', 3, 1, 1)).get('x'), { before: 1, rows: 14, columns: 14 });
});

test('two readers share one border: both origins lie where they should', () => {
  const [small, large] = [conv('a', 3, 1, 1), conv('b', 5, 1, 2)];
  // Of the 3x3, one more row before: 15; of the 5x5 on tiles of 4x4 outputs: (3-1)*4 + 8 = 16.
  const both = { before: 2, rows: 16, columns: 15 };
  assert.equal(borderOf(small, large).get('x'), both);
  assert.equal(borderOf(large, small).get('x'), both);
});

test('an image that is folded is padded in folded pixels; pools want nothing', () => {
  const fold: ConvLayer = { ...conv('a', 7, 2, 3), fold: true };
  // 5x4 outputs are one tile of 5x5, which reads 8x8 folded pixels.
  assert.equal(borderOf(fold).get('x'), { before: 0, rows: 8, columns: 8, fold: { y: 3, x: 3 } });
  const pool = { op: 'maxpool', out: 'p', in: 'x', size: 3, stride: 2, padding: { rule: 'same' } } as const;
  assert.is(
    bordersOf(
      [pool],
      new Map([
        ['x', from],
        ['p', from],
      ]),
    ).size,
    0,
  );
});

test.run();
