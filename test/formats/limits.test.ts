// Small files that ask for a large machine: what each reader allocates and builds is bounded by the
// file's size (docs/formats.md, "Limits"), counted in bytes and values, not in seconds.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseCaffe } from '../../src/formats/caffe.js';
import { parseGraphDef } from '../../src/formats/graphdef.js';
import { Allowance, LIMIT_VARIABLE, setReadLimit } from '../../src/formats/limits.js';
import { encodeNpy, parseNpy, parseNpyHeader } from '../../src/formats/npy.js';
import { parseNpz } from '../../src/formats/npz.js';
import { parsePyTorch } from '../../src/formats/pytorch.js';
import { readRegularFile, readShared } from '../../src/formats/read-file.node.js';
import { parseSafetensors } from '../../src/formats/safetensors.js';
import { nodeStorage } from '../../src/formats/storage.node.js';
import { crc32 } from '../../src/formats/zip.js';
import { readPng, readPngHeader } from '../../src/images/png.js';
import { openVectors, readMatrix } from '../../src/vectors/open.node.js';
import { temporaryFolder } from '../support/cli.js';
import { refusal } from '../support/corrupt.js';
import { rejection } from '../support/rejection.js';
import { ptFile, tensorOps, unicode } from '../support/saved-object.js';
import { allocated, counted } from '../support/work.js';

const test = suite('formats/limits');
const MIB = 1024 ** 2;

/** With a limit of 1 MiB: refused, and the reader allocated no more than the limit and twice the file. */
function bounded(
  file: Uint8Array,
  read: (bytes: Uint8Array, label: string) => unknown,
  reason: RegExp,
): void {
  setReadLimit(MIB);
  try {
    const bytes = allocated(() => read(file, 'x'));
    assert.ok(bytes <= MIB + 2 * file.length, `${bytes} bytes allocated for ${file.length}`);
    const { message } = refusal(() => read(file, 'x'))!;
    assert.match(message, reason);
    assert.match(message, /^x.*more (values )?than the limit of .*set CURVESAE_READ_LIMIT/);
  } finally {
    setReadLimit(undefined);
  }
}

test('the limit: 256 MiB and 32 times the file, at most 4 GiB; raised by a call or by the environment', () => {
  assert.is(new Allowance(0, 'x').bytes, 256 * MIB);
  assert.is(new Allowance(MIB, 'x').bytes, 288 * MIB);
  assert.is(new Allowance(1e12, 'x').bytes, 4096 * MIB);
  assert.is(new Allowance(0, 'x').values, 4_000_000);
  try {
    for (const [said, bytes] of [
      ['16G', 16 * 1024 ** 3],
      ['5', 5],
      ['3m', 3 * MIB],
    ] as const) {
      process.env[LIMIT_VARIABLE] = said;
      assert.is(new Allowance(0, 'x').bytes, bytes);
    }
    process.env[LIMIT_VARIABLE] = '16G';
    assert.is(new Allowance(0, 'x').values, 2 ** 27);
    setReadLimit(7);
    assert.is(new Allowance(0, 'x').bytes, 7);
    setReadLimit(undefined);
    for (const said of ['lots', '0', '-1', '1e9', '9'.repeat(16)]) {
      process.env[LIMIT_VARIABLE] = said;
      assert.throws(() => new Allowance(0, 'x'), /CURVESAE_READ_LIMIT=.*give bytes/);
    }
  } finally {
    delete process.env[LIMIT_VARIABLE];
  }
  for (const wrong of [0, -1, 1.5, Number.NaN])
    assert.throws(() => setReadLimit(wrong), /whole number of bytes/);
});

test('pickle: many dictionaries in a small archive', () => {
  const bomb = zipSync({ 'a/data.pkl': new Uint8Array(MIB / 2).fill(0x7d) });
  assert.ok(bomb.length < 1000);
  bounded(bomb, parsePyTorch, /it builds more values than the limit of 8192/);
});

