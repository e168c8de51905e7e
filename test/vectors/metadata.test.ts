// Metadata beside vectors: the formats, the join, and one clear line for what does not fit.
import { gzipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RECORD_READERS } from '../../src/vectors/columns.node.js';
import { joinMetadata, parseMetadata, textsOf } from '../../src/vectors/metadata.js';
import { rejection } from '../support/rejection.js';

const test = suite('vectors/metadata');
const bytes = (text: string) => new TextEncoder().encode(text);
const lines = [
  '{"id": "a", "title": "One", "tags": ["x", "y"]}',
  '',
  '{"id": "b", "year": 2001}',
  '{"id": 3}',
];
const jsonl = bytes(lines.join('\n'));

test('JSON lines and CSV, packed or not, give records in their order', async () => {
  for (const [name, data] of [
    ['m.jsonl', jsonl],
    ['m.NDJSON', bytes(`${lines.join('\r\n')}\r\n`)],
    ['m.jsonl.gz', gzipSync(jsonl)],
    [
      'two members.jsonl.gz',
      new Uint8Array([...gzipSync(bytes(`${lines[0]}\n`)), ...gzipSync(bytes(lines.slice(1).join('\n')))]),
    ],
  ] as const) {
    const { records, fields, ids } = await parseMetadata(new Uint8Array(data), name);
    assert.equal(
      records,
      [{ id: 'a', title: 'One', tags: ['x', 'y'] }, { id: 'b', year: 2001 }, { id: 3 }],
      name,
    );
    assert.equal(fields, ['id', 'title', 'tags', 'year']);
    assert.equal(ids, ['a', 'b', '3']);
  }
  const csv = await parseMetadata(bytes('id,title\n1,"A, b"\n2,"C\nd"\n'), 'm.csv');
  assert.equal(csv.records, [
    { id: '1', title: 'A, b' },
    { id: '2', title: 'C\nd' },
  ]);
  assert.equal((await parseMetadata(new Uint8Array(gzipSync(bytes('a\n1\n'))), 'm.csv.gz')).ids, undefined);
});

test('JSON: a list of records, or an object of them by their ids', async () => {
  const list = await parseMetadata(bytes('[{"id":"a","x":1},{"x":2}]'), 'm.json');
  assert.equal(list.records, [{ id: 'a', x: 1 }, { x: 2 }]);
  const named = await parseMetadata(bytes('{"Oslo":{"Continent":"Europe"},"Lima":{"id":7}}'), 'm.json', {
    fields: ['Continent'],
  });
  assert.equal(named.records, [{ id: 'Oslo', Continent: 'Europe' }, { id: 7 }]);
  assert.equal(named.ids, ['Oslo', '7']);
  for (const [text, message] of [
    ['[1]', /m\.json: record 1: is not a JSON object but 1/],
    ['{"a":2}', /m\.json: 'a': is not a JSON object/],
    ['"x"', /m\.json: is not a JSON object/],
    ['{', /m\.json: is not valid JSON/],
  ] as const)
    assert.match((await rejection(parseMetadata(bytes(text), 'm.json'))).message, message);
});

test('a line that is cut between two pieces of the file is one line', async () => {
  const long = Array.from({ length: 40 }, (_, i) => JSON.stringify({ id: i, text: 'é'.repeat(50_000 + i) }));
  const { records } = await parseMetadata(bytes(long.join('\n')), 'm.jsonl');
  assert.equal(
    records.map((r) => (r.text as string).length),
    long.map((_, i) => 50_000 + i),
  );
});

test('only the fields that are asked for are kept, and the id', async () => {
  const { fields, records } = await parseMetadata(jsonl, 'm.jsonl', { fields: ['title'] });
  assert.equal(fields, ['id', 'title']);
  assert.equal(records[0], { id: 'a', title: 'One' });
});

