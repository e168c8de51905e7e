// embed: texts through a service on this machine, pictures through a network; resume, the folder, and what does not fit.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodePng } from '../../src/images/png-write.js';
import { init, parseNpy } from '../../src/index.js';
import * as node from '../../src/node.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { fakeService, json, vectorOf } from '../support/embedding-server.js';
import { filled } from '../support/filled.js';
import { rejection } from '../support/rejection.js';

const test = suite('api/embed');
const dir = temporaryFolder('embed');
const engine = await init({ workers: 1 });
const D = 8;
const texts = Array.from({ length: 2500 }, (_, i) => `document number ${i}`);
const file = join(dir, 'texts.jsonl');
writeFileSync(
  file,
  texts.map((text, i) => JSON.stringify({ id: `d${i}`, text, year: 2000 + (i % 20) })).join('\n'),
);
const read = (out: string, name = 'embeddings.npy') => new Uint8Array(readFileSync(join(out, name)));
const warnings: string[] = [];
const common = { texts: file, name: 'model', engine, batch: 100, warn: (m: string) => warnings.push(m) };

test('vectors, records and checksums of texts', async () => {
  const service = await fakeService({ d: D, key: 'sk-1' });
  process.env.CURVESAE_API_KEY = 'sk-1';
  const out = join(dir, 'whole');
  const cli = await curvesaeHere([
    'embed',
    '--texts',
    file,
    '--endpoint',
    service.url,
    '--name',
    'model',
    '--out',
    out,
    '--price',
    '2',
    '--json',
  ]);
  delete process.env.CURVESAE_API_KEY;
  service.close();
  assert.is(cli.code, 0, cli.stderr);
  const report = cli.json();
  assert.equal([report.vectors, report.d, report.tokens, report.dtype], [2500, D, 2500, 'f32']);
  assert.ok(Math.abs(report.cost - 0.005) < 1e-12);
  const { shape, data } = parseNpy(read(out), 'x');
  assert.equal(shape, [2500, D]);
  assert.equal([...data.subarray(D * 2000, D * 2001)], vectorOf(texts[2000], D));
  assert.equal(readdirSync(out).sort(), ['documents.jsonl', 'embeddings.npy', 'manifest.json']);
  const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
  for (const [name, { sha256 }] of Object.entries<{ sha256: string }>(manifest.files))
    assert.is(sha256, createHash('sha256').update(read(out, name)).digest('hex'));
  assert.not.match(readFileSync(join(out, 'manifest.json'), 'utf8') + cli.stderr + cli.stdout, /sk-1/);
  assert.is(JSON.parse(readFileSync(join(out, 'documents.jsonl'), 'utf8').split('\n')[7]).id, 'd7');
});

test('a run that broke off goes on with what is finished, to the same bytes', async () => {
  let credit = 18;
  const service = await fakeService({
    d: D,
    misbehave: (r) => credit-- <= 0 && json(r, 402, { error: { message: 'no credit left' } }),
  });
  const out = join(dir, 'broken');
  const call = { ...common, endpoint: service.url, out, concurrency: 2 };
  assert.match((await rejection(node.embed(call))).message, /HTTP 402: no credit left/);
  assert.equal(
    readdirSync(out).filter((n) => n.endsWith('.safetensors')),
    ['part-000000.safetensors'],
  );
  assert.match(
    (await rejection(node.openVectors(out))).message,
    /was not finished; repeat the curvesae embed/,
  );
  credit = 1000;
  const before = service.asked.length;
  await node.embed(call);
  assert.is(service.asked.length - before, 11 + 5, 'the first 1024 texts are not asked for again');
  for (const name of ['embeddings.npy', 'documents.jsonl'])
    assert.equal(read(out, name), read(join(dir, 'whole'), name));
  const again = await node.embed(call);
  assert.ok(again.reused);
  assert.is(service.asked.length - before, 16, 'a finished folder asks for nothing');
  service.close();
});

