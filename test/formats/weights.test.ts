import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel, networkTensors } from '../../models/convert.js';
import { parseCaffe } from '../../src/formats/caffe.js';
import { parseGraphDef } from '../../src/formats/graphdef.js';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import { formatOf, parseWeights } from '../../src/formats/weights.js';
import { type Model, modelFromTensors } from '../../src/index.js';
import { bitFlips, fuzz, refusal, truncations } from '../support/corrupt.js';
import { filled } from '../support/filled.js';
import { heModel } from '../support/he.js';

const test = suite('formats/weights');
const text = new TextEncoder();

// A protobuf writer of a few lines.
const varint = (n: number | bigint): number[] => {
  let v = BigInt(n);
  const out: number[] = [];
  while (v > 127n) {
    out.push(Number(v & 127n) | 128);
    v >>= 7n;
  }
  return [...out, Number(v)];
};
type Part = number[] | Uint8Array;
function message(...parts: Part[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
const number = (field: number, value: number | bigint): Part => [...varint(field * 8), ...varint(value)];
const sub = (field: number, content: Part): Part =>
  message([...varint(field * 8 + 2), ...varint(content.length)], content);
const string = (field: number, value: string): Part => sub(field, text.encode(value));
const floats = (values: ArrayLike<number>) => new Uint8Array(Float32Array.from(values).buffer);

// ---- Caffe

const shapeOf = (dims: number[]) =>
  sub(
    7,
    sub(
      1,
      dims.flatMap((d) => varint(d)),
    ),
  );
const legacyShape = (dims: number[]) => message(...dims.map((d, i) => number(i + 1, d)));
const layerNew = (name: string, type: string, ...blobs: Part[]) =>
  sub(100, message(string(1, name), string(2, type), ...blobs.map((b) => sub(7, b))));
const layerV1 = (name: string, type: number, ...blobs: Part[]) =>
  sub(2, message(string(4, name), number(5, type), ...blobs.map((b) => sub(6, b))));
const net = (...layers: Part[]) => message(string(1, 'net'), ...layers);

const caffeNew = net(
  layerNew(
    'conv',
    'Convolution',
    message(shapeOf([2, 1, 1, 2]), sub(5, floats([1, 2, 3, 4]))),
    message(shapeOf([2]), sub(5, floats([5, 6]))),
  ),
  layerNew('relu', 'ReLU'),
);
const caffe = (bytes: Uint8Array) => parseCaffe(bytes, 'x.caffemodel');

test('Caffe: new and old layers, packed and single values, doubles', () => {
  const { tensors } = caffe(caffeNew);
  assert.equal(
    [...tensors].map(([k, t]) => [k, t.shape, [...t.f32()]]),
    [
      ['conv.weight', [2, 1, 1, 2], [1, 2, 3, 4]],
      ['conv.bias', [2], [5, 6]],
    ],
  );
  const single = (values: number[]) => message(...values.map((v) => message([5 * 8 + 5], floats([v]))));
  const old = caffe(
    net(
      layerV1(
        'ip',
        14,
        message(legacyShape([1, 1, 2, 3]), single([1, 2, 3, 4, 5, 6])),
        message(legacyShape([1, 1, 1, 2]), sub(5, floats([7, 8]))),
      ),
      layerV1(
        'conv',
        4,
        message(legacyShape([1, 1, 2, 2]), sub(8, new Uint8Array(Float64Array.of(1, 2, 3, 4).buffer))),
      ),
    ),
  ).tensors;
  assert.equal(old.get('ip.weight')!.shape, [2, 3]);
  assert.equal([...old.get('ip.weight')!.f32()], [1, 2, 3, 4, 5, 6]);
  assert.equal(old.get('ip.bias')!.shape, [2]);
  assert.equal(old.get('conv.weight')!.shape, [1, 1, 2, 2]);
  assert.equal([...old.get('conv.weight')!.f32()], [1, 2, 3, 4]);
});

test('Caffe: one error per refusal', () => {
  const blob = (...parts: Part[]) => net(layerNew('c', 'Convolution', message(...parts)));
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /holds no weights/],
    [net(layerNew('c', 'ReLU')), /holds no weights/],
    [blob(shapeOf([3]), sub(5, floats([1]))), /4 bytes of data for shape \[3\] in 'c\.weight'/],
    [blob(shapeOf([2 ** 30, 2 ** 30]), sub(5, floats([1]))), /for shape/],
    [blob(sub(7, number(1, 2n ** 64n - 1n)), sub(5, floats([1]))), /bad shape in 'c\.weight'/],
    [blob(number(1, 2n ** 63n)), /bad shape/],
    [blob(sub(7, sub(1, [255]))), /bad shape/],
    [blob(number(5, 3)), /data of wire type 0/],
    [blob(shapeOf([1]), sub(5, floats([1])), sub(8, new Uint8Array(8))), /both float and double/],
    [
      net(layerNew('c', '', message(shapeOf([0]))), layerNew('c', '', message(shapeOf([0])))),
      /two layers named 'c'/,
    ],
    [message([100 * 8 + 3, 0]), /wire type 3|field number/],
    [message([0x0b]), /wire type 3/],
    [message([0x0f]), /wire type 7/],
    [message([0x02, 0]), /field number 0/],
    [message([0x0a, 255, 255, 255, 255, 15, 1]), /a field of 4294967295 bytes where 1 are left/],
    [message([0x0a, ...new Array(10).fill(255), 1]), /more than 10 bytes/],
    [net(sub(100, string(1, '\ud800'.slice(1))), sub(100, sub(1, [0xff]))), /layer name that is not UTF-8/],
  ];
  for (const [bytes, reason] of cases) {
    const error = refusal(() => caffe(bytes));
    assert.match(String(error?.message), reason);
    assert.match(error!.message, /^x\.caffemodel: not a valid Caffe model: it /);
  }
});

