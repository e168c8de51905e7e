// Activations as people have them: PyTorch tensors, sequences, columns of data frames, endings in any case.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bool,
  columnFromArray,
  fixedSizeList,
  float16,
  float32,
  int32,
  list,
  tableFromColumns,
  tableToIPC,
  utf8,
} from '@uwdata/flechette';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodePyTorch } from '../../src/formats/pytorch-write.js';
import { zipStored } from '../../src/formats/zip-write.js';
import { encodeNpy, encodeSafetensors } from '../../src/index.js';
import { arrowColumns, parquetColumns } from '../../src/vectors/columns.node.js';
import { openVectors, readMatrix } from '../../src/vectors/open.node.js';
import { curvesae, temporaryFolder } from '../support/cli.js';
import { rejection } from '../support/rejection.js';
import { ptFile, tensorOps, torchSave } from '../support/saved-object.js';

const test = suite('vectors/arrays');
const dir = temporaryFolder('arrays');
const ROWS = [
  [1, 2, 3],
  [4, 5, 6.5],
  [7, 8, 9],
  [10, 11, 12],
];
const DATA = Float32Array.from(ROWS.flat());
const put = (name: string, bytes: Uint8Array | ArrayBuffer): string => {
  const path = join(dir, name);
  writeFileSync(path, bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes);
  return path;
};
async function reads(path: string): Promise<void> {
  const { shape, data, note } = await readMatrix(path);
  assert.equal(shape, [4, 3], path);
  assert.equal(data, DATA, path);
  assert.is(note, undefined);
}

/** A column of lists as Parquet nests them. */
const listColumn = (name: string, type: 'FLOAT' | 'INT32') => [
  { name, repetition_type: 'OPTIONAL' as const, num_children: 1, converted_type: 'LIST' as const },
  { name: 'list', repetition_type: 'REPEATED' as const, num_children: 1 },
  { name: 'element', repetition_type: 'OPTIONAL' as const, type },
];
const parquet = (rows: unknown[], more = true) =>
  parquetWriteBuffer({
    columnData: [
      ...(more ? [{ name: 'id', data: [1, 2, 3, 4] }] : []),
      { name: 'emb', data: rows },
      ...(more ? [{ name: 'tags', data: [[1], [2], [3], [4]] }] : []),
    ],
    schema: [
      { name: 'root', num_children: more ? 3 : 1 },
      ...(more ? [{ name: 'id', type: 'INT32' as const, repetition_type: 'REQUIRED' as const }] : []),
      ...listColumn('emb', 'FLOAT'),
      ...(more ? listColumn('tags', 'INT32') : []),
    ],
  });

test('PyTorch: a tensor by itself, one of several by its name, inside a checkpoint; .PT and .Npy', async () => {
  const tensor = { shape: [4, 3], data: DATA };
  const alone = ptFile(tensorOps('0', 12, [4, 3], [3, 1]), { 0: new Uint8Array(DATA.buffer) });
  await reads(put('a.pt', alone));
  await reads(put('B.PT', alone));
  await reads(`${put('c.pth', torchSave({ run: { acts: tensor, step: 3 }, other: tensor }))}#run.acts`);
  await reads(
    put(
      'd.pt',
      encodePyTorch(
        new Map([
          ['x', { shape: [4], data: DATA.slice(0, 4) }],
          ['y', tensor],
        ]),
      ),
    ),
  );
  await reads(put('e.Npy', encodeNpy([4, 3], DATA)));
  await reads(put('f.SafeTensors', encodeSafetensors({ x: tensor })));
  const two = put('g.pt', torchSave({ a: tensor, b: tensor }));
  assert.match(
    (await rejection(readMatrix(two))).message,
    /holds 2 matrices \(a, b\); choose one with FILE#NAME/,
  );
});

