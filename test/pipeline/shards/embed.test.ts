// Embeddings cut over machines: the joined folder is that of one machine, to the byte, its manifest too.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DamagedFile } from '../../../src/formats/checksums.js';
import { encodePng } from '../../../src/images/png-write.js';
import { IncompleteError, init } from '../../../src/index.js';
import * as node from '../../../src/node.js';
import { temporaryFolder } from '../../support/cli.js';
import { fakeService } from '../../support/embedding-server.js';
import { filesIn } from '../../support/files-in.js';
import { filled } from '../../support/filled.js';
import { rejection } from '../../support/rejection.js';

const test = suite('pipeline/shards/embed');
const dir = temporaryFolder('shards-embed');
const engine = await init({ workers: 1 });
const quiet = { engine, warn: () => {} };

const content = (folder: string) => filesIn(folder, ['shards']);

test('texts: shards of more than one part each, stopped and gone on with, joined', async () => {
  const file = join(dir, 'texts.jsonl');
  const texts = Array.from({ length: 2500 }, (_, i) => `document number ${i}`);
  writeFileSync(file, texts.map((text, i) => JSON.stringify({ id: `d${i}`, text })).join('\n'));
  const service = await fakeService({ d: 8 });
  const asked = { texts: file, endpoint: service.url, name: 'model', batch: 100, ...quiet };
  try {
    await node.embed({ ...asked, out: join(dir, 'one') });
    const out = join(dir, 'many');
    const share = (shard: string, more: object = {}) => node.embed({ ...asked, out, shard, ...more });
    const stop = new AbortController();
    const onProgress = ({ event, done }: { event: string; done?: number }) => {
      if (event === 'update' && done! >= 1100) stop.abort(new Error('enough'));
    };
    const stopped = share('1/2', { signal: stop.signal, onProgress });
    assert.is((await rejection(stopped)).message, 'enough');
    const missing = await rejection(node.merge({ from: out, ...quiet }));
    assert.instance(missing, IncompleteError);
    assert.match(missing.message, /2 of 2 shards/);
    const asks = service.asked.length;
    const first = await share('1/2');
    assert.is(service.asked.length - asks, Math.ceil((1250 - 1024) / 100), 'the first part was kept');
    assert.equal([first.shard, first.vectors, first.d, first.reused], ['1/2', 1250, 8, false]);
    await share('2/2');
    const { command, result, reused } = await node.merge({ from: out, ...quiet });
    assert.equal([command, reused, (result as node.EmbedReport).vectors], ['embed', false, 2500]);
    assert.equal(content(out), content(join(dir, 'one')));
    assert.is((await node.merge({ from: out, ...quiet })).reused, true);
    assert.is((await share('1/2')).reused, true);
  } finally {
    service.close();
  }
});

test('pictures, one that cannot be used among them; a part that is damaged, and mended', async () => {
  const photos = join(dir, 'photos');
  mkdirSync(photos);
  for (let i = 0; i < 5; i++) {
    const rgb = Uint8Array.from({ length: 3 * 64 * 64 }, (_, k) => (37 * k * (i + 1)) % 251);
    writeFileSync(join(photos, `${i}.png`), encodePng(rgb, 64, 64));
  }
  writeFileSync(join(photos, '3.png'), 'no picture');
  const asked = { model: 'embedded', images: photos, tap: 'conv2d0', ...quiet };
  await node.embed({ ...asked, out: join(dir, 'one-p') });
  const out = join(dir, 'many-p');
  for (const i of [1, 2, 3, 4, 5, 6, 7]) await node.embed({ ...asked, out, shard: `${i}/7` });
  const { result } = await node.merge({ from: out, ...quiet });
  assert.equal(
    (result as node.EmbedReport).failures.map(({ name }) => name),
    ['3.png'],
  );
  assert.equal(content(out), content(join(dir, 'one-p')));

  const other = join(dir, 'other');
  const { jobs } = await node.status({ from: out });
  const folder = filled(jobs[0].shards.filter(({ total }) => total === 1))[0].folder!;
  writeFileSync(join(folder, 'part-000000.safetensors'), 'x');
  const error = await rejection(node.merge({ from: out, out: other, ...quiet }));
  assert.instance(error, DamagedFile);
  const [, shard] = /repeat the command of shard (\d\/7)/.exec(error.message)!;
  await node.embed({ ...asked, out, shard });
  writeFileSync(join(folder, 'documents.jsonl'), 'x');
  assert.match(
    (await rejection(node.merge({ from: out, out: other, ...quiet }))).message,
    /documents.jsonl: is not/,
  );
  await node.embed({ ...asked, out, shard });
  await node.merge({ from: out, out: other, ...quiet });
  assert.equal(content(other), content(join(dir, 'one-p')));
});

test('the digests of the pictures are left for other shards; what they say is checked where a picture is read', async () => {
  const photos = join(dir, 'named');
  mkdirSync(photos);
  for (let i = 0; i < 3; i++)
    writeFileSync(join(photos, `${i}.png`), encodePng(new Uint8Array(3 * 64 * 64).fill(i), 64, 64));
  const out = join(dir, 'digests');
  const share = (shard: string, tap = 'conv2d0') =>
    node.embed({ model: 'embedded', images: photos, tap, out, shard, ...quiet });
  const { folder } = (await share('1/3')) && (await node.status({ from: out })).jobs[0].shards[0];
  const file = filled(readdirSync(join(out, 'shards')).filter((name) => name.startsWith('pictures-')))[0];
  const at = join(out, 'shards', file);
  const whole = readFileSync(at, 'utf8');
  const [, first, ...rest] = whole.split('\n');
  assert.is(
    first,
    createHash('sha256')
      .update(readFileSync(join(photos, '0.png')))
      .digest('hex'),
  );

  const lines = [first.replace(/^./, (c) => (c === '0' ? '1' : '0')), ...rest].join('\n');
  writeFileSync(at, `${createHash('sha256').update(lines).digest('hex')}\n${lines}`);
  await share('2/3', 'conv2d1'); // of other pictures: it does not read that one
  assert.match((await rejection(share('1/3', 'conv2d1'))).message, /0.png: has changed since/);

  writeFileSync(at, whole.replace(/\n./, '\nf')); // damaged: not used
  assert.is((await share('1/3')).out, folder);
  assert.is(readFileSync(at, 'utf8'), whole, 'and written again');
});

test.run();
