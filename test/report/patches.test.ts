// Weights as pictures: read back from the PNG that a page holds.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fromBase64 } from '../../src/core/base64.js';
import { readPng } from '../../src/images/png.js';
import { gridPicture, patchPicture } from '../../src/report/patches.js';

const test = suite('report/patches');
const decoded = (url: string) => {
  assert.match(url, /^data:image\/png;base64,/);
  return readPng(fromBase64(url.slice(url.indexOf(',') + 1)));
};

test('what excites is orange, what inhibits blue, nothing is paper', () => {
  const { width, height, rgba: data } = decoded(patchPicture([1, -1, 0, 0.25], 2));
  assert.equal([width, height], [2, 2]);
  const [more, less, none, some] = [0, 1, 2, 3].map((i) => [...data.subarray(4 * i, 4 * i + 3)]);
  assert.ok(more[0] > more[2] + 100 && less[2] > less[0] + 100);
  assert.ok(Math.min(...none) > 240 && some[2] > more[2] && some[2] < none[2] - 30);
});

test('a grid holds patch by patch, a pixel between them', () => {
  const patch = (v: number) => [v, v, v, v];
  const { url, width, height } = gridPicture([[patch(1), patch(-1), patch(0)]], 2);
  assert.equal([width, height], [8, 2]);
  const { rgba: data } = decoded(url);
  const at = (x: number) => [...data.subarray(4 * x, 4 * x + 3)];
  assert.equal([at(0), at(3)], [at(1), at(4)]);
  assert.not.equal(at(0), at(3));
  assert.equal(at(2), at(5), 'the gap');
});

test.run();
