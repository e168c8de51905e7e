import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../../src/index.js';
import { nodePool } from '../../../src/pipeline/pool.node.js';
import { ica, icaOnThreads } from '../../../src/units/bases/ica.js';
import { randomNormal } from '../../support/random.js';

const test = suite('units/bases/ica-update');

test('independent components on two threads are those of one, bit for bit', async () => {
  const engine = await init({ workers: 2 });
  const { math } = engine;
  const d = 34; // the last task has fewer rows
  const x = randomNormal(8000 * d, 3).map((v) => (v > 1 ? v * v : 0));
  const pool = nodePool(engine, undefined);
  try {
    const run = pool.run.bind(pool);
    let tasks = 0;
    pool.run = (...args) => {
      tasks++;
      return run(...args);
    };
    const there = await icaOnThreads({ math, pool }, x, d, 1);
    assert.equal(there, ica(math, x, d, 1));
    assert.is(tasks, 9 * there.iterations, 'threads were asked');
  } finally {
    pool.dispose();
  }
});

test.run();
