// NaN and overflow: the run stops, says where, and leaves the last good checkpoint as it was.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSafetensors } from '../../src/formats/safetensors.js';
import type { Storage } from '../../src/formats/storage.js';
import { init, NumericError, type TrainOptions, trainMany, trainSae } from '../../src/index.js';
import { CHECKPOINT_FILE } from '../../src/sae/checkpoint.js';
import { filled } from '../support/filled.js';
import { memoryStorage } from '../support/memory-storage.js';
import { planted } from '../support/planted.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/diverged');
const engine = await init();
const { source } = planted(1000, 8, 12, 2, 5);
/** A rate that rises until products overflow, some ten steps in, between two points of the log. */
const RISING: TrainOptions = {
  architecture: 'relu',
  dSae: 16,
  l1: 1,
  batch: 300,
  steps: 40_000,
  seed: 1,
  lr: 1.6e9,
  lrWarmup: 1,
};

/** Storage that keeps every version of the checkpoint. */
function recording(): { storage: Storage; versions: Uint8Array[] } {
  const inner = memoryStorage();
  const versions: Uint8Array[] = [];
  return {
    versions,
    storage: {
      ...inner,
      write: async (name, data) => {
        await inner.write(name, data);
        if (name === CHECKPOINT_FILE) versions.push(await inner.read(name));
      },
    },
  };
}

const finite = (checkpoint: Uint8Array): boolean =>
  [...parseSafetensors(checkpoint, 'checkpoint').tensors.values()].every((t) =>
    t.f32().every(Number.isFinite),
  );

test('names step, epoch, batch and tensor, and the checkpoint that is left; that one is good', async () => {
  const { storage, versions } = recording();
  const error = await rejection(trainSae(engine, source, RISING, { storage, checkpointEvery: 2 }));
  assert.instance(error, NumericError);
  const said =
    /^training stopped at step (\d+) \(epoch (\d+), batch (\d+)\): loss \S+, (?:NaN or Inf in|overflow in the norm of) the gradient of (\S+); the checkpoint of step (\d+) is kept; start again with a smaller --lr$/.exec(
      error.message,
    );
  assert.ok(said, error.message);
  const [step, epoch, batch, , kept] = said.slice(1).map(Number);
  assert.ok(['W_enc', 'W_dec', 'b_enc', 'b_dec'].includes(said[4]));
  assert.ok(step > 3, 'some steps went well');
  // Batches of 300 in 1000 vectors: the one of step t begins at vector 300 (t - 1).
  const first = 300 * (step - 1);
  assert.is(epoch, 1 + Math.floor(first / 1000));
  assert.is(batch, 1 + Math.floor((first % 1000) / 300));
  assert.is(kept, 2 * Math.floor((step - 1) / 2));
  const left = await storage.read(CHECKPOINT_FILE);
  assert.equal(left, new Uint8Array(versions.at(-1)!));
  assert.is(JSON.parse(parseSafetensors(left, 'checkpoint').metadata.state).step, kept);
  assert.ok(filled(versions).every(finite));
  const again = await rejection(trainSae(engine, source, RISING, { storage, resume: true }));
  assert.is(again.message, error.message, 'resumed, it stops at the same place');
});

test('without a checkpoint it does not promise one', async () => {
  const error = await rejection(trainSae(engine, source, RISING));
  assert.match(error.message, 'no checkpoint was written before');
});

test('weights that overflowed are never saved, whatever the loss of the step was', async () => {
  // An infinite rate: the first loss is a number, the first weights are none.
  const options = { ...RISING, lr: 1e39, lrWarmup: 0 };
  const { storage, versions } = recording();
  const error = await rejection(trainSae(engine, source, options, { storage, checkpointEvery: 1 }));
  assert.match(error.message, /a weight overflowed, NaN or Inf in W_enc/);
  assert.is(versions.length, 0);
  const last = await rejection(trainSae(engine, source, { ...options, steps: 1 }));
  assert.match(last.message, 'a weight overflowed', 'nor exported after the last step');
});

test('an error that is a number but has left the data behind stops it as well, at the next point of the log', async () => {
  const { storage, versions } = recording();
  const options = { ...RISING, steps: 100, lr: 4e6 };
  const error = await rejection(trainSae(engine, source, options, { storage, checkpointEvery: 1 }));
  assert.instance(error, NumericError);
  const said =
    /^training stopped at step (\d+) \(epoch \d+, batch \d+\): it diverged, FVU (\S+); the checkpoint of step (\d+) is kept; start again with a smaller --lr$/.exec(
      error.message,
    );
  assert.ok(said, error.message);
  assert.ok(Number(said[2]) > 1e3);
  assert.is(Number(said[3]), Number(said[1]) - 1, 'the step that diverged is not saved');
  assert.ok(filled(versions).every(finite));
});

test('of several on one stream, the others go on', async () => {
  const well: string[] = [];
  const errors = await trainMany(engine, source, [
    { options: { ...RISING, lr: 1e39, lrWarmup: 0 }, storage: memoryStorage(), checkpointEvery: 1 },
    { options: RISING },
    {
      options: { ...RISING, steps: 100, lr: 1e-3 },
      onDone: async ({ config }) => {
        well.push(config.architecture);
      },
    },
  ]);
  assert.equal(
    errors.map((e) => e instanceof NumericError),
    [true, true, false],
  );
  assert.equal(well, ['relu']);
});

test.run();
