// --shard, merge and status on the command line: what they say, and their exit codes.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';

const test = suite('cli/shards');
const dir = temporaryFolder('cli-shards');
const ARGS = [
  'activations',
  '--images',
  'procedural:5',
  '--tap',
  'conv2d0',
  '--per-image',
  '4',
  '--quiet',
  '--workers',
  '1',
];
const store = (out: string, ...more: string[]) => curvesaeHere([...ARGS, '--out', out, ...more]);

test('a shard that is not one of N is wrong usage', async () => {
  for (const shard of ['0/2', '3/2', '1', 'a/b', '1/0', '1/2/3', '-1/2']) {
    const { code, stderr } = await store(dir, `--shard=${shard}`);
    assert.is(code, 2, stderr);
    assert.match(stderr, /^error: --shard must be I\/N, I from 1 to N .*\n$/);
  }
});

test('shards, their status, their merge: beside one machine', async () => {
  const out = join(dir, 'many');
  const merge = (...more: string[]) => curvesaeHere(['merge', out, '--quiet', ...more]);
  assert.equal([(await merge()).code, (await merge()).stdout], [3, '']);

  const first = (await store(out, '--shard', '2/2', '--json')).json();
  assert.equal([first.shard, first.images, first.vectors], ['2/2', 3, 12]);
  const early = await merge();
  assert.is(early.code, 4);
  assert.match(
    early.stderr,
    /^error: 1 of 2 shards of job [0-9a-f]{16} are not finished: 1\/2 \(not begun\); .*\n$/,
  );
  const status = (await curvesaeHere(['status', out, '--json'])).json();
  assert.equal(
    status.jobs.map(({ command, of, complete, unit, done, total }: Record<string, unknown>) => [
      ...[command, of, complete, unit, done, total],
    ]),
    [['activations', 2, false, 'images', 3, 5]],
  );
  assert.equal(
    status.jobs[0].shards.map(({ shard, state, done, total }: Record<string, unknown>) => [
      shard,
      state,
      done,
      total,
    ]),
    [
      [1, 'missing', 0, null],
      [2, 'complete', 3, 3],
    ],
  );
  const text = (await curvesaeHere(['status', out])).stdout;
  assert.match(
    text,
    /3 of 5 images; 2 shards: 1 complete, 1 missing\n.*1\/2 \.+ missing\n.*2\/2 #+ complete 3\/3/,
  );

  assert.is((await store(out, '--shard', '1/2')).code, 0);
  assert.match((await curvesaeHere(['status', out])).stdout, /all are finished: curvesae merge/);
  const merged = (await merge('--json')).json();
  const { store: at } = (await store(join(dir, 'one'), '--json')).json();
  const file = 'shard-00000.safetensors';
  assert.ok(readFileSync(join(merged.out, file)).equals(readFileSync(join(at, file))));
  const { store: _, ...same } = (await store(out, '--json')).json();
  const { store: __, ...report } = merged.result;
  assert.equal(same, { ...report, reused: true }, 'one machine takes the merged store as its own');

  assert.is((await store(out, '--shard', '1/2', '--seed', '1')).code, 0);
  const mixed = await merge();
  assert.is(mixed.code, 2);
  assert.match(mixed.stderr, /shards of 2 jobs, which do not belong together/);
  assert.is((await merge('--job', merged.hash)).code, 0);

  rmSync(join(out, 'shards', `${merged.hash}-1-of-2`, file));
  rmSync(merged.out, { recursive: true });
  const damaged = await merge('--job', merged.hash);
  assert.is(damaged.code, 3);
  assert.match(
    damaged.stderr,
    /-1-of-2\/shard-00000.safetensors: is missing; repeat the command of shard 1\/2/,
  );
});

test('merge and status without a folder are wrong usage', async () => {
  for (const name of ['merge', 'status']) assert.is((await curvesaeHere([name])).code, 2);
});

test.run();
