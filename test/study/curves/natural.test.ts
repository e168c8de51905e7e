import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, type LocalStructure, naturalAgreement } from '../../../src/index.js';
import { apartDeg, LEAST_PLACES } from '../../../src/study/curves/natural.js';

const test = suite('study/curves/natural');
const { math } = await init();
const place = (directionDeg: number): LocalStructure => ({ directionDeg, coherence: 0.9, curvature: 0.03 });

test('places that agree give their direction, side included', () => {
  const structure = Array.from({ length: 20 }, (_, i) => place(200 + (i % 5) - 2));
  const active = structure.map(() => 1);
  const same = naturalAgreement(math, 205, active, structure)!;
  assert.ok(Math.abs(same.errorDeg - 5) < 1e-9 && same.resultant > 0.99, JSON.stringify(same));
  assert.ok(Math.abs(naturalAgreement(math, 25, active, structure)!.errorDeg - 175) < 1e-9);
});

test('only places that fire count, by their activation; too few say nothing', () => {
  const structure = [
    ...Array.from({ length: 15 }, () => place(10)),
    ...Array.from({ length: 15 }, () => place(100)),
  ];
  const active = structure.map((_, i) => (i < 15 ? 2 : 0));
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
    undefined,
  );
  // Two axes at right angles cancel.
  assert.ok(
    naturalAgreement(
      math,
      10,
      structure.map(() => 1),
      structure,
    )!.resultant < 1e-9,
  );
});

test('angles between directions', () => {
  assert.is(apartDeg(350, 10), 20);
  assert.is(apartDeg(10, 350), 20);
  assert.is(apartDeg(-10, 190), 160);
  assert.is(apartDeg(180, 0), 180);
});

test.run();
