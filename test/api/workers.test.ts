// How many workers compute where nobody says.
import { availableParallelism } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { workersByDefault } from '../../src/api/workers.node.js';
import { UsageError } from '../../src/index.js';
import { curvesaeHere } from '../support/cli.js';

const test = suite('api/workers');
const before = process.env.CURVESAE_WORKERS;
test.after.each(() => {
  delete process.env.CURVESAE_WORKERS;
  if (before !== undefined) process.env.CURVESAE_WORKERS = before;
});

test('CURVESAE_WORKERS says it, else every core does', () => {
  process.env.CURVESAE_WORKERS = '3';
  assert.is(workersByDefault(), 3);
  process.env.CURVESAE_WORKERS = '';
  assert.is(workersByDefault(), availableParallelism());
});

test('what is no number of workers is refused, by the command line in one line', async () => {
  for (const given of ['0', '257', 'all', '1.5', '-1']) {
    process.env.CURVESAE_WORKERS = given;
    assert.throws(
      workersByDefault,
      (e: Error) => e instanceof UsageError && e.message.includes(`'${given}'`),
    );
  }
  const r = await curvesaeHere(['synth', '--features', '16', '--d-in', '8', '--active', '2', '--out', 'x']);
  assert.is(r.code, 2);
  assert.match(r.stderr, /^error: CURVESAE_WORKERS must be a whole number from 1 to 256, not '-1'\n$/);
});

test.run();
