// Changes of a tap: each against the same made by hand, on the embedded network.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSession, embeddedModel, init, Rng, UsageError } from '../../../src/index.js';
import { tailOf } from '../../../src/network/tail.js';
import { Axes } from '../../../src/units/interventions/axes.js';
import { Directions } from '../../../src/units/interventions/directions.js';
import { Features } from '../../../src/units/interventions/features.js';
import { type Change, changed, intervene } from '../../../src/units/interventions/intervene.js';
import { randomRotation } from '../../../src/vectors/random-directions.js';
import { saeOfRows } from '../../support/disentangle.js';
import { relativeError } from '../../support/guarded.js';
import { randomNormal, randomValues } from '../../support/random.js';

const test = suite('interventions/intervene');
const engine = await init();
const model = await embeddedModel(engine.math);
const D = 5;
const x = randomNormal(4 * D, 1);
const other = randomNormal(4 * D, 2);

const at = (p: number, values: Float32Array): Float32Array => values.subarray(p * D, (p + 1) * D);

test('splice, patch, add and ablate, everywhere and at chosen positions', () => {
  assert.equal(changed(x, D, { kind: 'splice', values: other }), other);
  assert.equal(changed(x, D, { kind: 'ablate' }), new Float32Array(x.length));
  const one: Change[] = [
    { kind: 'patch', source: other, positions: [2] },
    { kind: 'add', direction: randomNormal(D, 3), amount: -2, positions: [2] },
    { kind: 'ablate', coordinates: [1, 4], positions: [2] },
  ];
  const expected = [
    at(2, other),
    at(2, x).map((v, i) => v - 2 * randomNormal(D, 3)[i]),
    at(2, x).map((v, i) => (i === 1 || i === 4 ? 0 : v)),
  ];
  for (const [i, change] of one.entries()) {
    const out = changed(x, D, change);
    for (const p of [0, 1, 2, 3]) assert.equal(at(p, out), p === 2 ? expected[i] : at(p, x), `${i}, ${p}`);
  }
});

test('ablation in a basis takes out the part along its coordinates', () => {
  const q = randomRotation(engine.math, new Rng(3), D);
  const out = changed(x, D, { kind: 'ablate', basis: new Directions(engine, q, D), coordinates: [1] });
  for (let p = 0; p < 4; p++)
    for (let r = 0; r < D; r++) {
      const along = (v: Float32Array) => at(p, v).reduce((n, w, j) => n + w * q[r * D + j], 0);
      assert.ok(Math.abs(along(out) - (r === 1 ? 0 : along(x))) < 1e-5);
    }
  const sae = saeOfRows(engine, q, D, 0);
  const without = changed(x, D, { kind: 'ablate', basis: new Features(engine, sae, true), coordinates: [3] });
  const f = sae.encode(x);
  const expected = x.map((v, i) => v - f[Math.floor(i / D) * D + 3] * q[3 * D + (i % D)]);
  assert.ok(relativeError(without, expected) < 1e-5);
});

test('an interchange of everything is a patch; run on, it is what the other picture gives', () => {
  const size = 64;
  const taps = ['mixed3a', 'mixed3b'];
  const session = createSession(engine, model, { height: size, width: size, taps, splice: 'mixed3a' });
  const picture = (seed: number) => randomValues(size * size * 3, seed).map((v) => 127 + 127 * v);
  session.run(picture(2));
  const [source, wanted] = taps.map((tap) => session.tap(tap));
  session.run(picture(1));
  const own = session.tap('mixed3b');
  assert.not.equal(own, wanted);
  const { channels } = session.info('mixed3a');
  const basis = new Axes(channels);
  const mask = new Float32Array(channels).fill(1);
  intervene(session, 'mixed3a', { kind: 'interchange', source, basis, mask });
  assert.equal(session.tap('mixed3b'), wanted);
  session.run(picture(1));
  intervene(session, 'mixed3a', { kind: 'patch', source });
  assert.equal(session.tap('mixed3b'), wanted);
  session.run(picture(1));
  intervene(session, 'mixed3a', { kind: 'add', direction: new Float32Array(channels), amount: 1 });
  assert.equal(session.tap('mixed3b'), own);
});

test('the tail of a network computes what the whole of it does, from a block and from its branch', () => {
  const size = 64;
  const picture = randomValues(size * size * 3, 5).map((v) => 127 + 127 * v);
  for (const [tap, read, input] of [
    ['mixed3a', 'mixed3b', 'mixed3a'],
    ['mixed3a_5x5', 'mixed3b', 'mixed3a'],
    ['conv2d1', 'mixed3a', 'conv2d1'],
  ]) {
    const { model: tail, cut } = tailOf(model, tap, read, size, size);
    assert.is(cut.input, input);
    const whole = createSession(engine, model, { height: size, width: size, taps: [tap, input, read] });
    whole.run(picture);
    const given = whole.tap(input);
    const session = createSession(engine, tail, { taps: [read] });
    session.run(given);
    assert.equal(session.tap(read), whole.tap(read));
    const part = whole.tap(tap);
    assert.is(part.length / (size / (tap === 'conv2d1' ? 4 : 8)) ** 2, cut.channels);
    assert.equal(
      given.filter((_, i) => i % cut.width >= cut.from && i % cut.width < cut.from + cut.channels),
      part,
    );
  }
});

test('what makes no sense is refused in one line', () => {
  const refused = (make: () => unknown, message: RegExp) =>
    assert.throws(make, (e: Error) => e instanceof UsageError && message.test(e.message));
  refused(() => changed(x, D, { kind: 'splice', values: other.subarray(1) }), /values of 19 numbers, not 20/);
  refused(
    () => changed(x, D, { kind: 'add', direction: other, amount: 1 }),
    /direction of 20 numbers, not 5/,
  );
  refused(() => changed(x, D, { kind: 'ablate', positions: [4] }), /position 4: this tap has 0 to 3/);
  refused(() => changed(x, D, { kind: 'ablate', coordinates: [5] }), /coordinate 5: this basis has 0 to 4/);
  const [basis, mask] = [new Axes(4), new Float32Array(4)];
  refused(
    () => changed(x, D, { kind: 'interchange', source: other, basis, mask }),
    /basis of vectors of 4 does not fit a tap of 5/,
  );
  const axes = new Axes(D);
  refused(
    () => changed(x, D, { kind: 'interchange', source: other, basis: axes, mask }),
    /mask of 4 numbers, not 5/,
  );
  refused(() => tailOf(model, 'mixed3b', 'mixed3a'), /nothing that is asked for is computed from/);
  refused(
    () => tailOf(model, 'mixed3b_5x5_bottleneck', 'mixed3b'),
    /mixed3b needs mixed3b_1x1 as well as mixed3b_5x5_bottleneck/,
  );
  refused(() => tailOf(model, 'mixed3a_pre_relu', 'mixed3b'), /lies before its ReLU/);
});

test.run();
