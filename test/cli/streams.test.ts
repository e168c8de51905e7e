// What was printed arrived, or the exit code says that it did not.
import { spawn } from 'node:child_process';
import { existsSync, openSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Output, type OutputStream } from '../../src/cli/streams.js';
import { curvesae, temporaryFolder } from '../support/cli.js';
import { ROOT } from '../support/paths.js';
import { rejection } from '../support/rejection.js';

const test = suite('cli/streams');
const dir = temporaryFolder('streams');

/** A stream that takes what it is given when it is told to. */
function slow() {
  const waiting: (() => void)[] = [];
  const taken: string[] = [];
  let onError: (error: NodeJS.ErrnoException) => void = () => {};
  const stream: OutputStream = {
    write: (text, done) => {
      waiting.push(() => {
        taken.push(text);
        done?.();
      });
    },
    on: (_, listener) => {
      onError = listener;
    },
  };
  return {
    stream,
    taken,
    take: () => {
      for (const next of waiting.splice(0)) next();
    },
    fail: (code: string) => onError(Object.assign(new Error(code), { code })),
  };
}

test('flush waits for both streams', async () => {
  const [out, err] = [slow(), slow()];
  const output = new Output(out.stream, err.stream);
  output.data('result');
  output.message('tail');
  let over = false;
  const flushed = output.flush().then(() => {
    over = true;
  });
  out.take();
  await Promise.resolve();
  assert.not(over, 'stderr still holds its tail');
  err.take();
  await flushed;
  assert.equal([out.taken.join(''), err.taken.join('')], ['result', 'tail']);
});

test('data that were lost are an error, whenever that is found out; a reader that left is none', async () => {
  for (const late of [false, true]) {
    const [out, err] = [slow(), slow()];
    const output = new Output(out.stream, err.stream);
    output.data('result');
    if (!late) out.fail('ENOSPC');
    const flushed = rejection(output.flush());
    err.take();
    if (late) out.fail('ENOSPC');
    assert.match((await flushed).message, /stdout: the disk is full.*not whole/);
  }
  const [out, err] = [slow(), slow()];
  const output = new Output(out.stream, err.stream);
  out.fail('EPIPE');
  err.fail('EIO');
  await output.flush();
});

if (existsSync('/dev/full'))
  test('a full disk at stdout is exit 1 and one line; at stderr it stops nothing', async () => {
    const full = openSync('/dev/full', 'w');
    for (const args of [['--help'], ['synth', '--help'], ['doctor', '--json']]) {
      const r = await curvesae(args, { stdout: full });
      assert.is(r.code, 1, args.join(' '));
      assert.match(r.stderr, /^error: the output could not be written \(stdout: the disk is full\)/m);
    }
    const small = ['--features', '8', '--d-in', '4', '--vectors', '64', '--active', '1'];
    const quiet = await curvesae(['synth', ...small, '--out', join(dir, 'full'), '--json'], { stderr: full });
    assert.is(quiet.code, 0);
    assert.is(quiet.json().l0 > 0, true);
    const wrong = await curvesae(['synth', '--out', join(dir, 'no'), '--d-in', '0'], { stderr: full });
    assert.is(wrong.code, 2, 'the code tells what could not be written');
  });

/** The command line, and its process before any of its output is read. */
const started = (args: string[]) =>
  spawn(process.execPath, [resolve(ROOT, 'dist/src/cli/main.js'), ...args], {
    cwd: ROOT,
    env: { ...process.env, CURVESAE_DEBUG: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** One picture that is there, of those of the list. */
const forward = (list: string): string[] => [
  ...['forward', '--taps', 'mixed3a_5x5', '--out', join(dir, 'out.safetensors'), '--json'],
  ...[list, 'procedural:1'],
];

/** Thousands of pictures that are not there, each of which stderr is told of. */
function missing(): { list: string; count: number } {
  const list = join(dir, 'missing.txt');
  const count = 6000;
  writeFileSync(list, Array.from({ length: count }, (_, i) => `${'x'.repeat(80)}-${i}.png`).join('\n'));
  return { list, count };
}

test('the tail of stderr arrives, however late its reader is', async () => {
  const { list, count } = missing();
  const child = started(forward(list));
  let stdout = '';
  let stderr = '';
  // More than any pipe holds waits by the time that the result is printed.
  child.stdout.on('data', (d) => {
    stdout += d;
    if (child.stderr.listenerCount('data') === 0)
      child.stderr.on('data', (text) => {
        stderr += text;
      });
  });
  const code = await new Promise((done) => child.on('close', done));
  assert.is(code, 4);
  assert.is(JSON.parse(stdout).images, 1);
  assert.is(stderr.match(/^warning: skipped /gm)?.length, count);
});

test('a reader of stderr that leaves stops nothing', async () => {
  const { list } = missing();
  const child = started(forward(list));
  let stdout = '';
  child.stderr.once('data', () => child.stderr.destroy());
  child.stdout.on('data', (d) => {
    stdout += d;
  });
  const code = await new Promise((done) => child.on('close', done));
  assert.is(code, 4);
  assert.is(JSON.parse(stdout).images, 1);
});

test.run();
