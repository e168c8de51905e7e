// Gradients of objectives against finite differences, and what units are written as.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { embeddedModel, init, type TapInfo, UsageError } from '../../../src/index.js';
import { LoadedSae } from '../../../src/sae/inference.js';
import { shapesOf } from '../../../src/sae/kinds.js';
import { architecture } from '../../../src/sae/registry.js';
import type { SaeTensors } from '../../../src/sae/types.js';
import { Likeness } from '../../../src/study/visualize/diversity.js';
import { Evaluation, middle } from '../../../src/study/visualize/objective.js';
import type { Objective, Term } from '../../../src/study/visualize/types.js';
import { parseObjective } from '../../../src/study/visualize/units.js';
import { hide, hidingMatrix } from '../../../src/vectors/hiding.js';
import { relativeError } from '../../support/guarded.js';
import { randomNormal } from '../../support/random.js';

const test = suite('visualize/objective');
const engine = await init();
const info = (height: number, width: number, channels: number): TapInfo => ({
  ...{ name: 't', shape: [height, width, channels], height, width, channels },
  ...{ stride: 8, centre: 6, field: 91 },
});

test('the middle is the unit whose field is centred nearest to that of the picture', () => {
  assert.is(middle(info(18, 18, 4), 140), 8 * 18 + 8);
  assert.is(middle(info(3, 5, 4), 24), 1 * 5 + 1);
  assert.is(middle(info(1, 1, 4), 300), 0);
});

test('sums of neurons, channels and directions, normalised too, and diversity: slopes of every value', () => {
  const here = info(4, 3, 6);
  const vector = randomNormal(6, 1);
  const terms: Term[] = [
    { weight: 1, tap: 't', where: 'centre', channel: 2 },
    { weight: -0.5, tap: 't', where: 'everywhere', channel: 4 },
    { weight: 2, tap: 't', where: 'centre', vector, offset: 3 },
    { weight: 1.5, tap: 't', where: 'everywhere', vector, normalize: 'layer_norm' },
  ];
  const objective: Objective = { terms, diversity: { tap: 't', weight: 4 } };
  const infos = new Map([['t', here]]);
  const evaluation = new Evaluation(engine, objective, infos, 28, 3);
  const likeness = new Likeness(engine, here, 3);
  const batch = [1, 2, 3].map((seed) => randomNormal(72, seed + 20));
  const of = (x: Float32Array) => new Map([['t', x]]);
  const total = () => batch.reduce((sum, x) => sum + evaluation.value(of(x)), 0) - 4 * likeness.value(batch);
  const gradients = evaluation.gradients(batch.map(of)).map(({ t }) => t);
  for (const [b, x] of batch.entries()) {
    const slopes = Float64Array.from(x, (v, i) => {
      const moved = (to: number) => {
        x[i] = to;
        const value = total();
        x[i] = v;
        return value;
      };
      const [high, low] = [Math.fround(v + 0.01), Math.fround(v - 0.01)];
      return (moved(high) - moved(low)) / (high - low);
    });
    assert.ok(relativeError(gradients[b], slopes) < 1e-3, `${b}: ${relativeError(gradients[b], slopes)}`);
  }
  const alike = [batch[0], batch[0], batch[0]];
  assert.ok(Math.abs(likeness.value(alike) - 2) < 1e-5, 'of B equal pictures, B - 1');
  evaluation.dispose();
  likeness.dispose();
});

test('a direction before a ReLU: its value behind it; its gradient also where it pushes a dead channel up', () => {
  const here = info(1, 1, 4);
  const vector = Float32Array.of(2, -3, 5, -7);
  const x = new Map([['t', Float32Array.of(1, 1, -1, -1)]]);
  const of = (weight: number) => {
    const terms: Term[] = [{ weight, tap: 't', where: 'centre', vector, rectify: true }];
    return new Evaluation(engine, { terms }, new Map([['t', here]]), 28, 1);
  };
  assert.is(of(1).value(x), -1);
  assert.equal(of(1).gradients([x])[0].t, Float32Array.of(2, -3, 5, 0));
  assert.equal(of(-1).gradients([x])[0].t, Float32Array.of(-2, 3, 0, 7));
});

const model = await embeddedModel(engine.math);
const neuron = { where: 'centre', afterRelu: false } as const;
const words = { math: engine.math, description: model.description };

