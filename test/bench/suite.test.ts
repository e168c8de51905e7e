import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { benchPool } from '../../src/bench/pool.node.js';
import { startupTimes } from '../../src/bench/startup.node.js';
import { chosen, runSuite, WORKS } from '../../src/bench/suite.js';
import { resultText } from '../../src/bench/table.js';
import type { Environment, Machine } from '../../src/bench/types.js';
import { scalingOf } from '../../src/bench/workers.js';
import { init, UsageError } from '../../src/index.js';
import { filled } from '../support/filled.js';
import { heModel } from '../support/he.js';
import { LONG } from '../support/long.js';

const test = suite('study/bench/suite');
const simd = { build: 'simd' as const, engine: await init({ build: 'simd' }) };
const scalar = { build: 'scalar' as const, engine: await init({ build: 'scalar' }) };
const env: Environment = {
  version: '0',
  variants: [simd, scalar],
  timing: { rounds: 1, milliseconds: 1 },
  say: () => {},
  cores: 2,
  pool: async (workers, model) => benchPool(await init({ workers }), model),
};
/** In `npm run test:soak`: several seconds each. */
const whole = (name: string, body: () => Promise<void>): void => {
  if (LONG) test(name, body);
};
const machine: Machine = { cpu: 'cpu', cores: 2, runtime: 'Node', date: '2026-11-26T00:00:00.000Z' };

test('--only takes works, figures and kernels, and names the nearest known for a wrong one', () => {
  assert.equal(chosen(undefined), [...Object.keys(WORKS), 'memory', 'startup']);
  assert.equal(chosen('stem, f32_relu,memory'), ['stem', 'f32_relu', 'memory']);
  for (const [only, text] of [
    ['steem', 'stem'],
    ['f32_reul', 'f32_relu'],
    ['stem,,net', 'empty name'],
  ])
    try {
      chosen(only);
      assert.unreachable(only);
    } catch (error) {
      assert.instance(error, UsageError);
      assert.match((error as Error).message, text);
    }
});

test('a kernel alone: a row per build, its rate as a share of a ceiling measured in the same run', async () => {
  const result = await runSuite(['f32_gemm_packed_4x8'], env, machine);
  const rows = result.rows.filter((r) => r.work.startsWith('f32_gemm_packed_4x8: '));
  assert.equal(
    rows.map((r) => r.build),
    ['simd', 'scalar'],
  );
  assert.ok(filled(rows).every((r) => r.bestMs > 0 && r.medianMs >= r.bestMs));
  assert.is(rows[0].speedOfOurs, 1);
  assert.ok(rows[1].speedOfOurs > 0 && rows[1].speedOfOurs !== 1, 'against the first build');
  assert.equal(Object.keys(result.peak), ['simd']);
  assert.ok(result.peak.simd > 0.1);
  assert.is(result.about[rows[0].work].group, 'kernels');
  const text = resultText(result);
  assert.match(text, /^cpu, 2 threads, Node, 2026-11-26\n/);
  assert.match(text, /f32_gemm_packed_4x8.*GFLOP\/s +\d+ %/);
});

whole('gemm is measured beside the register loop, outputs of both products equal', async () => {
  const result = await runSuite(['gemm'], { ...env, variants: [simd] }, machine);
  const loops = result.rows.filter((r) => r.impl === 'register loop');
  assert.is(loops.length, 6);
  for (const row of filled(loops)) assert.ok(row.bestMs > 0 && row.speedOfOurs > 0, row.work);
});

whole('workers: the same bits on two, and efficiency is the speed-up over that of the loops', async () => {
  const result = await runSuite(['workers'], { ...env, variants: [simd] }, machine);
  assert.is(result.scaling.length, 4);
  for (const s of result.scaling) {
    assert.is(s.threads, 2);
    assert.ok(s.speedup > 0 && s.ceiling > 0 && s.efficiency > 0);
  }
  const row = { work: 'w', version: '', build: 'simd', batch: 1, medianMs: 0, speedOfOurs: 0 };
  const rows = [
    { ...row, impl: 'curvesae', threads: 1, bestMs: 12 },
    { ...row, impl: 'register loops', threads: 1, bestMs: 8 },
    { ...row, impl: 'curvesae', threads: 2, bestMs: 8 },
    { ...row, impl: 'register loops', threads: 2, bestMs: 4 },
  ];
  assert.equal(scalingOf(rows), [{ work: 'w', threads: 2, speedup: 1.5, ceiling: 2, efficiency: 0.75 }]);
});

test('memory of the stem and of a training step stays below what is promised', async () => {
  const { memory } = await runSuite(['memory'], env, machine);
  const [, step] = memory;
  for (const { bytes, limit } of filled(memory))
    assert.ok(bytes > 1e6 && bytes <= limit, `${bytes} of ${limit}`);
  // 7,380,960 parameters four times (weights, gradients, two moments) and 2048 vectors of 480, of 4 bytes.
  assert.is(step.limit, 122_027_520);
});

test('start-up is timed in processes of their own', async () => {
  const times = await startupTimes(heModel('inceptionv1'), 'simd', 2);
  assert.is(times.length, 2);
  for (const t of filled(times)) assert.ok(t > 1 && Number.isFinite(t));
});

test.run();
