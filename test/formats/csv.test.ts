import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InputError } from '../../src/core/errors.js';
import { parseCsv } from '../../src/formats/csv.js';

const test = suite('formats/csv');
const rows = (text: string) => parseCsv(text, 'x.csv').rows.map((r) => r.fields);
const refuses = (text: string, message: RegExp) =>
  assert.throws(
    () => parseCsv(text, 'x.csv'),
    (e: Error) => e instanceof InputError && message.test(e.message) && e.message.startsWith('x.csv: '),
  );

test('quotes, doubled quotes, commas and line ends inside, CRLF, byte-order mark, no last line end', () => {
  const text = '\ufefffile,class\r\n"a, b.jpg",1\r\n"say ""hi"".jpg",2\r\n"two\r\nlines",3\r\n"",4\r\n,5';
  const { header, rows } = parseCsv(text, 'x.csv');
  assert.equal(header, ['file', 'class']);
  assert.equal(rows, [
    { line: 2, fields: ['a, b.jpg', '1'] },
    { line: 3, fields: ['say "hi".jpg', '2'] },
    { line: 4, fields: ['two\r\nlines', '3'] },
    { line: 6, fields: ['', '4'] },
    { line: 7, fields: ['', '5'] },
  ]);
});

test('empty lines are skipped, spaces belong to the field, an empty last field counts', () => {
  assert.equal(rows('a,b\n\n 1 ,2\n\n3,\n'), [
    [' 1 ', '2'],
    ['3', ''],
  ]);
  assert.equal(rows('a,b\n1,'), [['1', '']]);
  assert.equal(rows('a\n""\n\nb'), [[''], ['b']]);
});

test('any table is read back as it was', () => {
  const field = fc.string({
    unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'é', '\ufeff'),
    maxLength: 8,
  });
  const quoted = (f: string) => `"${f.replaceAll('"', '""')}"`;
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 4 })
        .chain((n) => fc.array(fc.array(field, { minLength: n, maxLength: n }), { minLength: 1 })),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      (table, end, last) => {
        const text = table.map((r) => r.map(quoted).join(',')).join(end) + (last ? end : '');
        const { header, rows } = parseCsv(text, 'x');
        assert.equal([header, ...rows.map((r) => r.fields)], table);
      },
    ),
  );
});

test('any text is a table or an InputError', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ') }), (text) => {
      try {
        parseCsv(text, 'x');
      } catch (e) {
        if (!(e instanceof InputError)) throw e;
      }
    }),
    { numRuns: 500 },
  );
});

test('what is not CSV is refused with its line', () => {
  refuses('', /is empty/);
  refuses('\n\n', /is empty/);
  refuses('a,b\n1,2\n"3,4\n5,6\n', /line 3: a double quote/);
  refuses('a,b\n1,2"3\n', /line 2: a double quote/);
  refuses('a,b\n"1"2,3\n', /line 2: a double quote/);
  refuses('a,b\n1\n', /line 2: 1 fields, but the header has 2/);
  refuses('a,b\n"x\ny",2\n1,2,3\n', /line 4: 3 fields/);
  refuses('a\r1\n', /line 1/);
});

test('long quoted fields and many rows need no stack', () => {
  const long = 'x""'.repeat(1_000_000);
  assert.is(rows(`a\n"${long}"`)[0][0].length, 2_000_000);
  refuses(`a\n"${long}`, /line 2/);
  assert.is(rows(`a,b\n${'1,2\n'.repeat(200_000)}`).length, 200_000);
});

test.run();