test('a part that was damaged is made again, and a damaged folder is refused, then mended', async () => {
  const service = await fakeService({ d: D });
  const out = join(dir, 'damaged');
  const stop = new AbortController();
  const call = { ...common, endpoint: service.url, out };
  await rejection(
    node.embed({
      ...call,
      signal: stop.signal,
      onProgress: (p) => p.event === 'update' && p.done > 1100 && stop.abort(new Error('killed')),
    }),
  );
  const part = join(out, 'part-000000.safetensors');
  const bytes = readFileSync(part);
  bytes[bytes.length - 5] ^= 1;
  writeFileSync(part, bytes);
  await node.embed(call);
  assert.equal(read(out), read(join(dir, 'whole')));
  const vectors = readFileSync(join(out, 'embeddings.npy'));
  vectors[vectors.length - 1] ^= 1;
  writeFileSync(join(out, 'embeddings.npy'), vectors);
  assert.match((await rejection(node.openVectors(out))).message, /not as they were written \(checksum\)/);
  await node.embed(call);
  assert.equal(read(out), read(join(dir, 'whole')));
  service.close();
});

test('other texts, another model or type are never mixed into a folder', async () => {
  const service = await fakeService({ d: D });
  const out = join(dir, 'whole');
  const call = { ...common, endpoint: service.url, out };
  assert.match(
    (await rejection(node.embed({ ...call, name: 'other' }))).message,
    /holds embeddings of something else \(model model there, other here\)/,
  );
  assert.match((await rejection(node.embed({ ...call, dtype: 'f16' }))).message, /dtype f32 there, f16 here/);
  assert.is(service.asked.length, 0);
  service.close();
});

test('half precision stays half on disk, and everything that trains on matrices opens the folder', async () => {
  const service = await fakeService({ d: D });
  const out = join(dir, 'half');
  await node.embed({ ...common, endpoint: service.url, out, dtype: 'f16' });
  service.close();
  assert.is(read(out).length, 128 + 2 * 2500 * D);
  const source = (await node.openVectors(out)).source('all');
  assert.equal([source.count, source.d], [2500, D]);
  const sae = join(dir, 'sae');
  const { vectors } = await node.train({
    activations: out,
    arch: 'topk',
    dSae: 16,
    k: 2,
    steps: 20,
    batch: 64,
    out: sae,
    engine,
  });
  assert.is(vectors, (await node.openVectors(out)).source('train').count);
  assert.is((await node.encode({ sae, in: out, out: join(dir, 'f.npy'), engine })).vectors, 2500);
  assert.ok((await node.evaluate({ sae, activations: out, engine })).fvu < 1.5);
  assert.is(
    (await node.families({ sae, in: out, out: join(dir, 'fam'), engine, noChance: true })).documents,
    2500,
  );
  const { settings } = await node.label({ sae, in: out, out: join(dir, 'l.json'), engine, controls: 0 });
  assert.equal(settings.text, ['text'], 'the folder has its own records');
  const { results } = await node.search({ in: out, query: 'd7', where: ['year=2007'], top: 3, engine });
  assert.is(results.length, 3);
  assert.ok(filled(results).every(({ id }) => id !== 'd7' && Number(id.slice(1)) % 20 === 7));
});

test('vectors that are not of length 1 are kept with a warning, or made so', async () => {
  const service = await fakeService({
    d: D,
    misbehave: (r, _n, { body }) =>
      json(r, 200, {
        data: body.input.map((t: string) => ({ embedding: vectorOf(t, D).map((v) => 3 * v) })),
      }),
  });
  warnings.length = 0;
  const call = { ...common, endpoint: service.url };
  const { tokens } = await node.embed({ ...call, out: join(dir, 'long') });
  assert.is(tokens, null);
  assert.ok(
    warnings.some((w) => /2500 of 2500 vectors are not of length 1/.test(w)),
    `${warnings}`,
  );
  await node.embed({ ...call, out: join(dir, 'unit'), normalize: true });
  const { data } = parseNpy(read(join(dir, 'unit')), 'x');
  assert.ok(Math.abs(data.subarray(0, D).reduce((s, v) => s + v * v, 0) - 1) < 1e-6);
  service.close();
});

