import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Detector, filledGaps, gapsBetween, largestGap } from '../../../src/index.js';

const test = suite('study/curves/gaps');
const at = (orientationDeg: number, unit = `u${orientationDeg}`): Detector => ({
  unit,
  orientationDeg,
  argmaxDeg: orientationDeg,
  peak: 1,
  strength: 1,
  resultant: 0.9,
  echo: 0,
  fwhmDeg: 40,
});

test('gaps of any set of orientations add up to the circle', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.double({ min: 0, max: 359.99, noNaN: true }), { minLength: 1, maxLength: 30 }),
      (orientations) => {
        const gaps = gapsBetween(orientations);
        assert.ok(Math.abs(gaps.reduce((s, g) => s + g.widthDeg, 0) - 360) < 1e-9);
        assert.is(gaps.length, orientations.length);
        assert.is(largestGap(orientations), Math.max(...gaps.map((g) => g.widthDeg)));
      },
    ),
  );
  assert.is(largestGap([]), 360);
  assert.is(largestGap([77]), 360);
});

test('a feature fills a wide gap when it lies well inside, also across 0 degrees', () => {
  const neurons = [0, 30, 60, 90, 120, 150, 180, 250, 290].map((d) => at(d));
  const filled = filledGaps(neurons, [
    at(215, 'a'),
    at(185, 'near an end'),
    at(20, 'narrow gap'),
    at(320, 'b'),
    at(345, 'c'),
    at(352, 'at the end'),
  ]);
  assert.equal(filled, [
    { fromDeg: 180, toDeg: 250, features: ['a'] },
    { fromDeg: 290, toDeg: 0, features: ['b', 'c'] },
  ]);
  assert.equal(filledGaps(neurons, []), []);
  assert.equal(filledGaps([], [at(3)]), [], 'without neurons there is no gap between them');
});

test.run();
