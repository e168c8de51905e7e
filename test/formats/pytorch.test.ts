import { strToU8, zipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePyTorch } from '../../src/formats/pytorch.js';
import { parseWeights } from '../../src/formats/weights.js';
import { bitFlips, fuzz, refusal, truncations } from '../support/corrupt.js';
import { filled } from '../support/filled.js';
import { LEGACY_FILE, ZIP_FILE } from '../support/pytorch-fixture.js';

const test = suite('formats/pytorch');
const read = (bytes: Uint8Array) => parsePyTorch(bytes, 'x.pt');

test('both containers: strides, half, bfloat16, integers, parameters', () => {
  for (const file of [ZIP_FILE, LEGACY_FILE]) {
    const { tensors, format } = parseWeights(file, 'x.pt');
    assert.is(format, 'pytorch');
    const values = Object.fromEntries([...tensors].map(([k, t]) => [k, [t.dtype, t.shape, [...t.f32()]]]));
    assert.equal(values, {
      'a.weight': ['F32', [2, 3, 4], Array.from({ length: 24 }, (_, i) => i)],
      t: ['F32', [4, 3], [12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23]],
      h: ['F16', [2], [1.5, -2]],
      b: ['BF16', [2], [1, 3.140625]],
      n: ['I64', [], [7]],
      p: ['F32', [2], [1, 1]],
    });
  }
});

