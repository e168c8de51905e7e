import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measure, median, relativeError } from '../../src/bench/measure.js';
import type { Impl, Work } from '../../src/bench/types.js';
import { rejection } from '../support/rejection.js';

const test = suite('study/bench/measure');
const timing = { rounds: 3, milliseconds: 1 };
const quiet = { say: () => {} };

const impl = (name: string, fields: Partial<Impl> = {}): Impl => ({
  ...{ impl: name, version: '1', build: 'simd', threads: 1, batch: 1, run: () => {} },
  ...fields,
});
const work = (...impls: Impl[]): Work => ({ work: 'w', tolerance: 1e-6, impls });

/** A clock that only work moves. */
function stopped() {
  let time = 0;
  return {
    clock: { now: () => time, step: () => 0.01 },
    /** A run that takes so many milliseconds, the last of them again and again. */
    takes: (...milliseconds: number[]) => {
      let calls = 0;
      return () => {
        time += milliseconds[Math.min(calls++, milliseconds.length - 1)];
      };
    },
  };
}

test('a row is the best and the median sample of an implementation, and its best over ours', async () => {
  const { clock, takes } = stopped();
  const rows = await measure(
    // One run for the comparison and two to warm up; then three rounds of two samples.
    work(
      impl('peer', { run: takes(99, 99, 99, 8, 10, 12, 14, 16, 18) }),
      impl('curvesae', { run: takes(99, 99, 99, 5, 4, 6, 3, 2, 7), threads: 2, batch: 8 }),
    ),
    { rounds: 3, milliseconds: 1 },
    { ...quiet, clock },
  );
  assert.equal(rows, [
    {
      ...{ work: 'w', impl: 'peer', version: '1', build: 'simd', threads: 1, batch: 1 },
      ...{ bestMs: 8, medianMs: 14, speedOfOurs: 4 },
    },
    {
      ...{ work: 'w', impl: 'curvesae', version: '1', build: 'simd', threads: 2, batch: 8 },
      ...{ bestMs: 2, medianMs: 5, speedOfOurs: 1 },
    },
  ]);
});

test('what is too short for the clock is repeated within a sample', async () => {
  const { clock, takes } = stopped();
  let runs = 0;
  const quick = takes(0.25);
  const run = () => {
    runs++;
    quick();
  };
  const [row] = await measure(
    work(impl('curvesae', { run })),
    { rounds: 1, milliseconds: 0 },
    { ...quiet, clock },
  );
  // 100 steps of 0.01 ms are 1 ms: four repetitions a sample, two samples.
  assert.is(row.bestMs, 0.25);
  assert.is(row.medianMs, 0.25);
  assert.is(runs, 1 + 1 + 4 + 4 + 4, 'compared, tried, tried again, and two samples');
});

test('implementations take turns in every round, after one run whose outputs are compared', async () => {
  const order: string[] = [];
  const log = (name: string) =>
    impl(name, { run: () => void order.push(name), maxRuns: 2, output: () => [1] });
  await measure(work(log('a'), log('b')), { rounds: 2, milliseconds: 0 }, quiet);
  assert.is(order.join(''), 'abaabb', 'one comparison each, then two repetitions each in the first round');
});

test('outputs that differ, in value or length, or are not numbers, are refused by name', async () => {
  for (const output of [
    [1, 2.1],
    [1, 2, 3],
    [1, Number.NaN],
  ]) {
    let disposed = 0;
    const error = await rejection(
      measure(
        work(
          impl('curvesae', { output: () => [1, 2], dispose: () => disposed++ }),
          impl('peer', { build: 'wasm', output: () => output, dispose: () => disposed++ }),
        ),
        timing,
        quiet,
      ),
    );
    assert.match(error.message, /^w: outputs of peer \(wasm\) differ by /);
    assert.is(disposed, 2);
  }
});

test("an implementation's own tolerance takes the place of the work's", async () => {
  const rows = await measure(
    work(impl('curvesae', { output: () => [1] }), impl('naive', { output: () => [1.01], tolerance: 0.1 })),
    timing,
    quiet,
  );
  assert.is(rows.length, 2);
});

test('an aborted signal stops it, and what was held is given back', async () => {
  const controller = new AbortController();
  let disposed = 0;
  const run = () => controller.abort(new Error('enough'));
  const error = await rejection(
    measure(work(impl('curvesae', { run, dispose: () => disposed++ })), timing, {
      ...quiet,
      signal: controller.signal,
    }),
  );
  assert.is(error.message, 'enough');
  assert.is(disposed, 1);
});

test('median and relative error', () => {
  assert.is(median([3, 1, 2]), 2);
  assert.is(median([4, 1]), 4);
  assert.is(relativeError([1, 2], [1, 4]), 0.5);
  assert.is(relativeError([0], [0]), 0);
  assert.ok(Number.isNaN(relativeError([Number.NaN], [1])));
});

test.run();