test('pictures: the mean of a tap over its positions, broken ones left out and named', async () => {
  const pictures = join(dir, 'pictures');
  mkdirSync(pictures);
  for (let i = 0; i < 6; i++) {
    const rgb = Uint8Array.from({ length: 64 * 64 * 3 }, (_, k) => (k * (i + 3)) % 256);
    writeFileSync(join(pictures, `p${i}.png`), encodePng(rgb, 64, 64));
  }
  writeFileSync(join(pictures, 'p2.png'), 'no picture');
  const out = join(dir, 'visual');
  const call = { model: 'embedded', images: pictures, tap: 'conv2d1', out, engine, warn: () => {} } as const;
  const report = await node.embed(call);
  assert.is(report.vectors, 5);
  assert.is(report.failures.length, 1);
  const ids = readFileSync(join(out, 'documents.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l).id);
  assert.equal(ids, ['p0.png', 'p1.png', 'p3.png', 'p4.png', 'p5.png']);
  const model = await node.openModel('embedded', { engine });
  const { size } = node.imageInput(model.description);
  const session = node.createSession(engine, model, { taps: ['conv2d1'], height: size, width: size });
  session.run(await node.prepareImage(engine, join(pictures, 'p3.png'), model));
  const values = session.tap('conv2d1');
  const { channels } = session.info('conv2d1');
  const { data } = parseNpy(read(out), 'x');
  for (const c of [0, 1, channels - 1]) {
    let sum = 0;
    for (let i = c; i < values.length; i += channels) sum += values[i];
    assert.is(data[2 * channels + c], Math.fround(sum / (values.length / channels)));
  }
  session.dispose();
  const cli = await curvesaeHere([
    'embed',
    '--model',
    'embedded',
    '--images',
    pictures,
    '--tap',
    'conv2d1',
    '--out',
    out,
  ]);
  assert.is(cli.code, 4, 'partial, also where it is there already');
});

test('what does not fit is one clear line, and nothing is sent', async () => {
  const service = await fakeService({ d: D });
  const put = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const twice = put('twice.jsonl', '{"id": 1, "text": "a"}\n{"id": 1, "text": "b"}');
  const empty = put('empty.jsonl', '{"text": "a"}\n{"text": " "}');
  const cases: [object, RegExp][] = [
    [{ texts: undefined }, /give --images; or --texts with/],
    [{ images: 'procedural:3' }, /give --images; or --texts with/],
    [{ endpoint: undefined }, /--texts needs --endpoint URL and --name/],
    [{ model: 'embedded' }, /endpoint is of texts that a service embeds/],
    [{ text: 'body' }, /no record has a field 'body'/],
    [{ texts: twice }, /record 1 has id '1', as record 0 has/],
    [{ texts: empty }, /record 1 has no text in text/],
    [{ texts: join(dir, 'none.jsonl') }, /none\.jsonl/],
    [{ endpoint: 'http://example.com/v1' }, /texts and keys are sent by https/],
    [{ keyVariable: 'NO_SUCH_KEY' }, /the environment has no NO_SUCH_KEY/],
  ];
  for (const [options, says] of cases) {
    const { message } = await rejection(
      node.embed({ ...common, endpoint: service.url, out: join(dir, 'nothing'), ...options } as never),
    );
    assert.match(message, says);
    assert.not.match(message, /\n/);
  }
  assert.is(service.asked.length, 0);
  assert.not.ok(existsSync(join(dir, 'nothing')));
  warnings.length = 0;
  const same = put(
    'same.jsonl',
    '{"id": "x", "text": "a"}\n{"id": "y", "text": "b"}\n{"id": "z", "text": "a"}',
  );
  const { vectors } = await node.embed({
    ...common,
    texts: same,
    endpoint: service.url,
    out: join(dir, 'same'),
  });
  assert.is(vectors, 3);
  assert.match(
    warnings.join(),
    /1 of 3 documents have the text of another \(the first: id 'z' as id 'x'\); all are kept/,
  );
  service.close();
});

test.run();
