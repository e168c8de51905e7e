// The whole method on a toy whose answer is known, and its gradients.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Engine, InputError, init, Rng } from '../../../src/index.js';
import {
  lossOf,
  type Setting,
  STREAM_TEST,
  scoresOf,
  temperatureAt,
  trainMask,
} from '../../../src/study/disentangle/mask.js';
import { checkTask, Pairs, splitEntities } from '../../../src/study/disentangle/pairs.js';
import { PlainReading } from '../../../src/study/disentangle/plain-reading.js';
import { answerOf, logitsOf, trainProbe } from '../../../src/study/disentangle/probes.js';
import { rotation } from '../../../src/study/disentangle/rotation.js';
import type { Score } from '../../../src/study/disentangle/types.js';
import { Axes } from '../../../src/units/interventions/axes.js';
import type { Basis, Coded } from '../../../src/units/interventions/basis.js';
import { Directions } from '../../../src/units/interventions/directions.js';
import { Features } from '../../../src/units/interventions/features.js';
import { picked } from '../../../src/vectors/matrix.js';
import { randomDirections } from '../../../src/vectors/random-directions.js';
import { saeOfRows, type Toy, toy } from '../../support/disentangle.js';
import { relativeError } from '../../support/guarded.js';
import { randomValues } from '../../support/random.js';

const test = suite('disentangle/mask');
const engine = await init();
const world = toy(engine, 400, 3);
const split = splitEntities(400, 0);

function settingOf<C extends Coded>(basis: Basis<C>, { x, d, attributes }: Toy = world): Setting<C> {
  const rows = split.train;
  const seen = picked(x, rows, d);
  return {
    ...{ engine, attributes, basis, reading: new PlainReading(d) },
    probes: attributes.map((attribute) => trainProbe(engine, seen, d, rows, attribute)),
    code: (entity) => basis.code(x.subarray(entity * d, (entity + 1) * d)),
  };
}

/** Scores of the masks of both attributes, on held-out pairs. */
async function disentangled<C extends Coded>(
  basis: Basis<C>,
  turn?: { engine: Engine; size: number; masked: boolean },
) {
  const setting = settingOf(basis);
  const pairs = new Pairs(world.attributes, split.test, 0, STREAM_TEST).draw(200);
  const scores: Score[] = [];
  for (const attribute of world.attributes.keys()) {
    const turning = turn && {
      rotation: rotation(engine, world.d, turn.size, 5),
      directions: basis as unknown as Directions,
      masked: turn.masked,
    };
    const options = { steps: 700, batch: 16, rate: 2e-3, seed: 1 };
    const { hard } = await trainMask(setting, attribute, split.train, options, turning);
    scores.push(scoresOf(setting, pairs, hard)[attribute]);
  }
  return scores;
}

test('directions that are learnt and the true dictionary separate what neurons and a wrong dictionary cannot', async () => {
  const { d, dictionary } = world;
  const first = rotation(engine, d, d, 5);
  const whole = new Directions(engine, first.rows(new Float32Array(first.count)), d);
  const none = new Float32Array(4 * d);
  const few = new Directions(engine, none, d);
  const results = {
    neurons: await disentangled(new Axes(d)),
    das: await disentangled(whole, { engine, size: d, masked: true }),
    'das-4': await disentangled(few, { engine, size: 4, masked: false }),
    sae: await disentangled(new Features(engine, saeOfRows(engine, dictionary, d), true)),
    'sae without its error': await disentangled(
      new Features(engine, saeOfRows(engine, dictionary, d), false),
    ),
    wrong: await disentangled(
      new Features(engine, saeOfRows(engine, randomDirections(engine.math, new Rng(9), 7, d), d, -0.1), true),
    ),
  };
  for (const [name, scores] of Object.entries(results))
    for (const [a, { cause, isolate, disentangle }] of scores.entries()) {
      const text = `${name}, ${world.attributes[a].name}: ${cause} and ${isolate}`;
      assert.is(disentangle, (cause + isolate) / 2);
      if (name === 'neurons') assert.ok(disentangle > 0.7 && disentangle < 0.95, text);
      else if (name === 'wrong') assert.ok(disentangle < 0.6, text);
      else assert.ok(disentangle >= 0.99, text);
    }
});

test('nothing taken leaves every attribute, everything taken moves every attribute', () => {
  const basis = new Axes(world.d);
  const setting = settingOf(basis);
  const pairs = new Pairs(world.attributes, split.test, 0, STREAM_TEST).draw(100);
  for (const score of scoresOf(setting, pairs, new Float32Array(world.d)))
    assert.equal(score, { cause: 0, isolate: 1, disentangle: 0.5 });
  for (const score of scoresOf(setting, pairs, new Float32Array(world.d).fill(1)))
    assert.equal(score, { cause: 1, isolate: 0, disentangle: 0.5 });
});

