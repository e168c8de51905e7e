// Networks that are no InceptionV1, described here as data: two convolutions and a linear layer on
// pictures, a perceptron on vectors, and one of two inputs. Against plain float64, every tap and splice.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createSession,
  fitModel,
  InputError,
  imageInput,
  init,
  type Layer,
  type Model,
  type NetworkDescription,
  type Parameters,
  parameterShapes,
  parseUnit,
  Rng,
  tapChannels,
  tapInfo,
  taps,
  UsageError,
} from '../../src/index.js';
import { randomImage } from '../support/he.js';

const test = suite('network/description');
const engine = await init({ build: 'simd' });
const scalar = await init({ build: 'scalar' });
const same = { rule: 'same' } as const;
const bits = (a: Float32Array) => new Uint32Array(a.buffer, a.byteOffset, a.length);

/** Odd on purpose: a 9x9 picture, 3 channels into a direct convolution, one without ReLU, a linear layer of a padded map. */
const picture: NetworkDescription = {
  architecture: 'tiny',
  inputs: [{ op: 'image', out: 'photo', size: 9, channels: 'bgr', mean: [10, 20, 30] }],
  classes: 5,
  layers: [
    { op: 'conv', out: 'edges', in: 'photo', size: 3, stride: 2, filters: 8, padding: same },
    { op: 'conv', out: 'parts', in: 'edges', size: 3, stride: 1, filters: 4, padding: same, relu: false },
    { op: 'linear', out: 'hidden', in: 'edges', units: 6, relu: true },
    { op: 'linear', out: 'logits', in: 'parts', units: 5 },
    { op: 'softmax', out: 'guess', in: 'logits' },
  ],
};
const perceptron: NetworkDescription = {
  architecture: 'perceptron',
  inputs: [{ op: 'tensor', out: 'x', shape: [7] }],
  layers: [
    { op: 'linear', out: 'hidden', in: 'x', units: 13, relu: true },
    { op: 'linear', out: 'y', in: 'hidden', units: 3 },
  ],
};
const two: NetworkDescription = {
  architecture: 'two-eyed',
  inputs: [
    { op: 'tensor', out: 'map', shape: [4, 6, 4] },
    { op: 'tensor', out: 'words', shape: [10] },
  ],
  layers: [
    {
      op: 'conv',
      out: 'seen',
      in: 'map',
      size: 5,
      stride: 1,
      filters: 8,
      padding: { rule: 'explicit', pad: 2 },
    },
    { op: 'linear', out: 'image', in: 'seen', units: 16, relu: true },
    { op: 'linear', out: 'text', in: 'words', units: 32, relu: true },
    { op: 'concat', out: 'both', in: ['image', 'text'], units: 'whole' },
    { op: 'linear', out: 'answer', in: 'both', units: 2 },
  ],
};

function modelOf(description: NetworkDescription, seed = 1): Model {
  const rng = new Rng(seed);
  const draw = (n: number) => Float32Array.from({ length: n }, () => rng.uniform() - 0.5);
  const parameters: Parameters = new Map();
  for (const [layer, { weight, bias }] of parameterShapes(description))
    parameters.set(layer, { weight: draw(weight.reduce((a, b) => a * b)), bias: draw(bias[0]) });
  const { out } = description.layers.at(-1)!;
  return { name: description.architecture, description, parameters, sha256: '', lastTap: out };
}

interface Twin {
  shape: number[];
  /** Before and after the ReLU. */
  raw: Float64Array;
  out: Float64Array;
}

/** Plain loops over the layers; `put` replaces a tensor. Knows nothing of src/network. */
function twin(
  { description, parameters }: Model,
  given: Record<string, Twin>,
  put: Record<string, Twin> = {},
) {
  const all: Record<string, Twin> = { ...given };
  for (const layer of description.layers)
    all[layer.out] = put[layer.out] ?? layerTwin(layer, all, parameters);
  return all;
}

