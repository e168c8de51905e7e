// Masks trained apart: merged, disentangle.json is that of one machine but for times, its parts have the same names.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as node from '../../../src/node.js';
import { temporaryFolder } from '../../support/cli.js';
import { toy } from '../../support/disentangle.js';
import { filesIn } from '../../support/files-in.js';
import { filled } from '../../support/filled.js';
import { rejection } from '../../support/rejection.js';

const test = suite('pipeline/shards/disentangle');
const dir = temporaryFolder('shards-disentangle');
const engine = await node.init({ workers: 1 });
const quiet = { engine, warn: () => {} };
const world = toy(engine, 120, 3);
const [shape] = world.attributes;
const [matrix, meta] = [join(dir, 'x.npy'), join(dir, 'labels.jsonl')];
writeFileSync(matrix, node.encodeNpy([120, world.d], world.x));
writeFileSync(
  meta,
  Array.from({ length: 120 }, (_, i) =>
    JSON.stringify({ shape: shape.classes[shape.labels[i]], odd: String(i % 2) }),
  ).join('\n'),
);
const asked = {
  ...{ task: 'vectors' as const, in: matrix, meta, attributes: ['shape', 'odd'], fewest: 5 },
  ...{ methods: ['neurons', 'das-4'], steps: 20, seeds: 2, pairs: 20, ...quiet },
  commandLine: 'curvesae disentangle --out DIR',
};

const timeless = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, v) => (key === 'seconds' ? undefined : v)));

test('shards of the parts, merged, beside one machine', async () => {
  const [one, out] = [join(dir, 'one'), join(dir, 'many')];
  const whole = await node.disentangle({ ...asked, out: one });
  for (const shard of ['2/3', '1/3', '3/3']) {
    if (shard === '3/3')
      assert.match((await rejection(node.merge({ from: out, ...quiet }))).message, /3\/3 \(not begun\)/);
    const { unit, reused, total } = await node.disentangle({ ...asked, out, shard });
    assert.equal([unit, reused], ['parts', false]);
    assert.ok(total === 3 || total === 4, `${total} of the 10`);
  }
  const { result } = await node.merge({ from: out, ...quiet });
  assert.equal(timeless(result), timeless(whole));
  assert.equal(
    Object.keys(filesIn(out, ['shards'])),
    Object.keys(filesIn(one)),
    'the same parts, by what makes them',
  );
  assert.is((await node.merge({ from: out, ...quiet })).reused, true);
  assert.is((await node.disentangle({ ...asked, out, shard: '1/3' })).reused, true);

  const [{ shards }] = (await node.status({ from: out })).jobs;
  const { parts } = JSON.parse(readFileSync(join(shards[0].folder!, 'shard.json'), 'utf8'));
  const [{ path }] = filled((parts as { path: string }[]).filter((part) => part.path.startsWith('masks/')));
  writeFileSync(join(shards[0].folder!, path, 'masks.json'), '{}');
  const error = await rejection(node.merge({ from: out, ...quiet }));
  assert.match(error.message, /masks.json: is not as it was written .*; repeat the command of shard 1\/3/);
  await node.disentangle({ ...asked, out, shard: '1/3' });
  await node.merge({ from: out, ...quiet });
});

test.run();