test('Parquet, where its package is installed', async () => {
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'id', data: ['a', 'b'], type: 'STRING' },
      { name: 'year', data: [2001n, 2002n], type: 'INT64' },
    ],
  });
  const { records } = await parseMetadata(new Uint8Array(buffer), 'm.parquet', {}, RECORD_READERS);
  assert.equal(
    records.map((r) => ({ ...r })),
    [
      { id: 'a', year: 2001 },
      { id: 'b', year: 2002 },
    ],
  );
  const { message } = await rejection(parseMetadata(bytes('PAR1 no'), 'm.parquet', {}, RECORD_READERS));
  assert.match(message, /^m\.parquet: not a Parquet file/);
});

const refused: [name: string, data: Uint8Array, says: RegExp][] = [
  ['m.txt', jsonl, /metadata is read as \.jsonl, \.ndjson, \.json, \.csv/],
  ['m.jsonl', bytes(''), /holds no records/],
  ['m.jsonl', bytes('{"a": 1}\n{"a": \n'), /line 2: is not valid JSON/],
  ['m.jsonl', bytes('{"a": 1}\n[2]\n'), /line 2: is not a JSON object but a list/],
  ['m.jsonl', bytes('{"id": "x"}\n{"id": "y"}\n{"id": "x"}'), /record 2 has id 'x', as record 0 has/],
  ['m.jsonl', new Uint8Array([0x7b, 0xff]), /is not UTF-8/],
  ['m.csv', bytes('a,a\n1,2\n'), /two columns are named 'a'/],
  ['m.csv', bytes('a,b\n1\n'), /line 2: 1 fields/],
  ['m.jsonl.gz', jsonl, /not a gzip file/],
  ['m.jsonl.gz', gzipSync(jsonl).slice(0, -9), /not a gzip file/],
  ['m.jsonl.gz', gzipSync(jsonl).slice(0, -3), /not a gzip file/],
  ['m.jsonl.gz', flipped(gzipSync(jsonl), -6), /damaged/],
];

function flipped(data: Uint8Array, at: number): Uint8Array {
  const out = data.slice();
  out[out.length + at] ^= 1;
  return out;
}

for (const [name, data, says] of refused)
  test(`${name} is refused: ${says.source}`, async () => {
    const { message } = await rejection(parseMetadata(new Uint8Array(data), name));
    assert.match(message, says);
    assert.ok(message.startsWith(name), message);
  });

test('a small gzip file that unpacks to a large one is refused by its bound', async () => {
  process.env.CURVESAE_READ_LIMIT = '1M';
  try {
    const bomb = gzipSync(new Uint8Array(8 << 20).fill(32));
    const { message } = await rejection(parseMetadata(new Uint8Array(bomb), 'm.jsonl.gz'));
    assert.match(message, /m\.jsonl\.gz: unpacking it would bring .* limit of 1048576/);
  } finally {
    delete process.env.CURVESAE_READ_LIMIT;
  }
});

test('records are joined by id where both sides have ids, by row otherwise', async () => {
  const metadata = await parseMetadata(jsonl, 'm.jsonl');
  const label = 'vectors';
  const byId = joinMetadata(metadata, { count: 2, label, ids: ['3', 'a'] });
  assert.equal(
    byId.records.map((r) => r.id),
    [3, 'a'],
  );
  assert.is(joinMetadata(metadata, { count: 3, label }).records, metadata.records);
  assert.throws(
    () => joinMetadata(metadata, { count: 4, label }),
    /3 records do not fit the 4 vectors of vectors/,
  );
  assert.throws(
    () => joinMetadata(metadata, { count: 2, label, ids: ['a', 'q'] }),
    /no record of 1 of the 2 vectors of vectors \(the first: id 'q'\)/,
  );
});

test('a value as texts', () => {
  assert.equal(textsOf(['a', 2, null, true, '']), ['a', '2', 'true']);
  assert.equal(textsOf(undefined), []);
});

test.run();
