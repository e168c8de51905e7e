import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allowedBy, checkFields, parseCondition } from '../../../src/study/search/where.js';
import { metadataOf } from '../../../src/vectors/metadata.js';

const test = suite('study/search/where');
const records = metadataOf(
  [
    { id: 'a', categories: ['cs.CV', 'cs.RO'], date: '2009-12-31', cited: 3, title: 'Curves in Vision' },
    { id: 'b', categories: 'cs.CL cs.CV', date: '2010-05-01', cited: 12 },
    { id: 'c', categories: ['astro-ph.GA'], date: '2011-01-01', cited: '100', title: 'Galaxies' },
    { id: 'd', date: null },
  ],
  'meta.jsonl',
);

const CASES: [string, number[]][] = [
  ['categories=cs.CV', [1, 1, 0, 0]],
  ['categories=cs', [0, 0, 0, 0]],
  ['categories!=cs.CV', [0, 0, 1, 1]],
  ['categories=cs.CL cs.CV', [0, 1, 0, 0]],
  ['date>=2010', [0, 1, 1, 0]],
  ['date<=2010', [1, 1, 0, 0]],
  ['date>2010', [0, 0, 1, 0]],
  ['date<2010-05', [1, 0, 0, 0]],
  ['cited>=12', [0, 1, 1, 0]],
  ['cited<100', [1, 1, 0, 0]],
  ['title~VISION', [1, 0, 0, 0]],
  [' id = c ', [0, 0, 1, 0]],
];

for (const [text, expected] of CASES)
  test(text, () => assert.equal([...allowedBy([parseCondition(text)], records)], expected));

test('all conditions have to hold', () => {
  const both = ['categories=cs.CV', 'date>=2010'].map(parseCondition);
  assert.equal([...allowedBy(both, records)], [0, 1, 0, 0]);
});

test('what is no condition, and a field that is not there, are told', () => {
  for (const text of ['date', '=3', 'date>=', ''])
    assert.throws(() => parseCondition(text), /write FIELD=VALUE/);
  assert.throws(() => checkFields([parseCondition('categoris=x')], records), /unknown field.*categories/);
});

test.run();
