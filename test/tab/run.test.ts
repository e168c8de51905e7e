import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeStorage } from '../../src/formats/storage.node.js';
import { unzip } from '../../src/formats/zip.js';
import { nameImages } from '../../src/images/source.node.js';
import { InputError, init, UsageError } from '../../src/index.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import { type RunEnvironment, type RunProgress, trainKept } from '../../src/tab/run.js';
import { runFiles, runsIn, unusedStores } from '../../src/tab/runs.js';
import type { RunRequest } from '../../src/tab/settings.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { rejection } from '../support/rejection.js';

const test = suite('study/tab/run');
const dir = temporaryFolder('tab-run');
const engine = await init();
const env: RunEnvironment = {
  engine,
  pool: (model) => nodePool(engine, model),
  nameImages,
};
const REQUEST: RunRequest = { images: 24, seed: 3, train: { expansion: 2, batch: 256, steps: 30, k: 8 } };
const weights = (root: string, name: string) =>
  readFileSync(join(root, 'runs', name, 'sae', 'sae_weights.safetensors'));

test('a kept run has the SAE of curvesae run, byte for byte', async () => {
  const out = join(dir, 'cli');
  const flags =
    '--seeds 1 --controls none --images procedural:24 --seed 3 --expansion 2 --batch 256 --steps 30 --k 8 --orientations 8';
  const done = await curvesaeHere(['run', '--json', '--out', out, ...flags.split(' ')]);
  assert.is(done.code, 0, done.stderr);
  const { paths } = done.json();
  const root = join(dir, 'same');
  const events: RunProgress[] = [];
  const run = await trainKept(env, nodeStorage(root), 'a', REQUEST, { onProgress: (e) => events.push(e) });
  for (const file of ['sae_weights.safetensors', 'cfg.json'])
    assert.ok(
      readFileSync(join(root, 'runs/a/sae', file)).equals(readFileSync(join(out, paths.sae, file))),
      file,
    );
  assert.is(run.reused, false);
  assert.is(run.log.length, 30);
  assert.is(run.config.dSae, 192);
  assert.ok(run.metrics.fvu > 0 && run.metrics.fvu < 1.5 && run.metrics.vectors > 0);
  const stages = events.map((e) => e.stage);
  assert.is(stages.indexOf('training'), stages.lastIndexOf('activations') + 1, 'one after the other');
  assert.equal(
    events.find((e) => e.stage === 'training'),
    { stage: 'training', log: [] },
  );
});

test('stopped while extracting and while training, it ends with the same bytes', async () => {
  const root = join(dir, 'stopped');
  const storage = nodeStorage(root);
  const stopAt = async (when: (e: RunProgress) => boolean, request?: RunRequest) => {
    const controller = new AbortController();
    const error = await rejection(
      trainKept(env, storage, 'a', request, {
        signal: controller.signal,
        checkpointEvery: 4,
        onProgress: (e) => {
          if (when(e)) controller.abort(new Error('enough'));
        },
      }),
    );
    assert.is(error.message, 'enough');
  };
  await stopAt((e) => e.stage === 'activations' && e.done === 7, REQUEST);
  assert.is((await runsIn(storage))[0].state, 'unfinished');
  await stopAt((e) => e.stage === 'training' && e.point?.step === 11);
  const [info] = await runsIn(storage);
  assert.is(info.state, 'unfinished');
  assert.is(info.step, 11);
  assert.is(info.log.length, 11);
  assert.is(info.steps, 30);
  assert.ok(info.bytes > 1000 && info.activationBytes > 100_000);
  const logs: number[] = [];
  const run = await trainKept(env, storage, 'a', REQUEST, {
    onProgress: (e) => {
      if (e.stage === 'training') logs.push(e.log.length);
    },
  });
  assert.equal(logs.slice(0, 2), [11, 12], 'the log goes on where it was');
  assert.is(run.log.length, 30);
  assert.ok(weights(root, 'a').equals(weights(join(dir, 'same'), 'a')));
  assert.is((await trainKept(env, storage, 'a', undefined)).reused, true);
  const [finished] = await runsIn(storage);
  assert.is(finished.state, 'finished');
  assert.is(finished.step, 30);
});

test('another request under the same name is refused with what differs', async () => {
  const storage = nodeStorage(join(dir, 'same'));
  const other = { ...REQUEST, perImage: 64, train: { ...REQUEST.train, steps: 31 } };
  const error = await rejection(trainKept(env, storage, 'a', other));
  assert.instance(error, UsageError);
  assert.match(error.message, /^run 'a' exists with other settings/);
  assert.match(error.message, /perImage 128 there, 64 here/);
  assert.match(error.message, /steps 30 there, 31 here/);
  assert.match(error.message, /choose another name, or delete it$/);
});

