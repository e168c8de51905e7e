import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CRITERION,
  criterionText,
  hasCurveShape,
  isCurveDetector,
} from '../../../src/study/curves/detector.js';
import type { CurveMeasures } from '../../../src/study/curves/types.js';
import { ROOT } from '../../support/paths.js';

const test = suite('study/curves/detector');

const curve = { peak: 1, resultant: 0.9, echo: 0.05, fwhmDeg: 50, lobes: 1 } as CurveMeasures;

test('each part of the criterion decides by itself', () => {
  assert.ok(isCurveDetector(curve, 0.25, 20));
  assert.not.ok(isCurveDetector(curve, 0.24, 20));
  assert.not.ok(isCurveDetector(curve, 0.25, 19));
  const failing: Partial<CurveMeasures>[] = [
    { peak: 0 },
    { resultant: 0.849 },
    { echo: 0.1 },
    { lobes: 2 },
    { fwhmDeg: 24 },
    { fwhmDeg: 76 },
  ];
  for (const part of failing) assert.not.ok(hasCurveShape({ ...curve, ...part }), JSON.stringify(part));
});

test('the report and docs/curves.md state the criterion that is computed', () => {
  const { resultant, echo, fwhmDeg, strength, fires } = CRITERION;
  const docs = readFileSync(resolve(ROOT, 'docs/curves.md'), 'utf8').replace(/\s+/g, ' ');
  const criterion = docs.slice(docs.indexOf('**Detector.**'), docs.indexOf('**Gaps**'));
  for (const said of [
    `>= ${resultant};`,
    `< ${echo};`,
    `${fwhmDeg[0]} to ${fwhmDeg[1]} degrees`,
    `>= ${strength}:`,
    `at least ${fires} of these positions`,
  ])
    assert.ok(criterion.includes(said), said);
  for (const said of [`≥ ${resultant}`, `< ${echo}`, `${fwhmDeg[0]}° to ${fwhmDeg[1]}°`, `${strength} times`])
    assert.ok(criterionText().includes(said), said);
});

test.run();
