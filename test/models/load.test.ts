import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createSession,
  description,
  InputError,
  init,
  modelFromTensors,
  type NamedTensor,
  UsageError,
} from '../../src/index.js';
import { heModel } from '../support/he.js';
import { SHARED, sharedTest } from '../support/paths.js';
import { readTensors } from '../support/tensors.js';

const test = suite('load');
type Tensors = Map<string, NamedTensor>;
type Architecture = 'inceptionv1' | 'googlenet';

const PORT = (tap: string) => (tap === 'logits' ? 'softmax2_pre_activation_matmul' : `${tap}_pre_relu_conv`);
const CAFFE = (tap: string) =>
  ({
    conv2d0: 'conv1/7x7_s2',
    conv2d1: 'conv2/3x3_reduce',
    conv2d2: 'conv2/3x3',
    logits: 'loss3/classifier',
  })[tap] ??
  tap
    .replace(/^mixed(..)_/, 'inception_$1/')
    .replace('3x3_bottleneck', '3x3_reduce')
    .replace('5x5_bottleneck', '5x5_reduce')
    .replace('pool_reduce', 'pool_proj');
const models = { inceptionv1: heModel('inceptionv1'), googlenet: heModel('googlenet') };

function file(architecture: Architecture, name: (tap: string) => string): Tensors {
  const { description: network, parameters } = models[architecture];
  const tensors: Tensors = new Map();
  let channels = 3;
  for (const layer of network.layers) {
    const p = parameters.get(layer.out);
    if (!p || (layer.op !== 'conv' && layer.op !== 'linear')) continue;
    const size = layer.op === 'conv' ? layer.size : 1;
    channels = p.weight.length / p.bias.length / size ** 2;
    const shape = layer.op === 'conv' ? [p.bias.length, channels, size, size] : [p.bias.length, channels];
    tensors.set(`${name(layer.out)}.weight`, { shape, f32: () => p.weight });
    tensors.set(`${name(layer.out)}.bias`, { shape: [p.bias.length], f32: () => p.bias });
  }
  return tensors;
}

const load = (tensors: Tensors, more = {}) => modelFromTensors(tensors, { name: 'w', sha256: 'x', ...more });
const refuses = (tensors: Tensors, text: RegExp, more = {}) =>
  assert.throws(
    () => load(tensors, more),
    (e: Error) =>
      e instanceof InputError && e.exitCode === 3 && text.test(e.message) && !e.message.includes('\n'),
  );

for (const [architecture, name, naming] of [
  ['inceptionv1', PORT, 'the PyTorch port'],
  ['inceptionv1', (t: string) => t, "Lucid's taps"],
  ['googlenet', CAFFE, 'Caffe'],
  ['googlenet', (t: string) => t, "Lucid's taps"],
] as const)
  test(`${architecture} with names of ${naming} is recognised`, () => {
    const model = load(file(architecture, name));
    assert.is(model.description, description(architecture));
    assert.is(model.parameters.size, 58);
    assert.is(model.lastTap, 'softmax');
    assert.equal(
      model.parameters.get('mixed4a_3x3')!.bias,
      models[architecture].parameters.get('mixed4a_3x3')!.bias,
    );
  });

test('missing, extra and misshapen tensors are listed', () => {
  const tensors = file('googlenet', CAFFE);
  tensors.delete('inception_4c/5x5.bias');
  tensors.set('loss1/fc.weight', tensors.get('conv2/3x3.weight')!);
  tensors.set('conv1/7x7_s2.weight', { shape: [64, 7, 7, 3], f32: () => new Float32Array(9408) });
  refuses(
    tensors,
    /googlenet.*1 misshapen \(conv1\/7x7_s2.weight is \[64,7,7,3\].*OIHW.*1 missing \(inception_4c\/5x5.bias\).*1 not of this network \(loss1\/fc.weight\)/,
  );
});

test('NaN and Inf are named with tensor and place', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const tensors = file('inceptionv1', PORT);
    const bias = new Float32Array(64);
    bias[63] = bad;
    tensors.set('conv2d0_pre_relu_conv.bias', { shape: [64], f32: () => bias });
    refuses(tensors, new RegExp(`conv2d0_pre_relu_conv.bias' holds ${bad} at index 63`));
  }
});

test("another network's file is told what it is", () => {
  refuses(file('inceptionv1', PORT), /weights of inceptionv1, not of googlenet/, {
    architecture: 'googlenet',
  });
  refuses(
    new Map([['inception3a.branch1.conv.weight', { shape: [1], f32: () => new Float32Array(1) }]]),
    /torchvision GoogLeNet/,
  );
  refuses(
    new Map([['bert.encoder', { shape: [1], f32: () => new Float32Array(1) }]]),
    /no tensor has a name.*bert.encoder/,
  );
  refuses(new Map(), /holds no tensors/);
  refuses(new Map([['__proto__', { shape: [1], f32: () => new Float32Array(1) }]]), /__proto__/);
  refuses(file('googlenet', CAFFE), /2 class names for the 1000/, { classes: ['a', 'b'] });
});

test('unknown architecture: the closest are listed', () => {
  assert.throws(
    () => description('google'),
    (e: Error) =>
      e instanceof UsageError && /unknown architecture 'google'; closest: googlenet/.test(e.message),
  );
  assert.throws(
    () => description('constructor'),
    (e: Error) => e instanceof UsageError,
  );
});

sharedTest(
  test,
  'googlenet/googlenet.safetensors',
  'the BVLC file is recognised, with known first values',
  async () => {
    const model = load(readTensors(resolve(SHARED, 'googlenet/googlenet.safetensors')));
    assert.is(model.description.architecture, 'googlenet');
    const engine = await init({ build: 'simd' });
    const session = createSession(engine, model, { taps: ['logits'] });
    session.run(new Float32Array(224 * 224 * 3).fill(128));
    assert.is(session.tap('logits').length, 1000);
    session.dispose();
  },
);

test.run();
