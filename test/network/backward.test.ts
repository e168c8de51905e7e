// The way back against plain float64 and against finite differences of the float64 way there.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createSession,
  init,
  type Layer,
  type Model,
  type NetworkDescription,
  NumericError,
  type Parameters,
  parameterShapes,
  Rng,
  taps,
  UsageError,
} from '../../src/index.js';
import { shapes } from '../../src/network/geometry.js';
import { interleave } from '../../src/network/view.js';
import { backward64, forward64, parameters64 } from '../support/backward.js';
import { relativeError } from '../support/guarded.js';
import { heModel, randomImage } from '../support/he.js';
import { randomValues } from '../support/random.js';
import { preprocess } from '../support/reference.js';

const test = suite('network/backward');
const engine = await init({ build: 'simd' });
const scalar = await init({ build: 'scalar' });
const same = { rule: 'same' } as const;
const bits = (a: Float32Array) => new Uint32Array(a.buffer, a.byteOffset, a.length);
type Conv = Extract<Layer, { op: 'conv' }>;
const conv = (out: string, from: string, size: number, filters: number, more: Partial<Conv> = {}): Conv => ({
  ...{ op: 'conv', out, in: from, size, stride: 1, filters, padding: same },
  ...more,
});
const pool = (out: string, from: string, stride: number): Layer => ({
  ...{ op: 'maxpool', out, in: from, size: 3, stride, padding: same },
});

/** Every operation once, a block as Inception's, a concat that is read whole and by branch, and a softmax. */
const block: NetworkDescription = {
  architecture: 'block',
  inputs: [{ op: 'image', out: 'photo', size: 19, channels: 'bgr', mean: [100, 110, 120] }],
  layers: [
    conv('first', 'photo', 7, 64, { stride: 2, fold: true }),
    pool('pooled', 'first', 2),
    { op: 'lrn', out: 'even', in: 'pooled', radius: 5, bias: 2, alpha: 1e-2, beta: 0.5 },
    conv('one', 'even', 1, 16),
    conv('small', 'even', 1, 12),
    conv('three', 'small', 3, 16),
    conv('tiny', 'even', 1, 8),
    conv('five', 'tiny', 5, 8, { tile: 6 }),
    pool('around', 'even', 1),
    conv('reduced', 'around', 1, 8),
    { op: 'concat', out: 'all', in: ['one', 'three', 'five', 'reduced'], units: 'whole' },
    { op: 'lrn', out: 'levelled', in: 'all', radius: 2, bias: 1, alpha: 3e-2, beta: 0.75 },
    conv('beside', 'three', 3, 8, { padding: { rule: 'valid' } }),
    { op: 'avgpool', out: 'mean', in: 'levelled', size: 2, stride: 1, padding: { rule: 'valid' } },
    { op: 'linear', out: 'hidden', in: 'mean', units: 32, relu: true },
    { op: 'linear', out: 'logits', in: 'hidden', units: 7 },
    { op: 'softmax', out: 'guess', in: 'logits' },
  ],
};

/** Convolutions that no Winograd takes: strides, odd sizes, padding beyond the kernel, three channels, no ReLU. */
const odd: NetworkDescription = {
  architecture: 'odd',
  inputs: [
    { op: 'tensor', out: 'map', shape: [11, 9, 3] },
    { op: 'tensor', out: 'words', shape: [10] },
  ],
  layers: [
    conv('a', 'map', 3, 8, { stride: 2 }),
    conv('b', 'a', 2, 12, { padding: { rule: 'valid' }, relu: false }),
    conv('c', 'b', 3, 8, { stride: 3, padding: { rule: 'explicit', pad: 2 } }),
    conv('d', 'b', 1, 8, { stride: 2, padding: { rule: 'valid' } }),
    conv('e', 'b', 1, 4, { padding: { rule: 'explicit', pad: 1 } }),
    conv('f', 'e', 3, 4, { padding: { rule: 'explicit', pad: 3 } }),
    { op: 'linear', out: 'seen', in: 'f', units: 16, relu: true },
    { op: 'linear', out: 'read', in: 'words', units: 32, relu: true },
    { op: 'concat', out: 'both', in: ['seen', 'read'] },
    { op: 'linear', out: 'answer', in: 'both', units: 5 },
  ],
};

