// Steps are taken on all threads or on one, whichever a clock finds faster.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Pace } from '../../src/sae/slices/pace.js';

const test = suite('sae/pace');

/** Steps whose times are told; how many of the last `of` were taken together. */
async function taken(
  times: (step: number, together: boolean) => number,
  steps: number,
  members = 2,
): Promise<boolean[]> {
  const threads = { together: true, members };
  let now = 0;
  const pace = new Pace(threads, () => now);
  const out: boolean[] = [];
  for (let i = 0; i < steps; i++)
    out.push(
      await pace.step(async () => {
        now += times(i, threads.together);
        return threads.together;
      }),
    );
  return out;
}
const share = (steps: readonly boolean[]) => steps.filter(Boolean).length / steps.length;

test('the faster way is taken, whatever the first steps take and one that was interrupted', async () => {
  const hiccup = (i: number) => (i < 6 ? 100 : i === 8 ? 50 : 0);
  assert.ok(share(await taken((i, together) => hiccup(i) + (together ? 6 : 10), 2000)) > 0.98);
  assert.ok(share(await taken((i, together) => hiccup(i) + (together ? 10 : 6), 2000)) < 0.02);
});

test('what became faster later is found', async () => {
  const steps = await taken((i, together) => (together === i >= 300 ? 6 : 10), 4000);
  assert.ok(share(steps.slice(50, 280)) < 0.1);
  assert.ok(share(steps.slice(1000)) > 0.95);
});

test('one thread alone is not measured', async () => {
  assert.equal(share(await taken(() => 1, 100, 1)), 1);
});

test.run();
