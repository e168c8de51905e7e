import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSession, crossEntropy, init, NumericError, UsageError } from '../../src/index.js';
import { heModel, randomImage } from '../support/he.js';

const test = suite('network/loss');
const engine = await init();

test('a step down the gradient of the cross-entropy, through the whole network, makes the class likelier', () => {
  const model = heModel('googlenet', 3);
  const session = createSession(engine, model, {
    taps: ['logits'],
    backward: { from: ['logits'], to: ['input'] },
  });
  const image = randomImage(224, 224, 4);
  session.run(image);
  const target = 17;
  const before = crossEntropy(engine, session.tap('logits'), target);
  assert.ok(Math.abs(before.gradient.reduce((a, b) => a + b, 0)) < 1e-5);
  const { input } = session.backward({ logits: before.gradient });
  const norm = Math.sqrt(input.reduce((s, v) => s + v * v, 0));
  const step = 0.5;
  session.run(image.map((v, i) => v - (step * input[i]) / norm));
  const after = crossEntropy(engine, session.tap('logits'), target);
  const slope = (before.loss - after.loss) / step;
  assert.ok(Math.abs(slope / norm - 1) < 0.05, `${slope} for a slope of ${norm}`);
  session.dispose();
});

test('wrong use: one clear line', () => {
  const x = Float32Array.of(1, 2);
  for (const target of [-1, 2, 0.5])
    assert.throws(
      () => crossEntropy(engine, x, target),
      (e: Error) => e instanceof UsageError && /classes 0 to 1/.test(e.message),
    );
  assert.throws(
    () => crossEntropy(engine, Float32Array.of(1, Number.NaN), 0),
    (e: Error) => e instanceof NumericError && /logit 1 is NaN/.test(e.message),
  );
});

test.run();