test('the slope of every mask value, through temperature, basis, probes and both parts of the loss', () => {
  const basis = new Axes(world.d);
  const setting = settingOf(basis);
  const pairs = new Pairs(world.attributes, split.train, 4, STREAM_TEST).draw(5);
  const between = basis.between(
    pairs.map(([b]) => setting.code(b)),
    pairs.map(([, s]) => setting.code(s)),
  );
  const at = randomValues(world.d, 8).map((v) => 0.5 + 0.4 * v);
  const loss = (mask: Float32Array) => lossOf(setting, 1, pairs, between.patched(mask)).loss;
  const numeric = Float64Array.from(at, (v, j) => {
    const [high, low] = [Math.fround(v + 1e-2), Math.fround(v - 1e-2)];
    const moved = (to: number) => loss(at.map((w, k) => (k === j ? to : w)));
    return (moved(high) - moved(low)) / (high - low);
  });
  const slopes = new Float64Array(world.d);
  between.addMaskGradient(lossOf(setting, 1, pairs, between.patched(at)).gradient, slopes);
  assert.ok(relativeError(slopes, numeric) < 1e-3, `${relativeError(slopes, numeric)}`);
});

test('the temperature falls from 10 to 0.1 in equal steps', () => {
  assert.is(temperatureAt(0, 100), 10);
  assert.ok(Math.abs(temperatureAt(99, 100) - 0.1) < 1e-12);
  assert.ok(Math.abs(temperatureAt(1, 100) - temperatureAt(2, 100) - 0.1) < 1e-12);
  assert.is(temperatureAt(0, 1), 0.1);
});

test('a probe reads what is there on entities that it did not see, and chance where labels mean nothing', () => {
  const { d, x, attributes } = world;
  const { probes } = settingOf(new Axes(d));
  const right = (probe: (typeof probes)[number], labels: Int32Array) =>
    split.test.filter((i) => answerOf(logitsOf(probe, x.subarray(i * d, (i + 1) * d))) === labels[i]).length /
    split.test.length;
  for (const [a, { labels }] of attributes.entries()) assert.is(right(probes[a], labels), 1);
  const shuffled = new Rng(5).shuffle(attributes[0].labels.slice());
  const nonsense = { ...world, attributes: [{ ...attributes[0], labels: shuffled }] };
  const [probe] = settingOf(new Axes(d), nonsense).probes;
  assert.ok(right(probe, shuffled) < 0.45, `${right(probe, shuffled)}`);
});

test('pairs differ in everything; entities of one group stay together; tasks that are none are refused', () => {
  const { attributes } = world;
  for (const [b, s] of new Pairs(attributes, split.test, 1, STREAM_TEST).draw(300))
    for (const { labels } of attributes) assert.is.not(labels[b], labels[s]);
  assert.is(split.test.length, 80);
  const groups = Array.from({ length: 90 }, (_, i) => `g${i % 30}`);
  const parted = splitEntities(90, 2, groups);
  assert.equal([parted.train.length, parted.test.length], [72, 18]);
  const sides = [parted.train, parted.test].map((rows) => new Set(Array.from(rows, (i) => groups[i])));
  assert.ok([...sides[0]].every((group) => !sides[1].has(group)));
  const refused = (given: typeof attributes, message: RegExp, rows = split) =>
    assert.throws(
      () => checkTask(given, rows),
      (e: Error) => e instanceof InputError && message.test(e.message),
    );
  checkTask(attributes, split);
  refused([attributes[0]], /two attributes or more.*only 'shape'/);
  const same = { name: 'size', classes: ['large'], labels: new Int32Array(400) };
  refused([...attributes, same], /'size' has one value \('large'\) in the train split/);
  refused(attributes, /5 entities are too few for the test split/, {
    ...split,
    test: split.test.slice(0, 5),
  });
  const two = { name: 'kind', classes: ['a', 'b'], labels: attributes[0].labels.map((v) => v & 1) };
  const other = { ...two, name: 'other', labels: two.labels.map((v, i) => (i % 2 ? v : 1 - v)) };
  const bound = { ...two, name: 'bound', labels: two.labels.map((v, i) => v ^ other.labels[i]) };
  refused([two, other, bound], /no two entities of the train split differ in all of kind, other, bound/);
});

test.run();