function modelOf(description: NetworkDescription, seed: number): Model {
  const rng = new Rng(seed);
  const parameters: Parameters = new Map();
  for (const [layer, { weight, bias }] of parameterShapes(description)) {
    const n = weight.reduce((a, b) => a * b);
    const scale = Math.sqrt(6 / (n / weight[0]));
    const draw = (count: number, by: number) =>
      Float32Array.from({ length: count }, () => (2 * rng.uniform() - 1) * by);
    parameters.set(layer, { weight: draw(n, scale), bias: draw(bias[0], 0.3) });
  }
  return {
    name: description.architecture,
    description,
    parameters,
    sha256: '',
    lastTap: description.layers.at(-1)!.out,
  };
}

interface Case {
  model: Model;
  /** By input. */
  given: Record<string, Float32Array>;
  size?: [number, number];
  from: string[];
  to: string[];
}

/** The gradients of both builds, which must be equal, and those of float64, all by name. */
function both({ model, given, size, from, to }: Case) {
  const network = model.description;
  const [height, width] = size ?? [];
  const results = [engine, scalar].map((e) => {
    const session = createSession(e, model, { height, width, taps: [from[0]], backward: { from, to } });
    session.run(given);
    const starts = Object.fromEntries(
      from.map((tap, i) => [
        tap,
        randomValues(
          session.info(tap).shape.reduce((a, b) => a * b),
          90 + i,
        ),
      ]),
    );
    const values = session.backward(starts);
    const again = session.backward(starts);
    for (const name of to) assert.equal(bits(again[name]), bits(values[name]), `${name}, a second time`);
    session.dispose();
    return { values, starts };
  });
  const [{ values, starts }, other] = results;
  for (const name of to) assert.equal(bits(other.values[name]), bits(values[name]), `${name}: scalar`);
  const sizes = shapes(network, network.layers, height, width);
  const inputs = Object.fromEntries(
    network.inputs.map(({ op, out }) => [
      out,
      op === 'image' ? preprocess(network, given[out]) : Float64Array.from(given[out]),
    ]),
  );
  const there = forward64(model, network.layers, sizes, inputs);
  return { values, want: backward64(model, network.layers, there, sizes, starts), starts, sizes, inputs };
}

/** By a picture as given: RGB. */
const rgb = (g: Float64Array) => g.map((_, i) => g[i - (i % 3) + 2 - (i % 3)]);

test('every operation: all gradients of a block of branches, from four places at once', () => {
  const model = modelOf(block, 4);
  const names = taps(block).filter((name) => !['beside', 'beside_pre_relu', 'guess'].includes(name));
  const { values, want } = both({
    model,
    given: { photo: randomImage(19, 19, 2) },
    from: ['guess', 'beside', 'all', 'three_pre_relu'],
    to: ['photo', ...names],
  });
  for (const name of names.filter((n) => n !== 'all_pre_relu')) {
    const error = relativeError(values[name], want.get(name)!);
    assert.ok(error < 4e-6, `${name} ${error}`);
  }
  const parts = ['one', 'three', 'five', 'reduced'].map((name) => values[`${name}_pre_relu`]);
  assert.equal(values.all_pre_relu, interleave(parts, 25));
  assert.ok(relativeError(values.photo, rgb(want.get('photo')!)) < 1e-5);
});

test('strides, odd windows, padding beyond the kernel, no ReLU, vectors side by side', () => {
  const { values, want } = both({
    model: modelOf(odd, 5),
    given: { map: randomValues(297, 1), words: randomValues(10, 2) },
    from: ['answer', 'c', 'd', 'read_pre_relu'],
    to: ['map', 'words', 'a', 'b', 'b', 'e', 'f', 'both', 'seen'],
  });
  for (const [name, have] of Object.entries(values))
    assert.ok(relativeError(have, want.get(name)!) < 2e-6, `${name} ${relativeError(have, want.get(name)!)}`);
});

