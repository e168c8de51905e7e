import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measure, median, relativeError } from '../../src/bench/measure.js';
import type { Impl, Work } from '../../src/bench/types.js';
import { filled } from '../support/filled.js';
import { rejection } from '../support/rejection.js';

const test = suite('study/bench/measure');
const timing = { rounds: 3, milliseconds: 1 };
const quiet = { say: () => {} };

const impl = (name: string, fields: Partial<Impl> = {}): Impl => ({
  ...{ impl: name, version: '1', build: 'simd', threads: 1, batch: 1, run: () => {} },
  ...fields,
});
const work = (...impls: Impl[]): Work => ({ work: 'w', tolerance: 1e-6, impls });

test('rows have exactly the promised keys, and speedOfOurs is theirs over ours', async () => {
  const wait = (ms: number) => () => new Promise<void>((r) => setTimeout(r, ms));
  const rows = await measure(
    work(impl('peer', { run: wait(8) }), impl('curvesae', { run: wait(2), threads: 2, batch: 8 })),
    timing,
    quiet,
  );
  for (const row of filled(rows))
    assert.equal(Object.keys(row).sort(), [
      ...['batch', 'bestMs', 'build', 'impl', 'medianMs', 'speedOfOurs', 'threads', 'version', 'work'],
    ]);
  const [peer, ours] = rows;
  assert.is(ours.speedOfOurs, 1);
  assert.is(peer.speedOfOurs, peer.bestMs / ours.bestMs);
  assert.ok(peer.speedOfOurs > 1);
  assert.is(ours.batch, 8);
  assert.is(ours.threads, 2);
  for (const row of filled(rows)) assert.ok(row.bestMs > 0 && row.bestMs <= row.medianMs);
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
