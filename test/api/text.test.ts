// Networks that read text, through the commands: text in, tokens shown; activations, an SAE, the loss it recovers.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSafetensors } from '../../src/formats/safetensors.js';
import { createSession, init } from '../../src/index.js';
import { openTokenizer } from '../../src/tokens/tokenizer.js';
import { windowsOf } from '../../src/tokens/windows.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { tinyGpt2 } from '../support/tiny-gpt2.js';
import { forwardText64 } from '../support/transformer.js';

const test = suite('api/text');
const dir = temporaryFolder('text');
const { model, weights, vocab, merges, size, texts, tap: TAP } = tinyGpt2(dir);
const TEXT = 'in the country';

test('predict shows the tokens and the likeliest next ones, as float64 has them', async () => {
  const { code, json, stderr } = await curvesaeHere([
    'predict',
    '--json',
    '--model',
    weights,
    '--text',
    TEXT,
  ]);
  assert.is(code, 0, stderr);
  const [found] = json();
  assert.equal(
    found.tokens.map((t: { text: string }) => t.text),
    ['in', ' the', ' country'],
  );
  const logits = forwardText64(
    model,
    found.tokens.map((t: { token: number }) => t.token),
  )
    .get('logits')!
    .slice(-size);
  const top = logits.indexOf(Math.max(...logits));
  assert.is(found.top[0].class, top);
  const sum = logits.reduce((s, v) => s + Math.exp(v - logits[top]), 0);
  assert.ok(Math.abs(found.top[0].probability - 1 / sum) < 1e-5);
  const shown = await curvesaeHere(['predict', '--model', weights, '--text', TEXT]);
  assert.match(shown.stdout, /^text: \[in\]\[ the\]\[ country\]\n +\d+\.\d\d %/);
});

test('forward writes taps and tokens of each document, as a session of its own length gives them', async () => {
  const out = join(dir, 'taps.safetensors');
  const { code, stderr } = await curvesaeHere([
    'forward',
    '--model',
    weights,
    '--texts',
    texts,
    '--taps',
    `${TAP},logits`,
    '--out',
    out,
  ]);
  assert.is(code, 0, stderr);
  const { tensors } = parseSafetensors(new Uint8Array(readFileSync(out)), out);
  assert.is(tensors.size, 3 * 60);
  const tokens = tensors.get('d12/tokens')!.f32();
  const session = createSession(await init({}), model, { width: tokens.length, taps: [TAP] });
  session.run(tokens);
  assert.equal(tensors.get(`d12/${TAP}`)!.f32(), session.tap(TAP));
  assert.equal(tensors.get('d12/logits')!.shape, [tokens.length, size]);
  session.dispose();
});

test('activations, train and eval --downstream: vectors of every token but the first; loss recovered', async () => {
  const store = join(dir, 'stores');
  const made = await curvesaeHere([
    ...['activations', '--json', '--model', weights, '--texts', texts, '--context', '24', '--tap', TAP],
    ...['--per-image', '16', '--sample', 'uniform', '--out', store],
  ]);
  assert.is(made.code, 0, made.stderr);
  const report = made.json();
  assert.is(report.dIn, 16);
  assert.is(report.vectors, 16 * report.images);
  const again = await curvesaeHere([
    ...['activations', '--json', '--model', weights, '--texts', texts, '--context', '24', '--tap', TAP],
    ...['--per-image', '16', '--sample', 'uniform', '--out', store],
  ]);
  assert.is(again.json().reused, true);
  const shard = new Uint8Array(readFileSync(join(report.store, 'shard-00000.safetensors')));
  const places = parseSafetensors(shard, 'shard').tensors.get('train.position')!.f32();
  assert.ok(Math.min(...places) >= 1 && Math.max(...places) < 24);
  const sae = join(dir, 'sae');
  const trained = await curvesaeHere([
    ...[
      'train',
      '--activations',
      report.store,
      '--arch',
      'topk',
      '--k',
      '8',
      '--d-sae',
      '64',
      '--steps',
      '200',
    ],
    ...['--batch', '128', '--out', sae],
  ]);
  assert.is(trained.code, 0, trained.stderr);
  const judged = await curvesaeHere([
    ...[
      'eval',
      sae,
      '--json',
      '--activations',
      report.store,
      '--downstream',
      '--model',
      weights,
      '--texts',
      texts,
    ],
    ...['--context', '24'],
  ]);
  assert.is(judged.code, 0, judged.stderr);
  const { downstream } = judged.json();
  assert.is(downstream.tap, TAP);
  assert.ok(downstream.vectors === 24 * downstream.images);
  assert.ok(downstream.reconstructed.lossRecovered > 0.5 && downstream.reconstructed.lossRecovered <= 1.05);
  assert.ok(downstream.zero.kl > downstream.reconstructed.kl);
  assert.ok(downstream.original.crossEntropy > 1);
});

