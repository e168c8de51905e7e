import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSession, init, type Session } from '../../src/index.js';
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

test.run();
