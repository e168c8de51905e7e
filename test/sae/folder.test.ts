// What a folder holds at each moment a process can die, and what the same run makes of it.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHECKSUMS_FILE } from '../../src/formats/checksums.js';
import type { Storage } from '../../src/formats/storage.js';
import { nodeStorage } from '../../src/formats/storage.node.js';
import { CurvesaeError, InputError, init, type TrainOptions } from '../../src/index.js';
import { CHECKPOINT_FILE } from '../../src/sae/checkpoint.js';
import { LOG_FILE, trainFolders, trainInto } from '../../src/sae/folder.js';
import { CONFIG_FILE, WEIGHTS_FILE } from '../../src/sae/saelens.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { temporaryFolder } from '../support/cli.js';
import { failing } from '../support/failing-fs.js';
import { memoryStorage } from '../support/memory-storage.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/folder');
const engine = await init();
const source = matrixVectors({ label: 'x', hash: 'x', shape: [300, 8], data: randomNormal(2400, 1) }, 'all');
const OPTIONS: TrainOptions = { architecture: 'topk', dSae: 16, k: 2, batch: 64, steps: 10, seed: 3 };
const hooks = { resume: true, checkpointEvery: 4, metadata: {} };
const train = (storage: Storage, options = OPTIONS, more = {}) =>
  trainInto(engine, source, { storage, options, ...hooks, ...more });

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
  await train(whole);
  const expected = await whole.read(WEIGHTS_FILE);
  let killed = 0;
  for (let writes = 0; ; writes++) {
    const storage = memoryStorage();
    const died = await train(dyingAfter(storage, writes)).then(
      () => false,
      (error) => error.message === 'killed',
    );
    if (!died) break;
    killed++;
    const { log } = await train(storage);
    assert.is(log.length, 10);
    assert.equal(await storage.read(WEIGHTS_FILE), expected);
    assert.is(await storage.size(CHECKPOINT_FILE), undefined);
  }
  assert.ok(killed >= 7, `${killed}`); // two checkpoints, two logs, weights, cfg.json, the checkpoint's removal
});

for (const code of ['ENOSPC', 'SHORT'])
  test(`the n-th file operation fails (${code}): a typed error, and the same run again ends as ever`, async () => {
    const dir = temporaryFolder('folder');
    const want = memoryStorage();
    await train(want);
    for (let n = 1; ; n++) {
      assert.ok(n < 200, 'never succeeds');
      const at = join(dir, `${code}-${n}`);
      const { fs, count } = failing(n, code);
      const error = await train(nodeStorage(at, fs)).then(
        () => undefined,
        (e) => e as Error,
      );
      if (error) assert.instance(error, CurvesaeError, `operation ${n}: ${error.stack}`);
      const storage = nodeStorage(at);
      await train(storage);
      assert.equal(await storage.read(WEIGHTS_FILE), await want.read(WEIGHTS_FILE), `operation ${n}`);
      assert.equal(
        (await readdir(at)).sort(),
        [CHECKSUMS_FILE, CONFIG_FILE, LOG_FILE, WEIGHTS_FILE, 'training.json'].sort(),
      );
      if (count() < n) break;
    }
  });

test('a checkpoint of another format version is refused, whatever else it says', async () => {
  const storage = memoryStorage();
  await train(dyingAfter(storage, 2)).catch(() => {});
  const text = Buffer.from(await storage.read(CHECKPOINT_FILE)).toString('latin1');
  assert.match(text, /curvesae-checkpoint-\d/);
  const old = text.replace(/curvesae-checkpoint-\d/, 'curvesae-checkpoint-1');
  await storage.write(CHECKPOINT_FILE, Buffer.from(old, 'latin1'));
  const error = await rejection(train(storage));
  assert.instance(error, InputError);
  assert.match(
    error.message,
    /another version \(curvesae-checkpoint-1, this program writes .*remove this file/,
  );
});

test('a finished SAE of other settings is kept', async () => {
  const storage = memoryStorage();
  await train(storage);
  const before = await storage.read(CONFIG_FILE);
  for (const [options, resume] of [
    [{ ...OPTIONS, lr: 0.5 }, true],
    [OPTIONS, false],
  ] as const) {
    const error = await rejection(train(storage, options, { resume }));
    assert.match(error.message, 'already holds a finished SAE');
  }
  assert.equal(await storage.read(CONFIG_FILE), before);
});

test('a finished SAE that is not as it was written: refused with a remedy, or trained again where that is asked for', async () => {
  const whole = memoryStorage();
  await train(whole);
  for (const name of await whole.list()) {
    const storage = memoryStorage();
    for (const file of await whole.list()) await storage.write(file, await whole.read(file));
    const bytes = await storage.read(name);
    bytes[bytes.length - 3] ^= 1;
    await storage.write(name, bytes);
    const error = await rejection(train(storage));
    assert.instance(error, InputError);
    assert.is(
      error.message,
      `memory/${name}: is not as it was written (checksum); remove cfg.json there to train it again, or checksums.json if the change is meant`,
    );
    const said: string[] = [];
    const { reused } = await train(storage, OPTIONS, { onRemade: (text: string) => said.push(text) });
    assert.equal([reused, said.length], [false, 1]);
    assert.match(said[0], new RegExp(`memory/${name}: .*; trained again$`));
    for (const file of [WEIGHTS_FILE, CONFIG_FILE])
      assert.equal(await storage.read(file), await whole.read(file));
    assert.is((await train(storage)).reused, true);
  }
  await whole.remove(WEIGHTS_FILE);
  assert.match((await rejection(train(whole))).message, /safetensors: is missing; remove cfg\.json/);
  // A folder of an older version.
  const old = memoryStorage();
  await train(old);
  await old.remove(CHECKSUMS_FILE);
  assert.is((await train(old)).reused, true);
});

test('several folders on one stream: what is finished is reused, what diverges is reported, the log is lines', async () => {
  const [done, fresh, wild] = [memoryStorage(), memoryStorage(), memoryStorage()];
  await train(done);
  const run = (storage: Storage, options: TrainOptions) => ({ storage, options, ...hooks });
  const outcomes = await trainFolders(engine, source, [
    run(done, OPTIONS),
    run(fresh, { ...OPTIONS, k: 3 }),
    run(wild, { ...OPTIONS, architecture: 'relu', k: undefined, lr: 1e30 }),
  ]);
  assert.equal(
    outcomes.map((o) => o.reused),
    [true, false, undefined],
  );
  assert.match(outcomes[2].error!.message, 'training stopped');
  assert.is(await wild.size(CONFIG_FILE), undefined);
  const log = new TextDecoder()
    .decode(await fresh.read(LOG_FILE))
    .trim()
    .split('\n');
  assert.equal(
    log.map((line) => JSON.parse(line).step),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
});

test.run();