test('an array [n, t, d] is n t rows, and is said to be; other ranks are refused', async () => {
  const shape = [2, 2, 3];
  for (const path of [
    put('three.npy', encodeNpy(shape, DATA)),
    put('three.safetensors', encodeSafetensors({ x: { shape, data: DATA } })),
    put('three.pt', torchSave({ x: { shape, data: DATA } })),
    put('three.npz', zipStored(new Map([['x.npy', encodeNpy(shape, DATA)]]), 1)),
  ]) {
    const matrix = await readMatrix(path);
    assert.equal(matrix.shape, [4, 3]);
    assert.equal(matrix.data, DATA);
    assert.is(matrix.note, `${path}: array of shape (2, 2, 3): read as 4 vectors of 3`);
    const vectors = await openVectors(path);
    assert.is(vectors.note, matrix.note);
    assert.equal(await vectors.source('all').load(0), DATA);
    // Read piece by piece, as files of 2 GiB and more are.
    if (!/npy$|safetensors$/.test(path)) continue;
    const pieces = await openVectors(path, 0);
    assert.is(pieces.note, matrix.note);
    assert.equal(await pieces.source('all').load(0), DATA);
  }
  const four = await openVectors(put('four.npy', encodeNpy([1, 2, 2, 3], DATA)));
  assert.throws(() => four.source('all'), /shape \(1, 2, 2, 3\); a matrix of one vector per row is needed/);
  const r = await curvesae([
    'train',
    '--activations',
    join(dir, 'three.npy'),
    '--steps',
    '1',
    '--batch',
    '2',
    '--out',
    join(dir, 'sae'),
  ]);
  assert.is(r.code, 0, r.stderr);
  assert.match(r.stderr, /three\.npy: array of shape \(2, 2, 3\): read as 4 vectors of 3/);
});

test('Parquet: a column of lists, alone or by its name', async () => {
  await reads(put('one.parquet', parquet(ROWS, false)));
  await reads(`${put('two.PARQUET', parquet(ROWS))}#emb`);
  const error = await rejection(readMatrix(join(dir, 'two.PARQUET')));
  assert.match(error.message, /holds 2 matrices \(emb, tags\); choose one with FILE#NAME/);
  for (const [rows, reason] of [
    [[[1, 2], [3], [4, 5], [6, 7]], /column 'emb': row 1 has 1 numbers, row 0 has 2/],
    [[[1, 2], null, [4, 5], [6, 7]], /column 'emb': row 1 is not a list \((null|undefined)\)/],
    [
      [
        [1, null],
        [1, 2],
        [4, 5],
        [6, 7],
      ],
      /column 'emb': row 0 holds (null|undefined) at 1, which is no number/,
    ],
  ] as [unknown[], RegExp][]) {
    const failure = await rejection(readMatrix(put('bad.parquet', parquet(rows, false))));
    assert.match(failure.message, reason);
    assert.is((failure as { exitCode?: number }).exitCode, 3);
  }
});

test('Arrow and Feather: lists of fixed and of any length, file and stream', async () => {
  const table = tableFromColumns({
    emb: columnFromArray(ROWS, fixedSizeList(float32(), 3)),
    any: columnFromArray(ROWS, list(float32())),
    half: columnFromArray(ROWS, list(float16())),
    whole: columnFromArray(
      ROWS.map((r) => r.map(Math.floor)),
      list(int32()),
    ),
    flags: columnFromArray(
      ROWS.map((r) => r.map(Boolean)),
      list(bool()),
    ),
    name: columnFromArray(['a', 'b', 'c', 'd'], utf8()),
  });
  for (const [name, format] of [
    ['x.arrow', 'file'],
    ['x.Feather', 'file'],
    ['stream.arrow', 'stream'],
  ] as const) {
    const path = put(name, tableToIPC(table, { format })!);
    for (const column of ['emb', 'any', 'half']) await reads(`${path}#${column}`);
    assert.equal((await readMatrix(`${path}#whole`)).data, DATA.map(Math.floor));
    const error = await rejection(readMatrix(path));
    assert.match(error.message, /holds 4 matrices \(emb, any, half, whole\)/);
  }
});

test('a damaged file is one line; a package that is not installed is named with what to do', async () => {
  for (const [name, bytes] of [
    ['cut.parquet', new Uint8Array(parquet(ROWS)).slice(0, 60)],
    ['cut.arrow', Uint8Array.of(0x41, 0x52, 0x52, 0x4f, 0x57, 0x31, 0, 0, 1)],
    ['empty.parquet', new Uint8Array(0)],
    ['empty.arrow', new Uint8Array(0)],
  ] as const) {
    const error = await rejection(readMatrix(put(name, bytes)));
    assert.is((error as { exitCode?: number }).exitCode, 3, error.message);
    assert.not.match(error.message, /\n/);
  }
  const missing = () => Promise.reject(new Error('Cannot find package'));
  for (const [read, message] of [
    [parquetColumns, /x: reading Parquet needs the package hyparquet, .*: npm install hyparquet/],
    [
      arrowColumns,
      /x: reading Arrow needs the package @uwdata\/flechette, .*: npm install @uwdata\/flechette/,
    ],
  ] as const)
    assert.match((await rejection(read(new Uint8Array(0), 'x', missing))).message, message);
  const unknown = await rejection(readMatrix(put('x.csv', new Uint8Array(1))));
  assert.match(unknown.message, /unknown kind of file; read: \.npy, \.npz, \.safetensors, \.pt/);
});

test.run();
