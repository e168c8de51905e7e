// The criterion on the published responses of InceptionV1's curve neurons (METHODS 5.3).
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gapsBetween, hasCurveShape, init, measureCurve } from '../../../src/index.js';
import { filled } from '../../support/filled.js';
import { SHARED, sharedTest } from '../../support/paths.js';

const test = suite('study/curves/published');
const { math } = await init();

function published(layer: string) {
  const file = JSON.parse(readFileSync(resolve(SHARED, `distill/curves-${layer}.json`), 'utf8')) as {
    neurons: number[];
    activations: Record<string, number[]>;
  };
  return file.neurons.map((unit) => ({ unit, m: measureCurve(math, file.activations[unit]) }));
}

// unit: argmax, circular mean, peak, resultant, FWHM
const MIXED3B: Record<number, [number, number, number, number, number]> = {
  379: [243, 239.9, 668.7, 0.92, 54.5],
  406: [268.5, 273.7, 654.4, 0.95, 32.5],
  385: [290, 303, 561.4, 0.91, 52],
  343: [358, 0.9, 773.7, 0.9, 40],
  342: [22.5, 31.9, 555.3, 0.89, 66.5],
  388: [66.5, 63.2, 646.9, 0.93, 50.5],
  324: [91.5, 84.8, 663.7, 0.96, 28.5],
  340: [110, 115.3, 674.8, 0.93, 48.5],
  330: [145, 146.7, 538.4, 0.89, 68.5],
  349: [181, 173.4, 830, 0.9, 39.5],
};

sharedTest(test, 'distill/curves-mixed3b.json', 'all ten mixed3b units, with the published measures', () => {
  const units = published('mixed3b');
  assert.is(units.length, 10);
  for (const { unit, m } of filled(units)) {
    const [argmax, mean, peak, resultant, fwhm] = MIXED3B[unit];
    assert.ok(hasCurveShape(m), `${unit} is a curve detector`);
    assert.is(m.argmaxDeg, argmax, `${unit} argmax`);
    assert.ok(Math.abs(m.orientationDeg - mean) < 0.06, `${unit} mean ${m.orientationDeg}`);
    assert.ok(Math.abs(m.peak - peak) < 0.06, `${unit} peak ${m.peak}`);
    assert.ok(Math.abs(m.resultant - resultant) < 0.0051, `${unit} resultant ${m.resultant}`);
    assert.is(m.fwhmDeg, fwhm, `${unit} FWHM`);
    assert.ok(m.echo < 0.015, `${unit} echo ${m.echo}`);
  }
});

sharedTest(test, 'distill/curves-mixed3b.json', 'the two published gaps', () => {
  const widest = (values: number[]) =>
    gapsBetween(values)
      .sort((a, b) => b.widthDeg - a.widthDeg)
      .slice(0, 3)
      .map((g) => Math.round(10 * g.widthDeg) / 10);
  const units = published('mixed3b');
  assert.equal(widest(units.map((u) => u.m.argmaxDeg)).slice(0, 2), [68, 62]);
  const byMean = widest(units.map((u) => u.m.orientationDeg));
  assert.ok(Math.abs(byMean[0] - 66.5) < 0.15 && Math.abs(byMean[1] - 57.9) < 0.15, `${byMean}`);
  assert.ok(byMean[2] <= 34.1);
});

sharedTest(
  test,
  'distill/curves-mixed4a.json',
  'exactly four of mixed4a, none of conv2d2 and mixed3a',
  () => {
    const accepted = (layer: string) =>
      published(layer)
        .filter((u) => hasCurveShape(u.m))
        .map((u) => u.unit);
    assert.equal(accepted('mixed4a').sort(), [403, 407, 415, 424]);
    assert.equal(accepted('conv2d2'), []);
    assert.equal(accepted('mixed3a'), []);
  },
);

sharedTest(
  test,
  'distill/radial-lines-mixed3a.json',
  'responses to lines: line units are not called curves',
  () => {
    const { radialTuningCurves } = JSON.parse(
      readFileSync(resolve(SHARED, 'distill/radial-lines-mixed3a.json'), 'utf8'),
    );
    for (const unit of [227, 0, 75, 146, 69, 169, 57, 154, 27, 134, 150, 240, 47, 142, 6, 101, 16])
      assert.not.ok(hasCurveShape(measureCurve(math, radialTuningCurves[unit])), `unit ${unit}`);
  },
);

test.run();
