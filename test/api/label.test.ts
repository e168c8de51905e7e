// label: names on documents whose topics are known, against random directions; a user's names; a chat model by a
// local service; resume; and what does not fit.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeNpy, init, Rng, saveSae } from '../../src/index.js';
import * as node from '../../src/node.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { type Asked, fakeService, json } from '../support/embedding-server.js';
import { filled } from '../support/filled.js';
import { rejection } from '../support/rejection.js';

const test = suite('api/label');
const dir = temporaryFolder('label');
const engine = await init();
const [documents, d, topics] = [1200, 32, 8];
const WORDS = ['galaxy', 'quasar', 'graph', 'neural', 'protein', 'matching', 'robot', 'vaccine'];
const rng = new Rng(7);

// Document s is of topics s % 8 and maybe another: its vector is the sum of theirs, its text has their words.
// Topics are orthogonal (Walsh functions), and each dimension has something of all.
const bits = (n: number): number => (n ? (n & 1) + bits(n >> 1) : 0);
const axes = Array.from({ length: topics }, (_, t) =>
  Float32Array.from({ length: d }, (_, k) => (bits((t + 1) & k) % 2 ? -1 : 1) / Math.sqrt(d)),
);
const data = new Float32Array(documents * d);
const records = Array.from({ length: documents }, (_, s) => {
  const of = new Set([s % topics, rng.below(topics)]);
  for (const t of of) for (let k = 0; k < d; k++) data[s * d + k] += axes[t][k];
  for (let k = 0; k < d; k++) data[s * d + k] += 0.05 * rng.normal(engine.math);
  const words = [...of].flatMap((t) => [WORDS[t], `${WORDS[t]}-like`]);
  const filler = Array.from({ length: 6 }, () => `filler${rng.below(40)}`);
  return { id: `d${s}`, text: [...words, ...filler].join(' '), topic: `T${s % topics}`, date: '2024-01-02' };
});
const vectors = join(dir, 'e.npy');
const meta = join(dir, 'm.jsonl');
writeFileSync(vectors, encodeNpy([documents, d], data));
writeFileSync(meta, records.map((r) => JSON.stringify(r)).join('\n'));
// The SAE is those topics: what is tested is naming, not training.
const sae = join(dir, 'sae');
const W_dec = Float32Array.from(axes.flatMap((v) => [...v]));
const W_enc = Float32Array.from({ length: d * topics }, (_, i) => axes[i % topics][Math.floor(i / topics)]);
const vector = (n: number) => ({ shape: [n], data: new Float32Array(n) });
await saveSae(
  node.nodeStorage(sae),
  { architecture: 'topk', dIn: d, dSae: topics, k: 2 },
  {
    W_enc: { shape: [d, topics], data: W_enc },
    W_dec: { shape: [topics, d], data: W_dec },
    b_enc: vector(topics),
    b_dec: vector(d),
  },
  {},
);
const labelsIn = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

test('features are named by their topics, better than random directions and dimensions', async () => {
  const out = join(dir, 'labels.json');
  const cli = await curvesaeHere([
    'label',
    sae,
    '--in',
    vectors,
    '--meta',
    meta,
    '--out',
    out,
    '--controls',
    '20',
    '--json',
  ]);
  assert.is(cli.code, 0, cli.stderr);
  const labels = labelsIn(out);
  assert.equal(
    Object.keys(labels),
    WORDS.map((_, f) => `f${f}`),
  );
  for (const [f, word] of WORDS.entries()) {
    const { label, kind, f1, pearson, terms } = labels[`f${f}`];
    assert.ok(terms[0].startsWith(word), `${terms}`);
    assert.ok(
      ['terms', 'category'].includes(kind) &&
        (kind === 'category' ? label === `T${f}` : label.includes(word)),
    );
    assert.ok(f1 > 0.7 && f1 <= 1 && pearson > 0.6 && pearson <= 1, `${f1} ${pearson}`);
  }
  const report = cli.json();
  assert.equal(labelsIn(join(dir, 'labels.controls.json')), report);
  assert.ok(report.features.f1.mean > 0.15 + report.random.f1.mean, JSON.stringify(report));
  assert.ok(report.features.f1.mean > 0.15 + report.dimensions.f1.mean);
  assert.is(report.documents, documents);
  assert.ok(report.heldOut > 300 && report.heldOut < 500);
  assert.equal(report.settings.text, ['text']);
  assert.equal(report.settings.categories, ['topic'], 'neither the id nor the date');
});

