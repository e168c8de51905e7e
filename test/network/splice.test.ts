// Splicing: with the tap's own values the bits of the plain run, whatever tap; with values
// of another network at that layer, the bits of that network.
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createSession,
  description,
  init,
  type Model,
  modelFromTensors,
  NumericError,
  Rng,
  tapInfo,
  taps,
  UsageError,
} from '../../src/index.js';
import { heModel, randomImage } from '../support/he.js';
import { LONG } from '../support/long.js';
import { SHARED, sharedTest } from '../support/paths.js';
import { readTensors } from '../support/tensors.js';

const test = suite('network/splice');
const engine = await init({ build: 'simd' });
const models = { inceptionv1: heModel('inceptionv1'), googlenet: heModel('googlenet') };
const bits = (a: Float32Array) => new Uint32Array(a.buffer, a.byteOffset, a.length);
const postRelu = (model: Model) => taps(model.description).filter((t) => !t.endsWith('_pre_relu'));

/** A model with other parameters in the layers that `which` matches. */
function withOther(model: Model, which: RegExp): Model {
  const rng = new Rng(9);
  const parameters = new Map(
    [...model.parameters].map(([name, p]) => [
      name,
      which.test(name)
        ? {
            weight: p.weight.map((w) => w * (0.5 + rng.uniform())),
            bias: p.bias.map(() => rng.uniform() - 0.5),
          }
        : p,
    ]),
  );
  return { ...model, parameters };
}

// Every fourth tap of one network, every fifth of the other, so that their blocks are met at other places. In npm run test:soak all.
for (const [architecture, every] of [
  ['inceptionv1', LONG ? 1 : 4],
  ['googlenet', LONG ? 1 : 5],
] as const)
  test(`${architecture}: taps spliced with its own values gives the bits of run(), again and again`, () => {
    const model = models[architecture];
    const [height, width] = [40, 33];
    const image = randomImage(height, width, 2);
    const out = 'mixed5b';
    const plain = createSession(engine, model, { height, width, taps: [out] });
    plain.run(image);
    const want = bits(plain.tap(out));
    plain.dispose();
    const spatial = postRelu(model).filter((t) => !/mixed5b|avgpool|logits|softmax/.test(t));
    const chosen = spatial.filter((_, i) => i % every === 0);
    for (const splice of [...chosen, 'mixed5b_1x1', 'mixed5b_5x5_bottleneck', 'mixed5b_pool']) {
      const session = createSession(engine, model, { height, width, taps: [out], splice });
      session.run(image);
      assert.equal(bits(session.tap(out)), want, `${splice}: plain run`);
      const own = session.tap(splice);
      session.runSpliced(own);
      assert.equal(bits(session.tap(out)), want, `${splice}: own values`);
      // A run with other values must leave nothing behind.
      session.runSpliced(own.map((v) => v + 1));
      assert.equal(
        session.tap(splice),
        own.map((v) => v + 1),
        `${splice}: what was put there is there`,
      );
      assert.not.equal(bits(session.tap(out)), want, `${splice}: other values`);
      session.runSpliced(own);
      assert.equal(bits(session.tap(out)), want, `${splice}: own values again`);
      session.run(image);
      assert.equal(bits(session.tap(out)), want, `${splice}: plain run again`);
      session.dispose();
    }
  });

for (const [splice, layers] of [
  ['conv2d0', /^conv2d0$/],
  ['maxpool0', /^conv2d0$/],
  ['conv2d2', /^conv2d2$/],
  ['localresponsenorm1', /^conv2d1$/],
  ['mixed3a_3x3_bottleneck', /^mixed3a_3x3_bottleneck$/],
  ['mixed3b_5x5', /^mixed3b_5x5$/],
  ['mixed3b_pool_reduce', /^mixed3b_pool_reduce$/],
  ['mixed3b', /^mixed3b_/],
  ['mixed4a_1x1', /^mixed4a_1x1$/],
  ['mixed4c', /^mixed4c_(3x3|pool)/],
  ['mixed5b_5x5', /^mixed5b_5x5$/],
] as const)
  for (const [architecture, model] of Object.entries(models))
    test(`${architecture}: the values of other weights at ${splice} give the bits of that network`, () => {
      const other = withOther(model, layers);
      const size = { height: 48, width: 56 };
      const image = randomImage(48, 56, 3);
      const wanted = createSession(engine, other, { ...size, taps: [splice, 'mixed5b'] });
      wanted.run(image);
      const session = createSession(engine, model, { ...size, taps: ['mixed5b'], splice });
      session.run(image);
      assert.not.equal(bits(session.tap('mixed5b')), bits(wanted.tap('mixed5b')));
      session.runSpliced(wanted.tap(splice));
      assert.equal(bits(session.tap('mixed5b')), bits(wanted.tap('mixed5b')));
      // The other way round on the same sessions.
      session.run(image);
      const plain = bits(session.tap('mixed5b'));
      const back = createSession(engine, other, { ...size, taps: ['mixed5b'], splice });
      back.run(image);
      back.runSpliced(session.tap(splice));
      assert.equal(bits(back.tap('mixed5b')), plain);
      for (const s of [wanted, session, back]) s.dispose();
    });

