// Maps of the strongest pictures: of those and no others, in their order, whatever came between.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Firing } from '../../src/units/firing.js';
import { peaksOf } from '../../src/units/firing.js';
import { HeatMaps, MAPS, mapGrid } from '../../src/units/heat-maps.js';
import { TopPictures } from '../../src/units/top-examples.js';
import { filled } from '../support/filled.js';

const test = suite('units/heat-maps');

test('the four strongest, of positions that share a cell the largest', () => {
  assert.equal(mapGrid({ height: 28, width: 28 }), { height: 28, width: 28, pool: 1 });
  assert.equal(mapGrid({ height: 56, width: 50 }), { height: 28, width: 25, pool: 2 });
  const grid = { height: 2, width: 2, pool: 2 };
  const columns = 4;
  const maps = new HeatMaps(2, grid, columns);
  const top = new TopPictures(2, 6);
  const values = [3, 9, 1, 7, 8, 2, 5, 10];
  for (const [picture, v] of values.entries()) {
    // Unit 0 fires at row 1, column 3 and, half as much, at row 0, column 2: one cell; and at row 3, column 0. Unit 1 never.
    const firing: Firing = {
      start: Int32Array.of(0, 3, 3),
      position: Int32Array.of(2, 7, 12),
      value: Float32Array.of(v / 2, v, v / 4),
    };
    const { values: peaks, positions } = peaksOf(firing);
    top.add(picture, peaks, positions);
    maps.add(top, picture, firing);
  }
  const out = maps.column(top);
  assert.is(out.length, 2 * MAPS * 4);
  assert.equal([...top.picture.subarray(0, MAPS)], [7, 1, 4, 3]);
  for (let r = 0; r < MAPS; r++) assert.equal([...out.subarray(4 * r, 4 * r + 4)], [0, 255, 64, 0]);
  assert.ok(filled([...out.subarray(4 * MAPS)]).every((v) => v === 0));
});

test.run();
