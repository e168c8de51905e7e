// embed of a network that reads text: a row for each token, its words beside it; drawn, gone on with, refused.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSession, init, parseNpy } from '../../src/index.js';
import * as node from '../../src/node.js';
import { openTokenizer } from '../../src/tokens/tokenizer.js';
import { windowsOf } from '../../src/tokens/windows.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { rejection } from '../support/rejection.js';
import { tinyGpt2 } from '../support/tiny-gpt2.js';

const test = suite('api/embed-tokens');
const dir = temporaryFolder('embed-tokens');
const { model, weights, vocab, merges, texts, documents, tap } = tinyGpt2(dir);
const engine = await init({ workers: 1 });
const CONTEXT = 24;
const D = 16;
const tokenizer = await openTokenizer({ vocab, merges, label: 'tiny' });
const windows = windowsOf(
  documents.map(({ text }) => tokenizer.encode(text)),
  CONTEXT,
  tokenizer.end,
);
const call = { engine, model: weights, texts, tap, context: CONTEXT, warn: () => {} };
const vectors = (out: string) =>
  parseNpy(new Uint8Array(readFileSync(join(out, 'embeddings.npy'))), out).data;
const records = (out: string): { id: string; text: string; token: string }[] =>
  readFileSync(join(out, 'documents.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('every token but the first of its window: the vectors of a session, and the words around', async () => {
  const out = join(dir, 'all');
  const cli = await curvesaeHere([
    ...['embed', '--model', weights, '--texts', texts, '--tap', tap],
    ...['--context', String(CONTEXT), '--out', out, '--json'],
  ]);
  assert.is(cli.code, 0, cli.stderr);
  const each = CONTEXT - 1;
  assert.equal([cli.json().vectors, cli.json().d], [windows.length * each, D]);
  const all = vectors(out);
  const said = records(out);
  const session = createSession(engine, model, { width: CONTEXT, taps: [tap] });
  for (const [w, { name, tokens }] of windows.entries()) {
    session.run(Float32Array.from(tokens));
    assert.equal(all.slice(w * each * D, (w + 1) * each * D), session.tap(tap).slice(D));
    const { id, text, token } = said[w * each + 6];
    assert.is(id, `${name}:7`);
    assert.is(token, tokenizer.show(tokens[7]));
    assert.is(
      text,
      `${tokenizer.decode(tokens.slice(0, 7))}⟦${token}⟧${tokenizer.decode(tokens.slice(8, 12))}`,
    );
  }
  session.dispose();
});

test('--per-window draws by the seed: rows of the whole, in the order of the text; repeated it is reused', async () => {
  const whole = new Map(records(join(dir, 'all')).map(({ id }, row) => [id, row]));
  const all = vectors(join(dir, 'all'));
  const drawn: string[][] = [];
  for (const seed of [0, 1]) {
    const out = join(dir, `drawn-${seed}`);
    const report = await node.embed({ ...call, perWindow: 5, seed, out });
    assert.is(report.vectors, 5 * windows.length);
    const ids = records(out).map(({ id }) => id);
    const data = vectors(out);
    const rows = ids.map((id) => whole.get(id)!);
    assert.equal(
      rows,
      [...new Set(rows)].sort((a, b) => a - b),
    );
    for (const [i, row] of filled([...rows.entries()]))
      assert.equal(data.slice(i * D, (i + 1) * D), all.slice(row * D, (row + 1) * D));
    drawn.push(ids);
    assert.is((await node.embed({ ...call, perWindow: 5, seed, out })).reused, true);
  }
  assert.not.equal(drawn[0], drawn[1]);
});

test('an embedding that was stopped goes on to the bytes of one that was not', async () => {
  const stop = new AbortController();
  const out = join(dir, 'stopped');
  // Windows are whole in every part, so that a part of 1,024 tokens has 45 of these.
  const long = { ...call, context: 8, out };
  const whole = await node.embed({ ...long, out: join(dir, 'long') });
  assert.ok(whole.vectors > 0);
  const stopped = await rejection(
    node.embed({ ...long, signal: stop.signal, onProgress: () => stop.abort() }),
  );
  assert.is((stopped as Error).name, 'AbortError');
  await node.embed(long);
  assert.equal(vectors(out), vectors(join(dir, 'long')));
  assert.equal(records(out), records(join(dir, 'long')));
});

test('shards, which end within a window, are merged to the bytes of one machine', async () => {
  const out = join(dir, 'shared');
  for (const shard of ['1/3', '2/3', '3/3']) await node.embed({ ...call, shard, out });
  await node.merge({ from: out, warn: () => {} });
  for (const name of ['embeddings.npy', 'documents.jsonl'])
    assert.equal(readFileSync(join(out, name)), readFileSync(join(dir, 'all', name)));
});

test('what cannot be embedded is refused before any work', async () => {
  const out = join(dir, 'refused');
  const says = async (more: object, text: RegExp) => {
    const error = (await rejection(node.embed({ ...call, out, ...more }))) as Error;
    assert.match(error.message, text);
  };
  await says({ tap: undefined }, /--tap says which vectors of .* tokens/);
  await says({ tap: 'blocks.9.hook_resid_post' }, /blocks\.9\.hook_resid_post/);
  await says({ endpoint: 'http://127.0.0.1:1/v1', name: 'x' }, /endpoint is of texts that a service embeds/);
  await says({ text: 'title' }, /text is of texts that a service embeds/);
  await says({ model: 'embedded' }, /reads pictures, not text/);
  await says({ model: undefined }, /tap is of a network; name it with --model/);
  await says({ texts: undefined, images: 'procedural:2' }, /reads text, not pictures/);
  await says({ context: 99 }, /--context 99: .* looks at 48 tokens/);
  await says(
    { model: 'embedded', texts: undefined, images: 'procedural:2', tap: 'mixed3a', perWindow: 3 },
    /perWindow is of text, and .* reads pictures/,
  );
  rmSync(out, { recursive: true, force: true });
});

test.run();
