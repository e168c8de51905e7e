// The pass of examples cut over machines: joined, its state is that of one machine to the byte, and so are the page, the
// sheets and examples.json that merging makes of it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DamagedFile } from '../../../src/formats/checksums.js';
import * as node from '../../../src/node.js';
import { temporaryFolder } from '../../support/cli.js';
import { filesIn } from '../../support/files-in.js';
import { saveRandomSae } from '../../support/random-sae.js';
import { rejection } from '../../support/rejection.js';

const test = suite('pipeline/shards/examples');
const dir = temporaryFolder('shards-examples');
const TAP = 'mixed3b_5x5';
const sae = join(dir, 'sae');
await saveRandomSae(sae, TAP, 96, 12);
const engine = await node.init({ workers: 1 });
const quiet = { engine, warn: () => {} };
const asked = {
  ...{ images: 'procedural:7', tap: TAP, sae, units: ['mixed3b_5x5:3', 'f5'], each: 2, ...quiet },
  commandLine: 'curvesae examples --shard 2/3 --out DIR',
};

test('shards, finished in any order, and merged, beside one machine', async () => {
  const [one, out] = [join(dir, 'one'), join(dir, 'many')];
  const whole = await node.examples({ ...asked, out: one, commandLine: 'curvesae examples --out DIR' });
  const found: node.ShardReport[] = [];
  for (const shard of ['3/3', '1/3', '2/3']) found.push(await node.examples({ ...asked, out, shard }));
  assert.equal(
    found.map(({ shard, total, reused }) => [shard, total, reused]),
    [
      ['3/3', 3, false],
      ['1/3', 2, false],
      ['2/3', 2, false],
    ],
  );
  const { command, result } = await node.merge({ from: out, ...quiet });
  assert.is(command, 'examples');
  assert.equal(result, whole);
  assert.equal(filesIn(out, ['shards']), filesIn(one));
  assert.is((await node.examples({ ...asked, out, shard: '2/3' })).reused, true);
  assert.equal((await node.merge({ from: out, ...quiet })).result, whole);

  const [{ shards }] = (await node.status({ from: out })).jobs;
  const { parts } = JSON.parse(readFileSync(join(shards[1].folder!, 'shard.json'), 'utf8'));
  writeFileSync(join(shards[1].folder!, parts[0].file), 'x');
  const error = await rejection(node.merge({ from: out, out: join(dir, 'other'), ...quiet }));
  assert.instance(error, DamagedFile);
  assert.match(error.message, /is not as it was written; repeat the command of shard 2\/3/);
});

test('a call whose options cannot be written down is joined, and ended by repeating it', async () => {
  const model = await node.openModel('embedded', { engine });
  const said: string[] = [];
  const own = {
    ...asked,
    sae: undefined,
    units: undefined,
    noSheets: true,
    model,
    out: join(dir, 'objects'),
  };
  await node.examples({ ...own, shard: '1/1' });
  const { result } = await node.merge({ from: own.out, engine, warn: (m) => said.push(m) });
  assert.is(result, null);
  assert.match(said.join(), /repeat the call without its shard/);
  const stages: string[] = [];
  await node.examples({ ...own, onProgress: (p) => p.event === 'finish' && stages.push(p.summary) });
  assert.match(stages.join(), /7 images, reused/);
});

test.run();