function layerTwin(layer: Layer, all: Record<string, Twin>, parameters: Parameters): Twin {
  const done = (shape: number[], raw: Float64Array, relu: boolean): Twin => ({
    ...{ shape, raw, out: relu ? raw.map((v) => Math.max(0, v)) : raw },
  });
  switch (layer.op) {
    case 'linear': {
      const { weight, bias } = parameters.get(layer.out)!;
      const x = all[layer.in].out;
      const raw = Float64Array.from(bias, (b, u) =>
        x.reduce((s, v, i) => s + v * weight[u * x.length + i], b),
      );
      return done([layer.units], raw, layer.relu === true);
    }
    case 'conv': {
      const { weight, bias } = parameters.get(layer.out)!;
      const { shape, out: x } = all[layer.in];
      const [h, w, c] = shape;
      const { size, stride, filters } = layer;
      const [oh, ow] = [Math.ceil(h / stride), Math.ceil(w / stride)];
      const before = (n: number, o: number) => Math.max(0, (o - 1) * stride + size - n) >> 1;
      const raw = new Float64Array(oh * ow * filters);
      for (let i = 0; i < raw.length; i++) {
        const [f, px, py] = [i % filters, Math.floor(i / filters) % ow, Math.floor(i / filters / ow)];
        raw[i] = bias[f];
        for (let ky = 0; ky < size; ky++)
          for (let kx = 0; kx < size; kx++) {
            const [y, xx] = [py * stride + ky - before(h, oh), px * stride + kx - before(w, ow)];
            if (y < 0 || xx < 0 || y >= h || xx >= w) continue;
            for (let k = 0; k < c; k++)
              raw[i] += x[(y * w + xx) * c + k] * weight[((f * c + k) * size + ky) * size + kx];
          }
      }
      return done([oh, ow, filters], raw, layer.relu !== false);
    }
    case 'softmax': {
      const x = all[layer.in].out;
      const e = x.map((v) => Math.exp(v - Math.max(...x)));
      const sum = e.reduce((a, b) => a + b);
      return done(
        [...all[layer.in].shape],
        e.map((v) => v / sum),
        false,
      );
    }
    case 'concat': {
      const raw = layer.in.flatMap((name) => [...all[name].raw]);
      const out = layer.in.flatMap((name) => [...all[name].out]);
      return { shape: [out.length], raw: Float64Array.from(raw), out: Float64Array.from(out) };
    }
    default:
      throw new Error(`no twin of ${layer.op}`);
  }
}

const random = (n: number, seed: number): Float32Array => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: n }, () => 2 * rng.uniform() - 1);
};
const tensor = (shape: number[], values: ArrayLike<number>): Twin => {
  const out = Float64Array.from(values);
  return { shape, raw: out, out };
};

function near(have: Float32Array, want: Float64Array, what: string): void {
  assert.is(have.length, want.length, `${what}: length`);
  const most = Math.max(...want.map(Math.abs));
  for (let i = 0; i < have.length; i++)
    assert.ok(Math.abs(have[i] - want[i]) <= 1e-5 * most, `${what}[${i}]: ${have[i]}, must be ${want[i]}`);
}

const photo = randomImage(9, 9, 3);
const bgr = photo.map((_, i) => photo[i - (i % 3) + 2 - (i % 3)] - [10, 20, 30][i % 3]);
const map = random(96, 4);
const words = random(10, 5);
const x = random(7, 6);
const cases: [NetworkDescription, Float32Array | Record<string, Float32Array>, Record<string, Twin>][] = [
  [picture, photo, { photo: tensor([9, 9, 3], bgr) }],
  [perceptron, x, { x: tensor([7], x) }],
  [two, { map, words }, { map: tensor([4, 6, 4], map), words: tensor([10], words) }],
];

for (const [description, given, inputs] of cases) {
  const model = modelOf(description);
  const want = twin(model, inputs);
  const names = taps(description);

  test(`${description.architecture}: every tap is that of plain float64, with its shape; simd = scalar`, () => {
    const [have, other] = [engine, scalar].map((e) => {
      const session = createSession(e, model, { taps: names });
      session.run(given);
      const values = names.map((name) => session.tap(name));
      for (const name of names) assert.equal(session.info(name), tapInfo(description, name));
      session.dispose();
      return values;
    });
    for (const [i, name] of names.entries()) {
      const base = name.replace('_pre_relu', '');
      const { shape, raw, out } = want[base];
      assert.equal(tapInfo(description, name).shape, shape, name);
      assert.is(tapChannels(description, name), shape.at(-1), name);
      near(have[i], name === base ? out : raw, name);
      assert.equal(bits(have[i]), bits(other[i]), `${name}: scalar`);
    }
  });

  test(`${description.architecture}: each tap alone has the same bits; splices are those of plain float64`, () => {
    const last = description.layers.at(-1)!.out;
    const all = createSession(engine, model, { taps: names });
    all.run(given);
    for (const name of names) {
      const alone = createSession(engine, model, { taps: [name] });
      alone.run(given);
      assert.equal(bits(alone.tap(name)), bits(all.tap(name)), name);
      alone.dispose();
    }
    const reach = (name: string): boolean =>
      name === last || description.layers.some((l) => [l.in].flat().includes(name) && reach(l.out));
    const spliced = description.layers.map((l) => l.out).filter((name) => name !== last && reach(name));
    assert.ok(spliced.length);
    for (const splice of spliced) {
      const session = createSession(engine, model, { taps: [last], splice });
      session.run(given);
      const plain = bits(session.tap(last));
      session.runSpliced(session.tap(splice));
      assert.equal(bits(session.tap(last)), plain, `${splice}: own values`);
      const { shape } = want[splice];
      const values = random(want[splice].out.length, 8);
      session.runSpliced(values);
      near(session.tap(last), twin(model, inputs, { [splice]: tensor(shape, values) })[last].out, splice);
      session.dispose();
    }
    all.dispose();
  });
}

