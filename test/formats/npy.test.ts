import { execFileSync } from 'node:child_process';
import { zipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeNpy, parseNpy } from '../../src/formats/npy.js';
import { parseNpz } from '../../src/formats/npz.js';
import { crc32, unzip } from '../../src/formats/zip.js';
import { bitFlips, fuzz, refusal, truncations } from '../support/corrupt.js';
import { filled } from '../support/filled.js';

const test = suite('formats/npy');
const read = (bytes: Uint8Array) => parseNpy(bytes, 'x.npy');
const text = new TextEncoder();

/** A .npy of any version and header. */
function npy(header: string, data: number[] | Uint8Array, version = 1): Uint8Array {
  const body = text.encode(header);
  const head =
    version === 1 ? [body.length & 255, body.length >> 8] : [body.length & 255, body.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...text.encode('NUMPY'), version, 0, ...head, ...body, ...data]);
}
const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
const f32 = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

test('round trip, scalars and empties included', () => {
  for (const shape of [[2, 3], [6], [], [0, 4], [1, 1, 1]]) {
    const n = shape.reduce((p, k) => p * k, 1);
    const data = Float32Array.from({ length: n }, (_, i) => i - 1.5);
    const bytes = encodeNpy(shape, data);
    const back = read(bytes);
    assert.equal(back.shape, shape);
    assert.equal([...back.data], [...data]);
    assert.is((bytes.length - 4 * n) % 64, 0, 'data is aligned to 64');
  }
});

test('versions 1 to 3, either byte order, Fortran order, every numeric kind', () => {
  for (const version of [1, 2, 3])
    assert.equal([...read(npy(header('<f4', '(2,)'), f32(1, 2), version)).data], [1, 2]);
  assert.equal([...read(npy(header('>f4', '(1,)'), [0x3f, 0x80, 0, 0])).data], [1]);
  assert.equal([...read(npy(header('>i2', '(2,)'), [0, 1, 1, 0])).data], [1, 256]);
  assert.equal([...read(npy(header('|b1', '(3,)'), [1, 0, 1])).data], [1, 0, 1]);
  assert.equal([...read(npy(header('<f2', '(1,)'), [0, 0xc0])).data], [-2]);
  assert.equal([...read(npy(header('<u8', '()'), [9, 0, 0, 0, 0, 0, 0, 0])).data], [9]);
  // Column-major 2x3: columns (1,2), (3,4), (5,6).
  const fortran = read(npy(header('<f4', '(2, 3)', 'True'), f32(1, 2, 3, 4, 5, 6)));
  assert.equal([...fortran.data], [1, 3, 5, 2, 4, 6]);
  // Keys in any order, no trailing comma.
  const other = npy("{'shape':(1,),'descr':'<f4','fortran_order':False}", f32(7));
  assert.equal([...read(other).data], [7]);
});

test('one error text per refusal', () => {
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /NumPy magic/],
    [npy(header('<f4', '(1,)'), f32(1), 4), /format version 4/],
    [npy(header('|O', '(1,)'), [0]), /Python objects/],
    [
      npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", f32(1)),
      /structured or object/,
    ],
    [npy(header('<c8', '(1,)'), new Uint8Array(8)), /dtype '<c8'/],
    [npy(header('<U4', '(1,)'), new Uint8Array(16)), /dtype '<U4'/],
    [npy("{'descr': '<f4', 'fortran_order': False}", []), /not \{descr, fortran_order, shape\}/],
    [npy("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", f32(1)), /not \{descr/],
    [npy("__import__('os').system('true')", []), /not \{descr/],
    [npy("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}", f32(1)), /bad fortran_order/],
    [npy(header('<f4', '(-1,)'), []), /bad fortran_order or shape/],
    [npy(header('<f4', '(2**9,)'), []), /bad fortran_order or shape/],
    [npy(header('<f4', '(9999999999999999,)'), []), /bad fortran_order or shape/],
    [npy(header('<f4', `(${'1,'.repeat(65)})`), f32(1)), /bad fortran_order or shape/],
    [npy(header('<f4', '(9007199254740991, 9007199254740991)'), f32(1)), /needs .* bytes, 4 are there/],
    [npy(header('<f4', '(2,)'), f32(1)), /needs 8 bytes, 4 are there/],
    [npy(header('<f4', '(1,)'), f32(1, 2)), /needs 4 bytes, 8 are there/],
  ];
  for (const [bytes, reason] of cases) {
    const error = refusal(() => read(bytes));
    assert.match(String(error?.message), reason);
    assert.match(error!.message, /^x\.npy: not a valid \.npy file: /);
  }
  const long = npy('', []);
  new DataView(long.buffer).setUint16(8, 65535, true);
  assert.match(refusal(() => read(long))!.message, /truncated/);
});

