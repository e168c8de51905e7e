// The pass over pictures: killed at any moment it leaves what it is taken up from.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Pool } from '../../src/core/pool.js';
import { proceduralSet } from '../../src/images/procedural-set.js';
import { embeddedModel, init, nodePool, type Storage } from '../../src/node.js';
import { collectExamples, type ExamplesJob } from '../../src/pipeline/examples.js';
import { filled } from '../support/filled.js';
import { memoryStorage } from '../support/memory-storage.js';

const test = suite('pipeline/examples');
const TAP = 'conv2d0';
const engine = await init({ workers: 1 });
const model = await embeddedModel(engine.math);
const pool: Pool = nodePool(engine, model);
test.after(() => pool.dispose());

const job = (out: Storage, more: Partial<ExamplesJob> = {}): ExamplesJob => ({
  ...{ engine, pool, model, images: proceduralSet(7, 1), imagesHash: 'seven', out, tap: TAP },
  ...{ each: 3, levels: 2, before: `${TAP}_pre_relu`, near: false, seed: 0, saveEvery: 2 },
  progress: { start() {}, update() {}, finish() {} },
  ...more,
});

/** Everything in a folder, as a killed process leaves it. */
async function copied(from: Storage): Promise<Storage> {
  const [hash] = await from.sub('pass').list();
  const to = memoryStorage();
  const [source, target] = [from, to].map((s) => s.sub('pass').sub(hash));
  for (const name of await source.list()) await target.write(name, await source.read(name));
  return to;
}

test('from what any moment leaves, the same bytes as without a stop; nothing is computed twice', async () => {
  const out = memoryStorage();
  const left: Promise<Storage>[] = [];
  const update = (done: number) => {
    if (done >= 2) left.push(copied(out));
  };
  const whole = await collectExamples(job(out, { progress: { start() {}, update, finish() {} } }));
  const state = async (folder: Storage) => {
    const pass = folder.sub('pass').sub(whole.hash);
    const [name, ...others] = await pass.list();
    assert.equal(others, [], 'only the last is kept');
    return [name, await pass.read(name)];
  };
  const expected = await state(out);
  const begun: number[] = [];
  for (const folder of filled(await Promise.all(left))) {
    const progress = { start: (_: string, first = 0) => void begun.push(first), update() {}, finish() {} };
    const resumed = await collectExamples(job(folder, { progress }));
    assert.equal(resumed.sets.neurons.tensors('n'), whole.sets.neurons.tensors('n'));
    assert.equal(await state(folder), expected);
  }
  assert.equal(begun, [2, 2, 4, 4, 6, 6]);
});

test('of two states the furthest whole one is taken', async () => {
  const out = memoryStorage();
  const kept: [string, Uint8Array][] = [];
  const folder = async () => {
    const [hash] = await out.sub('pass').list();
    return out.sub('pass').sub(hash);
  };
  let reading = Promise.resolve();
  const update = (done: number) => {
    if (done === 4)
      reading = (async () => {
        const pass = await folder();
        for (const name of await pass.list()) kept.push([name, await pass.read(name)]);
      })();
  };
  const whole = await collectExamples(job(out, { progress: { start() {}, update, finish() {} } }));
  await reading;
  const pass = await folder();
  const [last] = await pass.list();
  await pass.write(last, (await pass.read(last)).subarray(0, 1000));
  for (const [name, bytes] of filled(kept)) await pass.write(name, bytes);
  const told: string[] = [];
  let first = 0;
  const again = await collectExamples(
    job(out, {
      progress: {
        start: (_, done = 0) => {
          first = done;
        },
        ...{ update() {}, finish() {}, warn: (text: string) => void told.push(text) },
      },
    }),
  );
  assert.is(first, 4);
  assert.match(told.join('\n'), /0{8}7-[0-9a-f]{16}\.safetensors: is not as it was written/);
  assert.equal(again.sets.neurons.tensors('n'), whole.sets.neurons.tensors('n'));
});

test('other settings are another pass', async () => {
  const out = memoryStorage();
  const hashes = new Set<string>();
  const jobs = [{}, { each: 2 }, { levels: 3 }, { seed: 1 }, { before: undefined }, { imagesHash: 'other' }];
  for (const more of jobs)
    hashes.add((await collectExamples(job(out, { images: proceduralSet(1, 1), ...more }))).hash);
  assert.is(hashes.size, jobs.length);
});

test.run();
