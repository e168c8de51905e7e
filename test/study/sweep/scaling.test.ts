import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../../src/index.js';
import { type ScalingRow, scalings } from '../../../src/study/sweep/scaling.js';
import { filled } from '../../support/filled.js';

const test = suite('study/sweep/scaling');
const { math } = await init();

/** FVU of a law that is known, times (1 + off). */
const row = (dSae: number, k: number, off = 0, architecture = 'topk'): ScalingRow => ({
  name: `${architecture}-k-${k}-F-${dSae}`,
  architecture,
  dSae,
  l0: k,
  knob: { value: k },
  fvu: 8 * math.pow(dSae, -0.3) * math.pow(k, -0.5) * (1 + off),
});
const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a}, not ${b}`);

test('a law that is in the data is found: exponents, factor, and the largest SAE foretold', () => {
  const rows = [1024, 2048, 4096].flatMap((f) => [8, 16, 32].map((k) => row(f, k)));
  const [s, ...others] = scalings(rows, math);
  assert.is(others.length, 0);
  assert.equal(
    s.byWidth.map((l) => l.knob),
    [8, 16, 32],
  );
  assert.equal(
    s.byActive.map((l) => l.dSae),
    [1024, 2048, 4096],
  );
  for (const law of filled(s.byWidth)) near(law.exponent, 0.3);
  for (const law of filled(s.byActive)) near(law.exponent, 0.5);
  const joint = s.joint!;
  near(joint.width, 0.3);
  near(joint.active, 0.5);
  near(joint.factor, 8);
  near(joint.r2, 1);
  assert.is(joint.points, 9);
  assert.is(joint.foretold!.name, 'topk-k-32-F-4096');
  near(joint.foretold!.predicted, joint.foretold!.measured);
});

test('what does not follow the law is told by the SAE that the others foretell', () => {
  const rows = [1024, 2048, 4096].flatMap((f) => [8, 16, 32].map((k) => row(f, k)));
  const broken = rows.map((r) => (r.dSae === 4096 && r.l0 === 32 ? row(4096, 32, 0.5) : r));
  const { joint } = scalings(broken, math)[0];
  near(joint!.foretold!.measured / joint!.foretold!.predicted, 1.5);
  assert.ok(joint!.worst > 0.1 && joint!.r2 < 1);
});

test('one width scales nothing; what failed or never fires is left out; three SAEs have no joint law', () => {
  assert.equal(scalings([row(1024, 8), row(1024, 16)], math), []);
  const failed: ScalingRow = { name: 'x', architecture: 'topk', dSae: 64, knob: { value: 8 } };
  const [s] = scalings([row(1024, 8), row(2048, 8), row(2048, 16), failed, { ...row(4096, 8), l0: 0 }], math);
  assert.equal(
    s.byWidth.map((l) => [l.knob, l.points]),
    [[8, 2]],
  );
  assert.is(s.joint, null);
  // Four SAEs in step lie on one line: width and active latents cannot be told apart.
  const inStep = [1, 2, 4, 8].map((m) => row(1024 * m, 8 * m));
  assert.is(scalings(inStep, math)[0].joint, null);
  // Two architectures have a law each.
  const two = scalings(
    [row(1024, 8), row(2048, 8), row(1024, 8, 1, 'batchtopk'), row(2048, 8, 1, 'batchtopk')],
    math,
  );
  assert.equal(
    two.map((x) => x.architecture),
    ['topk', 'batchtopk'],
  );
});

test.run();
