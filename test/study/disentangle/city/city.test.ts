// The city task on a small GPT-2 in which two attributes are planted: what is known of it must come out.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../../../src/index.js';
import { createSession } from '../../../../src/network/session.js';
import {
  answered,
  type CityMaterial,
  type CityOptions,
  cityEnds,
  citySplit,
  courseOf,
  trainedCityMask,
} from '../../../../src/study/disentangle/city/city.js';
import { readPrompts } from '../../../../src/study/disentangle/city/prompts.js';
import { PromptReading } from '../../../../src/study/disentangle/city/reading.js';
import { parseMethod } from '../../../../src/study/disentangle/methods.js';
import { saeOfRows } from '../../../support/disentangle.js';
import { plantedText, promptFile } from '../../../support/planted-gpt2.js';
import { randomValues } from '../../../support/random.js';

const test = suite('study/disentangle/city');
const engine = await init({ workers: 1 });
const { model, tokenizer, dictionary } = await plantedText(engine);
const bytes = (text: string) => new TextEncoder().encode(text);
const NAMES = ['country', 'continent'] as const;
const sets = NAMES.map((name) => readPrompts(name, bytes(promptFile(name)), `${name}.json`, tokenizer));
const D = 64;
const TAP = 'blocks.0.hook_resid_post';
const OPTIONS: CityOptions = { epochs: 6, batch: 16, rate: 5e-3, seed: 1, patch: 'every' };

function materialAt(tap: string): CityMaterial {
  const readings = sets.map((set) => new PromptReading(engine, model, tap, set, -8));
  const { config, tensors } = saeOfRows(engine, dictionary, D);
  const rows = readings.flatMap((r) => r.set.prompts.map((_, i) => [...r.vectors(i)]));
  return { engine, d: D, readings, sae: { config, tensors }, sample: () => Float32Array.from(rows.flat()) };
}
const material = materialAt(TAP);

test('the model answers every prompt; prompts of one attribute begin alike', () => {
  const { accuracy, chance } = answered(material);
  assert.equal(accuracy, [1, 1]);
  assert.equal(chance, [3 / 12, 4 / 12]);
  for (const { prompts, common, pairs } of sets) {
    assert.is(prompts.length, 12);
    assert.is(pairs.length, 144);
    assert.is(common, prompts[0].length - 8);
  }
  assert.is(sets[1].prompts[0].length, sets[0].prompts[0].length + 1);
});

test('what a kept beginning leaves is what the whole prompt gives, and so is the gradient', () => {
  const [reading] = material.readings;
  const length = sets[0].prompts[3].length;
  const whole = createSession(engine, model, {
    width: length,
    taps: ['logits', TAP],
    splice: TAP,
    backward: { from: ['logits'], to: [TAP] },
  });
  whole.run(Float32Array.from(sets[0].prompts[3]));
  const vocabulary = whole.info('logits').channels;
  const stream = whole.tap(TAP);
  const by = randomValues(vocabulary, 3);
  let heard = new Float32Array(0);
  const h = randomValues(D, 4);
  const gradient = reading.hear(3, h, (logits) => {
    heard = logits.slice();
    return by;
  });
  stream.set(h, (length - 8) * D);
  whole.runSpliced(stream);
  const all = whole.tap('logits');
  assert.equal(heard, all.slice(-vocabulary));
  const from = new Float32Array(all.length);
  from.set(by, all.length - vocabulary);
  const back = whole.backward({ logits: from })[TAP].slice((length - 8) * D, (length - 7) * D);
  const most = back.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  assert.ok(most > 0);
  const apart = back.map((v, i) => Math.abs(v - gradient![i]));
  assert.ok(Math.max(...apart) < 1e-5 * most);
  whole.dispose();
});