test('which taps there are: before a ReLU only where there is one', () => {
  assert.equal(taps(picture), [
    'edges_pre_relu',
    'edges',
    'parts',
    'hidden_pre_relu',
    'hidden',
    'logits',
    'guess',
  ]);
  assert.equal(taps(perceptron), ['hidden_pre_relu', 'hidden', 'y']);
});

test('geometry: windows of pictures, and all of it for a linear layer', () => {
  const look = (tap: string) => {
    const { stride, centre, field } = tapInfo(picture, tap);
    return [stride, centre, field];
  };
  assert.equal(look('edges'), [2, 0, 3]);
  assert.equal(look('parts'), [2, 0, 7]);
  assert.equal(look('logits'), [2, 4, 15]);
  assert.is(imageInput(picture).size, 9);
  assert.equal(tapInfo(picture, 'edges', 5, 8).shape, [3, 4, 8]);
});

test('units: a concat names those of its branches where the description says so', () => {
  const branches = structuredClone(two);
  Object.assign(branches.layers[3], { units: 'branches' });
  assert.equal(parseUnit('text:5', two).canonical, { tap: 'both', index: 21 });
  assert.equal(parseUnit('text_pre_relu:5', two).canonical, { tap: 'both_pre_relu', index: 21 });
  assert.equal(parseUnit('text:5', branches).canonical, { tap: 'text', index: 5 });
});

test('a file of weights is recognised among candidates, and refused by name', () => {
  const model = modelOf(perceptron);
  const tensors = new Map(
    [...model.parameters].flatMap(([layer, p]) => {
      const shapes = parameterShapes(perceptron).get(layer)!;
      return (['weight', 'bias'] as const).map((part): [string, { shape: number[]; f32(): Float32Array }] => [
        `net.${layer}.${part}`,
        { shape: shapes[part], f32: () => p[part] },
      ]);
    }),
  );
  const naming = { name: 'the test', of: (layer: string) => `net.${layer}` };
  const candidates = [picture, perceptron].map((network) => ({ network, naming }));
  const found = fitModel(tensors, candidates, { name: 'w', sha256: 'h' });
  assert.is(found.description, perceptron);
  assert.equal(found.parameters, model.parameters);
  tensors.set('net.y.weight', { shape: [13, 3], f32: () => new Float32Array(39) });
  refuses(
    () => fitModel(tensors, candidates, { name: 'w', sha256: 'h' }),
    /net.y.weight is \[13,3\], must be \[3,13\]: its axes are in another order, OI is read/,
    InputError,
  );
});

const refuses = (
  run: () => unknown,
  text: RegExp,
  kind: typeof UsageError | typeof InputError = UsageError,
): void => {
  assert.throws(run, (e: Error) => e instanceof kind && text.test(e.message) && !e.message.includes('\n'));
};

test('what is given: by name, of the right length, finite', () => {
  const session = createSession(engine, modelOf(two), { taps: ['answer'] });
  refuses(() => session.run(map), /takes map, words; give \{ map: values, ... \}/);
  refuses(() => session.run({ map }), /input 'words' is missing/);
  refuses(() => session.run({ map, words, word: words }), /unknown input of two-eyed 'word'; closest: words/);
  refuses(() => session.run({ map, words: x }), /7 values for input 'words', which is 10 = 10/);
  const bad = words.slice();
  bad[3] = Number.NaN;
  refuses(() => session.run({ map, words: bad }), /input 'words' holds NaN at index 3/, InputError);
  session.dispose();
  // An input that no asked-for tap needs may be left out, or given.
  const part = createSession(engine, modelOf(two), { taps: ['text'] });
  part.run({ words });
  const alone = part.tap('text');
  part.run({ words, map });
  assert.equal(part.tap('text'), alone);
  part.dispose();
  refuses(() => createSession(engine, modelOf(perceptron), { taps: ['y'], height: 3 }), /takes no picture/);
  refuses(() => imageInput(perceptron), /perceptron takes 'x' \(tensor\), not one picture/);
});