test('units as they are written: before their ReLU in the middle, behind it everywhere, on their own branch', () => {
  const terms = (text: string, reading: Parameters<typeof parseObjective>[2] = neuron) =>
    parseObjective(text, words, reading).terms;
  const want = { tap: 'mixed3b_5x5_pre_relu', channel: 3, where: 'centre', weight: 1 };
  assert.equal(terms('mixed3b_5x5:3'), [want]);
  const whole = terms('mixed3b:323')[0];
  assert.is(whole.tap, 'mixed3b_5x5_pre_relu');
  assert.equal(terms('mixed3b_5x5:3', { ...neuron, afterRelu: true }), [{ ...want, tap: 'mixed3b_5x5' }]);
  assert.equal(terms('mixed3b_5x5:3', { where: 'everywhere', afterRelu: false }), [
    { ...want, tap: 'mixed3b_5x5', where: 'everywhere' },
  ]);
  assert.equal(terms('maxpool1:3'), [{ ...want, tap: 'maxpool1' }], 'without a ReLU as it is');
  assert.equal(
    terms('-mixed3b_5x5:3 + 0.5*conv2d1:0-conv2d1:1').map(({ weight, channel }) => [weight, channel]),
    [
      [-1, 3],
      [0.5, 0],
      [-1, 1],
    ],
  );
});

test('directions of a tap that ends in a ReLU are read from before it, unless they are to be read behind it', () => {
  const data = Float32Array.from({ length: 192 }, (_, i) => i);
  const of = (tap: string, afterRelu: boolean) => {
    const directions = { tap, rows: 2, width: 96, data };
    const [{ vector, ...term }] = parseObjective(
      'd1',
      { ...words, directions },
      { ...neuron, afterRelu },
    ).terms;
    assert.is(vector![0], 96);
    return term;
  };
  const plain = { weight: 1, where: 'centre' };
  assert.equal(of('mixed3b_5x5', false), { ...plain, tap: 'mixed3b_5x5_pre_relu', rectify: true });
  assert.equal(of('mixed3b_5x5', true), { ...plain, tap: 'mixed3b_5x5' });
  assert.equal(of('maxpool1', false), { ...plain, tap: 'maxpool1' });
});

test('what cannot be read: one clear line', () => {
  for (const [text, what] of [
    ['', /empty unit/],
    ['mixed3b_5x5', /cannot read 'mixed3b_5x5'; write TAP:INDEX/],
    ['mixed3b_5x5:1 conv2d1:2', /cannot read 'conv2d1:2'/],
    ['mixed3b_5x5:1+', /cannot read '\+'/],
    ['mixed3z:1', /unknown tap 'mixed3z'/],
    ['mixed3b_5x5:96', /units 0 to 95/],
    ['f3', /needs its SAE/],
    ['d3', /needs its matrix/],
  ] as const)
    assert.throws(
      () => parseObjective(text, words, neuron),
      (e: Error) => e instanceof UsageError && what.test(e.message) && !e.message.includes('\n'),
      text,
    );
});

test('a feature is its pre-activation: where it fires, its activation, of every kind, hidden neurons too', () => {
  const [D, F] = [8, 40];
  for (const name of ['relu', 'topk', 'gated', 'jumprelu'])
    for (const hiding of [undefined, { kind: 'rotate', width: D, seed: 2 } as const]) {
      const shapes = shapesOf(architecture(name).kind, D, F);
      const tensors: SaeTensors = Object.fromEntries(
        Object.entries(shapes).map(([key, shape], i) => [
          key,
          {
            shape,
            data: randomNormal(
              shape.reduce((a, b) => a * b),
              30 + i,
            ).map((v) => v / 2),
          },
        ]),
      );
      const config = { architecture: name, dIn: D, dSae: F, k: 9 };
      const sae = new LoadedSae(engine, config, tensors);
      const core = engine.acquire();
      const x = randomNormal(D, 9);
      const seen = hiding ? hide(core, x, hidingMatrix(engine.math, D, hiding), D) : x;
      const f = sae.encode(seen);
      core.dispose();
      sae.dispose();
      const active = Array.from(f.keys()).filter((i) => f[i] > 0);
      assert.ok(active.length > 2, `${name}: ${active.length}`);
      for (const i of active) {
        const hidden = hiding && { hiding, neurons: D };
        const objective = parseObjective(
          `f${i}`,
          { ...words, sae: { config, tensors, tap: 'maxpool1', hidden } },
          neuron,
        );
        const evaluation = new Evaluation(engine, objective, new Map([['maxpool1', info(1, 1, D)]]), 100, 1);
        const value = evaluation.value(new Map([['maxpool1', x]]));
        assert.ok(Math.abs(value - f[i]) < 1e-5, `${name} f${i}: ${value} and ${f[i]}`);
        evaluation.dispose();
      }
    }
});

test.run();
