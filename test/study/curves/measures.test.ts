import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasCurveShape, init, isCurveDetector, measureCurve } from '../../../src/index.js';
import { strengthOf } from '../../../src/study/curves/detector.js';
import { filled } from '../../support/filled.js';

const test = suite('study/curves/measures');
const { math } = await init();

/** A bump of the given full width at half maximum around `deg`. */
const bump = (deg: number, fwhm: number, height = 1): Float32Array =>
  Float32Array.from({ length: 720 }, (_, i) => {
    const away = Math.abs(((i / 2 - deg + 540) % 360) - 180);
    return height * Math.max(0, 1 - away / fwhm);
  });
const add = (...curves: Float32Array[]) => curves[0].map((_, i) => curves.reduce((s, c) => s + c[i], 0));
const curveLike = (c: ArrayLike<number>) => hasCurveShape(measureCurve(math, c));

test('a bump is measured where and as wide as it is', () => {
  const m = measureCurve(math, bump(100, 40, 7));
  assert.is(m.argmaxDeg, 100);
  assert.ok(Math.abs(m.orientationDeg - 100) < 1e-4);
  assert.ok(Math.abs(m.peak - 7) < 1e-6);
  assert.ok(Math.abs(m.fwhmDeg - 40) <= 0.5);
  assert.is(m.lobes, 1);
  assert.is(m.echo, 0);
  assert.ok(hasCurveShape(m));
});

test('turning a curve turns its orientation; scaling changes its peak alone', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 719 }),
      fc.double({ min: 0.01, max: 1000, noNaN: true }),
      fc.integer({ min: 26, max: 70 }),
      (shift, scale, fwhm) => {
        const base = add(bump(50, fwhm), bump(70, 20, 0.3));
        const turned = base.map((_, i) => Math.fround(base[(i - shift + 720) % 720] * scale));
        const [a, b] = [measureCurve(math, base), measureCurve(math, turned)];
        const apart = Math.abs(((b.orientationDeg - a.orientationDeg - shift / 2 + 900) % 360) - 180);
        assert.ok(apart < 1e-3, `${apart}`);
        assert.ok(Math.abs(b.resultant - a.resultant) < 1e-5 && Math.abs(b.fwhmDeg - a.fwhmDeg) <= 0.5);
        assert.ok(Math.abs(b.peak / (a.peak * scale) - 1) < 1e-5);
        assert.is(b.lobes, a.lobes);
      },
    ),
    { numRuns: 100 },
  );
});

test('lines (period 180), constants, silence and NaN are never curves', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 360, maxLength: 360 }),
      (half) => {
        assert.not.ok(curveLike([...half, ...half]));
      },
    ),
    { numRuns: 100 },
  );
  assert.not.ok(curveLike(new Float32Array(720).fill(3)));
  assert.not.ok(curveLike(new Float32Array(720)));
  assert.not.ok(curveLike(new Float32Array(720).fill(Number.NaN)));
  assert.not.ok(curveLike(new Float32Array(720).fill(-1)));
  const m = measureCurve(math, new Float32Array(720));
  assert.ok(filled(Object.values(m)).every((v) => v === 0));
});

test('each part of the criterion decides', () => {
  assert.ok(curveLike(bump(10, 30)));
  assert.not.ok(curveLike(bump(10, 20)), 'too narrow');
  assert.not.ok(curveLike(bump(10, 80)), 'too wide');
  assert.not.ok(curveLike(add(bump(10, 30), bump(80, 30, 0.7))), 'two lobes');
  assert.not.ok(curveLike(add(bump(10, 30), bump(190, 30, 0.15))), 'an echo');
  assert.ok(curveLike(add(bump(10, 30), bump(190, 30, 0.05))), 'a small echo');
  assert.not.ok(
    curveLike(add(bump(10, 30), new Float32Array(720).fill(0.1))),
    'too much everywhere: resultant',
  );
  const m = measureCurve(math, bump(10, 30, 5));
  assert.ok(isCurveDetector(m, 0.25, 20));
  assert.not.ok(isCurveDetector(m, 0.24, 20), 'too weak');
  assert.not.ok(isCurveDetector(m, 0.25, 19), 'photographs hardly fire it');
});

test('a lobe across 0 degrees is one lobe', () => {
  const m = measureCurve(math, bump(0, 40));
  assert.is(m.lobes, 1);
  assert.ok(m.orientationDeg < 1e-3 || m.orientationDeg > 359.99);
});

test('strength is finite where photographs never fire the unit', () => {
  assert.is(strengthOf(4, 8), 0.5);
  assert.is(strengthOf(4, 0), 0);
  assert.is(strengthOf(0, 0), 0);
});

test.run();
