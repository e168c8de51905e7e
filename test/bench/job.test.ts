// The run beside the same work in PyTorch: where photographs or PyTorch are not at hand it says so and fails nothing.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/paths.js';

const test = suite('bench/job');

const job = (env: NodeJS.ProcessEnv, ...args: string[]) =>
  promisify(execFile)(process.execPath, [join(ROOT, 'dist/bench/job.js'), ...args], { env });

test('without photographs it is skipped, and says what is missing', async () => {
  const { stdout, stderr } = await job(process.env, '--images', join(ROOT, 'nowhere'));
  assert.is(stdout, '');
  assert.match(stderr, /^skipped: .*is not there; name weights and photographs with --model and --images\n$/);
});

test.run();
