// The whole job on the network that ships: the right answer is known, and is demanded.
// What a user gets from `npm start`, with another seed than the one it uses; whole in npm run test:soak.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { curvesae, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { LONG } from '../support/long.js';

const test = suite('study/planted');

test('features fill both planted gaps that no neuron fills', async () => {
  const out = temporaryFolder('planted');
  const r = await curvesae([
    'run',
    '--seed',
    '5',
    // One SAE, drawn curves two degrees apart: a third of the time.
    ...(LONG ? [] : ['--seeds', '1', '--orientations', '180', '--controls', 'random']),
    ...['--out', out, '--json'],
  ]);
  assert.is(r.code, 0, r.stderr);
  const { curves, controls, groundTruth, sae, verdict } = r.json();
  assert.is(curves.neurons.count, 10, 'the ten planted neurons and no other');
  assert.ok(
    curves.neurons.largestGapDeg > 60 && curves.neurons.largestGapDeg < 70,
    `largest gap ${curves.neurons.largestGapDeg}`,
  );
  assert.is(curves.filledGaps.length, 2, JSON.stringify(curves.filledGaps));
  for (const gap of filled(curves.filledGaps)) {
    assert.ok(gap.features.length >= 1);
    for (const unit of filled(gap.features)) {
      const feature = curves.features.detectors.find((d: { unit: string }) => d.unit === unit);
      assert.ok(feature.neuronAlignment < 0.7, `${unit} is a combination of units, not a copy of one`);
    }
  }
  assert.ok(groundTruth.recovered >= groundTruth.total / 2, JSON.stringify(groundTruth));
  assert.ok(groundTruth.meanMaxCosine > 0.85, JSON.stringify(groundTruth));
  // What was planted is more than chance gives, and the verdict says so.
  assert.ok(
    controls.random.pNovel <= 0.05 && controls.random.pAgreeing <= 0.05,
    JSON.stringify(controls.random),
  );
  assert.match(verdict, 'that is more than chance gives');
  assert.ok(sae.fvu < 0.1, `FVU ${sae.fvu}`);
  assert.match(readFileSync(join(out, 'report.html'), 'utf8'), 'fill both');
});

test.run();
