// Results are those of computing every product in f32, whatever the data, the build, the threads and the block of queries.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { halfToNumber } from '../../../src/formats/dtypes.js';
import { init, NearestIndex, type Neighbour, nodePool } from '../../../src/node.js';
import { matrixRows } from '../../../src/vectors/matrix.js';
import { adversarialRows, ROWS } from '../../support/adversarial.js';
import { filled } from '../../support/filled.js';
import { randomNormal } from '../../support/random.js';
import { rejection } from '../../support/rejection.js';
import { product } from '../../support/search.js';

const test = suite('study/search/nearest');
const [simd, scalar] = [await init({ build: 'simd' }), await init({ build: 'scalar' })];

const matrixOf = (data: Float32Array, d: number) =>
  matrixRows({ label: 'rows', hash: '', shape: [data.length / d, d], data });

function plain(
  data: Float32Array,
  d: number,
  query: Float32Array,
  top: number,
  takes: (row: number) => boolean = () => true,
): Neighbour[] {
  return Array.from({ length: data.length / d }, (_, row) => ({
    row,
    score: product(data.subarray(row * d, (row + 1) * d), query),
  }))
    .filter(({ row }) => takes(row))
    .sort((a, b) => b.score - a.score || a.row - b.row)
    .slice(0, top);
}

function unit(data: Float32Array, d: number): Float32Array {
  for (let at = 0; at < data.length; at += d) {
    const norm = Math.sqrt(data.subarray(at, at + d).reduce((s, v) => s + v * v, 0));
    for (let j = at; j < at + d; j++) data[j] /= norm;
  }
  return data;
}

const DATA: Record<string, (d: number) => Float32Array> = {
  'random unit rows': (d) => unit(randomNormal(5000 * d, 1), d),
  'clusters of near ties': (d) => {
    const centres = randomNormal(20 * d, 2);
    return unit(
      randomNormal(4000 * d, 3).map((v, i) => centres[(Math.floor(i / d) % 20) * d + (i % d)] + 1e-3 * v),
      d,
    );
  },
  'equal rows': (d) => {
    const few = unit(randomNormal(7 * d, 4), d);
    return Float32Array.from({ length: 3000 * d }, (_, i) => few[(Math.floor(i / d) % 7) * d + (i % d)]);
  },
  'rows that differ in their last bits': (d) => {
    const row = unit(randomNormal(d, 5), d);
    return Float32Array.from({ length: 3000 * d }, (_, i) =>
      Math.fround(row[i % d] * (1 + (((i * 7919) % 13) - 6) * 2 ** -23)),
    );
  },
  'rows of every size': (d) => adversarialRows(600, d, 6, Object.keys(ROWS).slice(0, 9)),
  'fewer than asked for': (d) => unit(randomNormal(5 * d, 7), d),
};

for (const [name, make] of Object.entries(DATA))
  test(`${name}: the plain search's rows and scores, one query and many, simd and scalar`, async () => {
    for (const d of [24, 256]) {
      const data = make(d);
      const queries = unit(
        Float32Array.of(...randomNormal(8 * d, 9), ...data.subarray(3 * d, 4 * d), ...data.subarray(0, d)),
        d,
      );
      for (const engine of [simd, scalar]) {
        const index = await NearestIndex.of(engine, matrixOf(data, d));
        const many = await index.nearest(queries, 10);
        for (const [q, found] of filled(many).entries()) {
          const query = queries.subarray(q * d, (q + 1) * d);
          assert.equal(found, plain(data, d, query, 10), `d ${d} query ${q}`);
          if (q % 4 === 1) assert.equal((await index.nearest(query, 10))[0], found, 'by itself');
        }
        index.dispose();
      }
    }
  });

test('filters and left-out rows: as if they were not there', async () => {
  const d = 32;
  const data = unit(randomNormal(3000 * d, 11), d);
  const index = await NearestIndex.of(simd, matrixOf(data, d));
  const queries = data.slice(40 * d, 46 * d);
  const except = [40, 41, -1, 43, 44, 45];
  const allowed = Uint8Array.from({ length: 3000 }, (_, row) => (row % 5 === 0 ? 1 : 0));
  const found = await index.nearest(queries, 7, { allowed, except });
  for (const [q, list] of found.entries())
    assert.equal(
      list,
      plain(data, d, queries.subarray(q * d, (q + 1) * d), 7, (row) => row % 5 === 0 && row !== except[q]),
    );
  assert.equal((await index.nearest(queries, 3, { allowed: new Uint8Array(3000) }))[0], []);
  index.dispose();
});

