import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readPrompts } from '../../../../src/study/disentangle/city/prompts.js';
import { PUBLISHED, PUBLISHED_BASELINE } from '../../../../src/study/disentangle/city/published.js';
import { openTokenizer } from '../../../../src/tokens/tokenizer.js';
import { SHARED, sharedTest } from '../../../support/paths.js';
import { smallTokenizer } from '../../../support/tokenizer.js';

const test = suite('study/disentangle/city/prompts');
const tokenizer = await openTokenizer({ ...smallTokenizer(), label: 'small' });
const bytes = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const read = (value: unknown) => readPrompts('country', bytes(value), 'x.json', tokenizer);

test('prompts are taken once, answers are first tokens with the space before', () => {
  const set = read([
    [
      ['abc', 'the'],
      ['abd', 'in'],
    ],
    [
      ['abd', 'in'],
      ['abd', 'in'],
    ],
  ]);
  assert.equal(set.prompts.length, 2);
  assert.equal(set.pairs, [
    [0, 1],
    [1, 1],
  ]);
  assert.is(set.common, 2);
  assert.equal(
    set.targets.map((t) => tokenizer.show(t)),
    [' the', ' '],
  );
});

test('bad files: one clear line that names file and pair', () => {
  const says = (value: unknown, text: RegExp) =>
    assert.throws(
      () => read(value),
      (e: Error) => text.test(e.message),
    );
  says('{', /x\.json: is no JSON/);
  says({}, /x\.json: holds no list of pairs/);
  says([[['a', 'b']]], /x\.json: pair 1 is not/);
  says([[['a', 'b'], ['a']]], /source of pair 1: has no label/);
  says(
    [
      [
        ['a', ''],
        ['a', 'b'],
      ],
    ],
    /base of pair 1: has no label/,
  );
  says(
    [
      [
        [3, 'b'],
        ['a', 'b'],
      ],
    ],
    /base of pair 1: '3' is no prompt/,
  );
  says(
    [
      [
        ['a', 'b'],
        ['ab', 'c'],
      ],
    ],
    /source of pair 1: its prompt has 2 tokens and the first 1/,
  );
  says(
    [
      [
        ['a', 'b'],
        ['a', 'c'],
      ],
    ],
    /'c' here and 'b' further up/,
  );
  says(
    [
      [
        ['a', 'the'],
        ['b', 'the x'],
      ],
    ],
    /attribute 'country' has one value/,
  );
});

sharedTest(
  test,
  'sae-ravel/final_data_country.json',
  "the published pairs have the paper's no-op: half of 1 and the share of pairs of one label",
  () => {
    // The paper gives the continents' to three digits.
    for (const [name, digits] of [
      ['country', 6],
      ['continent', 3],
    ] as const) {
      const pairs = JSON.parse(readFileSync(resolve(SHARED, `sae-ravel/final_data_${name}.json`), 'utf8'));
      assert.is(pairs.length, 1600);
      const prompts = new Set(pairs.flatMap((pair: [string, string][]) => pair.map(([prompt]) => prompt)));
      const same = pairs.filter((pair: [string, string][]) => pair[0][1] === pair[1][1]).length;
      assert.is(prompts.size, 40);
      const noop = (1 + same / 1600) / 2;
      assert.ok(Math.abs(noop - PUBLISHED_BASELINE[name]) <= 0.5001 * 10 ** -digits, `${name} ${noop}`);
      assert.is(PUBLISHED[name].DAS.length, 12);
    }
  },
);

test.run();