// A pickle by hand.
const op = (...parts: (number | string | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((p) => (typeof p === 'number' ? [p] : [...(typeof p === 'string' ? strToU8(p, true) : p)])),
  );
const str = (s: string) => op(0x58, s.length & 255, s.length >> 8, 0, 0, s);
const int = (n: number) => op(0x4a, n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255);
const global = (module: string, name: string) => op('c', module, '\n', name, '\n');
/** A zip with this data.pkl and one storage of `n` floats. */
const saved = (pickle: Uint8Array, n = 4) =>
  zipSync({
    'a/data.pkl': [op(0x80, 2, pickle), { level: 0 }],
    'a/data/0': [new Uint8Array(4 * n), { level: 0 }],
  });
const tuple = (...items: Uint8Array[]) => op('(', ...items, 't');
function tensor({
  offset = 0,
  size = [4],
  stride = [1],
  count = 4,
  key = '0',
  type = 'FloatStorage',
  tag = 'storage',
} = {}) {
  const id = tuple(str(tag), global('torch', type), str(key), str('cpu'), int(count));
  const hooks = op(global('collections', 'OrderedDict'), ')R');
  const args = tuple(
    op(id, 'Q'),
    int(offset),
    tuple(...size.map(int)),
    tuple(...stride.map(int)),
    op(0x89),
    hooks,
  );
  return op(global('torch._utils', '_rebuild_tensor_v2'), args, 'R');
}
const dictionary = (value: Uint8Array) => op('}', str('w'), value, 's.');

test('the pickle built by hand is read', () => {
  assert.equal(read(saved(dictionary(tensor()))).tensors.get('w')!.shape, [4]);
  assert.equal(
    read(saved(dictionary(tensor({ size: [3, 4], stride: [0, 1] }))))
      .tensors.get('w')!
      .f32().length,
    12,
  );
});

test('nothing outside the tables is resolved, by its full name', () => {
  for (const [module, name] of [
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['__builtin__', 'exec'],
    ['torch.hub', 'load'],
    ['torch', 'load'],
    ['collections', 'OrderedDict.__class__'],
    ['__proto__', 'constructor'],
    ['torch', '__proto__'],
    ['subprocess', 'Popen'],
  ]) {
    const call = op(global(module, name), tuple(str('true')), 'R.');
    for (const file of [saved(call), op(0x80, 2, call), saved(op(str(module), str(name), 0x93, '.'))])
      assert.ok(
        refusal(() => read(file))?.message.endsWith(`it names '${module}.${name}', which is refused`),
        `${module}.${name}`,
      );
  }
});

test('every opcode outside the table is refused by name', () => {
  for (const [code, name] of [
    [0x69, 'INST'],
    [0x6f, 'OBJ'],
    [0x81, 'NEWOBJ'],
    [0x82, 'EXT1'],
    [0x42, 'BINBYTES'],
    [0x8f, 'EMPTY_SET'],
    [0x8d, 'BINUNICODE8'],
    [0xff, '0xff'],
    [0x00, '0x00'],
  ] as const)
    assert.match(refusal(() => read(saved(op(code, '.'))))!.message, new RegExp(`opcode ${name} is refused`));
});

test('one error per malformed pickle', () => {
  const cases: [Uint8Array, RegExp][] = [
    [op('.'), /unfinished stack/],
    [op('}}.'), /unfinished stack/],
    [op(')R.'), /stack is empty/],
    [op('t.'), /mark is missing/],
    [op('h', 7, '.'), /memo entry 7 is missing/],
    [op('}r', 255, 255, 255, 127, '.'), /memo has more than/],
    [op(0x58, 255, 255, 255, 255, 'abc.'), /truncated/],
    [op(0x80, 9, '}.'), /protocol 9/],
    [op('})s.'), /SETITEM of a dictionary where there is none/],
    [op('}}Ns.'), /a key is neither/],
    [op('](Nu.'), /a dictionary where there is none|without value/],
    [op('}Na.'), /a list where there is none/],
    [op(']Nb.'), /BUILD of a dictionary where there is none/],
    [op(')Q.', 0), /not a dictionary|goes on after its end/],
    [op('NQ.'), /persistent id is not a tuple/],
    [op(global('torch', 'FloatStorage'), ')R.'), /REDUCE of something that is not in its table/],
    [op(global('collections', 'OrderedDict'), tuple(op('N')), 'R.'), /OrderedDict with arguments/],
    [op('].'), /not a dictionary/],
    [op('}.'), /holds no tensors/],
    [op('}.N'), /goes on after its end/],
    [dictionary(tensor({ offset: 1 })), /'w' reaches past its storage/],
    [dictionary(tensor({ offset: -1 })), /bad size, stride or offset/],
    [dictionary(tensor({ size: [5] })), /reaches past its storage/],
    [dictionary(tensor({ stride: [2] })), /reaches past its storage/],
    [dictionary(tensor({ stride: [-1] })), /bad size, stride/],
    [dictionary(tensor({ size: [2, 2] })), /bad size, stride/],
    [
      dictionary(tensor({ size: [0x7fffffff, 4], stride: [0, 1] })),
      /laying out 'w' would bring .* more than the limit/,
    ],
    [dictionary(tensor({ size: [0x7fffffff, 0x7fffffff], stride: [0, 0] })), /overflows/],
    [dictionary(tensor({ count: 5 })), /storage '0' has 16 bytes for 5 elements of F32/],
    [dictionary(tensor({ key: '1' })), /storage '1' is missing/],
    [dictionary(tensor({ key: '../0' })), /storage '\.\.\/0' is missing/],
    [dictionary(tensor({ type: 'OrderedDict' })), /it names 'torch\.OrderedDict'/],
    [dictionary(tensor({ tag: 'module' })), /storage of a kind/],
    [dictionary(op(global('torch._utils', '_rebuild_tensor_v2'), ')R')), /tensor without a storage/],
  ];
  for (const [pickle, reason] of cases) {
    const error = refusal(() => read(saved(pickle)));
    assert.match(String(error?.message), reason);
    assert.match(error!.message, /^x\.pt/);
  }
});

test('deep nesting, cycles and shared memos take no time and no stack', () => {
  const n = 1_000_000;
  refusal(() => read(saved(op(new Uint8Array(n).fill(0x5d), '.'))));
  refusal(() => read(saved(op('}q', 0, str('x'), 'h', 0, 's.')))); // a dictionary in itself
  // Doubling by the memo: 2^60 leaves if anything walked it.
  const level = op('(h', 0, 'h', 0, 'tq', 0);
  refusal(() => read(saved(op(')q', 0, ...Array.from({ length: 60 }, () => level), '.'))));
});

test('truncated, flipped, fuzzed', () => {
  truncations(ZIP_FILE, read);
  truncations(LEGACY_FILE, read);
  const same = (file: Uint8Array) => (bit: number) => {
    const bytes = file.slice();
    bytes[bit >> 3] ^= 1 << (bit & 7);
    for (const t of filled(read(bytes).tensors.values()))
      assert.is(
        t.f32().length,
        t.shape.reduce((p, k) => p * k, 1),
      );
  };
  bitFlips(ZIP_FILE, read, [0, 1200], same(ZIP_FILE));
  bitFlips(LEGACY_FILE, read, [0, LEGACY_FILE.length - 140], same(LEGACY_FILE));
  fuzz(ZIP_FILE, read);
  fuzz(LEGACY_FILE, read, 600);
});

test.run();
