// A training step cut over threads has the bits of one thread, whatever happens to them.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Engine } from '../../src/core/engine.js';
import type { Pool } from '../../src/core/pool.js';
import type { Storage } from '../../src/formats/storage.js';
import { init, trainSae } from '../../src/index.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import { CHECKPOINT_FILE } from '../../src/sae/checkpoint.js';
import { architectureNames } from '../../src/sae/registry.js';
import { openSlices } from '../../src/sae/slices/open.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { filled } from '../support/filled.js';
import { memoryStorage } from '../support/memory-storage.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';
import { ALL_OBJECTIVES, BATCH, bitsOf, DSAE, optionsOf, source } from '../support/training.js';

const test = suite('sae/slices');
const engines = await Promise.all([1, 2, 3].map((workers) => init({ workers })));
const pools = engines.map((engine) => nodePool(engine, undefined));
test.after(() => {
  for (const pool of pools) pool.dispose();
});

/** Runs this short are not cut unless they are told to. */
const ALWAYS = { slices: 'always' } as const;

test('all architectures are among the cases', () => {
  assert.equal([...new Set(ALL_OBJECTIVES.map(([name]) => name))].sort(), architectureNames().sort());
});

for (const [i, [architecture, settings]] of ALL_OBJECTIVES.entries()) {
  const most = i % 4 === 0 ? 3 : 2;
  test(`${architecture} ${JSON.stringify(settings)}: the same bits on 1 to ${most} threads`, async () => {
    const options = optionsOf(architecture, settings);
    const [alone, ...cut] = await Promise.all(
      engines
        .slice(0, most)
        .map(async (engine, i) =>
          bitsOf(await trainSae(engine, source, options, { pool: pools[i], ...ALWAYS })),
        ),
    );
    assert.ok(alone.tensors.length >= 4);
    for (const other of filled(cut)) assert.equal(other, alone);
  });
}

test('matrices that are not held, and the scalar build', async () => {
  const [wide, rows] = [500, 80];
  const data = randomNormal(rows * wide, 2);
  const large = matrixVectors({ label: 'x', hash: 'x', shape: [rows, wide], data }, 'all');
  const options = optionsOf('topk', { k: 5, dSae: 4260, batch: 72, steps: 2, multiK: 9 });
  const scalar = await init({ workers: 2, build: 'scalar' });
  const scalarPool = nodePool(scalar, undefined);
  const run = async (engine: Engine, pool: Pool) =>
    bitsOf(await trainSae(engine, large, options, { pool, ...ALWAYS }));
  const alone = await run(engines[0], pools[0]);
  assert.equal(await run(engines[1], pools[1]), alone);
  assert.equal(await run(scalar, scalarPool), alone);
  scalarPool.dispose();
});

test('a run goes on with another number of threads', async () => {
  const options = optionsOf('gated');
  const whole = bitsOf(await trainSae(engines[0], source, options));
  for (const [first, then] of [
    [1, 0],
    [0, 2],
    [2, 1],
  ]) {
    const storage = memoryStorage();
    const stop = new AbortController();
    const error = await rejection(
      trainSae(engines[first], source, options, {
        ...{ storage, resume: true, pool: pools[first], signal: stop.signal, ...ALWAYS },
        onStep: (step) => {
          if (step === 2) stop.abort(new Error('enough'));
        },
      }),
    );
    assert.is(error.message, 'enough');
    const rest = await trainSae(engines[then], source, options, {
      ...{ storage, resume: true, pool: pools[then], ...ALWAYS },
    });
    assert.is(rest.stepsRun, 2);
    assert.equal(bitsOf(rest), whole);
  }
});

/** A run of four steps whose threads are ended during the second. */
async function endedDuring(storage: Storage): Promise<Error> {
  const pool = nodePool(engines[1], undefined);
  return rejection(
    trainSae(engines[1], source, optionsOf('topk', { k: 5 }), {
      ...{ storage, resume: true, pool, ...ALWAYS },
      onStep: (step) => {
        if (step === 1) pool.dispose();
      },
    }),
  );
}

test('a thread that ends: a clear error, and no step is lost', async () => {
  const storage = memoryStorage();
  const error = await endedDuring(storage);
  assert.match(error.message, /^training stopped at step \d: a thread that computes ended: /);
  assert.match(
    error.message,
    /the checkpoint of step \d is kept; the same call with resume goes on from there$/,
  );
  assert.ok(await storage.size(CHECKPOINT_FILE));
  const saved = Number(/checkpoint of step (\d)/.exec(error.message)![1]);
  assert.is(saved, Number(/at step (\d)/.exec(error.message)![1]) - 1);
  const options = optionsOf('topk', { k: 5 });
  const rest = await trainSae(engines[0], source, options, { storage, resume: true });
  assert.is(rest.stepsRun, 4 - saved);
  assert.equal(bitsOf(rest), bitsOf(await trainSae(engines[0], source, options)));
});

test('threads are the pool’s again afterwards, and small runs take none', async () => {
  const { d: dIn } = source;
  const [dSae, batch] = [DSAE, BATCH];
  assert.is(await openSlices(engines[1], pools[1], { dIn, dSae, batch, steps: 4 }), undefined);
  const long = { dIn: 192, dSae: 3072, batch: 2048, steps: 1000 };
  assert.is(await openSlices(engines[0], pools[0], long), undefined);
  const slices = await openSlices(engines[1], pools[1], long);
  assert.ok(slices);
  await slices.close();
  const runs = Array.from({ length: 3 }, () =>
    trainSae(engines[2], source, optionsOf('topk', { k: 5 }), { pool: pools[2], ...ALWAYS }),
  );
  const all = (await Promise.all(runs)).map(bitsOf);
  for (const one of filled(all)) assert.equal(one, all[0]);
});

test.run();
