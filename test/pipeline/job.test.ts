// The job as a function: its folders, what it takes up again, what it refuses before any work.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { proceduralSet } from '../../src/images/procedural-set.js';
import { imageSetHash } from '../../src/images/source.node.js';
import { embeddedModel, init, UsageError } from '../../src/index.js';
import type { JobEnvironment } from '../../src/pipeline/environment.js';
import { type JobRequest, runJob } from '../../src/pipeline/job.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import { controlLines } from '../../src/study/curves/control-text.js';
import { filled } from '../support/filled.js';
import { memoryStorage } from '../support/memory-storage.js';
import { rejection } from '../support/rejection.js';

const test = suite('pipeline/job');
const engine = await init();
const model = await embeddedModel(engine.math);
const images = proceduralSet(6, 1);
const pool = nodePool(engine, model);
const said: string[] = [];
const env: JobEnvironment = {
  ...{ engine, pool, model, images },
  imagesHash: await imageSetHash(images),
  out: memoryStorage(),
  version: 'test',
  progress: {
    start: (stage) => said.push(stage),
    update: () => {},
    finish: (summary) => said.push(summary),
  },
};
const REQUEST: JobRequest = {
  ...{ seed: 1, seeds: 1 },
  train: { architecture: 'topk', dSae: 32, k: 4, batch: 64, steps: 10 },
  curves: { radii: [30], orientations: 8 },
};
test.after(() => pool.dispose());

test('two jobs that differ in the order of their data alone have an SAE each, on one store', async () => {
  const one = await runJob(env, REQUEST);
  const other = await runJob(env, { ...REQUEST, train: { ...REQUEST.train, dataSeed: 9 } });
  assert.is(other.result.paths.activations, one.result.paths.activations);
  assert.is.not(other.result.paths.sae, one.result.paths.sae);
  assert.is.not(other.result.paths.curves, one.result.paths.curves);
  assert.is.not(other.details.metrics.fvu, one.details.metrics.fvu);
  assert.equal((await env.out.sub('activations').list()).length, 1);
  assert.equal((await env.out.sub('sae').list()).length, 2);
});

test('a repeated job takes every stage as it is, with the times of its making', async () => {
  said.length = 0;
  const first = await runJob(env, REQUEST);
  assert.equal(
    said.filter((_, i) => i % 2 === 0),
    ['activations', 'sae', 'curves', 'controls'],
  );
  for (const summary of said.filter((_, i) => i % 2 === 1)) assert.match(summary, /, reused$/);
  const { result } = await runJob(env, REQUEST);
  const { eval: _, ...seconds } = result.seconds;
  const { eval: __, ...before } = first.result.seconds;
  assert.equal(seconds, before);
  assert.ok(seconds.sae > 0 && seconds.curves > 0);
  assert.equal(result.hashes, first.result.hashes);
  for (const stage of ['activations', 'sae', 'curves'] as const) {
    const [folder, name] = result.paths[stage].split('/');
    assert.is(folder, stage);
    assert.ok((await env.out.sub(folder).list()).includes(name));
  }
});

test('other seeds and shuffled channels are SAEs of their own, and controls of their own', async () => {
  const plain = await runJob(env, REQUEST);
  assert.is(plain.result.sae.seeds, 1);
  assert.is(plain.result.controls!.shuffled, null);
  assert.match(plain.result.verdict!, /missing: orientations \(8 of 720[^;]*, photographs \(6\)/);
  const kinds = ['random', 'shuffled'] as const;
  const { result } = await runJob(env, { ...REQUEST, seeds: 2, controls: kinds });
  assert.is(result.sae.seeds, 2);
  assert.equal(result.paths.curves, plain.result.paths.curves);
  const { random, shuffled, untrained, pca } = result.controls!;
  assert.equal([untrained, pca], [null, null]);
  assert.is(shuffled!.readOuts, 32);
  assert.equal(random!.detectors, plain.result.controls!.random!.detectors);
  // Two of one order of the data so far, one of another, one of seed 2, one of shuffled channels.
  assert.equal((await env.out.sub('sae').list()).length, 4);
  for (const { evidence } of filled(result.curves.features!.detectors))
    assert.match(evidence!.seeds!, /^[12]\/2$/);
});

test('a network with random weights is asked on request, without a word about the trained one changed', async () => {
  const plain = await runJob(env, REQUEST);
  assert.is(plain.result.controls!.randomWeights, null);
  const controls = ['random', 'random-weights'] as const;
  const { result } = await runJob(env, { ...REQUEST, controls });
  const { random, randomWeights } = result.controls!;
  assert.equal(random, plain.result.controls!.random);
  assert.equal(result.curves, plain.result.curves);
  assert.is(result.verdict, plain.result.verdict);
  assert.is(randomWeights!.draws, 100);
  assert.is(randomWeights!.readOuts, random!.readOuts);
  // The planted network's neurons answer to curves, those of the same architecture do not.
  assert.ok(result.curves.neurons.count > 5);
  assert.ok(randomWeights!.neurons.detectors <= 2);
  assert.is(randomWeights!.neurons.of, 96);
  assert.ok(randomWeights!.detectors.mean < random!.detectors.mean);
  assert.match(
    controlLines(result.controls).at(-1)!,
    /random weights, \d of whose 96 neurons (is a detector|are detectors) \(\d+, 100 draws\): /,
  );
});

test('what cannot be is refused before a picture is looked at', async () => {
  const untouched = {
    ...env,
    out: memoryStorage(),
    pool: { ...pool, mapOrdered: () => assert.unreachable() } as unknown as typeof pool,
  };
  const refused: [JobRequest, RegExp][] = [
    [{ tap: 'mixed3c' }, /mixed3c/],
    [{ train: { architecture: 'topc' } }, /topk/],
    [{ train: { l1: 2 } }, /no setting 'l1'/],
    [{ train: { dSae: 4, k: 5 } }, /k 5 is larger than d_sae 4/],
    [{ curves: { radii: [] } }, /radii/],
  ];
  for (const [request, message] of refused) {
    const error = await rejection(runJob(untouched, request));
    assert.instance(error, UsageError);
    assert.match(error.message, message);
  }
  assert.equal(await untouched.out.list(), []);
});

test.run();