test('PyTorch: tensors that strides make large, one by one and together', () => {
  const storage = { 0: new Uint8Array(4) };
  const many = Array.from({ length: 64 }, (_, i) => [
    ...unicode(`t${i}`),
    ...tensorOps('0', 1, [128, 128], [0, 0]),
  ]);
  bounded(ptFile([0x7d, 0x28, ...many.flat(), 0x75], storage), parsePyTorch, /laying out 't16'/);
});

test('npz and zip: zeros that unpack, and that grow again as f32', () => {
  const zeros = (n: number) => {
    const header = encodeNpy([n], new Float32Array(n)).slice(0, 128);
    const text = new TextDecoder('latin1').decode(header).replace("'<f4'", "'|u1'");
    return Uint8Array.from([...Uint8Array.from(text, (c) => c.charCodeAt(0)), ...new Uint8Array(n)]);
  };
  const array = zeros(65536);
  const members = (count: number) =>
    zipSync(Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}.npy`, array])));
  bounded(members(40), parseNpz, /unpacking member '15\.npy'/);
  bounded(members(8), parseNpz, /its values/);
  assert.is(parseNpz(members(2), 'x').get('1')!.data.length, 65536);
});

test('GraphDef: one value that stands for millions, in many nodes', () => {
  const number = (field: number, v: number[]) => [field << 3, ...v];
  const sub = (field: number, content: number[]) => [(field << 3) | 2, content.length, ...content];
  const text = (field: number, s: string) => sub(field, [...new TextEncoder().encode(s)]);
  const node = (name: string) => {
    // 2^16 = 0x80 0x80 0x04 as a varint
    const tensor = [
      ...number(1, [1]),
      ...sub(2, sub(2, number(1, [0x80, 0x80, 4]))),
      ...sub(5, [0, 0, 128, 63]),
    ];
    const value = sub(5, [...text(1, 'value'), ...sub(2, sub(8, tensor))]);
    return sub(1, [...text(1, name), ...text(2, 'Const'), ...value]);
  };
  const graph = (n: number) => Uint8Array.from(Array.from({ length: n }, (_, i) => node(`n${i}`)).flat());
  assert.is(parseGraphDef(graph(2), 'x').tensors.get('n1')!.f32()[65535], 1);
  bounded(graph(40), parseGraphDef, /repeating the last value of 'n4'/);
});

test('Caffe: a shape of many dimensions', () => {
  const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
  const sub = (field: number, content: number[]) => [
    ...varint((field << 3) | 2),
    ...varint(content.length),
    ...content,
  ];
  const dims = sub(1, new Array(100_000).fill(1));
  const model = Uint8Array.from(sub(100, [...sub(1, [0x63]), ...sub(7, sub(7, dims))]));
  assert.match(
    refusal(() => parseCaffe(model, 'x'))!.message,
    /a shape of more than 64 dimensions in 'c\.weight'/,
  );
});

test('safetensors: a header of many tensors', () => {
  const json = `{${Array.from({ length: 3000 }, (_, i) => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`).join()}}`;
  const head = new TextEncoder().encode(json);
  const file = new Uint8Array(8 + head.length);
  new DataView(file.buffer).setUint32(0, head.length, true);
  file.set(head, 8);
  assert.is(parseSafetensors(file, 'x').tensors.size, 3000);
  bounded(file, parseSafetensors, /it builds more values than the limit of 8192/);
});

test('npy: a header of a million spaces is read, in its shape and everywhere else', () => {
  const spaces = ' '.repeat(250_000);
  const file = (header: string) => {
    const text = new TextEncoder().encode(`${header}\n`);
    const out = new Uint8Array(12 + text.length + 8);
    out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0]);
    new DataView(out.buffer).setUint32(8, text.length, true);
    out.set(text, 12);
    return out;
  };
  const head = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  for (const shape of [`(${spaces}1,${spaces}2${spaces},${spaces})`, `(1${spaces},2)`])
    assert.equal(parseNpy(file(`${head}${shape}, }`), 'x').shape, [1, 2]);
  for (const shape of [`(1${spaces}`, `(1${spaces}2)`, `(1${',1'.repeat(64)})`, `(${'1,'.repeat(250_000)})`])
    assert.match(
      refusal(() => parseNpyHeader(file(`${head}${shape}, }`), 'x'))!.message,
      /not a valid \.npy file/,
    );
  assert.match(refusal(() => parseNpyHeader(file(`${head}(1,)${spaces}x}`), 'x'))!.message, /not \{descr/);
});

test('PNG: chunks without content cost one look each', () => {
  const chunk = (type: string, content: number[] = []) => {
    const body = [...new TextEncoder().encode(type), ...content];
    const out = new Uint8Array(12 + content.length);
    const view = new DataView(out.buffer);
    view.setUint32(0, content.length);
    out.set(body, 4);
    view.setUint32(8 + content.length, crc32(Uint8Array.from(body)));
    return out;
  };
  const N = 60_000;
  const header = chunk('IHDR', [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const parts = (empty: Uint8Array) => [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    header,
    ...new Array<Uint8Array>(N).fill(empty),
    // zlib: a stored block of the filter byte and one grey pixel
    chunk('IDAT', [0x78, 1, 1, 2, 0, 0xfd, 0xff, 0, 7, 0, 9, 0, 8]),
    chunk('IEND'),
  ];
  for (const type of ['IDAT', 'tEXt']) {
    const file = new Uint8Array(Buffer.concat(parts(chunk(type))));
    const { bytes, views } = counted(file);
    assert.is(readPng(bytes).rgba[0], 7);
    assert.ok(views() <= 4 * N, `${views()} views for ${N} chunks`);
    assert.is(readPngHeader(file).width, 1);
    const taken = allocated(() => readPng(file));
    assert.ok(taken < 4 * MIB, `${taken} bytes for a picture of one pixel`);
  }
});

test('a pipe under the name of a file is refused by every reader of paths, at once', async () => {
  if (process.platform === 'win32') return;
  const dir = temporaryFolder('fifo');
  for (const name of ['x.npy', 'x.jpg', 'cfg.json', 'list.txt']) execFileSync('mkfifo', [join(dir, name)]);
  writeFileSync(join(dir, 'sae_weights.safetensors'), '');
  const storage = nodeStorage(dir);
  const { decodeFile } = await import('../../src/images/decode.node.js');
  const { imageSetHash, listImages } = await import('../../src/images/source.node.js');
  for (const attempt of [
    () => readRegularFile(join(dir, 'x.npy')),
    () => readShared(join(dir, 'x.npy'), 1000),
    () => readMatrix(join(dir, 'x.npy')),
    () => openVectors(join(dir, 'x.npy')),
    () => decodeFile(join(dir, 'x.jpg'), 'x.jpg'),
    () => storage.read('cfg.json'),
    () => storage.readRange('cfg.json', 0, 1),
    () => listImages([join(dir, 'list.txt')], 0),
  ]) {
    const error = await rejection(attempt());
    assert.is((error as { exitCode?: number }).exitCode, 3, error.message);
  }
  // In a folder it is one picture that cannot be read, as any other.
  assert.match(await imageSetHash(await listImages([dir], 0)), /^[0-9a-f]{64}$/);
});

test('a file in memory that threads share: its bytes, within the limit', async () => {
  const dir = temporaryFolder('shared');
  const path = join(dir, 'weights');
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i);
  writeFileSync(path, bytes);
  const shared = await readShared(path, 5000);
  assert.instance(shared.buffer, SharedArrayBuffer);
  assert.equal(Uint8Array.from(shared), bytes);
  assert.match((await rejection(readShared(path, 4999))).message, /5000 bytes, more than the limit of 4999/);
  assert.match((await rejection(readShared(join(dir, 'none'), 9))).message, /none/);
});

test.run();
