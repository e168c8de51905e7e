import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { curvePaths, densityBars, largest, powerOfTen } from '../../src/report/plot-geometry.js';

const test = suite('report/plot-geometry');

test('bars of a density: five a decade up to 1, the silent apart, the rarest in the first', () => {
  const { from, bars, silent } = densityBars([0, 0, 1, 0.9, 0.11, 0.09, 0.002, 1e-9], 1000);
  assert.is(from, -3);
  assert.is(silent, 2);
  assert.is(bars.length, 15);
  assert.equal(bars, [1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 2]);
});

test('bars begin at the whole decade below one vector of all, at 0.1 at the latest', () => {
  assert.is(densityBars([], 12_345).from, -5);
  assert.is(densityBars([], 3).from, -1);
});

test('a curve and the area below it', () => {
  const scale = (factor: number, shift: number) => (v: number) => factor * v + shift;
  const points: [number, number][] = [
    [0, 0],
    [1, 2],
    [2, 0.5],
  ];
  const { line, area } = curvePaths(points, scale(10, 5), scale(-10, 100));
  assert.is(line, 'M5,100L15,80L25,95');
  assert.is(area, 'M5,100L15,80L25,95L25,100L15,100L5,100Z');
});

test('the largest value, and powers of ten in words', () => {
  assert.is(largest([1, 7, 3]), 7);
  assert.is(largest([-2, -1]), 0);
  assert.equal([-3, -1, -0, 0].map(powerOfTen), ['1e-3', '1e-1', '1', '1']);
});

test.run();