test('two runs on the same pictures share their activations', async () => {
  const root = join(dir, 'same');
  const storage = nodeStorage(root);
  await trainKept(env, storage, 'b', { ...REQUEST, train: { ...REQUEST.train, k: 4 } });
  assert.is((await storage.sub('activations').list()).length, 1);
  assert.equal(await unusedStores(storage), []);
  assert.not.ok(weights(root, 'a').equals(weights(root, 'b')));
  mkdirSync(join(root, 'activations/0123456789abcdef'));
  assert.equal(await unusedStores(storage), ['0123456789abcdef']);
});

test('vectors of any kind; they are kept, so that the run goes on without them', async () => {
  const storage = nodeStorage(join(dir, 'vectors'));
  const data = Float32Array.from({ length: 700 * 8 }, (_, i) => ((i * 2654435761) % 1000) / 1000);
  const request: RunRequest = {
    vectors: { data, width: 8 },
    train: { dSae: 32, batch: 64, steps: 20, k: 4 },
  };
  const controller = new AbortController();
  await rejection(
    trainKept(env, storage, 'v', request, {
      signal: controller.signal,
      onProgress: (e) => {
        if (e.stage === 'training' && e.point?.step === 5) controller.abort();
      },
    }),
  );
  const resumed = await trainKept(env, storage, 'v', undefined);
  const whole = await trainKept(env, storage, 'w', request);
  assert.is(resumed.log.length, 20);
  assert.equal(resumed.tensors.W_dec.data, whole.tensors.W_dec.data);
  assert.match(
    (await rejection(trainKept(env, storage, 'x', { vectors: { data, width: 9 } }))).message,
    /not rows of 9/,
  );
  const both = { vectors: { data, width: 8 }, tap: 'mixed3a' };
  assert.match((await rejection(trainKept(env, storage, 'x', both))).message, /not both/);
  const file = join(dir, 'vectors/runs/v/vectors.safetensors');
  const bytes = readFileSync(file);
  bytes[bytes.length - 2] ^= 1;
  writeFileSync(file, bytes);
  const error = await rejection(trainKept(env, storage, 'v', undefined));
  assert.instance(error, InputError);
  assert.match(error.message, /vectors\.safetensors: is corrupt \(checksum\); delete the run/);
});

test('files of a finished run; an unfinished one has none', async () => {
  const storage = nodeStorage(join(dir, 'same'));
  const members = unzip(await runFiles(storage, 'a', 'zip'), 'a.zip');
  assert.equal(
    [...members.keys()],
    ['a/cfg.json', 'a/sae_weights.safetensors', 'a/training.json', 'a/log.jsonl'],
  );
  const alone = await runFiles(storage, 'a', 'safetensors');
  assert.ok(weights(join(dir, 'same'), 'a').equals(alone));
  assert.ok(weights(join(dir, 'same'), 'a').equals(members.get('a/sae_weights.safetensors')!));
  const error = await rejection(runFiles(storage, 'none', 'zip'));
  assert.match(error.message, /^run 'none' holds no finished SAE/);
});

test('damaged and foreign folders are told, not tripped over', async () => {
  const root = join(dir, 'damaged');
  const storage = nodeStorage(root);
  const put = (name: string, text?: string) => {
    mkdirSync(join(root, 'runs', name), { recursive: true });
    if (text !== undefined) writeFileSync(join(root, 'runs', name, 'run.json'), text);
  };
  put('empty');
  put('half', '{"format":"curvesae-run","ver');
  put('list', '[1]');
  put('null', 'null');
  put(
    'changed',
    readFileSync(join(dir, 'same/runs/a/run.json'), 'utf8').replace('"steps": 30', '"steps": 31'),
  );
  const infos = await runsIn(storage);
  assert.equal(
    infos.map((i) => i.state),
    ['damaged', 'damaged', 'damaged', 'damaged', 'damaged'],
  );
  for (const info of filled(infos)) assert.match(info.problem!, /delete/, info.name);
  assert.match(
    (await rejection(trainKept(env, storage, 'half', undefined))).message,
    /run\.json: is not valid JSON: .*delete the run/,
  );
  assert.match((await rejection(trainKept(env, storage, '../x', REQUEST))).message, /is not a file name/);
  assert.match(
    (await rejection(trainKept(env, storage, 'n', { images: 0 }))).message,
    /must be 1 to 1000000/,
  );
  assert.match(
    (await rejection(trainKept(env, storage, 'n', { images: [] }))).message,
    /no pictures were given/,
  );
  const wide = { train: { dSae: 4, k: 5 } };
  assert.match((await rejection(trainKept(env, storage, 'n', wide))).message, /k 5 is larger than d_sae 4/);
  assert.equal((await runsIn(storage)).length, 5, 'a refused request leaves nothing');
});

test.run();
