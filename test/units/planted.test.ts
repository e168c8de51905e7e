import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scoreGroundTruth } from '../../src/units/planted.js';

const test = suite('units/planted');

test('the score: every direction present, none present', () => {
  // Three units whose tuning curves are columns; decoder rows that are those columns.
  const truth = {
    tap: 't',
    features: [
      { orientationDeg: 10, inGap: false },
      { orientationDeg: 20, inGap: true },
    ],
    gaps: [],
  };
  const tuning = [0, 1, 2].map((u) =>
    Float32Array.from({ length: 720 }, (_, i) => (i === 20 ? [3, 4, 0][u] : i === 40 ? [0, 0, 2][u] : 0)),
  );
  const whole = scoreGroundTruth(truth, tuning, Float32Array.of(0.3, 0.4, 0, 0, 0, 9));
  assert.is(whole.recovered, 2);
  assert.is(whole.total, 2);
  assert.ok(Math.abs(whole.meanMaxCosine - 1) < 1e-6);
  const half = scoreGroundTruth(truth, tuning, Float32Array.of(0.3, 0.4, 0));
  assert.is(half.recovered, 1);
  assert.ok(Math.abs(half.meanMaxCosine - 0.5) < 1e-6);
});

test.run();
