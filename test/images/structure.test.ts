// Directions of drawn curves, lines and discs, which are known.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { drawStimulus, greyToRgb, init, PictureStructure, type Stimulus } from '../../src/index.js';

const test = suite('images/structure');
const { math } = await init();
const size = 96;
const of = (stimulus: Stimulus, invert = false) => {
  const grey = drawStimulus(math, stimulus, { size, apexX: 48, apexY: 48, lineWidth: 3 });
  const picture = new PictureStructure(math, greyToRgb(invert ? grey.map((v) => 255 - v) : grey), size);
  return picture.at(48, 48, 8)!;
};
const apart = (a: number, b: number): number => Math.abs(((a - b + 540) % 360) - 180);

test('a thin arc, a disc, and both in negative point from the centre of curvature to the apex', () => {
  for (let orientationDeg = 0; orientationDeg < 360; orientationDeg += 15)
    for (const kind of ['curve', 'filled'] as const)
      for (const invert of [false, true]) {
        const { directionDeg, curvature } = of({ kind, orientationDeg, radius: 30 }, invert);
        const label = `${kind} ${orientationDeg} ${invert}: ${directionDeg}`;
        assert.ok(apart(directionDeg, orientationDeg) < 3, label);
        assert.ok(curvature > 0.01 && curvature < 0.06, `${label}, curvature ${curvature}`);
      }
});

test('a straight line has an axis and no side; flat ground has neither', () => {
  const { directionDeg, coherence, curvature } = of({ kind: 'line', orientationDeg: 40 });
  assert.ok(Math.min(apart(directionDeg, 40), apart(directionDeg, 220)) < 1, `${directionDeg}`);
  assert.ok(coherence > 0.95 && curvature < 1e-6, `${coherence}, ${curvature}`);
  const flat = new PictureStructure(math, new Float32Array(size * size * 3).fill(90), size);
  assert.is(flat.at(48, 48, 8), undefined);
});

test.run();
