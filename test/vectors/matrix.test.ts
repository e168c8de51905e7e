import * as fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeNpy } from '../../src/formats/npy.js';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import { InputError, UsageError } from '../../src/index.js';
import { matrixRows, streamedVectors } from '../../src/vectors/matrix.js';
import { openRows, openVectors } from '../../src/vectors/open.node.js';
import { filled } from '../support/filled.js';

const test = suite('activations/matrix');
let dir = '';
test.before(async () => {
  dir = await fsp.mkdtemp(join(tmpdir(), 'curvesae-matrix-'));
});
test.after(() => fsp.rm(dir, { recursive: true, force: true }));

const N = 1300;
const data = Float32Array.from({ length: N * 2 }, (_, i) => i);
const put = async (name: string, bytes: Uint8Array) => {
  await fsp.writeFile(join(dir, name), bytes);
  return join(dir, name);
};
const rejection = async (promise: Promise<unknown>): Promise<Error> => {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error');
};

test('.npy, .npz and .safetensors give the same vectors; every tenth block of 64 rows is held out', async () => {
  const npy = encodeNpy([N, 2], data);
  const files = [
    await put('m.npy', npy),
    await put('m.npz', zipSync({ 'x.npy': npy, 'labels.npy': encodeNpy([3], new Float32Array(3)) })),
    await put('m.safetensors', encodeSafetensors({ activations: { shape: [N, 2], data } })),
  ];
  for (const file of files) {
    const vectors = await openVectors(file);
    const [train, heldout, every, reference] = (['train', 'heldout', 'all', 'reference'] as const).map((s) =>
      vectors.source(s),
    );
    assert.is(heldout.count, 128);
    assert.is(train.count + heldout.count, N);
    assert.is(every.count, N);
    assert.is(reference.count, N);
    assert.is(every.d, 2);
    assert.equal([...(await every.load(0))], [...data]);
    assert.equal([...(await heldout.load(0)).subarray(0, 4)], [1152, 1153, 1154, 1155]);
    const seen = new Set([...(await train.load(0)), ...(await heldout.load(0))]);
    assert.is(seen.size, 2 * N, 'each row in one split');
    assert.is.not(train.hash, heldout.hash);
  }
});

test('a file too large for memory is read in pieces: the same rows in the same splits', async () => {
  const wide = encodeNpy([N, 2], data);
  const files = [
    await put('large.npy', wide),
    await put('large.safetensors', encodeSafetensors({ x: { shape: [N, 2], data } })),
  ];
  for (const file of files) {
    const [whole, pieces] = [await openVectors(file), await openVectors(file, 100)];
    assert.is(pieces.hash, whole.hash);
    for (const split of ['train', 'heldout', 'all'] as const) {
      const [a, b] = [whole.source(split), pieces.source(split)];
      assert.is(b.hash, a.hash);
      assert.is(b.count, a.count);
      assert.equal(await b.load(0), await a.load(0));
    }
  }
  for (const file of files) {
    const [whole, pieces] = [await openRows(file), await openRows(file, 100)];
    for (const { shape, rows, label } of [whole, pieces]) {
      assert.equal([shape, label], [[N, 2], file]);
      assert.equal(await rows(3, 5), data.slice(6, 16));
    }
  }
  // Pieces of 100 rows, which blocks of 64 straddle.
  const rows = async (first: number, n: number) => data.slice(2 * first, 2 * (first + n));
  for (const split of ['train', 'heldout', 'all'] as const) {
    const source = streamedVectors({ label: 'x', hash: 'x', shape: [N, 2], rows }, split, 100);
    const seen: number[] = [];
    for (const [i, count] of filled(source.shards.entries())) {
      const part = await source.load(i);
      assert.is(part.length, 2 * count);
      seen.push(...part);
    }
    const whole = (await openVectors(files[0])).source(split);
    assert.equal(seen, [...(await whole.load(0))]);
    assert.is(source.count, whole.count);
  }
  const bad = async (first: number, n: number) => (await rows(first, n)).fill(Number.NaN, 7, 8);
  const badRows = matrixRows({ label: 'x', shape: [N, 2], rows: bad });
  assert.match((await rejection(badRows.rows(200, 9))).message, 'x: NaN in row 203, column 1');
  assert.throws(() => matrixRows({ label: 'x', shape: [0, 2], rows }), 'x: holds no vectors');
  const source = streamedVectors({ label: 'x', hash: 'x', shape: [N, 2], rows: bad }, 'all', 100);
  assert.match((await rejection(source.load(2))).message, 'x: NaN in row 203, column 1');
  await put('cut.npy', wide.subarray(0, wide.length - 8));
  const cut = await rejection(openVectors(join(dir, 'cut.npy'), 100));
  assert.match(cut.message, /cut\.npy: .*needs 10400 bytes, 10392 are there/);
  const turned = Buffer.from(wide);
  turned.write('True, ', turned.indexOf('False'));
  await put('fortran.npy', turned);
  assert.match((await rejection(openVectors(join(dir, 'fortran.npy'), 100))).message, /in Fortran order/);
  await put('large.npz', zipSync({ 'x.npy': wide }));
  assert.match((await rejection(openVectors(join(dir, 'large.npz'), 100))).message, /unpack it/);
});

