import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createSession,
  embeddedModel,
  init,
  parameterShapes,
  proceduralImage,
  taps,
} from '../../src/index.js';
import { filled } from '../support/filled.js';

const test = suite('network/embedded');
const engine = await init();
const model = await embeddedModel(engine.math);

test('deterministic: two generations and both builds agree, seeds differ', async () => {
  assert.is((await embeddedModel(engine.math)).sha256, model.sha256);
  assert.is((await embeddedModel((await init({ build: 'scalar' })).math)).sha256, model.sha256);
  assert.is.not((await embeddedModel(engine.math, 1)).sha256, model.sha256);
});

test('true shapes of InceptionV1, up to mixed3b', () => {
  const shapes = parameterShapes(model.description);
  for (const [tap, { weight, bias }] of filled(model.parameters)) {
    const shape = shapes.get(tap)!;
    assert.is(
      weight.length,
      shape.weight.reduce((p, n) => p * n),
      tap,
    );
    assert.is(bias.length, shape.bias[0], tap);
    assert.ok(filled(weight).every(Number.isFinite) && filled(bias).every(Number.isFinite), tap);
  }
  assert.is(model.parameters.size, 15);
});

test('no layer is dead on procedural pictures', () => {
  const all = taps(model.description);
  const wanted = all.slice(0, all.indexOf('mixed3b') + 1);
  const session = createSession(engine, model, { taps: wanted });
  const alive = new Map(wanted.map((t) => [t, new Uint8Array(session.info(t).channels)]));
  for (let i = 0; i < 6; i++) {
    session.run(Float32Array.from(proceduralImage(engine.math, 9, i, 224).data));
    for (const tap of wanted) {
      const [values, seen] = [session.tap(tap), alive.get(tap)!];
      for (let e = 0; e < values.length; e++) if (values[e] > 0) seen[e % seen.length] = 1;
    }
  }
  for (const [tap, seen] of filled(alive)) {
    const share = seen.reduce((s, v) => s + v, 0) / seen.length;
    assert.ok(share > 0.6, `${tap}: ${(100 * share).toFixed(0)} % of units alive`);
  }
  session.dispose();
});

test.run();
