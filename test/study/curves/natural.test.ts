import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, naturalAgreement } from '../../../src/index.js';
import { apartDeg, LEAST_PLACES, NATURAL_BINS, naturalCurve } from '../../../src/study/curves/natural.js';

const test = suite('study/curves/natural');
const { math } = await init();
const runs = (...directions: number[]) => Float32Array.from(directions.flatMap((deg) => [deg, 0.9]));

test('places that agree give their direction, side included', () => {
  const structure = runs(...Array.from({ length: 20 }, (_, i) => 200 + (i % 5) - 2));
  const active = new Float32Array(20).fill(1);
  const same = naturalAgreement(math, 205, active, structure)!;
  assert.ok(Math.abs(same.errorDeg - 5) < 1e-9 && same.resultant > 0.99, JSON.stringify(same));
  assert.ok(Math.abs(naturalAgreement(math, 25, active, structure)!.errorDeg - 175) < 1e-9);
});

test('only places that fire count, by their activation; too few say nothing', () => {
  const structure = runs(...new Array(15).fill(10), ...new Array(15).fill(100), Number.NaN);
  const active = Float32Array.from({ length: 31 }, (_, i) => (i < 15 || i === 30 ? 2 : 0));
  const { errorDeg, places } = naturalAgreement(math, 10, active, structure)!;
  assert.ok(errorDeg < 1e-9);
  assert.is(places, 15);
  assert.is(
    naturalAgreement(
      math,
      10,
      active.map((a, i) => (i < LEAST_PLACES - 1 ? a : 0)),
      structure,
    ),
    null,
  );
  // Two axes at right angles cancel.
  assert.ok(naturalAgreement(math, 10, new Float32Array(31).fill(1), structure)!.resultant < 1e-9);
});

test('a natural tuning curve is the mean activation by direction', () => {
  const curve = naturalCurve(Float32Array.of(2, 4, 9, 1), runs(88, 92, Number.NaN, 359));
  assert.is(curve.length, NATURAL_BINS);
  assert.ok(Math.abs(curve[9] - 3) < 1e-6);
  assert.is(curve[0], 1);
  assert.is(
    curve.reduce((a, b) => a + b),
    curve[0] + curve[9],
  );
});

test('angles between directions', () => {
  assert.is(apartDeg(350, 10), 20);
  assert.is(apartDeg(10, 350), 20);
  assert.is(apartDeg(-10, 190), 160);
  assert.is(apartDeg(180, 0), 180);
});

test.run();