test('one of several matrices is chosen by its name', async () => {
  const other = Float32Array.from({ length: 40 }, (_, i) => -i);
  const npz = await put(
    'several.npz',
    zipSync({
      'a.npy': encodeNpy([N, 2], data),
      'b.npy': encodeNpy([10, 4], other),
      'c.npy': encodeNpy([3], other.slice(0, 3)),
    }),
  );
  const st = await put(
    'several.safetensors',
    encodeSafetensors({
      a: { shape: [N, 2], data },
      b: { shape: [10, 4], data: other },
      c: { shape: [3], data: other.slice(0, 3) },
    }),
  );
  for (const file of [npz, st]) {
    for (const largest of file === st ? [undefined, 100] : [undefined]) {
      assert.match(
        (await rejection(openVectors(file, largest))).message,
        /holds 2 matrices \(a, b\); choose one with FILE#NAME/,
      );
      const b = await openVectors(`${file}#b`, largest);
      assert.equal([...(await b.source('all').load(0))], [...other]);
      assert.is.not(b.hash, (await openVectors(`${file}#a`, largest)).hash);
      assert.match(
        (await rejection(openVectors(`${file}#bb`, largest))).message,
        /unknown array of .*'bb'; closest: b/,
      );
    }
    const vector = await openVectors(`${file}#c`);
    assert.throws(() => vector.source('all'), /shape \(3\); a matrix/);
  }
  assert.instance(
    await rejection(openVectors(`${await put('one.npy', encodeNpy([4, 1], other.slice(0, 4)))}#x`)),
    UsageError,
  );
  const odd = await put('odd#name.npy', encodeNpy([10, 4], other));
  assert.is((await openVectors(odd)).source('all').count, 10);
});

test('few rows still have both splits', async () => {
  const vectors = await openVectors(await put('few.npy', encodeNpy([20, 1], new Float32Array(20))));
  assert.is(vectors.source('heldout').count, 2);
  assert.is(vectors.source('train').count, 18);
  for (const n of [2, 3, 11, 15, 19, 99, 639, 640, 641]) {
    const some = await openVectors(await put('some.npy', encodeNpy([n, 1], new Float32Array(n))));
    const [train, heldout] = [some.source('train').count, some.source('heldout').count];
    assert.is(train + heldout, n);
    assert.ok(heldout >= 1 && heldout <= Math.max(1, n / 8), `${heldout} of ${n}`);
  }
  const one = await openVectors(await put('one.npy', encodeNpy([1, 1], new Float32Array(1))));
  assert.throws(() => one.source('heldout'), /1 rows leave none for the heldout split/);
});

test('refused: NaN, vectors that are no matrix, none or several, unknown kinds, no file', async () => {
  const bad = data.slice();
  bad[2 * 70 + 1] = Number.NaN;
  const open = async (name: string, bytes: Uint8Array) =>
    (await openVectors(await put(name, bytes))).source('all');
  const two = encodeSafetensors({
    a: { shape: [1, 1], data: new Float32Array(1) },
    b: { shape: [1, 1], data: new Float32Array(1) },
  });
  const infinite = data.slice();
  infinite[2 * 71] = Number.NEGATIVE_INFINITY;
  const cases: [() => Promise<unknown>, RegExp][] = [
    [() => open('inf.npy', encodeNpy([N, 2], infinite)), /inf\.npy: -Infinity in row 71, column 0/],
    [() => open('nan.npy', encodeNpy([N, 2], bad)), /nan\.npy: NaN in row 70, column 1/],
    [() => open('flat.npy', encodeNpy([4], new Float32Array(4))), /shape \(4\); a matrix/],
    [() => open('zero.npy', encodeNpy([0, 4], new Float32Array(0))), /0 rows leave none/],
    [() => open('thin.npy', encodeNpy([4, 0], new Float32Array(0))), /a matrix of one vector per row/],
    [() => open('two.safetensors', two), /holds 2 matrices/],
    [() => open('none.npz', zipSync({ 'a.txt': new Uint8Array(3) })), /holds 0 matrices/],
    [() => openVectors(join(dir, 'missing')), /no such activation store or matrix file/],
    [() => openVectors(dir), /no activation store here/],
  ];
  for (const [start, reason] of cases) {
    const error = await rejection(start());
    assert.instance(error, InputError);
    assert.match(error.message, reason);
  }
  assert.instance(await rejection(open('x.csv', data as unknown as Uint8Array)), UsageError);
});

test.run();
