import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openTokenizer } from '../../src/tokens/tokenizer.js';
import { rejection } from '../support/rejection.js';
import { END, smallTokenizer } from '../support/tokenizer.js';

const test = suite('tokens/tokenizer');
const files = { ...smallTokenizer(), label: 'small' };
const bytes = (text: string) => new TextEncoder().encode(text);

test('merges are made in their order, words end where GPT-2 ends them', async () => {
  const t = await openTokenizer(files);
  assert.is(t.size, files.size);
  const shown = (text: string) => t.encode(text).map((token) => t.show(token));
  assert.equal(shown('the country'), ['t', 'he', ' country']);
  assert.equal(shown('a the  the'), ['a', ' the', ' ', ' the']);
  assert.equal(shown("in 123the's"), ['in', ' ', '1', '2', '3', 't', 'he', "'", 's']);
  assert.equal(t.encode('é').length, 2);
  assert.equal(t.encode(''), []);
});

test('every text comes back as it was, the token between documents is one', async () => {
  const t = await openTokenizer(files);
  for (const text of [
    'Ankara is a city in the country of',
    ' \n\t two  spaces ',
    'Zürich 東京 🙂 \u0000\u007f',
    "don't we'll",
  ]) {
    assert.is(t.decode(t.encode(text)), text);
    for (const token of t.encode(text)) assert.ok(token >= 0 && token < t.size);
  }
  assert.is(t.end, t.size - 1);
  assert.equal(t.encode(`a${END}b`), [...t.encode('a'), t.end, ...t.encode('b')]);
});

test('tokenizer.json of the same vocabulary gives the same tokens', async () => {
  const t = await openTokenizer(files);
  const level = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
  const json = bytes(
    JSON.stringify({
      ...{
        version: '1.0',
        added_tokens: [],
        normalizer: null,
        pre_tokenizer: level,
        post_processor: null,
        decoder: level,
      },
      model: {
        ...{ type: 'BPE', vocab: JSON.parse(new TextDecoder().decode(files.vocab)) },
        merges: new TextDecoder().decode(files.merges).trim().split('\n').slice(1),
      },
    }),
  );
  const other = await openTokenizer({ json, label: 'tokenizer.json' });
  const text = 'the country, in the country';
  assert.equal(other.encode(text), t.encode(text));
});

test('bad files and a missing package: one clear line', async () => {
  const says = async (promise: Promise<unknown>, text: RegExp) =>
    assert.match((await rejection(promise)).message, text);
  await says(openTokenizer({ json: bytes('{'), label: 'x.json' }), /x\.json: is no JSON/);
  await says(openTokenizer({ json: bytes('[]'), label: 'x.json' }), /x\.json: is no object/);
  await says(openTokenizer({ json: bytes('{}'), label: 'x.json' }), /x\.json: is no tokenizer/);
  await says(openTokenizer({ ...files, merges: bytes('a b c\n') }), /merges\.txt: 'a b c' is no pair/);
  await says(
    openTokenizer(files, () => Promise.reject(new Error('not found'))),
    /npm install @huggingface\/tokenizers/,
  );
});

test.run();