/** Of sessions of both builds, which must agree bit for bit; inputs as the layers see them. */
function byParameters(model: Model, given: Record<string, Float32Array>, from: string[], weights: string[]) {
  const network = model.description;
  const [one, other] = [engine, scalar].map((e) => {
    const session = createSession(e, model, { taps: [], backward: { from, to: [], weights } });
    session.run(given);
    const starts = Object.fromEntries(
      from.map((tap, i) => [
        tap,
        randomValues(
          session.info(tap).shape.reduce((a, b) => a * b),
          90 + i,
        ),
      ]),
    );
    const values = session.backward(starts);
    assert.equal(session.backward(starts), values, 'a second time');
    session.dispose();
    return { values, starts };
  });
  assert.equal(
    Object.keys(one.values),
    weights.flatMap((name) => [`${name}.weight`, `${name}.bias`]),
  );
  for (const [name, v] of Object.entries(one.values)) assert.equal(bits(other.values[name]), bits(v), name);
  const sizes = shapes(network, network.layers);
  const inputs = Object.fromEntries(
    network.inputs.map(({ op, out }) => [
      out,
      op === 'image' ? preprocess(network, given[out]) : Float64Array.from(given[out]),
    ]),
  );
  return { ...one, sizes, inputs };
}

for (const { model, given, from } of [
  { model: modelOf(block, 4), given: { photo: randomImage(19, 19, 2) }, from: ['guess', 'beside'] },
  {
    model: modelOf(odd, 5),
    given: { map: randomValues(297, 1), words: randomValues(10, 2) },
    from: ['answer', 'c', 'd'],
  },
])
  test(`${model.name}: by the parameters of every layer, in f64 and as slopes of float64`, () => {
    const { layers } = model.description;
    const weights = [...model.parameters.keys()];
    const { values, starts, sizes, inputs } = byParameters(model, given, from, weights);
    const there = forward64(model, layers, sizes, inputs);
    const all = backward64(model, layers, there, sizes, starts);
    for (const name of weights) {
      const layer = layers.find((l) => l.out === name) as Extract<Layer, { op: 'conv' | 'linear' }>;
      const before = all.get(`${name}_pre_relu`) ?? all.get(name)!;
      const { length } = model.parameters.get(name)!.weight;
      const want = parameters64(layer, there.get(layer.in)!, sizes.get(name)!, before, length);
      for (const part of ['weight', 'bias'] as const) {
        const error = relativeError(values[`${name}.${part}`], want[part]);
        assert.ok(error < 1e-5, `${name}.${part} ${error}`);
      }
    }
    // Slopes: parameters are f32, so that a step is taken as far as f32 takes it.
    const objective = (): number => {
      const now = forward64(model, layers, sizes, inputs);
      return from.reduce((sum, tap) => {
        const { data } = now.get(tap)!;
        return sum + starts[tap].reduce((s, v, i) => s + v * data[i], 0);
      }, 0);
    };
    const rng = new Rng(8);
    for (const name of weights)
      for (const part of ['weight', 'bias'] as const) {
        const own = model.parameters.get(name)![part];
        const have = values[`${name}.${part}`];
        const most = have.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
        const i = rng.below(own.length);
        const was = own[i];
        const shifted = (by: number) => {
          own[i] = was + by;
          return [own[i], objective()];
        };
        const [[a, up], [b, down]] = [shifted(2e-4), shifted(-2e-4)];
        own[i] = was;
        const slope = (up - down) / (a - b);
        assert.ok(
          Math.abs(slope - have[i]) < 2e-3 * most + 1e-6,
          `${name}.${part}[${i}]: ${slope}, ${have[i]}`,
        );
      }
  });

