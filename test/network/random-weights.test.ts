// The network that learnt nothing: He's scale in every layer, and activations that neither die nor explode.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { heModel, randomImage } from '../../src/bench/random-model.js';
import { createSession, init } from '../../src/index.js';
import { randomWeights } from '../../src/network/random-weights.js';
import { filled } from '../support/filled.js';

const test = suite('network/random-weights');
const engine = await init();
const { math } = engine;
const model = heModel('googlenet');
const random = randomWeights(math, model, 'mixed3b_5x5', 3);

const second = (x: Float32Array): number => x.reduce((sum, v) => sum + v * v, 0) / x.length;

test('weights have the variance 2 / fan-in, biases are 0, and only what the tap needs is drawn', () => {
  assert.ok(random.parameters.has('mixed3b_5x5') && random.parameters.has('conv2d0'));
  assert.not.ok(random.parameters.has('mixed3b_3x3'));
  assert.not.ok(random.parameters.has('mixed4a_5x5'));
  for (const [layer, { weight, bias }] of random.parameters) {
    assert.ok(filled(bias).every((b) => b === 0));
    assert.is(weight.length, model.parameters.get(layer)!.weight.length);
    const fanIn = weight.length / bias.length;
    const ratio = (second(weight) * fanIn) / 2;
    assert.ok(Math.abs(ratio - 1) < 5 / Math.sqrt(weight.length / 2), `${layer}: ${ratio}`);
  }
});

test('the same seed draws the same network, another one another; a layer is the same for every tap', () => {
  const weight = (m: typeof model) => m.parameters.get('mixed3a_3x3')!.weight;
  assert.equal(weight(randomWeights(math, model, 'mixed3b_5x5', 3)), weight(random));
  assert.equal(weight(randomWeights(math, model, 'mixed3a', 3)), weight(random));
  assert.not.equal(weight(randomWeights(math, model, 'mixed3b_5x5', 4)), weight(random));
});

test('activations keep the scale of the picture down to the tap', () => {
  const taps = ['conv2d0', 'conv2d2', 'mixed3a', 'mixed3b_5x5'];
  const session = createSession(engine, random, { height: 224, width: 224, taps });
  try {
    session.run(randomImage(224, 224));
    for (const tap of taps) {
      const x = session.tap(tap);
      const rms = Math.sqrt(second(x));
      // A picture's own values lie some 74 about the mean.
      assert.ok(rms > 7 && rms < 740, `${tap}: ${rms}`);
      const share = x.filter((v) => v > 0).length / x.length;
      assert.ok(share > 0.2 && share < 0.8, `${tap}: ${share}`);
    }
  } finally {
    session.dispose();
  }
});

test.run();
