// What training is made of, against twins in f64 and against itself in other slices.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, NumericError, stemDescription } from '../../src/index.js';
import { addSlice, Learner } from '../../src/network/training/batch-gradient.js';
import { flatLayout, flattened, parametersIn } from '../../src/network/training/flat.js';
import { untrained } from '../../src/network/training/initial.js';
import { Optimiser, rateAt } from '../../src/network/training/optimiser.js';
import { randomImage } from '../support/he.js';
import { randomNormal } from '../support/random.js';

const test = suite('network/training');
const engine = await init();
const NARROW = stemDescription(3, {
  early: [4, 4, 8],
  mixed3a: [4, 4, 4, 4, 4, 4],
  mixed3b: [4, 4, 4, 4, 8, 4],
});
const layout = flatLayout(NARROW);
const start = untrained(engine.math, NARROW, 5);
/** Logits of 0 pass nothing on. */
start.parameters.get('logits')!.weight.set(randomNormal(3 * 20, 9).map((v) => v / 10));
const flat = flattened(layout, start.parameters);
const pictures = [0, 1, 2, 3].map((i) => ({ input: randomImage(96, 96, 20 + i), class: i % 3 }));

test('parameters lie one after the other, and come back', () => {
  const again = parametersIn(layout, flat);
  assert.equal([...again.keys()], [...start.parameters.keys()]);
  for (const [layer, { weight, bias }] of start.parameters) {
    assert.equal(again.get(layer)!.weight, weight);
    assert.equal(again.get(layer)!.bias, bias);
  }
  assert.is(layout.size % 4, 0);
});

test('the gradient is the slope of the loss, and slices add up', () => {
  const learner = new Learner(engine, NARROW, flat, true);
  const whole = learner.learn(pictures);
  const sum = learner.learn(pictures.slice(0, 2));
  addSlice(sum, learner.learn(pictures.slice(2)));
  assert.is(sum.count, 4);
  assert.ok(Math.abs(sum.loss - whole.loss) < 1e-9);
  const norm = Math.sqrt(whole.gradient.reduce((s, g) => s + g * g, 0));
  assert.ok(norm > 1);
  for (const [i, g] of whole.gradient.entries())
    assert.ok(Math.abs(g - sum.gradient[i]) < 1e-5 * norm, `${i}: ${g}, ${sum.gradient[i]}`);
  learner.dispose();
  const lossAt = (along: number): number => {
    const moved = new Learner(
      engine,
      NARROW,
      flat.map((v, i) => v + (along * whole.gradient[i]) / norm),
      false,
    );
    const loss = pictures.reduce((s, picture) => s + moved.guess(picture).loss, 0);
    moved.dispose();
    return loss;
  };
  const h = 1e-3;
  const slope = (lossAt(h) - lossAt(-h)) / (2 * h);
  assert.ok(Math.abs(slope / norm - 1) < 0.03, `${slope} for a gradient of ${norm}`);
});

test('a diverged network is named', () => {
  const learner = new Learner(
    engine,
    NARROW,
    flat.map(() => Number.NaN),
    false,
  );
  assert.throws(
    () => learner.guess(pictures[0]),
    (e: Error) => e instanceof NumericError,
  );
  learner.dispose();
});

test('AdamW and its rate, beside their formulas in f64', () => {
  const options = { lr: 0.01, warmup: 0.25, weightDecay: 0.1, steps: 8 };
  const rates = Array.from({ length: 8 }, (_, i) => rateAt(engine.math, options, i + 1));
  assert.equal(rates.slice(0, 2), [0.005, 0.01]);
  assert.is(rates[2], 0.01);
  assert.ok(rates[7] > 0 && rates[7] < 0.001);
  const optimiser = new Optimiser(engine, layout, options, flat);
  const twin = Float64Array.from(flat);
  const [m, v] = [new Float64Array(layout.size), new Float64Array(layout.size)];
  for (let t = 1; t <= 3; t++) {
    const sum = randomNormal(layout.size, 40 + t);
    const rate = optimiser.take(sum, 2);
    assert.is(rate, rates[t - 1]);
    for (const { part, start: from, length } of layout.slots)
      if (part === 'weight') for (let i = from; i < from + length; i++) twin[i] *= 1 - rate * 0.1;
    for (let i = 0; i < layout.size; i++) {
      const g = sum[i] / 2;
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.999 * v[i] + 0.001 * g * g;
      twin[i] -= ((rate / (1 - 0.9 ** t)) * m[i]) / (Math.sqrt(v[i] / (1 - 0.999 ** t)) + 1e-8);
    }
  }
  const off = optimiser.values.reduce((most, value, i) => Math.max(most, Math.abs(value - twin[i])), 0);
  assert.ok(off < 1e-5, `${off}`);
  optimiser.dispose();
});

test.run();
