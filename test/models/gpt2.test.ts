// GPT-2 of a tiny size against plain float64, there and back, and what a session with a cache keeps.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { centred } from '../../models/gpt2/centred.js';
import { gpt2Description } from '../../models/gpt2/description.js';
import { randomGpt2 } from '../../models/gpt2/random.js';
import { createSession, InputError, init, taps, UsageError } from '../../src/index.js';
import { tailOf } from '../../src/network/tail.js';
import { relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';
import { backwardText64, forwardText64 } from '../support/transformer.js';

const test = suite('models/gpt2');
const [engine, scalar] = [await init({ build: 'simd' }), await init({ build: 'scalar' })];
const SIZES = { blocks: 2, width: 16, heads: 2, hidden: 40, context: 24, vocabulary: 53 };
const model = randomGpt2(SIZES, 3, 0.3);
const TOKENS = Float32Array.from({ length: 13 }, (_, i) => (i * 17 + 5) % 53);
const ALL = taps(model.description);
const bits = (a: Float32Array) => new Uint32Array(a.buffer, a.byteOffset, a.length);
const there = forwardText64(model, TOKENS);

test('taps go by the names of TransformerLens', () => {
  for (const name of [
    ...['hook_embed', 'hook_pos_embed', 'blocks.1.hook_resid_pre', 'blocks.1.attn.hook_z', 'logits'],
    ...[
      'blocks.0.hook_resid_mid',
      'blocks.1.mlp.hook_post',
      'blocks.0.hook_mlp_out',
      'ln_final.hook_normalized',
    ],
  ])
    assert.ok(ALL.includes(name), name);
});

test('every tap agrees with float64, in both builds to the bit, alone and with all others', () => {
  const [values] = [engine, scalar].map((e) => {
    const session = createSession(e, model, { width: 13, taps: ALL });
    session.run(TOKENS);
    const found = new Map(ALL.map((tap) => [tap, session.tap(tap)]));
    assert.equal(session.info('logits').shape, [13, 53]);
    session.dispose();
    return found;
  });
  for (const tap of ALL) assert.ok(relativeError(values.get(tap)!, there.get(tap)!) < 3e-6, tap);
  for (const e of [engine, scalar])
    for (const tap of ['blocks.0.mlp.hook_pre', 'blocks.1.hook_resid_pre', 'logits']) {
      const session = createSession(e, model, { width: 13, taps: [tap] });
      session.run(TOKENS);
      assert.equal(bits(session.tap(tap)), bits(values.get(tap)!), tap);
      session.dispose();
    }
});

test('gradients by every tap agree with float64 and with differences', () => {
  const from = ['logits', 'blocks.0.hook_resid_post'];
  const to = ALL.filter((tap) => tap !== 'logits');
  const given = { logits: randomValues(13 * 53, 8), 'blocks.0.hook_resid_post': randomValues(13 * 16, 9) };
  const [g] = [engine, scalar].map((e) => {
    const session = createSession(e, model, { width: 13, taps: [], backward: { from, to } });
    session.run(TOKENS);
    const found = session.backward(given);
    session.dispose();
    return found;
  });
  const want = backwardText64(model, there, given);
  for (const tap of to)
    assert.ok(
      relativeError(g[tap], want.get(tap)!) < 1e-5,
      `${tap} ${relativeError(g[tap], want.get(tap)!)}`,
    );
  const objective = (by: number): number => {
    const start = there.get('blocks.0.hook_resid_pre')!.slice();
    start[37] += by;
    const values = forwardText64(model, TOKENS, { 'blocks.0.hook_resid_pre': start });
    return Object.entries(given).reduce(
      (s, [tap, d]) => values.get(tap)!.reduce((a, v, i) => a + v * d[i], s),
      0,
    );
  };
  const slope = (objective(1e-5) - objective(-1e-5)) / 2e-5;
  assert.ok(Math.abs(g['blocks.0.hook_resid_pre'][37] - slope) < 1e-4 * Math.max(1, Math.abs(slope)));
});

test('gradients by the weights of a Conv1D are those of differences', () => {
  const layer = 'blocks.1.mlp.hook_pre';
  const d = randomValues(13 * 53, 8);
  const session = createSession(engine, model, {
    width: 13,
    taps: [],
    backward: { from: ['logits'], to: [], weights: [layer] },
  });
  session.run(TOKENS);
  const found = session.backward({ logits: d });
  session.dispose();
  for (const [part, index] of [
    ['weight', 123],
    ['bias', 7],
  ] as const) {
    const objective = (by: number): number => {
      const own = model.parameters.get(layer)!;
      const values = own[part].slice();
      values[index] += by;
      const other = {
        ...model,
        parameters: new Map([...model.parameters, [layer, { ...own, [part]: values }]]),
      };
      return forwardText64(other, TOKENS)
        .get('logits')!
        .reduce((s, v, i) => s + v * d[i], 0);
    };
    const slope = (objective(2 ** -10) - objective(-(2 ** -10))) / 2 ** -9;
    assert.ok(Math.abs(found[`${layer}.${part}`][index] - slope) < 1e-3 * Math.max(1, Math.abs(slope)), part);
  }
});

test('a session with a cache goes on where it ended, to the bits of the whole, and can be rewound', () => {
  const whole = createSession(engine, model, { width: 13, taps: ['logits'] });
  whole.run(TOKENS);
  const want = whole.tap('logits');
  const session = createSession(engine, model, { width: 5, taps: ['logits'], cache: 16 });
  const rows: number[] = [];
  const feed = (from: number, to: number) => {
    session.run(TOKENS.slice(from, to));
    assert.is(session.tap('logits').length, (to - from) * 53);
    rows.push(...session.tap('logits'));
  };
  for (const [from, to] of [
    [0, 5],
    [5, 6],
    [6, 9],
    [9, 13],
  ])
    feed(from, to);
  assert.is(session.past, 13);
  assert.equal(bits(Float32Array.from(rows)), bits(want));
  session.rewind(9);
  rows.length = 0;
  feed(9, 13);
  assert.equal(bits(Float32Array.from(rows)), bits(want.slice(9 * 53)));
  assert.throws(
    () => session.run(TOKENS.slice(0, 4)),
    (e: Error) => e instanceof UsageError && /keeps 16/.test(e.message),
  );
  assert.throws(() => session.rewind(99), /rewind: 99 tokens/);
  whole.dispose();
  session.dispose();
});

test('with a cache, a splice is of the tokens of that run, to the bits of a session of that width', () => {
  const tap = 'blocks.0.hook_resid_post';
  const given = randomValues(7 * 16, 4);
  const [want, found] = [{ width: 7 }, { width: 13, cache: 13 }].map((size) => {
    const session = createSession(engine, model, { ...size, taps: ['logits'], splice: tap });
    session.run(TOKENS.slice(0, 7));
    assert.is(session.tap(tap).length, 7 * 16);
    session.runSpliced(given);
    const logits = session.tap('logits');
    assert.throws(
      () => session.runSpliced(new Float32Array(13 * 16)),
      (e: Error) => e instanceof UsageError && /which is 7x16 = 112/.test(e.message),
    );
    session.dispose();
    return logits;
  });
  assert.equal(bits(found), bits(want));
});

test('a splice with the own values changes no bit; a tail from the residual stream is the network behind it', () => {
  const tap = 'blocks.0.hook_resid_post';
  const session = createSession(engine, model, { width: 13, taps: ['logits'], splice: tap });
  session.run(TOKENS);
  const [want, values] = [session.tap('logits'), session.tap(tap)];
  session.runSpliced(new Float32Array(values.length));
  assert.not.equal(bits(session.tap('logits')), bits(want));
  session.runSpliced(values);
  assert.equal(bits(session.tap('logits')), bits(want));
  const tail = tailOf(model, tap, 'logits', undefined, 13);
  // The last three tokens alone, the others kept.
  const part = createSession(engine, tail.model, { taps: ['logits'], cache: 13 });
  part.run({ [tap]: values.slice(0, 10 * 16) });
  part.run({ [tap]: values.slice(10 * 16) });
  assert.equal(bits(part.tap('logits')), bits(want.slice(10 * 53)));
  session.dispose();
  part.dispose();
});

test('centred: the stream without its mean, the same normalised values and logits', () => {
  const taps = [
    'blocks.1.hook_resid_pre',
    'blocks.1.hook_resid_post',
    'blocks.1.ln1.hook_normalized',
    'logits',
  ];
  const [plain, without] = [model, centred(model)].map((m) => {
    const session = createSession(engine, m, { width: 13, taps });
    session.run(TOKENS);
    const found = taps.map((tap) => session.tap(tap));
    session.dispose();
    return found;
  });
  for (const i of [0, 1]) {
    const want = plain[i].map((v, at) => {
      const row = plain[i].subarray(at - (at % 16), at - (at % 16) + 16);
      return v - row.reduce((s, w) => s + w / 16, 0);
    });
    assert.ok(relativeError(without[i], want) < 1e-5, taps[i]);
  }
  for (const i of [2, 3]) assert.ok(relativeError(without[i], plain[i]) < 1e-5, taps[i]);
  assert.not.equal(centred(model).sha256, model.sha256);
});

test('bad input: one clear line', () => {
  const session = createSession(engine, model, { width: 5, taps: ['logits'] });
  const says = (run: () => void, type: typeof UsageError | typeof InputError, text: RegExp) =>
    assert.throws(run, (e: Error) => e instanceof type && text.test(e.message));
  says(() => session.run(TOKENS), UsageError, /13 tokens for input 'tokens': this session takes 5/);
  says(() => session.run(Float32Array.of(1, 2, 3, 4, 53)), InputError, /token 4 is 53: .* 0 to 52/);
  says(() => session.run(Float32Array.of(1, 2.5, 3, 4, 5)), InputError, /token 1 is 2.5/);
  session.dispose();
  says(
    () => createSession(engine, model, { width: 25, taps: ['logits'] }),
    UsageError,
    /25 tokens: this network takes 1 to 24/,
  );
  says(
    () => createSession(engine, model, { width: 9, taps: ['logits'], cache: 4 }),
    UsageError,
    /cache of 4/,
  );
  const odd = gpt2Description({ ...SIZES, heads: 3 });
  says(() => taps(odd), UsageError, /heads/);
});

test.run();