// ---- GraphDef

const tensorShape = (dims: number[]) => sub(2, message(...dims.map((d) => sub(2, number(1, d)))));
const constant = (name: string, ...tensor: Part[]) => {
  const value = sub(5, message(string(1, 'value'), sub(2, sub(8, message(...tensor)))));
  const type = sub(5, message(string(1, 'dtype'), sub(2, number(6, 1))));
  return sub(1, message(string(1, name), string(2, 'Const'), type, value));
};
const graph = (bytes: Uint8Array) => parseGraphDef(bytes, 'x.pb');
const small = message(
  sub(1, message(string(1, 'input'), string(2, 'Placeholder'))),
  constant('a_w', number(1, 1), tensorShape([1, 2]), sub(4, floats([1, 2]))),
  constant('a_b', number(1, 1), tensorShape([3]), sub(5, floats([7]))),
);

test('GraphDef: tensor_content, values, the repeated-value shorthand, half and double; the rest is passed over', () => {
  const file = message(
    small,
    constant('two', number(1, 1), tensorShape([4]), sub(5, floats([1, 2]))),
    constant(
      'single',
      number(1, 1),
      tensorShape([2]),
      message([5 * 8 + 5], floats([1])),
      message([5 * 8 + 5], floats([2])),
    ),
    constant('double', number(1, 2), tensorShape([2]), sub(6, new Uint8Array(Float64Array.of(0.5).buffer))),
    constant('half', number(1, 19), tensorShape([]), sub(4, [0, 0xc0])),
    constant('ints', number(1, 3), tensorShape([2]), sub(7, [1, 2])),
  );
  assert.equal(Object.fromEntries([...graph(file).tensors].map(([k, t]) => [k, [...t.f32()]])), {
    a_w: [1, 2],
    a_b: [7, 7, 7],
    two: [1, 2, 2, 2],
    single: [1, 2],
    double: [0.5, 0.5],
    half: [-2],
  });
});

test('GraphDef: one error per refusal', () => {
  const f32 = number(1, 1);
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /holds no weights/],
    [message(small, constant('a_w', f32, tensorShape([]), sub(4, floats([1])))), /two nodes named 'a_w'/],
    [sub(1, string(2, 'Const')) as Uint8Array, /node without a name/],
    [sub(1, message(string(1, 'c'), string(2, 'Const'))) as Uint8Array, /Const 'c' without a value/],
    [
      constant('c', f32, tensorShape([2]), sub(4, floats([1]))) as Uint8Array,
      /4 bytes for shape \[2\] of F32 in 'c'/,
    ],
    [constant('c', f32, tensorShape([2])) as Uint8Array, /0 bytes for shape \[2\]/],
    [constant('c', f32, tensorShape([1]), sub(5, floats([1, 2]))) as Uint8Array, /8 bytes for shape \[1\]/],
    [
      constant('c', f32, tensorShape([2 ** 27]), sub(5, floats([1]))) as Uint8Array,
      /repeating the last value of 'c' would bring .* to 536870912 bytes, more than the limit/,
    ],
    [constant('c', f32, tensorShape([2 ** 40, 2 ** 40])) as Uint8Array, /overflows/],
    [constant('c', f32, sub(2, sub(2, number(1, 2n ** 64n - 1n)))) as Uint8Array, /bad shape/],
    [constant('c', f32, sub(2, number(3, 1))) as Uint8Array, /unknown rank/],
    [
      constant('c', f32, tensorShape([1]), sub(4, floats([1])), sub(5, floats([1]))) as Uint8Array,
      /both tensor_content and values/,
    ],
  ];
  for (const [bytes, reason] of cases) {
    const error = refusal(() => graph(bytes));
    assert.match(String(error?.message), reason);
    assert.match(error!.message, /^x\.pb: (not a valid GraphDef: it|repeating) /);
  }
});

