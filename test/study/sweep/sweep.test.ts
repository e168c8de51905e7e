import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../../src/index.js';
import { nodePool } from '../../../src/pipeline/pool.node.js';
import { gridOf } from '../../../src/study/sweep/grid.js';
import { sweep } from '../../../src/study/sweep/sweep.js';
import { matrixVectors } from '../../../src/vectors/matrix.js';
import { filled } from '../../support/filled.js';
import { memoryStorage } from '../../support/memory-storage.js';
import { randomNormal } from '../../support/random.js';

const test = suite('study/sweep');
const engine = await init({ workers: 2 });
const pool = nodePool(engine, undefined);
const BASE = { batch: 64, steps: 12, seed: 1 };

test('trains and evaluates the grid; finished SAEs are reused; one that diverges is a row with its error', async () => {
  const data = matrixVectors({ label: 'x', hash: 'x', shape: [300, 8], data: randomNormal(2400, 1) }, 'all');
  const storage = memoryStorage();
  const specs = gridOf(
    ['relu', 'gated', 'batchtopk'],
    BASE,
    { levels: { l1: [1], k: [2] }, widths: [16] },
    8,
  );
  specs[0].options.lr = 1e30;
  const trained: string[] = [];
  const env = {
    engine,
    pool,
    train: data,
    evaluation: data,
    storage,
    metadata: {},
    onTraining: (name: string) => trained.push(name),
  };
  const first = await sweep(env, specs);
  assert.match(first.rows[0].error!, 'training stopped');
  assert.is(first.rows[0].l0, undefined);
  assert.ok(filled(first.rows.slice(1)).every((r) => r.l0! > 0 && r.fvu! > 0 && r.folder === r.name));
  assert.is(first.logs['gated-l1-1'].length, 12);
  trained.length = 0;
  const again = await sweep(env, specs);
  assert.equal(again.rows, first.rows);
  assert.is(again.seconds, first.seconds, 'the time that training took, not that of finding it done');
  assert.ok(
    filled(trained).every((name) => name === 'relu-l1-1'),
    'what is finished is not trained again',
  );
});

test.after(() => pool.dispose());
test.run();
