// What a folder holds at each moment a process can die, and what the same run makes of it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { matrixVectors } from '../../src/activations/matrix.js';
import type { Storage } from '../../src/formats/storage.js';
import { init, type TrainOptions } from '../../src/index.js';
import { CHECKPOINT_FILE } from '../../src/sae/checkpoint.js';
import { trainInto } from '../../src/sae/folder.js';
import { CONFIG_FILE, WEIGHTS_FILE } from '../../src/sae/saelens.js';
import { memoryStorage } from '../support/memory-storage.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/folder');
const engine = await init();
const source = matrixVectors({ label: 'x', hash: 'x', shape: [300, 8], data: randomNormal(2400, 1) }, 'all');
const OPTIONS: TrainOptions = { architecture: 'topk', dSae: 16, k: 2, batch: 64, steps: 10, seed: 3 };
const hooks = { resume: true, checkpointEvery: 4, metadata: {} };

/** The same storage, dead after `writes` writes and removals. */
function dyingAfter(storage: Storage, writes: number): Storage {
  const die = () => {
    if (writes-- <= 0) throw new Error('killed');
  };
  return {
    ...storage,
    write: async (name, data) => {
      die();
      await storage.write(name, data);
    },
    remove: async (name) => {
      die();
      await storage.remove(name);
    },
  };
}

test('killed before any write or removal, the run ends the same when it is repeated', async () => {
  const whole = memoryStorage();
  await trainInto(whole, engine, source, OPTIONS, hooks);
  const expected = await whole.read(WEIGHTS_FILE);
  let killed = 0;
  for (let writes = 0; ; writes++) {
    const storage = memoryStorage();
    const died = await trainInto(dyingAfter(storage, writes), engine, source, OPTIONS, hooks).then(
      () => false,
      (error) => error.message === 'killed',
    );
    if (!died) break;
    killed++;
    const { log } = await trainInto(storage, engine, source, OPTIONS, hooks);
    assert.is(log.length, 10);
    assert.equal(await storage.read(WEIGHTS_FILE), expected);
    assert.is(await storage.size(CHECKPOINT_FILE), undefined);
  }
  assert.is(killed, 6); // two checkpoints, log, weights, cfg.json, the checkpoint's removal
});

test('a finished SAE of other settings is kept', async () => {
  const storage = memoryStorage();
  await trainInto(storage, engine, source, OPTIONS, hooks);
  const before = await storage.read(CONFIG_FILE);
  for (const [options, resume] of [
    [{ ...OPTIONS, lr: 0.5 }, true],
    [OPTIONS, false],
  ] as const) {
    const error = await rejection(trainInto(storage, engine, source, options, { ...hooks, resume }));
    assert.match(error.message, 'already holds a finished SAE');
  }
  assert.equal(await storage.read(CONFIG_FILE), before);
});

test.run();
