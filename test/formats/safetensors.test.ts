import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeSafetensors, parseSafetensors } from '../../src/formats/safetensors.js';
import { openTensors } from '../../src/formats/tensor-reader.js';
import { bitFlips, fuzz, refusal, truncations } from '../support/corrupt.js';
import { memoryStorage } from '../support/memory-storage.js';

const test = suite('formats/safetensors');
const read = (bytes: Uint8Array) => parseSafetensors(bytes, 'x.safetensors');

/** A file with any header text and `data` bytes of zeros. */
function file(header: string | Uint8Array, data = 0, declared?: bigint): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const out = new Uint8Array(8 + json.length + data);
  new DataView(out.buffer).setBigUint64(0, declared ?? BigInt(json.length), true);
  out.set(json, 8);
  return out;
}
const one = (fields: string, data = 4) => file(`{"a":{${fields}}}`, data);
const GOOD = '"dtype":"F32","shape":[1],"data_offsets":[0,4]';

const fixture = encodeSafetensors(
  {
    w: { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-30, 6) },
    i: { shape: [2], data: Int32Array.of(-1, 7) },
    b: { shape: [3], data: Uint8Array.of(1, 2, 255) },
  },
  { made: 'by hand' },
);

test('writes and reads back', () => {
  const { tensors, metadata } = read(fixture);
  assert.equal([...tensors.keys()].sort(), ['b', 'i', 'w']);
  assert.equal(tensors.get('w')!.shape, [2, 3]);
  assert.equal([...tensors.get('w')!.f32()], [1, -2, 3.5, 0, Math.fround(1e-30), 6]);
  assert.equal([...tensors.get('i')!.f32()], [-1, 7]);
  assert.equal([...tensors.get('b')!.f32()], [1, 2, 255]);
  assert.is(metadata.made, 'by hand');
  assert.is(Number(new DataView(fixture.buffer).getBigUint64(0, true)) % 8, 0, 'data part is aligned');
});

test('bytes do not depend on the order in which tensors and metadata were given', () => {
  const a = { shape: [1], data: Float32Array.of(1) };
  const b = { shape: [1], data: Float32Array.of(2) };
  assert.equal(
    encodeSafetensors({ a, b }, { p: '1', q: '2' }),
    encodeSafetensors({ b, a }, { q: '2', p: '1' }),
  );
});

test('any tensors survive the round trip, whatever their names', () => {
  const name = fc.oneof(
    fc.string({ minLength: 1, unit: 'grapheme' }).filter((s) => s !== '__metadata__'),
    fc.constantFrom('__proto__', 'constructor', 'toString', '../x', 'a\0b', '0', '', 'é', 'x'.repeat(5000)),
  );
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), fc.nat(5), (names, n) => {
      const tensors = Object.create(null);
      names.forEach((key, k) => {
        tensors[key] = { shape: [n], data: Float32Array.from({ length: n }, (_, i) => i + k) };
      });
      const back = read(encodeSafetensors(tensors)).tensors;
      assert.is(back.size, names.length);
      names.forEach((key, k) => {
        assert.equal(
          [...back.get(key)!.f32()],
          Array.from({ length: n }, (_, i) => i + k),
        );
      });
    }),
    { numRuns: 100 },
  );
  assert.is(({} as Record<string, unknown>).shape, undefined);
});

test('every dtype becomes f32', () => {
  const cases: [string, number[], number[]][] = [
    [
      'F16',
      [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c, 0xff, 0x7b],
      [1, -2, 2 ** -24, Number.POSITIVE_INFINITY, 65504],
    ],
    ['BF16', [0x80, 0x3f, 0x49, 0xc0], [1, -3.140625]],
    ['F64', [0, 0, 0, 0, 0, 0, 0xf0, 0x3f], [1]],
    ['I64', [0xfe, 255, 255, 255, 255, 255, 255, 255], [-2]],
    ['U64', [3, 0, 0, 0, 0, 0, 0, 0], [3]],
    ['I32', [0xff, 255, 255, 255], [-1]],
    ['U32', [0xff, 255, 255, 255], [4294967296]],
    ['I16', [0xff, 255], [-1]],
    ['U16', [0xff, 255], [65535]],
    ['I8', [0xff], [-1]],
    ['U8', [0xff], [255]],
    ['BOOL', [1, 0], [1, 0]],
  ];
  for (const [dtype, bytes, expected] of cases) {
    const out = file(
      `{"a":{"dtype":"${dtype}","shape":[${expected.length}],"data_offsets":[0,${bytes.length}]}}`,
      bytes.length,
    );
    out.set(bytes, out.length - bytes.length);
    assert.equal([...read(out).tensors.get('a')!.f32()], expected, dtype);
  }
});