test('zeros at a branch are what zero weights there give, up to the softmax', () => {
  const { googlenet: model } = models;
  const parameters = new Map(model.parameters);
  const { weight, bias } = parameters.get('mixed3b_5x5')!;
  parameters.set('mixed3b_5x5', {
    weight: new Float32Array(weight.length),
    bias: new Float32Array(bias.length),
  });
  const image = randomImage(224, 224, 4);
  const names = ['mixed3b', 'logits', 'softmax'];
  const wanted = createSession(engine, { ...model, parameters }, { taps: names });
  wanted.run(image);
  const session = createSession(engine, model, { taps: names, splice: 'mixed3b_5x5' });
  session.run(image);
  session.runSpliced(new Float32Array(28 * 28 * 96));
  for (const name of names) assert.equal(bits(session.tap(name)), bits(wanted.tap(name)), name);
  for (const s of [wanted, session]) s.dispose();
});

test('late taps: avgpool0 and logits go on to the softmax; simd and scalar agree', async () => {
  const scalar = await init({ build: 'scalar' });
  const image = randomImage(224, 224, 5);
  for (const splice of ['mixed5b_1x1', 'avgpool0', 'logits']) {
    const results = [engine, scalar].map((e) => {
      const session = createSession(e, models.googlenet, { taps: ['softmax'], splice });
      session.run(image);
      const plain = session.tap('softmax');
      const own = session.tap(splice);
      session.runSpliced(own);
      assert.equal(bits(session.tap('softmax')), bits(plain), splice);
      session.runSpliced(own.map((v, i) => (i % 3 ? v : -v)));
      const other = session.tap('softmax');
      assert.not.equal(bits(other), bits(plain));
      session.dispose();
      return bits(other);
    });
    assert.equal(results[0], results[1], splice);
  }
});

test('kept taps that depend on nothing spliced stay those of the run', () => {
  const names = ['mixed3a', 'mixed3b_1x1', 'mixed3b_5x5_pre_relu', 'mixed3b'];
  const session = createSession(engine, models.inceptionv1, {
    height: 32,
    width: 32,
    taps: names,
    splice: 'mixed3b_5x5',
  });
  session.run(randomImage(32, 32));
  const before = names.map((n) => session.tap(n));
  const { channels, height, width } = session.info('mixed3b_5x5');
  const put = new Float32Array(height * width * channels).fill(7);
  session.runSpliced(put);
  for (const i of [0, 1, 2]) assert.equal(session.tap(names[i]), before[i], names[i]);
  const whole = session.tap('mixed3b');
  const c = whole.length / (height * width);
  for (let i = 0; i < whole.length; i++)
    assert.is(whole[i], i % c >= 320 && i % c < 416 ? 7 : before[3][i], `mixed3b ${i}`);
  session.dispose();
});

test('wrong use: one clear line', () => {
  const refuses = (
    run: () => unknown,
    text: RegExp,
    kind: typeof UsageError | typeof NumericError = UsageError,
  ) =>
    assert.throws(run, (e: Error) => e instanceof kind && text.test(e.message) && !e.message.includes('\n'));
  const { googlenet: model } = models;
  const make = (splice: string, names = ['mixed4a']) =>
    createSession(engine, model, { height: 32, width: 32, taps: names, splice });
  refuses(() => make('mixed3b_pre_relu'), /before its ReLU .* splice 'mixed3b' instead/);
  refuses(() => make('mixed3c'), /unknown tap 'mixed3c'/);
  refuses(() => make('mixed4a'), /nothing that is asked for is computed from tap 'mixed4a'/);
  refuses(() => make('mixed5b'), /nothing that is asked for/);
  refuses(
    () => createSession(engine, model, { taps: ['softmax'], splice: 'softmax' }),
    /nothing that is asked for is computed from tap 'softmax'/,
  );
  refuses(
    () =>
      createSession(
        engine,
        { ...model, name: 'stem', lastTap: 'mixed3b' },
        { taps: ['mixed3b'], splice: 'mixed4a' },
      ),
    /stem ends at tap 'mixed3b'/,
  );
  const none = createSession(engine, model, { height: 32, width: 32, taps: ['mixed3a'] });
  none.run(randomImage(32, 32));
  refuses(() => none.runSpliced(new Float32Array(1)), /splices nothing/);
  none.dispose();
  const session = make('mixed3a');
  const { channels, height, width } = tapInfo(description('googlenet'), 'mixed3a', 32, 32);
  const values = new Float32Array(height * width * channels);
  refuses(() => session.runSpliced(values), /before run/);
  session.run(randomImage(32, 32));
  const kept = session.tap('mixed4a');
  refuses(() => session.runSpliced(values.subarray(1)), /4x4x256 = 4096/);
  for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    const broken = values.slice();
    broken[2 * channels + 5] = bad;
    refuses(() => session.runSpliced(broken), /at position 2, channel 5/, NumericError);
  }
  assert.equal(session.tap('mixed4a'), kept, 'refused values change nothing');
  session.dispose();
  refuses(() => session.runSpliced(values), /disposed/);
});

sharedTest(
  test,
  'googlenet/googlenet.safetensors',
  'the real GoogLeNet: own values at taps of every kind',
  () => {
    const tensors = readTensors(resolve(SHARED, 'googlenet/googlenet.safetensors'));
    const model = modelFromTensors(tensors, { name: 'googlenet', sha256: '' });
    const image = randomImage(224, 224, 6);
    for (const splice of [
      'conv2d2',
      'maxpool0',
      'localresponsenorm1',
      'mixed3b',
      'mixed3b_5x5',
      'mixed4d_pool',
    ]) {
      const session = createSession(engine, model, { taps: ['logits', 'softmax'], splice });
      session.run(image);
      const want = [session.tap('logits'), session.tap('softmax')];
      session.runSpliced(session.tap(splice));
      assert.equal([session.tap('logits'), session.tap('softmax')].map(bits), want.map(bits), splice);
      session.dispose();
    }
  },
);

test.run();
