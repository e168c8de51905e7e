// What a unit does to the next token: beside the network read a second time by hand, a direction whose effect is known, and bad
// questions.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { randomGpt2 } from '../../../models/gpt2/random.js';
import { effectsOf } from '../../../src/api/explorer/effects.node.js';
import type { TextNetwork } from '../../../src/api/explorer/reads.node.js';
import { createSession, init, LoadedSae } from '../../../src/index.js';
import type { TokenEffect } from '../../../src/study/atlas/format.js';
import { filled } from '../../support/filled.js';
import { rejection } from '../../support/rejection.js';

const test = suite('api/explorer/effects');
const engine = await init();
const [d, vocabulary] = [16, 53];
const model = randomGpt2({ blocks: 2, width: d, heads: 2, hidden: 40, context: 24, vocabulary }, 3, 0.3);
const tap = 'blocks.1.hook_resid_post';
/** A token a letter; 0 begins every text. */
const network: TextNetwork = {
  ...{ engine, model, tap, unitLength: false, begin: [0] },
  tokenizer: {
    encode: (text) => [...text].map((c) => (c.charCodeAt(0) * 17) % vocabulary),
    show: (token) => `t${token}`,
    size: vocabulary,
  },
};
const text = 'a few words of it';
const tokens = [0, ...network.tokenizer.encode(text)];

/** Two features: the stream towards token 7, and away from it. */
const towards = 7;
const row = model.parameters.get('hook_embed')!.weight.slice(towards * d, (towards + 1) * d);
const length = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
const unit = row.map((v) => v / length);
const sae = new LoadedSae(
  engine,
  { architecture: 'topk', dIn: d, dSae: 2, k: 1 },
  {
    W_enc: {
      shape: [d, 2],
      data: Float32Array.from({ length: 2 * d }, (_, i) => (i % 2 ? -1 : 1) * unit[i >> 1]),
    },
    W_dec: { shape: [2, d], data: Float32Array.from([...unit, ...unit.map((v) => -v)]) },
    b_enc: { shape: [2], data: new Float32Array(2) },
    b_dec: { shape: [d], data: new Float32Array(d) },
  },
);
const service = effectsOf(network, async (number) => (number === 0 ? sae : undefined));
const ask = async (question: unknown): Promise<TokenEffect> =>
  JSON.parse(
    new TextDecoder().decode(await service(new TextEncoder().encode(JSON.stringify(question)))),
  ) as TokenEffect;

/** Logits after a token, and after the same one where the stream is changed. */
function byHand(token: number, change: (x: Float32Array) => Float32Array) {
  const given = tokens.slice(0, token + 2);
  const session = createSession(engine, model, { width: given.length, taps: ['logits'], splice: tap });
  session.run(Float32Array.from(given));
  const last = () => session.tap('logits').slice((token + 1) * vocabulary);
  const [before, x] = [last(), session.tap(tap)];
  session.runSpliced(change(x));
  const moved = last().map((v, i) => v - before[i]);
  session.dispose();
  const mean = moved.reduce((sum, v) => sum + v, 0) / vocabulary;
  return { moved: moved.map((v) => v - mean), x };
}

test('a neuron taken away moves each logit as the network read again by hand', async () => {
  for (const token of [0, 5, 16]) {
    const { moved } = await ask({ text, token, unit: 'n3', sae: 0 });
    const { moved: want, x } = byHand(token, (values) => values.map((v, i) => (i % d === 3 ? 0 : v)));
    const named = filled([...moved.up, ...moved.down]);
    for (const { name, change } of named)
      assert.ok(Math.abs(change - want[Number(name.slice(1))]) < 1e-5, `${token}: ${name}`);
    const order = [...want.keys()].sort((a, b) => want[b] - want[a]);
    assert.is(moved.up[0].name, `t${order[0]}`);
    assert.is(moved.random.draws, 8);
    assert.ok(x.length === (token + 2) * d);
  }
});

test('a feature towards a token lowers that token most where it is taken away, as no random direction does', async () => {
  const fires = byHand(16, (x) => x).x;
  const amounts = Array.from({ length: fires.length / d }, (_, t) =>
    Math.max(
      0,
      fires.subarray(t * d, (t + 1) * d).reduce((sum, v, k) => sum + v * unit[k], 0),
    ),
  );
  const token = amounts.lastIndexOf(Math.max(...amounts)) - 1;
  assert.ok(token >= 0);
  const { moved, amount } = await ask({ text, token, unit: 'f0', sae: 0 });
  assert.is(moved.down[0].name, `t${towards}`);
  assert.ok(moved.down[0].change < -2 * moved.down[0].random!, JSON.stringify(moved.down[0]));
  const total = amounts.slice(0, token + 2).reduce((sum, v) => sum + v, 0);
  assert.ok(Math.abs(amount - total) < 1e-4 * total, `${amount} of ${total}`);
});

test('bad questions: one clear line', async () => {
  const good = { text, token: 2, unit: 'n3', sae: 0 };
  for (const [change, words] of [
    [{ unit: 'x3' }, 'a unit'],
    [{ unit: 'n16' }, 'unit 16: there are 16'],
    [{ unit: 'f2' }, 'unit 2: there are 2'],
    [{ unit: 'f0', sae: 1 }, 'no SAE 1'],
    [{ token: 17 }, 'token 17: the text has 17'],
    [{ token: -1 }, 'are needed'],
    [{ text: '' }, 'a text to read is needed'],
    [{ text: 'a'.repeat(24) }, '24 tokens; 23 are read at once'],
  ] as const) {
    const { message } = await rejection(ask({ ...good, ...change }));
    assert.ok(message.includes(words), `${message} has not: ${words}`);
  }
  assert.match((await rejection(service(new Uint8Array([0xff])))).message, /the question: is not UTF-8/);
  const scaled = effectsOf({ ...network, unitLength: true }, async () => sae);
  const body = new TextEncoder().encode(JSON.stringify(good));
  assert.match((await rejection(scaled(body))).message, /divided by their lengths/);
});

test.after(() => sae.dispose());
test.run();