test('examples quote the tokens at which units fire: the strongest of all, the first token of a window left out', async () => {
  const out = join(dir, 'examples');
  const sae = join(dir, 'sae');
  const made = await curvesaeHere([
    ...[
      'examples',
      '--json',
      '--model',
      weights,
      '--texts',
      texts,
      '--context',
      '24',
      '--tap',
      TAP,
      '--sae',
      sae,
    ],
    ...['--each', '3', '--levels', '2', '--out', out],
  ]);
  assert.is(made.code, 0, made.stderr);
  const result = made.json();
  assert.is(result.size, 24);
  assert.is(result.places, 23 * result.images);
  const unit = result.units[`${TAP}:3`];
  const [top] = unit.top;
  assert.ok(top.x >= 1 && top.text.token.length > 0 && top.y === 0);
  // By hand: the window's tokens through a session.
  const tokenizer = await openTokenizer({ vocab, merges, label: 'small' });
  const lines = readFileSync(texts, 'utf8')
    .split('\n')
    .map((line) => tokenizer.encode(JSON.parse(line).text));
  const windows = windowsOf(lines, 24, tokenizer.end);
  assert.is(result.images, windows.length);
  const session = createSession(await init({}), model, { width: 24, taps: [TAP] });
  let best = { value: 0, image: '', x: 0 };
  for (const { name, tokens } of windows) {
    session.run(Float32Array.from(tokens));
    const values = session.tap(TAP);
    for (let x = 1; x < 24; x++)
      if (values[x * 16 + 3] > best.value) best = { value: values[x * 16 + 3], image: name, x };
  }
  session.dispose();
  assert.equal({ value: top.value, image: top.image, x: top.x }, best);
  assert.is(top.text.token, tokenizer.show(windows.find((w) => w.name === best.image)!.tokens[best.x]));
  const page = readFileSync(join(out, 'examples.html'), 'utf8');
  assert.ok(
    page.includes('<mark>') && page.includes('windows of 24 tokens') && page.includes('What chance shows'),
  );
});

test('model info tells tokens in place of pixels', async () => {
  const { code, json, stderr } = await curvesaeHere(['model', 'info', weights, '--json']);
  assert.is(code, 0, stderr);
  const info = json();
  assert.is(info.inputSize, null);
  assert.is(info.context, 48);
  assert.is(info.widths['blocks.1.mlp.hook_post'], 64);
});

test('bad input: one clear line before any work', async () => {
  const says = async (args: string[], code: number, text: RegExp) => {
    const r = await curvesaeHere(args);
    assert.is(r.code, code, r.stderr);
    assert.match(r.stderr, text);
    assert.is(r.stderr.trim().split('\n').length, 1, r.stderr);
  };
  const predict = ['predict', '--model', weights];
  await says([...predict, '--text', 'a '.repeat(60)], 2, /tokens, and model looks at 48; shorten it/);
  await says([...predict, '--text', ''], 2, /--text/);
  await says([...predict, '--text', 'a', '--tokenizer', join(dir, 'nothing')], 3, /holds no tokenizer/);
  await says(['predict', '--model', 'gpt2', '--text', 'a'], 3, /curvesae model pull gpt2/);
  await says(
    ['activations', '--model', weights, '--tap', TAP, '--out', dir, '--images', dir],
    2,
    /reads text, not pictures: give --texts/,
  );
  await says(
    ['activations', '--model', weights, '--tap', TAP, '--out', dir],
    2,
    /reads text: give --texts FILE/,
  );
  await says(
    ['activations', '--model', 'embedded', '--texts', texts, '--out', dir],
    2,
    /reads pictures, not text/,
  );
  await says(
    ['activations', '--model', weights, '--texts', texts, '--tap', TAP, '--context', '99', '--out', dir],
    2,
    /--context 99: model looks at 48 tokens/,
  );
  const short = join(dir, 'short.txt');
  writeFileSync(short, 'a b');
  await says(
    ['activations', '--model', weights, '--texts', short, '--tap', TAP, '--context', '40', '--out', dir],
    3,
    /less than one window of 40/,
  );
  await says(['curves', '--model', weights, '--tap', TAP], 2, /gpt2 reads text, not pictures/);
});

test.run();
