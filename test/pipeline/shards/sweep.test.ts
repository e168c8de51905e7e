// A sweep cut over machines: its SAEs have the bytes of one machine, and sweep.json its numbers.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DamagedFile } from '../../../src/formats/checksums.js';
import * as node from '../../../src/node.js';
import { temporaryFolder } from '../../support/cli.js';
import { filesIn } from '../../support/files-in.js';
import { randomNormal } from '../../support/random.js';
import { rejection } from '../../support/rejection.js';

const test = suite('pipeline/shards/sweep');
const dir = temporaryFolder('shards-sweep');
const engine = await node.init({ workers: 1 });
const said: string[] = [];
const quiet = { engine, warn: (message: string) => said.push(message) };
const activations = join(dir, 'x.npy');
writeFileSync(activations, node.encodeNpy([600, 12], randomNormal(7200, 1)));
const asked = {
  ...{ activations, archs: ['topk', 'relu'], k: [2, 3], l1: [1], dSae: 24, steps: 30, batch: 64, ...quiet },
  commandLine: 'curvesae sweep --out DIR',
};

/** Without the files that hold times, and the checksums over them. */
const weightsIn = (out: string) =>
  Object.fromEntries(
    Object.entries(filesIn(join(out, 'saes'))).filter(
      ([path]) => !/(training\.json|checksums\.json|log\.jsonl)$/.test(path),
    ),
  );

test('shards trained apart, and merged, beside one machine', async () => {
  const [one, out] = [join(dir, 'one'), join(dir, 'many')];
  const { seconds: _, ...whole } = await node.sweep({ ...asked, out: one });
  const second = await node.sweep({ ...asked, out, shard: '2/2' });
  assert.equal([second.unit, second.total, second.reused], ['steps', 30, false]);
  assert.ok(existsSync(join(second.folder, 'saes/topk-k-3/cfg.json')), 'every second SAE');
  assert.match((await rejection(node.merge({ from: out, ...quiet }))).message, /1\/2 \(not begun\)/);
  await node.sweep({ ...asked, out, shard: '1/2' });
  const { result } = await node.merge({ from: out, ...quiet });
  const { seconds: __, ...merged } = result as node.SweepReport;
  assert.equal(merged, whole);
  assert.equal(weightsIn(out), weightsIn(one));
  assert.equal(
    Object.keys(filesIn(out, ['saes', 'shards'])),
    Object.keys(filesIn(one, ['saes'])),
    'sweep.json and the page',
  );
  assert.is((await node.merge({ from: out, ...quiet })).reused, true);
  assert.is((await node.sweep({ ...asked, out, shard: '1/2' })).reused, true);

  const weights = join(second.folder, 'saes/topk-k-3/sae_weights.safetensors');
  const bytes = readFileSync(weights);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(weights, bytes);
  const error = await rejection(node.merge({ from: out, out: join(dir, 'other'), ...quiet }));
  assert.instance(error, DamagedFile);
  assert.match(
    error.message,
    /sae_weights.safetensors: is not as it was written .*; repeat the command of shard 2\/2/,
  );
  assert.is((await node.sweep({ ...asked, out, shard: '2/2' })).reused, false);
  await node.merge({ from: out, out: join(dir, 'other'), ...quiet });
  assert.equal(weightsIn(join(dir, 'other')), weightsIn(one));

  const longer = { ...asked, steps: 31, archs: ['topk'] };
  await node.sweep({ ...longer, out, shard: '1/1' });
  const { hash } = (await node.status({ from: out })).jobs.find(({ of }) => of === 1)!;
  const mixed = await rejection(node.merge({ from: out, job: hash, ...quiet }));
  assert.match(mixed.message, /saes\/topk-k-2: holds something else, which is kept/);
  assert.equal(weightsIn(out), weightsIn(one));
});

test('an SAE that cannot be trained fails in its shard, and in what is merged', async () => {
  const own = { ...asked, archs: ['topk', 'relu'], k: [2], lr: 1e30, out: join(dir, 'diverging') };
  const shard = await node.sweep({ ...own, shard: '1/1' });
  assert.equal(
    shard.failures.map(({ name }) => name),
    ['topk-k-2', 'relu-l1-1'],
  );
  const { result } = await node.merge({ from: own.out, ...quiet });
  assert.equal(
    (result as node.SweepReport).rows.map(({ error }) => error !== undefined),
    [true, true],
  );
});

test.run();
