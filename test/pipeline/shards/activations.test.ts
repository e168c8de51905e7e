// An extraction cut over machines: its shards joined are the bytes of one machine, whatever the cut, what was
// interrupted, or damaged and mended.
import * as fsp from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DamagedFile } from '../../../src/formats/checksums.js';
import { nodeStorage } from '../../../src/formats/storage.node.js';
import { listImages } from '../../../src/images/source.node.js';
import { IncompleteError, InputError } from '../../../src/index.js';
import {
  type ExtractedShare,
  extractShare,
  joinActivations,
} from '../../../src/pipeline/shards/activations.js';
import { chooseJob, findJobs, wholeJob } from '../../../src/pipeline/shards/find.js';
import { cutSpan } from '../../../src/vectors/extract-span.js';
import { temporaryFolder } from '../../support/cli.js';
import { extractFixture, RECIPE, withJob } from '../../support/extraction.js';
import { filled } from '../../support/filled.js';
import { rejection } from '../../support/rejection.js';

const test = suite('pipeline/shards/activations');
const dir = temporaryFolder('shards');
const IMAGES = await listImages(['procedural:23'], 5);
const one = await extractFixture(join(dir, 'one'), IMAGES, RECIPE);

const share = (
  root: string,
  index: number,
  of: number,
  options: { signal?: AbortSignal; onTask?: () => void } = {},
): Promise<ExtractedShare> =>
  withJob(IMAGES, RECIPE, options, (job) => extractShare(nodeStorage(root), job, { index, of }));

async function joined(root: string, of: number) {
  const job = chooseJob(await findJobs([nodeStorage(root)]), `${one.manifest.hash}/${of}`, root);
  return joinActivations(nodeStorage(root), wholeJob(job), {});
}

/** All files but the manifest's two fields of time. */
async function content(folder: string): Promise<Record<string, unknown>> {
  const out: Record<string, unknown> = {};
  for (const name of filled(await fsp.readdir(folder))) {
    const bytes = await fsp.readFile(join(folder, name));
    if (name !== 'manifest.json') out[name] = bytes.toString('base64');
    else {
      const { seconds: _, checksum: __, ...rest } = JSON.parse(String(bytes));
      out[name] = rest;
    }
  }
  return out;
}
const whole = await content(one.storage.label);

test('joined shards are the bytes of one machine, for any cut: within files, on their borders, more than pictures', async () => {
  for (const of of [1, 3, 6, 30]) {
    const root = join(dir, `of${of}`);
    // Backwards: machines finish in any order.
    for (let index = of; index >= 1; index--) await share(root, index, of);
    const { storage, reused } = await joined(root, of);
    assert.is(reused, false);
    assert.equal(await content(storage.label), whole);
    assert.is((await joined(root, of)).reused, true);
    assert.equal(await content(storage.label), whole);
  }
});

test('pieces are files of the store but at the borders of a span', () => {
  assert.equal(cutSpan(5, 14, 4), [
    { shard: 1, first: 5, images: 3 },
    { shard: 2, first: 8, images: 4 },
    { shard: 3, first: 12, images: 2 },
  ]);
  assert.equal(cutSpan(5, 5, 4), []);
});

test('a shard that was stopped keeps its finished pieces, and goes on to the same bytes', async () => {
  const root = join(dir, 'stopped');
  const stop = new AbortController();
  let tasks = 0;
  const onTask = () => {
    if (++tasks === 7) stop.abort(new Error('enough'));
  };
  assert.is((await rejection(share(root, 1, 2, { signal: stop.signal, onTask }))).message, 'enough');
  const [job] = await findJobs([nodeStorage(root)]);
  const record = job.shares[0]!.record!;
  assert.equal([record.complete, record.done, record.total, record.all], [false, 4, 11, 23]);
  const error = await rejection(joined(root, 2));
  assert.instance(error, IncompleteError);
  assert.match(
    error.message,
    /2 of 2 shards .* not finished: 1\/2 \(4 of 11 images\), 2\/2 \(not begun\); run/,
  );
  tasks = 8;
  await share(root, 1, 2, { onTask });
  assert.is(tasks, 8 + 11 - 4, 'the first piece was taken as it was');
  await share(root, 2, 2);
  assert.equal(await content((await joined(root, 2)).storage.label), whole);
});

test('a finished shard is taken as it is; a flipped bit is told by merging, and mended by the shard alone', async () => {
  const root = join(dir, 'damaged');
  for (const index of [1, 2]) await share(root, index, 2);
  const folder = join(root, 'shards', `${one.manifest.hash}-2-of-2`);
  const record = await fsp.readFile(join(folder, 'shard.json'));
  let tasks = 0;
  const onTask = () => void tasks++;
  assert.is((await share(root, 2, 2, { onTask })).reused, true);
  assert.is(tasks, 0);
  assert.ok(record.equals(await fsp.readFile(join(folder, 'shard.json'))), 'not written again');

  const file = join(folder, 'shard-00003.safetensors');
  const bytes = await fsp.readFile(file);
  bytes[bytes.length - 5] ^= 1;
  await fsp.writeFile(file, bytes);
  const error = await rejection(joined(root, 2));
  assert.instance(error, DamagedFile);
  assert.match(
    error.message,
    /shard-00003.safetensors: is not as it was written; repeat the command of shard 2\/2/,
  );
  assert.is((await share(root, 2, 2, { onTask })).reused, false);
  assert.is(tasks, 4, 'only the pictures of that piece');
  assert.equal(await content((await joined(root, 2)).storage.label), whole);

  // Of the merged store as well: what is not as it was written is written again.
  await fsp.writeFile(join(root, one.manifest.hash, 'shard-00000.safetensors'), 'x');
  assert.is((await joined(root, 2)).reused, false);
  assert.equal(await content(join(root, one.manifest.hash)), whole);
});

test('a record that is damaged is told, and mended by its shard; one in the folder of another is refused', async () => {
  const root = join(dir, 'record');
  for (const index of [1, 2]) await share(root, index, 2);
  const folder = (index: number) => join(root, 'shards', `${one.manifest.hash}-${index}-of-2`);
  const text = String(await fsp.readFile(join(folder(1), 'shard.json')));
  await fsp.writeFile(join(folder(1), 'shard.json'), text.replace('"done": 11', '"done": 10'));
  assert.match((await rejection(joined(root, 2))).message, /shard.json: is not as it was written/);
  await share(root, 1, 2);
  assert.equal(await content((await joined(root, 2)).storage.label), whole);
  await fsp.copyFile(join(folder(1), 'shard.json'), join(folder(2), 'shard.json'));
  assert.match((await rejection(joined(root, 2))).message, /holds shard 1\/2/);
});

test('shards of two jobs, or of two cuts of one, are told apart and not mixed', async () => {
  const root = join(dir, 'mixed');
  await share(root, 1, 1);
  await share(root, 1, 2);
  const jobs = await findJobs([nodeStorage(root)]);
  const several = () => chooseJob(jobs, one.manifest.hash, root);
  assert.throws(several, /shards of 2 jobs, which do not belong together: .*\/1 .*\/2 .*--job/);
  assert.is(chooseJob(jobs, `${one.manifest.hash}/1`, root).of, 1);
  assert.throws(() => chooseJob(jobs, 'other', root), /no shards of job 'other'; there are/);
  assert.throws(
    () => chooseJob([], undefined, root),
    (error: Error) => error instanceof InputError && /no shard here/.test(error.message),
  );
});

test.run();