test('threads share the rows and change nothing; their memory is given back', async () => {
  const d = 48;
  const data = unit(randomNormal(9000 * d, 12), d);
  const queries = data.slice(0, 20 * d);
  const alone = await NearestIndex.of(simd, matrixOf(data, d));
  const engine = await init({ workers: 3 });
  const pool = nodePool(engine, undefined);
  const shared = await NearestIndex.of(engine, matrixOf(data, d), { pool });
  assert.equal(await shared.nearest(queries, 10), await alone.nearest(queries, 10));
  assert.equal(
    await shared.nearest(queries.subarray(0, d), 4),
    await alone.nearest(queries.subarray(0, d), 4),
  );
  assert.equal(shared.norms, alone.norms);
  shared.dispose();
  alone.dispose();
  pool.dispose();
  engine.dispose();
});

test('rows that are read piece by piece: only those that may be near are read again', async () => {
  const d = 64;
  const data = unit(randomNormal(20_000 * d, 13), d);
  let read = 0;
  const index = await NearestIndex.of(simd, {
    label: 'a file',
    shape: [20_000, d],
    rows: async (first, n) => {
      read += n;
      return data.slice(first * d, (first + n) * d);
    },
  });
  assert.is(read, 20_000);
  const query = data.slice(0, d);
  assert.equal((await index.nearest(query, 10))[0], plain(data, d, query, 10));
  assert.ok(read < 20_500, `${read} rows were read`);
  index.dispose();
});

test('half floats: the products of the numbers that they stand for', async () => {
  const d = 20;
  const halves = Uint16Array.from({ length: 500 * d }, (_, i) => ((i * 2654435761) >>> 7) & 0xb7ff);
  const data = Float32Array.from(halves, halfToNumber);
  const queries = randomNormal(9 * d, 16);
  const [narrow, wide] = [
    await NearestIndex.of(simd, { shape: [500, d], halves }),
    await NearestIndex.of(simd, { shape: [500, d], data }),
  ];
  assert.equal(await narrow.nearest(queries, 5), await wide.nearest(queries, 5));
  assert.equal(
    (await narrow.nearest(queries.subarray(0, d), 5))[0],
    plain(data, d, queries.subarray(0, d), 5),
  );
  const broken = { shape: [1, d] as [number, number], halves: new Uint16Array(d).fill(0x7e00) };
  assert.match((await rejection(NearestIndex.of(simd, broken))).message, /the given vectors.*NaN|not finite/);
  narrow.dispose();
  wide.dispose();
});

test('unusual lengths are told', async () => {
  const index = await NearestIndex.of(simd, matrixOf(Float32Array.of(1, 0, 0, 3, 0.6, 0.8, 0, 0), 2));
  assert.equal(index.norms, { least: 0, largest: 3, notUnit: 2 });
  index.dispose();
});

test('each mistake is one line', async () => {
  const d = 16;
  const index = await NearestIndex.of(simd, matrixOf(randomNormal(40 * d, 14), d));
  const query = randomNormal(d, 15);
  for (const [pattern, call] of [
    [/15 values are not queries of 16 dimensions/, () => index.nearest(query.subarray(1), 3)],
    [/must be 1 or more, not 0/, () => index.nearest(query, 0)],
    [
      /query 0 holds NaN or infinity/,
      () =>
        index.nearest(
          query.map(() => Number.NaN),
          3,
        ),
    ],
    [/query 0 is all zeros/, () => index.nearest(new Float32Array(d), 3)],
    [/filter of 3 rows does not fit 40/, () => index.nearest(query, 3, { allowed: new Uint8Array(3) })],
  ] as const)
    assert.match((await rejection(call())).message, pattern);
  index.dispose();
});

test.run();
