// A checkpoint with any bit of its file flipped: refused, or the run goes on to the same bytes.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InputError, init, type TrainOptions } from '../../src/index.js';
import { CHECKPOINT_FILE } from '../../src/sae/checkpoint.js';
import { trainInto } from '../../src/sae/folder.js';
import { WEIGHTS_FILE } from '../../src/sae/saelens.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { memoryStorage } from '../support/memory-storage.js';
import { randomNormal } from '../support/random.js';

const test = suite('sae/checkpoint');
const engine = await init();
test.after(() => engine.dispose());
const source = matrixVectors({ label: 'x', hash: 'x', shape: [64, 4], data: randomNormal(256, 1) }, 'all');
const OPTIONS: TrainOptions = { architecture: 'topk', dSae: 8, k: 2, batch: 16, steps: 6, seed: 3 };
const train = (storage: ReturnType<typeof memoryStorage>, signal?: AbortSignal, onStep?: () => void) =>
  trainInto(engine, source, { storage, options: OPTIONS, resume: true, metadata: {}, onStep }, signal);

test('one flipped bit anywhere', async () => {
  const whole = memoryStorage();
  await train(whole);
  const want = await whole.read(WEIGHTS_FILE);
  const stopped = memoryStorage();
  const stop = new AbortController();
  await train(stopped, stop.signal, () => stop.abort(new Error('stop'))).catch(() => {});
  const checkpoint = await stopped.read(CHECKPOINT_FILE);
  const text = Buffer.from(checkpoint).toString('latin1');
  const state = text.indexOf('\\"scale\\":') + 11;
  assert.ok(state > 20, 'the state is in the header');
  let refused = 0;
  const flip = async (at: number, bit: number) => {
    const bytes = checkpoint.slice();
    bytes[at] ^= 1 << bit;
    const storage = memoryStorage({ [CHECKPOINT_FILE]: bytes });
    const error = await train(storage).then(
      () => undefined,
      (e) => e as Error,
    );
    if (error) {
      assert.instance(error, InputError, `byte ${at}: ${error.stack}`);
      refused++;
    } else assert.equal(await storage.read(WEIGHTS_FILE), want, `byte ${at}, bit ${bit}`);
    return error;
  };
  // A digit of the data scale: any number would do.
  assert.match((await flip(state, 0))?.message ?? '', /is corrupt \(checksum\); train into another folder/);
  for (let at = 0; at < checkpoint.length; at += 3) await flip(at, at % 8);
  assert.ok(refused > checkpoint.length / 3 - 200, `${refused} of ${checkpoint.length / 3}`);
});

test.run();
