// The network that ships trained: it knows its shapes, and has curve detectors where it had none before training.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stemDescription, stemPart } from '../../models/stem.js';
import { SHAPE_CLASSES, shapeImage } from '../../src/index.js';
import { untrained } from '../../src/network/training/initial.js';
import * as node from '../../src/node.js';

const test = suite('models/trained');
const engine = await node.init();
test.after(() => engine.dispose());
const quiet = { engine, warn: () => {} };
const STUDY = { ...quiet, tap: 'mixed3b_5x5', orientations: 72, images: 'procedural:20' } as const;

test('it tells shapes apart that training never drew', async () => {
  const model = await node.openModel('trained', { engine });
  assert.equal(model.classes, [...SHAPE_CLASSES]);
  const session = node.createSession(engine, model, { taps: ['logits'] });
  let right = 0;
  for (let i = 0; i < 54; i++) {
    // Held-out pictures of seed 0 begin at 2^30.
    const { image, class: label } = shapeImage(engine.math, 0, 2 ** 30 + i, 96);
    session.run(Float32Array.from(image.data));
    const logits = session.tap('logits');
    right += Number(logits.indexOf(Math.max(...logits)) === label);
  }
  session.dispose();
  assert.ok(right > 43, `${right} of 54; chance is 2`);
});

test('curve detectors where there were none before training', async () => {
  const { neurons, verdict } = await node.curves({ ...STUDY, model: 'trained' });
  assert.ok(neurons.count >= 12, verdict);
  assert.ok(neurons.largestGapDeg < 60, `${neurons.largestGapDeg}`);
  const before = untrained(engine.math, stemDescription(27), 0);
  const model = { ...before, name: 'untrained', sha256: 'untrained' };
  const { neurons: none } = await node.curves({ ...STUDY, model });
  assert.is(none.count, 0);
});

test('its first layers alone, as a page of the explorer has them, compute the same', async () => {
  const whole = await node.openModel('trained', { engine });
  const needed = /^(conv2d|mixed3a|mixed3b_5x5)/;
  const parameters = new Map([...whole.parameters].filter(([layer]) => needed.test(layer)));
  const shapes = node.parameterShapes(whole.description);
  const tensors = new Map(
    [...parameters.keys()].map((layer) => [`${layer}.weight`, { shape: shapes.get(layer)!.weight }]),
  );
  const part = { ...whole, parameters, description: stemPart(tensors) };
  const input = Float32Array.from(shapeImage(engine.math, 0, 1, 96).image.data);
  const [one, other] = [whole, part].map((model) => {
    const session = node.createSession(engine, model, { taps: ['mixed3b_5x5'] });
    session.run(input);
    const values = session.tap('mixed3b_5x5');
    session.dispose();
    return values;
  });
  assert.equal(other, one);
  assert.ok(one.some((v) => v > 0));
});

test.run();