test('names of the user are kept, and scored by the words that are in them', async () => {
  const names = join(dir, 'names.csv');
  writeFileSync(names, 'feature,label\nf0,galaxy surveys\n3,T3\n5,something else\n');
  const out = join(dir, 'given.json');
  await node.label({ sae, in: vectors, meta, out, names, controls: 0, engine });
  const labels = labelsIn(out);
  assert.equal(Object.keys(labels), ['f0', 'f3', 'f5']);
  assert.is(labels.f0.label, 'galaxy surveys');
  assert.ok(labels.f0.f1 > 0.8 && labels.f3.f1 > 0.6 && labels.f5.f1 === 0);
  assert.ok(filled(Object.values(labels)).every((l) => (l as { kind: string }).kind === 'given'));
});

/** Names what the first five texts share; says 1 where the label is in the document, else -1. */
function chat({ body }: Asked): string {
  const { content } = body.messages[0];
  assert.is(body.temperature, 0);
  const firing = /fires most:([\s\S]*)Documents on which it does not/.exec(content)?.[1];
  if (firing !== undefined) {
    const texts = firing.split(/\[\d\]/).slice(1);
    const word = WORDS.find((w) => texts.every((t) => t.includes(w)));
    return `They share a word.\nFINAL: ${word ?? 'nothing'}`;
  }
  const [, label, document] = /about: (.*)\n\nDocument:\n([\s\S]*)\n\nDoes it/.exec(content)!;
  return `PREDICTION: ${document.includes(label) ? '1' : '-1'}`;
}

test('a chat model explains from 5 + 5 and is scored on 3 + 3 that it did not see; what it said is kept', async () => {
  let broken = true;
  const service = await fakeService({
    chat,
    misbehave: (r, n) => broken && n >= 20 && json(r, 404, { error: { message: 'out of credit' } }),
  });
  const out = join(dir, 'explained.json');
  const call = { sae, in: vectors, meta, out, endpoint: service.url, name: 'm', controls: 2, engine };
  assert.match((await rejection(node.label(call))).message, /HTTP 404: out of credit/);
  assert.not.ok(existsSync(out));
  const finished = readdirSync(`${out}.answers`).length;
  assert.is(finished, 2, 'two features of seven requests each were finished');
  broken = false;
  const before = service.asked.length;
  const report = await node.label(call);
  const labels = labelsIn(out);
  for (const [f, word] of WORDS.entries()) {
    assert.is(labels[`f${f}`].label, word);
    assert.is(labels[`f${f}`].kind, 'explained');
    assert.is(labels[`f${f}`].f1, 1);
    assert.ok(labels[`f${f}`].pearson > 0.999);
  }
  assert.is(service.asked.length - before, 7 * (topics - finished + 4), 'controls are asked about as well');
  assert.ok(report.random.f1!.mean < 0.9 && report.tokens! > 0);
  const documentsShown = service.asked.flatMap(({ body }) => body.messages[0].content.match(/\[\d\]/g) ?? []);
  assert.ok(documentsShown.length > 0);
  await node.label(call);
  assert.is(service.asked.length - before, 7 * (topics - finished + 4), 'nothing is asked twice');
  service.close();
});

test('what does not fit is one clear line, and nothing is written', async () => {
  const short = join(dir, 'short.jsonl');
  writeFileSync(
    short,
    records
      .slice(1)
      .map((r) => JSON.stringify(r))
      .join('\n'),
  );
  const out = join(dir, 'none.json');
  const cases: [object, RegExp][] = [
    [{ meta: short }, /1199 records do not fit the 1200 vectors/],
    [{ meta: undefined }, /give --meta FILE/],
    [{ text: ['abstract'] }, /unknown field of the metadata 'abstract'; closest:/],
    [{ features: ['f99'] }, /f99 is not a feature of this SAE/],
    [{ features: ['12'] }, /'12' is no feature; write f12/],
    [{ endpoint: 'http://127.0.0.1:1' }, /--endpoint needs --name/],
    [{ endpoint: 'http://example.com', name: 'm' }, /texts and keys are sent by https/],
    [
      { endpoint: 'http://127.0.0.1:1', name: 'm', keyVariable: 'NO_SUCH_KEY' },
      /the environment has no NO_SUCH_KEY/,
    ],
    [{ in: { shape: [2, 3], data: new Float32Array(6) } }, /2 vectors|3 dimensions/],
  ];
  for (const [options, says] of cases) {
    const { message } = await rejection(node.label({ sae, in: vectors, meta, out, engine, ...options }));
    assert.match(message, says);
    assert.not.match(message, /\n/);
  }
  assert.not.ok(existsSync(out));
});

test.run();
