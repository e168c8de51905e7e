import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { description, parseUnit, tapChannels, tapInfo, taps, UsageError } from '../../src/index.js';

const test = suite('taps');
const networks = { inceptionv1: description('inceptionv1'), googlenet: description('googlenet') };
const usage = (run: () => unknown, text: RegExp) =>
  assert.throws(run, (e: Error) => e instanceof UsageError && text.test(e.message));

// METHODS 1.2: channels of the blocks.
const BLOCKS = {
  mixed3a: 256,
  mixed3b: 480,
  mixed4b: 512,
  mixed4c: 512,
  mixed4d: 528,
  mixed4e: 832,
  mixed5a: 832,
  mixed5b: 1024,
};

test('channels of every block', () => {
  for (const network of Object.values(networks))
    for (const [block, channels] of Object.entries(BLOCKS))
      assert.is(tapChannels(network, block), channels, block);
  assert.is(tapChannels(networks.inceptionv1, 'mixed4a'), 508);
  assert.is(tapChannels(networks.googlenet, 'mixed4a'), 512);
  assert.is(tapChannels(networks.inceptionv1, 'softmax'), 1008);
  assert.is(tapChannels(networks.googlenet, 'logits'), 1000);
});

test('every tap of the design is there', () => {
  for (const network of Object.values(networks)) {
    const known = new Set(taps(network));
    for (const t of ['conv2d0', 'localresponsenorm1', 'mixed3a_pool', 'avgpool0', 'logits', 'softmax'])
      assert.ok(known.has(t), t);
    for (const t of ['conv2d2', 'mixed3b', 'mixed3b_5x5', 'mixed5b_pool_reduce'])
      assert.ok(known.has(`${t}_pre_relu`), t);
    for (const t of ['maxpool0_pre_relu', 'logits_pre_relu']) assert.not.ok(known.has(t), t);
  }
});

// METHODS 1.6: stride, receptive field, centre of index 0 in inception5h and BVLC.
for (const [tap, stride, field, centre, caffe] of [
  ['conv2d0', 2, 7, 1, 0],
  ['maxpool0', 4, 11, 3, 2],
  ['conv2d2', 4, 19, 3, 2],
  ['maxpool1', 8, 27, 7, 6],
  ['mixed3a_1x1', 8, 27, 7, 6],
  ['mixed3a_3x3', 8, 43, 7, 6],
  ['mixed3a_5x5', 8, 59, 7, 6],
  ['mixed3a_pool_reduce', 8, 43, 7, 6],
  ['mixed3b_5x5', 8, 91, 7, 6],
  ['mixed3b_pre_relu', 8, 91, 7, 6],
  ['mixed4a', 16, 171, 15, 14],
  ['mixed4e', 16, 427, 15, 14],
  ['mixed5b', 32, 715, 31, 30],
] as const)
  test(`receptive field of ${tap}`, () => {
    for (const [network, c] of [
      [networks.inceptionv1, centre],
      [networks.googlenet, caffe],
    ] as const) {
      const info = tapInfo(network, tap);
      assert.equal([info.stride, info.field, info.centre], [stride, field, c], network.architecture);
      assert.is(info.height, 224 / stride);
    }
  });

test('mixed3b:379 and mixed3b_5x5:59 are one unit', () => {
  for (const network of Object.values(networks)) {
    const [whole, branch] = ['mixed3b:379', 'mixed3b_5x5:59'].map((t) => parseUnit(t, network));
    assert.equal([whole.tap, whole.index], ['mixed3b', 379]);
    assert.equal([branch.tap, branch.index], ['mixed3b_5x5', 59]);
    assert.equal(branch.canonical, whole.canonical);
    assert.equal(parseUnit('mixed3b_5x5_pre_relu:0', network).canonical, {
      tap: 'mixed3b_pre_relu',
      index: 320,
    });
    assert.equal(parseUnit('conv2d2:191', network).canonical, { tap: 'conv2d2', index: 191 });
  }
});

test('bad units and taps: one clear line', () => {
  const n = networks.inceptionv1;
  usage(() => parseUnit('mixed3b:480', n), /units 0 to 479/);
  usage(() => parseUnit('mixed3b', n), /TAP:INDEX/);
  usage(() => parseUnit('mixed3b:-1', n), /TAP:INDEX/);
  usage(() => parseUnit('mixed3b:1.5', n), /TAP:INDEX/);
  usage(() => parseUnit('mixed3c:1', n), /unknown tap 'mixed3c'; closest: mixed3/);
  usage(() => tapInfo(n, '__proto__'), /unknown tap/);
  usage(() => tapInfo(n, 'avgpool0', 256, 256), /224x224/);
  usage(() => tapInfo(n, 'mixed3b', 0, 10), /sides are whole numbers/);
  usage(() => tapInfo(n, 'mixed3b', 1e9, 10), /sides are whole numbers/);
  usage(() => tapInfo(networks.googlenet, 'mixed5b', 1, 1), /too small/);
});

test('any text is a unit or a UsageError', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.tuple(fc.constantFrom(...taps(networks.googlenet)), fc.integer()).map((t) => t.join(':')),
      ),
      (text) => {
        try {
          const { tap, index } = parseUnit(text, networks.googlenet);
          assert.ok(index >= 0 && index < tapChannels(networks.googlenet, tap));
        } catch (e) {
          if (!(e instanceof UsageError)) throw e;
        }
      },
    ),
    { numRuns: 300 },
  );
});

test.run();
