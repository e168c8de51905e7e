// Attributes out of metadata, and the numbers of the result.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InputError, UsageError } from '../../../src/index.js';
import { labelled, parseLabelSpec } from '../../../src/study/disentangle/labels.js';
import { type DisentangleRow, estimate, summaries } from '../../../src/study/disentangle/result.js';
import { metadataOf } from '../../../src/vectors/metadata.js';

const test = suite('disentangle/labels');
const few = { fewest: 2, most: 100, seed: 0 };

const papers = metadataOf(
  [
    { id: '0705.1', categories: ['astro-ph.GA', 'cs.CV'], who: 'a' },
    { id: '0801.2', categories: ['astro-ph'], who: 'a' },
    { id: '0802.3', categories: ['cs.CV'], who: 'b' },
    { id: '0703.4', categories: ['cs.LG'], who: 'b' },
    { id: '0704.5', categories: [], who: 'c' },
    { id: '0704.6', categories: ['math.AG'], who: 'c' },
  ],
  'papers.jsonl',
);

test('NAME, NAME=FIELD, NAME=FIELD:REGEX', () => {
  assert.equal(parseLabelSpec('year'), { name: 'year', field: 'year' });
  assert.equal(parseLabelSpec('year=date'), { name: 'year', field: 'date' });
  assert.equal(parseLabelSpec('year=id:^(..)'), { name: 'year', field: 'id', pattern: '^(..)' });
  for (const [text, message] of [
    ['=x', /not written NAME/],
    ['a=b:(', /'\(' is no regular expression/],
  ] as const)
    assert.throws(
      () => parseLabelSpec(text),
      (e: Error) => e instanceof UsageError && message.test(e.message),
    );
});

test('the first of a list, the first group of a match; rows without a label or with a rare one are left out', () => {
  const specs = ['field=categories:^[a-z-]+', 'year=id:^(..)'].map(parseLabelSpec);
  const { rows, attributes, groups, unlabelled, rare } = labelled(papers, specs, { ...few, group: 'who' });
  assert.equal([...rows], [0, 1, 2, 3]);
  assert.equal(
    attributes.map(({ name, classes, labels }) => [name, classes, [...labels]]),
    [
      ['field', ['astro-ph', 'cs'], [0, 0, 1, 1]],
      ['year', ['07', '08'], [0, 1, 1, 0]],
    ],
  );
  assert.equal(groups, ['a', 'a', 'b', 'b']);
  assert.equal([unlabelled, rare], [1, 1]);
  const some = labelled(papers, specs, { ...few, most: 3 });
  assert.is(some.rows.length, 3);
  assert.equal([...some.rows], [...some.rows].sort());
});

test('fields that are not there, labels that are missing', () => {
  const refused = (
    specs: string[],
    kind: typeof UsageError | typeof InputError,
    message: RegExp,
    fewest = 2,
  ) =>
    assert.throws(
      () => labelled(papers, specs.map(parseLabelSpec), { ...few, fewest }),
      (e: Error) => e instanceof kind && message.test(e.message),
    );
  refused(['field=category'], UsageError, /field of papers.jsonl 'category'; closest: categories/);
  refused(
    ['field=categories:^zoo'],
    InputError,
    /no record has a label of attribute 'field' \(field 'categories', \^zoo\)/,
  );
  refused(['field=categories', 'who'], InputError, /a value that 5 records have; give a lower --fewest/, 5);
});

test('means with 95 % intervals of Student; coordinates that all seeds take', () => {
  assert.equal(estimate([0.5]), { mean: 0.5, half: null });
  const { mean, half } = estimate([1, 2, 3]);
  assert.is(mean, 2);
  assert.ok(Math.abs(half! - 4.303 / Math.sqrt(3)) < 1e-9);
  const score = { cause: 0.5, isolate: 1, disentangle: 0.75 };
  const row = (seed: number, chosen: number[]): DisentangleRow => ({
    ...{ method: 'sae', attribute: 'a', ...score, selected: chosen.length, of: 9, seed, split: 'test' },
    ...{ soft: score, nothing: null, everything: null, chosen, seconds: 2 },
  });
  const [summary] = summaries([row(0, [1, 2, 5]), row(1, [2, 5, 7]), row(2, [5])]);
  assert.equal(summary.always, [5]);
  assert.equal(summary.disentangle, { mean: 0.75, half: 0 });
  assert.is(summary.seconds, 6);
  assert.ok(Math.abs(summary.selected - 7 / 3) < 1e-12);
});

test.run();