test('the split: 70 and 20 of a hundred by batches, none in both, each of the training once an epoch', () => {
  const split = citySplit(
    sets.map(({ pairs }) => pairs),
    16,
    3,
  );
  const of = (batches: typeof split.train, a: number) => batches.filter((b) => b.attribute === a);
  for (const a of [0, 1]) {
    assert.is(of(split.train, a).length, 6);
    assert.is(of(split.test, a).length, 2);
    const train = new Set(of(split.train, a).flatMap((b) => b.pairs));
    assert.not.ok(of(split.test, a).some((b) => b.pairs.some((pair) => train.has(pair))));
  }
  const course = courseOf(split.train, { ...OPTIONS, epochs: 2 });
  assert.is(course.length, 24);
  assert.equal(new Set(course.slice(0, 12)), new Set(split.train));
  assert.not.equal(
    citySplit(
      sets.map(({ pairs }) => pairs),
      16,
      4,
    ),
    split,
  );
});

test('the ends: a no-op isolates, and causes what labels have in common by chance; a full patch the reverse', () => {
  const { noop, full } = cityEnds(material, OPTIONS);
  const { test: held } = citySplit(
    sets.map(({ pairs }) => pairs),
    16,
    1,
  );
  for (const a of [0, 1]) {
    const share = (which: number) => {
      const pairs = held.filter((b) => b.attribute === which).flatMap((b) => b.pairs);
      return pairs.filter(([b, s]) => sets[which].labels[b] === sets[which].labels[s]).length / pairs.length;
    };
    assert.equal([noop[a].isolate, full[a].cause], [1, 1]);
    assert.ok(Math.abs(noop[a].cause - share(a)) < 1e-9);
    assert.ok(Math.abs(full[a].isolate - share(1 - a)) < 1e-9);
  }
});

test('features of the true dictionary and learnt directions move one attribute and leave the other; neurons do worse', async () => {
  const scores = new Map<string, number[]>();
  for (const name of ['sae+error', 'das-4', 'neurons'])
    for (const attribute of [0, 1]) {
      const { score, of, chosen } = await trainedCityMask(material, parseMethod(name), attribute, OPTIONS);
      scores.set(name, [...(scores.get(name) ?? []), score.disentangle]);
      assert.is(of, name === 'sae+error' ? 7 : D);
      if (name === 'sae+error') assert.equal(chosen, attribute === 0 ? [0, 1, 2, 3] : [4, 5, 6]);
    }
  assert.equal(scores.get('sae+error'), [1, 1]);
  assert.ok(Math.min(...scores.get('das-4')!) > 0.98, String(scores.get('das-4')));
  const [country, continent] = scores.get('neurons')!;
  assert.ok((country + continent) / 2 < 0.95, `${country} ${continent}`);
});

test("the second reading of the public code: of an SAE's batches only the first prompt is patched; others are not touched by it", async () => {
  const first: CityOptions = { ...OPTIONS, patch: 'first' };
  const { noop } = cityEnds(material, OPTIONS);
  const sae = await trainedCityMask(material, parseMethod('sae+error'), 0, first);
  const { test: held } = citySplit(
    sets.map(({ pairs }) => pairs),
    16,
    1,
  );
  const batches = held.filter((b) => b.attribute === 0).length;
  const pairs = held.filter((b) => b.attribute === 0).flatMap((b) => b.pairs).length;
  assert.ok(sae.score.cause <= noop[0].cause + batches / pairs, 'at most one prompt a batch is moved');
  const short = { ...OPTIONS, epochs: 1 };
  const neurons = await trainedCityMask(material, parseMethod('neurons'), 0, short);
  const same = await trainedCityMask(material, parseMethod('neurons'), 0, { ...short, patch: 'first' });
  assert.equal(same, neurons);
});

test('behind the block that brings the city to the end, every method is a no-op', async () => {
  const behind = materialAt('blocks.1.hook_resid_post');
  const { noop, full } = cityEnds(behind, OPTIONS);
  assert.equal(full, noop);
  const { score } = await trainedCityMask(behind, parseMethod('das-4'), 1, { ...OPTIONS, epochs: 1 });
  assert.equal(score, noop[1]);
  for (const reading of behind.readings) reading.dispose();
});

test.run();
