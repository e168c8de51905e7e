// Rows through an SAE on other threads: the results of this one, bit for bit.
import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../src/index.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import { LoadedSae } from '../../src/sae/inference.js';
import { evaluateFully } from '../../src/sae/metrics.js';
import { ROW_TASKS, type RowResults, type RowsInput, type RowTask } from '../../src/sae/row-tasks.js';
import { rowRanges, rowsPerTask, throughSae } from '../../src/sae/threads.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/threads');
const engine = await init({ workers: 2 });
const pool = nodePool(engine, undefined);
pool.warm(); // so that this little is worth telling them
/** Enough for other threads to be asked. */
const [d, f, n] = [256, 512, 8_300];
const tensor = (...shape: number[]) => ({
  shape,
  data: randomNormal(
    shape.reduce((a, b) => a * b),
    shape[0],
  ),
});
const tensors = { W_enc: tensor(d, f), W_dec: tensor(f, d), b_enc: tensor(f), b_dec: tensor(d) };
const config = { architecture: 'topk', dIn: d, dSae: f, k: 3 } as const;
const x = randomNormal(n * d, 5);
const source = matrixVectors({ label: 'x', hash: 'x', shape: [n, d], data: x }, 'all');
const sae = new LoadedSae(engine, config, tensors);
/** It normalises each vector. */
const scaled = new LoadedSae(engine, { ...config, normalizeActivations: 'layer_norm' }, tensors);

/** Of the bits of all arrays of a result. */
const hashOf = (result: RowResults[RowTask]): string => {
  const hash = createHash('sha256');
  for (const part of Object.values(result))
    hash.update(
      typeof part === 'number' ? String(part) : new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
    );
  return hash.digest('hex');
};

async function* parts(): AsyncGenerator<RowsInput> {
  for (const [first, count] of rowRanges(n, rowsPerTask(config)))
    yield { rows: x.subarray(first * d, (first + count) * d) };
}

test('every task on two threads gives what it gives here, in order', async () => {
  const asked: [RowTask, LoadedSae][] = [
    ['encode', sae],
    ['reconstruct', sae],
    ['reconstruct', scaled],
    ['active', scaled],
  ];
  for (const [task, of] of asked) {
    const here: string[] = [];
    for await (const part of parts()) here.push(hashOf(ROW_TASKS[task](of, part)));
    const there: string[] = [];
    for await (const { result } of throughSae(of, task, parts(), n, { pool })) there.push(hashOf(result));
    assert.is(there.length, Math.ceil(n / rowsPerTask(config)), task);
    assert.equal(there, here, task);
  }
});

test('an evaluation on two threads is that on one, sums and counts', async () => {
  const run = pool.run.bind(pool);
  let tasks = 0;
  pool.run = (...args: Parameters<typeof run>) => {
    tasks++;
    return run(...args);
  };
  assert.equal(await evaluateFully(sae, source, { pool }), await evaluateFully(sae, source));
  assert.is(tasks, Math.ceil(n / rowsPerTask(config)), 'threads were asked');
});

test('aborted, it ends with the reason of the signal', async () => {
  const stop = new AbortController();
  const run = async () => {
    for await (const _ of throughSae(sae, 'encode', parts(), n, { pool, signal: stop.signal })) stop.abort();
  };
  assert.is((await rejection(run())).name, 'AbortError');
});

test('tasks are whole blocks of the kernels, and cover the rows once', () => {
  for (const [dIn, dSae] of [
    [1, 1],
    [96, 384],
    [192, 3072],
    [1536, 9216],
    [2, 1_000_000],
  ]) {
    const size = rowsPerTask({ architecture: 'topk', dIn, dSae, k: 1 });
    assert.is(size % 512, 0);
    assert.ok(size === 512 || (size * dSae <= 2 ** 22 && size * dIn * dSae <= 2 ** 29), `${size} rows`);
    const ranges = [...rowRanges(100_000, size)];
    let at = 0;
    for (const [first, count] of ranges) {
      assert.is(first, at);
      at += count;
    }
    assert.is(at, 100_000);
  }
});

test.after(() => {
  pool.dispose();
  sae.dispose();
  scaled.dispose();
});
test.run();