test('truncated, flipped, fuzzed', () => {
  const file = encodeNpy([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
  truncations(file, read);
  // What a flip in the header leaves readable still has 6 numbers in 24 bytes.
  bitFlips(file, read, [0, file.length - 24], (bit) => {
    const bytes = file.slice();
    bytes[bit >> 3] ^= 1 << (bit & 7);
    assert.is(read(bytes).data.length, 6, `bit ${bit}`);
  });
  fuzz(file, read);
});

// ---- npz

const zipRead = (bytes: Uint8Array) => unzip(bytes, 'x.npz');
const array = encodeNpy([3], Float32Array.of(1, 2, 3));
const archive = zipSync({ 'a.npy': [array, { level: 6 }], 'b.npy': [array, { level: 0 }] });
/** Index of the k-th central directory record. */
function central(zip: Uint8Array, k = 0): number {
  const view = new DataView(zip.buffer, zip.byteOffset);
  for (let i = 0; i + 4 <= zip.length; i++) if (view.getUint32(i, true) === 0x02014b50 && k-- === 0) return i;
  throw new Error('no record');
}
function patched(zip: Uint8Array, edit: (view: DataView, at: number) => void, k = 0): Uint8Array {
  const out = zip.slice();
  edit(new DataView(out.buffer), central(out, k));
  return out;
}

test('npz: arrays by name, stored and deflated', () => {
  const arrays = parseNpz(archive, 'x.npz');
  assert.equal([...arrays.keys()].sort(), ['a', 'b']);
  assert.equal([...arrays.get('a')!.data], [1, 2, 3]);
  assert.equal([...arrays.get('b')!.data], [1, 2, 3]);
});

test('npz as NumPy writes it', () => {
  let base64: string;
  try {
    base64 = execFileSync(
      'python3',
      [
        '-c',
        'import numpy,io,base64;b=io.BytesIO();numpy.savez_compressed(b,x=numpy.arange(6.).reshape(2,3).T);print(base64.b64encode(b.getvalue()).decode())',
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
  } catch {
    console.log("skipped: 'npz as NumPy writes it' needs python3 with numpy");
    return;
  }
  const x = parseNpz(Uint8Array.from(Buffer.from(base64, 'base64')), 'x.npz').get('x')!;
  assert.equal(x.shape, [3, 2]);
  assert.equal([...x.data], [0, 3, 1, 4, 2, 5]);
});

test('zip: one error text per refusal', () => {
  const named = (name: string) => zipSync({ [name]: array });
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /no end record/],
    [named('../a.npy'), /points outside/],
    [named('/etc/a.npy'), /points outside/],
    [named('a/../../b.npy'), /points outside/],
    [named('C:\\a.npy'), /points outside/],
    [named('a\0.npy'), /points outside/],
    [patched(archive, (v, at) => v.setUint16(at + 8, 1, true)), /encrypted/],
    [patched(archive, (v, at) => v.setUint16(at + 10, 12, true)), /uses compression 12/],
    [patched(archive, (v, at) => v.setUint32(at + 24, 0xffffffff, true)), /zip64/],
    [
      patched(archive, (v, at) => v.setUint32(at + 24, 0xfffffff0, true)),
      /unpacking member .* more than the limit/,
    ],
    [patched(archive, (v, at) => v.setUint32(at + 38, 0o120777 * 65536, true)), /is a link/],
    [patched(archive, (v, at) => v.setUint32(at + 42, 0, true), 1), /overlaps another/],
    [patched(archive, (v, at) => v.setUint32(at + 24, 5, true)), /corrupt/],
    [patched(archive, (v, at) => v.setUint32(at + 20, 1, true)), /cannot be unpacked|corrupt/],
    [patched(archive, (v, at) => v.setUint32(at + 20, 1e9, true)), /reaches past its data/],
    [patched(archive, (v, at) => v.setUint8(at + 46, 'b'.charCodeAt(0))), /two members are named 'b.npy'/],
    [patched(archive, (v, at) => v.setUint8(at + 46, 'c'.charCodeAt(0))), /another name in its local header/],
    [
      zipSync(Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`${i}`, new Uint8Array(0)]))),
      /more than the limit/,
    ],
  ];
  for (const [bytes, reason] of cases) {
    const error = refusal(() => zipRead(bytes));
    assert.match(String(error?.message), reason);
    assert.match(error!.message, /^x\.npz: (not a zip that is read here|unpacking member)/);
  }
});

test('zip: a bomb is refused before it is unpacked', () => {
  const bomb = patched(archive, (v, at) => v.setUint32(at + 24, 300 << 20, true));
  assert.match(
    refusal(() => zipRead(bomb))!.message,
    /unpacking member 'a\.npy' would bring .* to 3145\d+ bytes/,
  );
});

test('zip: truncated, flipped, fuzzed', () => {
  truncations(archive, zipRead);
  const want = zipRead(archive);
  // Times, versions and attributes may flip; contents never change unnoticed.
  bitFlips(archive, zipRead, [0, archive.length], (bit) => {
    const bytes = archive.slice();
    bytes[bit >> 3] ^= 1 << (bit & 7);
    const back = zipRead(bytes);
    for (const [name, data] of filled(back)) assert.equal(data, want.get(name), `bit ${bit}`);
    assert.is(back.size, 2);
  });
  fuzz(archive, (bytes) => parseNpz(bytes, 'x.npz'));
});

test('crc32 of the standard check string', () => {
  assert.is(crc32(text.encode('123456789')), 0xcbf43926);
});

test.run();
