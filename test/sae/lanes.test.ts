// SAEs on several threads are those of one thread, whatever happens in between.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Storage } from '../../src/formats/storage.js';
import { init, type TrainOptions } from '../../src/index.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import { CHECKPOINT_FILE } from '../../src/sae/checkpoint.js';
import { type FolderRun, trainFolders } from '../../src/sae/folder.js';
import { trainLanes } from '../../src/sae/lanes.js';
import { WEIGHTS_FILE } from '../../src/sae/saelens.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { memoryStorage } from '../support/memory-storage.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/lanes');
const engine = await init({ workers: 2 });
const pool = nodePool(engine, undefined);
const source = matrixVectors({ label: 'x', hash: 'x', shape: [300, 8], data: randomNormal(2400, 1) }, 'all');
const STEPS = 12;
const OPTIONS: TrainOptions = { architecture: 'topk', dSae: 16, k: 2, batch: 64, steps: STEPS, seed: 0 };
/** More than there are lanes. */
const SEEDS = [0, 1, 2, 3];

const runsInto = (storages: readonly Storage[], more: Partial<FolderRun> = {}): FolderRun[] =>
  SEEDS.map((seed, i) => ({
    storage: storages[i],
    options: { ...OPTIONS, seed, dataSeed: 0 },
    ...{ resume: true, checkpointEvery: 4, metadata: {} },
    ...more,
  }));
const folders = () => SEEDS.map(() => memoryStorage());
const weights = (storages: readonly Storage[]) => Promise.all(storages.map((s) => s.read(WEIGHTS_FILE)));

const alone = folders();
await trainFolders(engine, source, runsInto(alone));
const expected = await weights(alone);

test('the bits of one thread, with every step and point told to whom it belongs', async () => {
  const storages = folders();
  const steps = SEEDS.map(() => [] as number[]);
  const points = SEEDS.map(() => 0);
  const runs = runsInto(storages).map((run, i) => ({
    ...run,
    onStep: (step: number) => void steps[i].push(step),
    onProgress: (_: unknown, log: readonly unknown[]) => {
      points[i] = log.length;
    },
  }));
  const outcomes = await trainLanes(engine, pool, source, runs);
  assert.equal(await weights(storages), expected);
  assert.not.equal(expected[0], expected[1]);
  const all = Array.from({ length: STEPS }, (_, i) => i + 1);
  assert.equal(
    steps,
    SEEDS.map(() => all),
  );
  assert.equal(
    points,
    SEEDS.map(() => STEPS),
  );
  for (const outcome of outcomes)
    assert.ok(!outcome.error && !outcome.reused && outcome.log.length === STEPS);
  const again = await trainLanes(engine, pool, source, runs);
  for (const outcome of again) assert.is(outcome.reused, true);
});

test('stopped, every lane saves its step, and the next attempt ends with the same bits', async () => {
  const storages = folders();
  const stop = new AbortController();
  const reason = new Error('enough');
  const stopping = runsInto(storages, {
    checkpointEvery: undefined,
    // Long enough that no lane is done before it hears.
    onStep: (step) => step === 2 && stop.abort(reason),
  }).map((run) => ({ ...run, options: { ...run.options, steps: 20_000 } }));
  assert.is(await rejection(trainLanes(engine, pool, source, stopping, stop.signal)), reason);
  for (const storage of storages) assert.ok((await storage.size(CHECKPOINT_FILE)) !== undefined);
});

test('gone on with after a stop', async () => {
  const storages = folders();
  const stop = new AbortController();
  const first = runsInto(storages, { onStep: (step) => step === 5 && stop.abort(new Error('enough')) });
  await rejection(trainLanes(engine, pool, source, first, stop.signal));
  await trainLanes(engine, pool, source, runsInto(storages));
  assert.equal(await weights(storages), expected);
});

test('one that diverges does not stop the others; a disk that fails stops all', async () => {
  const storages = folders();
  const runs = runsInto(storages);
  runs[1] = { ...runs[1], options: { ...runs[1].options, lr: 1e30, clip: 0 } };
  const outcomes = await trainLanes(engine, pool, source, runs);
  assert.equal(
    outcomes.map((o) => o.error?.name),
    [undefined, 'NumericError', undefined, undefined],
  );
  const broken = runsInto(folders());
  broken[2].storage = {
    ...broken[2].storage,
    write: async () => {
      throw new Error('no room');
    },
  };
  assert.match((await rejection(trainLanes(engine, pool, source, broken))).message, 'no room');
});

test.after(() => pool.dispose());
test.run();