test('the gradient is the slope: against finite differences of float64', () => {
  const model = modelOf(block, 4);
  const photo = randomImage(19, 19, 2);
  const { values, starts, sizes, inputs } = both({
    model,
    given: { photo },
    from: ['guess', 'beside'],
    to: ['photo'],
  });
  const objective = (input: Float64Array): number => {
    const there = forward64(model, block.layers, sizes, { photo: input });
    return Object.entries(starts).reduce(
      (sum, [tap, g]) => sum + g.reduce((s, v, i) => s + v * there.get(tap)!.data[i], 0),
      0,
    );
  };
  const rng = new Rng(3);
  const step = 1e-4;
  const most = values.photo.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  for (let k = 0; k < 40; k++) {
    const i = rng.below(photo.length);
    const shifted = (by: number) => {
      const input = inputs.photo.slice();
      input[i - (i % 3) + 2 - (i % 3)] += by;
      return objective(input);
    };
    const slope = (shifted(step) - shifted(-step)) / (2 * step);
    assert.ok(Math.abs(slope - values.photo[i]) < 1e-5 * most, `${i}: ${slope} and ${values.photo[i]}`);
  }
});

for (const [architecture, height, width] of [
  ['inceptionv1', 40, 33],
  ['googlenet', 37, 48],
] as const)
  test(`${architecture}: from mixed3b_5x5 and mixed4a to the picture, in f64 on the session's own values`, () => {
    const model = heModel(architecture);
    const image = randomImage(height, width, 8);
    const network = model.description;
    const from = ['mixed3b_5x5', 'mixed4a_pre_relu'];
    const to = ['input', 'conv2d2', 'maxpool1', 'mixed3b'];
    const layers = network.layers.slice(0, network.layers.findIndex((l) => l.out === 'mixed4a') + 1);
    const session = createSession(engine, model, {
      ...{ height, width, taps: layers.map((l) => l.out), backward: { from, to } },
    });
    session.run(image);
    const sizes = shapes(network, layers, height, width);
    const values = new Map(
      layers.map((l) => [l.out, { ...sizes.get(l.out)!, data: session.tap(l.out) as ArrayLike<number> }]),
    );
    values.set('input', { ...sizes.get('input')!, data: preprocess(network, image) });
    const starts = Object.fromEntries(
      from.map((tap, i) => [
        tap,
        randomValues(
          session.info(tap).shape.reduce((a, b) => a * b),
          i,
        ),
      ]),
    );
    const have = session.backward(starts);
    session.dispose();
    const widths = ['1x1', '3x3', '5x5', 'pool_reduce'].map((s) => `mixed4a_${s}`);
    const parts: Record<string, ArrayLike<number>> = { mixed3b_5x5: starts.mixed3b_5x5 };
    let offset = 0;
    const total = sizes.get('mixed4a')!.channels;
    for (const name of widths) {
      const { channels, height: h, width: w } = sizes.get(name)!;
      parts[`${name}_pre_relu`] = Float64Array.from(
        { length: h * w * channels },
        (_, i) => starts.mixed4a_pre_relu[Math.floor(i / channels) * total + offset + (i % channels)],
      );
      offset += channels;
    }
    const want = backward64(model, layers, values, sizes, parts);
    for (const name of to) {
      const g = name === 'input' && architecture === 'googlenet' ? rgb(want.get(name)!) : want.get(name)!;
      assert.ok(relativeError(have[name], g) < 3e-5, `${name} ${relativeError(have[name], g)}`);
    }
  });

test('a way back changes no bit of the taps, and a run between two of them nothing either', () => {
  const model = heModel('inceptionv1');
  const [one, two] = [randomImage(40, 40, 1), randomImage(40, 40, 2)];
  const options = { height: 40, width: 40, taps: ['mixed3b', 'conv2d1'] };
  const plain = createSession(engine, model, options);
  const session = createSession(engine, model, {
    ...options,
    backward: { from: ['mixed3b'], to: ['input'] },
  });
  const start = {
    mixed3b: randomValues(
      session.info('mixed3b').shape.reduce((a, b) => a * b),
      3,
    ),
  };
  plain.run(one);
  session.run(one);
  const first = session.backward(start).input;
  for (const tap of options.taps) assert.equal(bits(session.tap(tap)), bits(plain.tap(tap)), tap);
  session.run(two);
  assert.not.equal(bits(session.backward(start).input), bits(first));
  session.run(one);
  assert.equal(bits(session.backward(start).input), bits(first));
  plain.dispose();
  session.dispose();
});