test('one error text per refusal', () => {
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /is 0 bytes long, too short/],
    [file('', 0, 100_000_001n), /header of 100000001 bytes, more than the limit/],
    [file('{}', 0, 0xffffffffffffffffn), /more than the limit/],
    [file('{}', 0, 3n), /declares a header of 3 bytes but has 10/],
    [file(''), /does not begin with '\{'/],
    [file(' {}'), /does not begin with '\{'/],
    [file('[]'), /does not begin with '\{'/],
    [file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), /not UTF-8/],
    [file('{"a"'), /not valid JSON/],
    [file(`{"a":{${GOOD}},"a":{${GOOD}}}`, 4), /duplicate key 'a'/],
    [file(`{"a":{${GOOD},"shape":[1]}}`, 4), /duplicate key 'shape'/],
    [file('{"__metadata__":[]}'), /__metadata__ that is not an object/],
    [file('{"__metadata__":{"k":1}}'), /metadata 'k' that is not a string/],
    [file('{"a":3}'), /entry 'a' that is not an object/],
    [one(`${GOOD},"more":1`), /unknown field 'more' in 'a'/],
    [one('"dtype":"F128","shape":[1],"data_offsets":[0,4]'), /unknown dtype in 'a'/],
    [one('"dtype":"__proto__","shape":[1],"data_offsets":[0,4]'), /unknown dtype/],
    [one('"shape":[1],"data_offsets":[0,4]'), /unknown dtype/],
    [one('"dtype":"F32","shape":[-1],"data_offsets":[0,4]'), /bad shape/],
    [one('"dtype":"F32","shape":[1.5],"data_offsets":[0,4]'), /bad shape/],
    [one('"dtype":"F32","shape":["1"],"data_offsets":[0,4]'), /bad shape/],
    [one('"dtype":"F32","shape":[NaN],"data_offsets":[0,4]'), /not valid JSON/],
    [one('"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]'), /bad shape/],
    [one('"dtype":"F32","shape":[9007199254740991,4],"data_offsets":[0,4]'), /overflows/],
    [one('"dtype":"F32","shape":[1],"data_offsets":[0]'), /bad data_offsets/],
    [one('"dtype":"F32","shape":[1],"data_offsets":[4,0]'), /'a' of 4 bytes in a span of -4/],
    [one('"dtype":"F32","shape":[2],"data_offsets":[0,4]'), /'a' of 8 bytes in a span of 4/],
    [one('"dtype":"F32","shape":[1],"data_offsets":[4,8]', 8), /hole of 4 bytes before 'a'/],
    [one(GOOD, 5), /1 bytes after the last tensor/],
    [one(GOOD, 3), /truncated: the tensors take 4 bytes, 3 are there/],
    [file(`{"a":{${GOOD}},"b":{${GOOD}}}`, 4), /'b' overlapping/],
    [
      file(`{"a":{${GOOD}},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, 12),
      /hole of 4 bytes before 'b'/,
    ],
    [file(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`), /nested too deeply/],
  ];
  for (const [bytes, text] of cases) {
    const error = refusal(() => read(bytes));
    assert.match(String(error?.message), text);
    assert.match(error!.message, /^x\.safetensors: not a valid safetensors file: /);
  }
});

test('padding, empty tensors, scalars and files without tensors are valid', () => {
  assert.is(read(file('{}   ')).tensors.size, 0);
  assert.equal(read(one('"dtype":"F32","shape":[],"data_offsets":[0,4]')).tensors.get('a')!.shape, []);
  assert.is(
    read(one('"dtype":"F32","shape":[0,7],"data_offsets":[0,0]', 0)).tensors.get('a')!.f32().length,
    0,
  );
});

test('a string of a million escapes is read or refused, not a crash', () => {
  refusal(() => read(file(`{"${'\\n'.repeat(1_000_000)}":1}`)));
});

test('truncated at every byte: refused', () => truncations(fixture, read));

test('no bit of the header length, structure or layout can flip unnoticed', () => {
  const length = Number(new DataView(fixture.buffer).getBigUint64(0, true));
  const names = JSON.stringify([...read(fixture).tensors].map(([k, t]) => [k, t.dtype, t.shape]).sort());
  // Accepted flips may only rename a tensor, touch metadata, or give a dtype of equal width.
  bitFlips(fixture, read, [0, 8 + length], (bit) => {
    const bytes = fixture.slice();
    bytes[bit >> 3] ^= 1 << (bit & 7);
    const back = read(bytes);
    assert.is(back.tensors.size, 3);
    const shapes = JSON.stringify(
      [...back.tensors].map(([, t]) => t.shape.reduce((p, n) => p * n, 1)).sort(),
    );
    assert.is(shapes, JSON.stringify([2, 3, 6]), `${names} became something else`);
  });
});

test('fuzz: an InputError or a result', () => fuzz(fixture, read, 500));

test('streaming: header first, then one tensor; same refusals', async () => {
  const storage = memoryStorage({ 'x.safetensors': fixture });
  const reader = await openTensors(storage, 'x.safetensors');
  assert.equal([...(await reader.f32('w'))], [...read(fixture).tensors.get('w')!.f32()]);
  assert.equal(reader.entries.get('i')!.shape, [2]);
  await reader.f32('nothing').then(
    () => assert.unreachable(),
    (e) => assert.match(e.message, /holds no tensor 'nothing'/),
  );
  for (const n of [0, 7, 8, 20, fixture.length - 1]) {
    const cut = memoryStorage({ 'x.safetensors': fixture.slice(0, n) });
    await openTensors(cut, 'x.safetensors').then(
      () => assert.unreachable(`cut at ${n}`),
      (e) => assert.match(e.message, /not a valid safetensors file/),
    );
  }
});

test.run();