test('truncated, flipped, fuzzed: an error or whole tensors', () => {
  for (const [file, read] of [
    [caffeNew, caffe],
    [small, graph],
  ] as const) {
    // Cut between two top-level fields, what is left is a shorter valid message: its tensors are whole.
    const whole = (bytes: Uint8Array) => {
      for (const t of filled(read(bytes).tensors.values()))
        assert.is(
          t.f32().length,
          t.shape.reduce((p, k) => p * k, 1),
        );
    };
    for (let n = 0; n < file.length; n++) refusal(() => whole(file.slice(0, n)));
    bitFlips(file, whole, [0, file.length], () => {});
    fuzz(file, whole, 600);
  }
  const one = constant('a', number(1, 1), tensorShape([2]), sub(4, floats([1, 2]))) as Uint8Array;
  truncations(one, graph);
});

// ---- whole networks

test('the kind of a file is told by its content', () => {
  assert.is(formatOf(caffeNew), 'caffe');
  assert.is(formatOf(net(layerV1('c', 4))), 'caffe');
  assert.is(formatOf(small), 'graphdef');
  assert.is(formatOf(encodeSafetensors({})), 'safetensors');
  for (const bytes of [new Uint8Array(0), text.encode('hello, world'), new Uint8Array(100)])
    assert.match(
      refusal(() => parseWeights(bytes, 'x.bin'))!.message,
      /^x\.bin: not a weights file that is known/,
    );
});

const sameModel = (a: Model, b: Model) => {
  assert.is(a.description.architecture, b.description.architecture);
  for (const [tap, { weight, bias }] of filled(b.parameters)) {
    assert.is(
      Buffer.compare(Buffer.from(a.parameters.get(tap)!.weight.buffer), Buffer.from(weight.buffer)),
      0,
      tap,
    );
    assert.equal(a.parameters.get(tap)!.bias, bias, tap);
  }
};
const open = (bytes: Uint8Array) =>
  modelFromTensors(networkTensors(parseWeights(bytes, 'x')), { name: 'x', sha256: '' });

test('a whole GoogLeNet as .caffemodel, with auxiliary heads', () => {
  const model = heModel('googlenet');
  const name = (tap: string) =>
    ({
      conv2d0: 'conv1/7x7_s2',
      conv2d1: 'conv2/3x3_reduce',
      conv2d2: 'conv2/3x3',
      logits: 'loss3/classifier',
    })[tap] ??
    tap
      .replace(/^mixed(..)_/, 'inception_$1/')
      .replace('_bottleneck', '_reduce')
      .replace('pool_reduce', 'pool_proj');
  const layers = model.description.layers.flatMap((layer): Part[] => {
    const p = model.parameters.get(layer.out);
    if (!p) return [];
    const linear = layer.op === 'linear';
    const out = p.bias.length;
    const size = layer.op === 'conv' ? layer.size : 1;
    const shape = linear
      ? [1, 1, out, p.weight.length / out]
      : [out, p.weight.length / out / size ** 2, size, size];
    return [
      layerV1(
        name(layer.out),
        linear ? 14 : 4,
        message(legacyShape(shape), sub(5, floats(p.weight))),
        message(legacyShape([1, 1, 1, out]), sub(5, floats(p.bias))),
      ),
    ];
  });
  const head = layerV1('loss1/classifier', 14, message(legacyShape([1, 1, 1, 1]), sub(5, floats([1]))));
  sameModel(open(net(...layers, head)), model);
});

test('a whole inceptionv1 as GraphDef: HWIO and [in, out] are reordered, heads are dropped', () => {
  const model = heModel('inceptionv1');
  const nodes = model.description.layers.flatMap((layer) => {
    const p = model.parameters.get(layer.out);
    if (!p) return [];
    const out = p.bias.length;
    const size = layer.op === 'conv' ? layer.size : 1;
    const from = p.weight.length / out / size ** 2;
    const hwio = new Float32Array(p.weight.length);
    for (let o = 0; o < out; o++)
      for (let i = 0; i < from; i++)
        for (let k = 0; k < size * size; k++)
          hwio[(k * from + i) * out + o] = p.weight[(o * from + i) * size * size + k];
    const name = layer.op === 'linear' ? 'softmax2' : layer.out;
    const shape = layer.op === 'linear' ? [from, out] : [size, size, from, out];
    return [
      constant(`${name}_w`, number(1, 1), tensorShape(shape), sub(4, floats(hwio))),
      constant(`${name}_b`, number(1, 1), tensorShape([out]), sub(4, floats(p.bias))),
    ];
  });
  const heads = ['head0_bottleneck_w', 'nn1_b', 'softmax0_w', 'avgpool0/shape'].map((n) =>
    constant(n, number(1, 1), tensorShape([1]), sub(4, floats([1]))),
  );
  sameModel(open(message(...nodes, ...heads)), model);
});

test('converted models are the same model', () => {
  for (const architecture of ['googlenet', 'inceptionv1'] as const) {
    const model = heModel(architecture);
    const bytes = encodeModel(model);
    sameModel(open(bytes), model);
  }
});

test.run();
