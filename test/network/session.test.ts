import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSession, InputError, init, type Session, taps, UsageError } from '../../src/index.js';
import { NetworkSession } from '../../src/network/session.js';
import { filled } from '../support/filled.js';
import { heModel, randomImage } from '../support/he.js';

const test = suite('session');
const engine = await init({ build: 'simd' });
const models = { inceptionv1: heModel('inceptionv1'), googlenet: heModel('googlenet') };

const bits = (a: Float32Array) => new Uint32Array(a.buffer, a.byteOffset, a.length);

for (const architecture of ['inceptionv1', 'googlenet'] as const)
  test(`${architecture}: a later image gives the bits of a fresh session`, () => {
    const [first, second] = [randomImage(64, 72, 1), randomImage(64, 72, 2)];
    const make = (): Session =>
      createSession(engine, models[architecture], { height: 64, width: 72, taps: ['mixed5b'] });
    const used = make();
    used.run(first);
    const one = used.tap('mixed5b');
    used.run(second);
    const two = used.tap('mixed5b');
    used.run(first);
    assert.equal(bits(used.tap('mixed5b')), bits(one), 'the first image again');
    const fresh = make();
    fresh.run(second);
    assert.equal(bits(fresh.tap('mixed5b')), bits(two));
    assert.not.equal(bits(one), bits(two));
    used.dispose();
    fresh.dispose();
  });

test('simd and scalar give the same bits, taps before and after the ReLU included', async () => {
  const scalar = await init({ build: 'scalar' });
  const image = randomImage(40, 33, 4);
  const names = [
    'conv2d0',
    'localresponsenorm1',
    'mixed3b_pre_relu',
    'mixed3b_5x5',
    'mixed4a_3x3',
    'mixed5a',
  ];
  for (const model of Object.values(models)) {
    const results = [engine, scalar].map((e) => {
      const session = createSession(e, model, { height: 40, width: 33, taps: names });
      session.run(image);
      const values = names.map((n) => bits(session.tap(n)));
      session.dispose();
      return values;
    });
    for (const [i, name] of names.entries()) assert.equal(results[0][i], results[1][i], name);
  }
});

test('the bits of a tap do not depend on which others are kept', () => {
  const image = randomImage(48, 48, 5);
  const run = (names: string[]) => {
    const session = createSession(engine, models.inceptionv1, { height: 48, width: 48, taps: names });
    session.run(image);
    const value = bits(session.tap('mixed3b_5x5'));
    session.dispose();
    return value;
  };
  const alone = run(['mixed3b_5x5']);
  assert.equal(run(['mixed3b', 'mixed3b_5x5']), alone);
  assert.equal(run(['mixed3b_5x5', 'mixed3b_pre_relu', 'mixed3a_5x5_bottleneck_pre_relu']), alone);
  const spatial = taps(models.inceptionv1.description).filter((t) => !/avgpool|logits|softmax/.test(t));
  assert.equal(run(spatial), alone);
});

test('a tap in an array that is given: the same values, whatever it ends in', () => {
  const image = randomImage(48, 48, 6);
  const names = ['mixed3b_5x5', 'mixed3b_pre_relu', 'mixed3b', 'conv2d2'];
  const session = createSession(engine, models.googlenet, { height: 48, width: 48, taps: names });
  session.run(image);
  for (const name of names) {
    const values = session.tap(name);
    const into = new Float32Array(values.length).fill(Number.NaN);
    assert.is(session.tap(name, into), into);
    assert.equal(bits(into), bits(values), name);
    assert.throws(() => session.tap(name, new Float32Array(values.length + 1)), /values; the array/);
  }
  session.dispose();
});

test('inputs from 1x1 on run, whatever their parity', () => {
  for (let n = 1; n <= 12; n++) {
    const session = createSession(engine, models.inceptionv1, {
      height: n,
      width: 13 - n,
      taps: ['mixed5b'],
    });
    session.run(randomImage(n, 13 - n, n));
    assert.is(session.tap('mixed5b').length, 1024);
    assert.ok(filled(session.tap('mixed5b')).every(Number.isFinite));
    session.dispose();
  }
});

test('the stem at 224 stays within 64 MB of WebAssembly memory', async () => {
  // An engine of its own: the memory of a used one never shrinks.
  const session = new NetworkSession(await init({ build: 'simd' }), models.inceptionv1, {
    taps: ['mixed3b'],
  });
  session.run(randomImage(224, 224));
  assert.ok(session.bytes <= session.capacity);
  assert.ok(session.capacity <= 64 * 1048576, `${session.capacity}`);
  session.dispose();
});

const refuses = (run: () => unknown, kind: typeof UsageError | typeof InputError, text: RegExp) =>
  assert.throws(run, (e: Error) => e instanceof kind && text.test(e.message) && !e.message.includes('\n'));

test('wrong use: one clear line', () => {
  const model = models.inceptionv1;
  const stem = { ...model, name: 'embedded', lastTap: 'mixed3b' };
  refuses(() => createSession(engine, model, { taps: [] }), UsageError, /at least one tap/);
  refuses(
    () => createSession(engine, model, { taps: ['mixed3c'] }),
    UsageError,
    /unknown tap 'mixed3c'; closest/,
  );
  refuses(
    () => createSession(engine, stem, { taps: ['mixed4a'] }),
    UsageError,
    /embedded ends at tap 'mixed3b'/,
  );
  refuses(
    () => createSession(engine, model, { height: 0, taps: ['conv2d0'] }),
    UsageError,
    /sides are whole/,
  );
  refuses(
    () => createSession(engine, model, { height: 300, width: 300, taps: ['softmax'] }),
    UsageError,
    /224x224/,
  );
  const session = createSession(engine, model, { height: 32, width: 32, taps: ['conv2d0'] });
  refuses(() => session.tap('conv2d0'), UsageError, /before run/);
  refuses(() => session.run(new Float32Array(5)), UsageError, /image of 5 values/);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const image = randomImage(32, 32);
    image[1000] = bad;
    refuses(() => session.run(image), InputError, /NaN or infinite/);
  }
  session.run(randomImage(32, 32));
  refuses(() => session.tap('conv2d1'), UsageError, /keeps only those named/);
  refuses(() => session.tap('conv2dx'), UsageError, /unknown tap/);
  session.dispose();
  session.dispose();
  refuses(() => session.run(randomImage(32, 32)), UsageError, /disposed/);
});

test('a refused image leaves no result of an earlier one behind', () => {
  const session = createSession(engine, models.googlenet, { height: 32, width: 32, taps: ['conv2d0'] });
  session.run(randomImage(32, 32));
  const bad = randomImage(32, 32);
  bad[0] = Number.NaN;
  assert.throws(() => session.run(bad));
  refuses(() => session.tap('conv2d0'), UsageError, /before run/);
  session.dispose();
});

test('1,000 create and dispose cycles keep the memory flat', () => {
  const cycle = () => {
    const session = new NetworkSession(engine, models.googlenet, {
      height: 16,
      width: 16,
      taps: ['conv2d1'],
    });
    session.run(randomImage(16, 16));
    const { capacity } = session;
    session.dispose();
    return capacity;
  };
  const first = cycle();
  for (let i = 1; i < 1000; i++) assert.is(cycle(), first);
});

test.run();