test('parameters that are missing or of another size', () => {
  const model = modelOf(perceptron);
  const short = new Map(model.parameters).set('y', {
    weight: new Float32Array(5),
    bias: new Float32Array(3),
  });
  refuses(
    () => createSession(engine, { ...model, parameters: short }, { taps: ['y'] }),
    /weight of 'y' has 5 values, must be \[3,13\] = 39/,
    InputError,
  );
  short.delete('y');
  refuses(
    () => createSession(engine, { ...model, parameters: short }, { taps: ['y'] }),
    /no parameters for layer 'y'/,
    InputError,
  );
});

/** The description `of` with its layer `i` changed. */
const changed = (of: NetworkDescription, i: number, change: object): NetworkDescription => {
  const copy = structuredClone(of);
  Object.assign(copy.layers[i], change);
  return copy;
};

for (const [what, bad, text] of [
  [
    'an operation that there is not',
    changed(picture, 0, { op: 'convolve' }),
    /unknown operation 'convolve'; closest: conv/,
  ],
  [
    'a tensor that nothing makes',
    changed(picture, 1, { in: 'edge' }),
    /unknown tensor that 'parts' of tiny reads 'edge'; closest: edges/,
  ],
  [
    'a tensor made later',
    changed(picture, 0, { in: 'parts' }),
    /unknown tensor that 'edges' of tiny reads 'parts'/,
  ],
  ['two layers of one name', changed(picture, 1, { out: 'edges' }), /tiny, conv 'edges': this name is taken/],
  ['the name of an input', changed(picture, 1, { out: 'photo' }), /this name is taken/],
  ['a name that taps cannot have', changed(picture, 0, { out: 'a:b' }), /no colons and spaces/],
  [
    'filters that no kernel computes',
    changed(picture, 0, { filters: 6 }),
    /conv 'edges': filters 6: must be a multiple of 4/,
  ],
  ['no stride', changed(picture, 0, { stride: 0 }), /size 3 and stride 0 must be whole numbers from 1/],
  [
    'an unknown padding',
    changed(picture, 0, { padding: 'SAME' }),
    /padding must have a rule of same, valid, explicit, caffe/,
  ],
  [
    'a window larger than the map',
    changed(picture, 0, { size: 11, padding: { rule: 'valid' } }),
    /leaves nothing of its input/,
  ],
  ['a tile that there is not', changed(picture, 1, { tile: 7 }), /tile 7: must be 6 or 8/],
  [
    'a fold of another window',
    changed(picture, 0, { fold: true }),
    /fold is for 7x7 at stride 2, not 3x3 at 2/,
  ],
  [
    'a fold of no image',
    changed(picture, 1, { fold: true, size: 7, stride: 2 }),
    /fold needs an image that nothing else reads, not 'edges'/,
  ],
  [
    'a convolution of a vector',
    { ...perceptron, layers: [{ ...picture.layers[0], in: 'x' }] as never },
    /conv 'edges': reads [[]7\], must read a map/,
  ],
  [
    'a softmax of a map',
    changed(picture, 4, { in: 'parts' }),
    /softmax 'guess': reads a map \[5,5,4\], must read a vector/,
  ],
  [
    'branches of two sizes',
    changed(two, 3, { in: ['image', 'seen'] }),
    /branch 'seen' is \[4,6,8\] beside \[16\]/,
  ],
  ['a branch that is an input', changed(two, 3, { in: ['image', 'words'] }), /branch 'words' is an input/],
  [
    'vectors side by side that would overlap',
    changed(two, 1, { units: 10 }),
    /branch 'image' is a vector of 10: must be a multiple of 16/,
  ],
  [
    'an LRN that no kernel computes',
    changed(picture, 1, { op: 'lrn', radius: 3, beta: 1 }),
    /no LRN of radius 3 and beta 1/,
  ],
  ['a large max-pool', changed(picture, 1, { op: 'maxpool', size: 5 }), /max pools are 3x3, not 5/],
  ['no inputs', { ...picture, inputs: [] }, /tiny: has no inputs/],
  [
    'an input of no kind',
    { ...picture, inputs: [{ op: 'picture', out: 'photo' }] as never },
    /unknown kind of input 'picture'/,
  ],
  [
    'an input of no shape',
    { ...perceptron, inputs: [{ op: 'tensor', out: 'x', shape: [2, 3, 4, 5] }] },
    /tensor 'x': shape \[2,3,4,5\]: must be \[C\], \[T,C\] or \[H,W,C\]/,
  ],
] as [string, NetworkDescription, RegExp][])
  test(`bad description: ${what}`, () => {
    const model = { ...modelOf(picture), description: bad };
    refuses(() => createSession(engine, model, { taps: [bad.layers[0].out] }), text);
    refuses(() => tapInfo(bad, bad.layers[0].out), text);
  });

test.run();