test('a dead ReLU passes nothing, redirected what pushes it up; one that lets something through as usual', () => {
  const dead: NetworkDescription = {
    architecture: 'dead',
    inputs: [{ op: 'tensor', out: 'x', shape: [4] }],
    layers: [
      { op: 'linear', out: 'h', in: 'x', units: 4, relu: true },
      { op: 'linear', out: 'y', in: 'h', units: 2 },
    ],
  };
  const eye = Float32Array.from({ length: 16 }, (_, i) => Number(i % 5 === 0));
  const model = modelOf(dead, 1);
  model.parameters.set('h', { weight: eye, bias: new Float32Array(4) });
  model.parameters.set('y', {
    weight: new Float32Array([1, -1, 2, -2, 0, 0, 0, 0]),
    bias: new Float32Array(2),
  });
  const session = createSession(engine, model, {
    taps: ['y'],
    backward: { from: ['y'], to: ['x', 'h_pre_relu'] },
  });
  const up = (x: number[], redirect: boolean) => {
    session.run(Float32Array.from(x));
    const { x: g, h_pre_relu: before } = session.backward({ y: Float32Array.of(1, 0) }, { redirect });
    assert.equal(before, g);
    return Array.from(g);
  };
  assert.equal(up([-1, -1, -1, -1], false), [0, 0, 0, 0]);
  assert.equal(up([-1, -1, -1, -1], true), [1, 0, 2, 0]);
  assert.equal(up([1, -1, -1, 1], true), [1, 0, 0, -2]);
  session.dispose();
});

test('wrong use: one clear line', () => {
  const model = heModel('inceptionv1');
  const make = (from: string[], to: string[]) =>
    createSession(engine, model, { height: 32, width: 32, taps: ['mixed3a'], backward: { from, to } });
  const refuses = (run: () => unknown, kind: typeof UsageError | typeof NumericError, text: RegExp) =>
    assert.throws(run, (e: Error) => e instanceof kind && text.test(e.message) && !e.message.includes('\n'));
  refuses(() => make([], ['input']), UsageError, /at least one tap in from and in to/);
  const weighted = (weights: string[]) =>
    createSession(engine, model, {
      ...{ height: 32, width: 32, taps: [], backward: { from: ['mixed3a'], to: [], weights } },
    });
  refuses(() => weighted([]), UsageError, /at least one tap in from and in to, or a layer in weights/);
  refuses(() => weighted(['maxpool0']), UsageError, /unknown layer with parameters 'maxpool0'/);
  refuses(() => weighted(['mixed3b_1x1']), UsageError, /none of mixed3a depends on 'mixed3b_1x1'/);
  refuses(() => make(['mixed3z'], ['input']), UsageError, /unknown tap 'mixed3z'; closest/);
  refuses(() => make(['mixed3a'], ['inputs']), UsageError, /unknown tap 'inputs'/);
  refuses(() => make(['conv2d0'], ['mixed3a']), UsageError, /none of conv2d0 depends on 'mixed3a'/);
  refuses(
    () => make(['mixed3a', 'conv2d0'], ['conv2d2']),
    UsageError,
    /'conv2d0' does not depend on conv2d2/,
  );
  const plain = createSession(engine, model, { height: 32, width: 32, taps: ['conv2d0'] });
  plain.run(randomImage(32, 32));
  refuses(() => plain.backward({ conv2d0: new Float32Array(1) }), UsageError, /goes no way back/);
  plain.dispose();
  const session = make(['conv2d1'], ['input']);
  const right = new Float32Array(8 * 8 * 64);
  refuses(() => session.backward({ conv2d1: right }), UsageError, /before run/);
  session.run(randomImage(32, 32));
  refuses(() => session.backward({}), UsageError, /at least one tap/);
  refuses(() => session.backward({ mixed3a: right }), UsageError, /start of this way back/);
  refuses(() => session.backward({ conv2d1: new Float32Array(7) }), UsageError, /8x8x64 = 4096/);
  right[65] = Number.NaN;
  refuses(() => session.backward({ conv2d1: right }), NumericError, /NaN at position 1, channel 1/);
  session.dispose();
  refuses(() => session.backward({ conv2d1: right }), UsageError, /disposed/);
});

test.run();
