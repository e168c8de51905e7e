// Every tap of both networks against float64, each layer on the session's own f32 input,
// and the whole stem end to end.
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createSession,
  description,
  init,
  type Model,
  modelFromTensors,
  Rng,
  taps,
} from '../../src/index.js';
import { shapes } from '../../src/network/geometry.js';
import { inputsOf } from '../../src/network/ops/index.js';
import { heModel, randomImage } from '../support/he.js';
import { SHARED, sharedTest } from '../support/paths.js';
import {
  element,
  evaluate,
  type PictureLayer,
  preprocess,
  softmax,
  type Tensor,
} from '../support/reference.js';
import { readTensors } from '../support/tensors.js';

const test = suite('network agreement');
const engine = await init({ build: 'simd' });
const SAMPLES = 400;
const LIMIT = 1e-5;

function everyTap(model: Model): void {
  const network = model.description;
  const image = randomImage(224, 224, 3);
  const session = createSession(engine, model, { taps: taps(network) });
  session.run(image);
  const sizes = shapes(network, network.layers, 224, 224);
  const tensors = new Map<string, Tensor>([
    ['input', { ...sizes.get('input')!, data: preprocess(network, image) }],
  ]);
  const rng = new Rng(5);
  for (const layer of network.layers) {
    const shape = sizes.get(layer.out)!;
    const data = session.tap(layer.out);
    assert.is(data.length, shape.height * shape.width * shape.channels, layer.out);
    tensors.set(layer.out, { ...shape, data });
    const inputs = inputsOf(layer).map((name) => tensors.get(name)!);
    if (layer.op === 'concat') {
      assert.equal(data, Float32Array.from(evaluate(layer, inputs, shape, model.parameters)), layer.out);
      const raw = layer.in.map((name) => ({ ...sizes.get(name)!, data: session.tap(`${name}_pre_relu`) }));
      const pre = Float32Array.from(evaluate(layer, raw, shape, model.parameters));
      assert.equal(session.tap(`${layer.out}_pre_relu`), pre, `${layer.out}_pre_relu`);
      continue;
    }
    const before = layer.op === 'conv' ? session.tap(`${layer.out}_pre_relu`) : undefined;
    const scale = (a: Float32Array) => a.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    const [most, mostBefore] = [scale(data), before ? scale(before) : 1];
    assert.ok(most > 0, `${layer.out} is all zero`);
    const soft = layer.op === 'softmax' ? softmax(inputs[0].data) : undefined;
    let worst = 0;
    for (let s = 0; s < SAMPLES; s++) {
      // The corners first: borders and tails.
      const pick = (n: number) => (s < 8 ? (rng.below(2) ? n - 1 : 0) : rng.below(n));
      const [y, x, c] = [pick(shape.height), pick(shape.width), pick(shape.channels)];
      const i = (y * shape.width + x) * shape.channels + c;
      const want =
        layer.op === 'softmax'
          ? soft![c]
          : element(layer as PictureLayer, inputs[0], shape, model.parameters, y, x, c);
      const relu = layer.op === 'conv' ? Math.max(0, want) : want;
      worst = Math.max(worst, Math.abs(data[i] - relu) / most);
      if (before) worst = Math.max(worst, Math.abs(before[i] - want) / mostBefore);
    }
    if (process.env.SHOW_ERRORS) console.log(layer.out.padEnd(24), worst.toExponential(2));
    assert.ok(worst <= LIMIT, `${layer.out}: ${worst}`);
  }
  session.dispose();
}

for (const architecture of ['inceptionv1', 'googlenet'] as const)
  test(`${architecture}: every tap within 1e-5 of float64`, () => everyTap(heModel(architecture)));

sharedTest(
  test,
  'googlenet/googlenet.safetensors',
  'the real GoogLeNet: every tap within 1e-5 of float64',
  () => {
    const tensors = readTensors(resolve(SHARED, 'googlenet/googlenet.safetensors'));
    everyTap(modelFromTensors(tensors, { name: 'googlenet', sha256: '' }));
  },
);

for (const [architecture, height, width] of [
  ['inceptionv1', 61, 48],
  ['googlenet', 56, 67],
] as const)
  test(`${architecture}: stem ${height}x${width} end to end`, () => {
    const network = description(architecture);
    const model = heModel(architecture, 7);
    const image = randomImage(height, width, 8);
    const session = createSession(engine, model, { height, width, taps: ['mixed3b'] });
    session.run(image);
    const layers = network.layers.slice(0, network.layers.findIndex((l) => l.out === 'mixed3b') + 1);
    const sizes = shapes(network, layers, height, width);
    const tensors = new Map<string, Tensor>([
      ['input', { ...sizes.get('input')!, data: preprocess(network, image) }],
    ]);
    for (const layer of layers) {
      const shape = sizes.get(layer.out)!;
      const inputs = inputsOf(layer).map((name) => tensors.get(name)!);
      tensors.set(layer.out, { ...shape, data: evaluate(layer, inputs, shape, model.parameters) });
    }
    const want = tensors.get('mixed3b')!.data as Float64Array;
    const have = session.tap('mixed3b');
    assert.is(have.length, want.length);
    const most = want.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    let worst = 0;
    for (let i = 0; i < want.length; i++) worst = Math.max(worst, Math.abs(have[i] - want[i]));
    if (process.env.SHOW_ERRORS) console.log(architecture, 'stem', (worst / most).toExponential(2));
    assert.ok(worst / most <= LIMIT, `${worst / most}`);
    session.dispose();
  });

test.run();
