// `train` as a user meets it: every flag reaches the run, Ctrl-C and repeating it, what it says meanwhile.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeNpy } from '../../src/index.js';
import { curvesae, curvesaeHere, type Json, temporaryFolder } from '../support/cli.js';
import { randomNormal } from '../support/random.js';

const test = suite('cli/train');
const dir = temporaryFolder('train');
const data = join(dir, 'x.npy');
writeFileSync(data, encodeNpy([2000, 16], randomNormal(32_000, 1)));
const weights = (out: string) => readFileSync(join(out, 'sae_weights.safetensors'));
let runs = 0;
async function train(...flags: string[]) {
  const out = join(dir, `${runs++}`);
  const r = await curvesaeHere([
    'train',
    '--activations',
    data,
    '--batch',
    '128',
    '--out',
    out,
    '--json',
    ...flags,
  ]);
  return { out, r };
}

test('every setting changes the run that it belongs to', async () => {
  const flags: [string, string[]][] = [
    ['topk', ['--k', '2']],
    ['topk', ['--k', '2', '--dead-after', '128']],
    ['topk', ['--k', '2', '--dead-after', '128', '--aux-k', '1']],
    ['topk', ['--k', '2', '--dead-after', '128', '--aux-coefficient', '0.5']],
    ['topk', ['--k', '2', '--multi-k', '8']],
    ['topk', ['--k', '2', '--lr', '0.01']],
    ['topk', ['--k', '2', '--lr-warmup', '0.5']],
    ['topk', ['--k', '2', '--lr-decay', '0.9']],
    ['topk', ['--k', '2', '--clip', '0.001']],
    ['topk', ['--k', '2', '--ema', '0.5']],
    ['topk', ['--k', '2', '--seed', '1']],
    ['relu', ['--l1', '1']],
    ['relu', ['--l1', '1', '--l1-warmup', '1']],
    ['jumprelu', []],
    ['jumprelu', ['--bandwidth', '1']],
    ['jumprelu', ['--threshold', '0.2']],
    ['jumprelu', ['--penalty', 'step']],
    ['jumprelu', ['--penalty', 'quadratic']],
    ['jumprelu', ['--penalty', 'quadratic', '--target-l0', '3']],
    ['panneal', []],
    ['panneal', ['--p-end', '0.5']],
    ['matryoshka', []],
    ['matryoshka', ['--groups', '4,64']],
    ['archetypal', []],
    ['archetypal', ['--delta', '0']],
    ['gated', []],
    ['gated', ['--resample', '4']],
  ];
  const seen = new Map<string, string>();
  for (const [arch, more] of flags) {
    const { out, r } = await train('--arch', arch, '--d-sae', '64', '--steps', '20', ...more);
    assert.is(r.code, 0, r.stderr);
    const key = `${arch} ${more.join(' ')}`;
    const hex = weights(out).toString('hex');
    if (key.includes('--resample')) continue; // nothing is dead after four steps of this
    assert.not(seen.has(hex), `${key} is ${seen.get(hex)}`);
    seen.set(hex, key);
  }
});

test('wrong values name the flag', async () => {
  for (const [flags, message] of [
    [['--lr-warmup', '2'], /--lr-warmup must be a number from 0 to 1, not '2'/],
    [['--clip', '-1'], /--clip must be a number of at least 0/],
    [['--dead-after', '0'], /--dead-after must be a whole number of at least 1/],
    [['--aux-k', '1.5'], /--aux-k must be a whole number/],
    [['--bandwidth', '1'], /architecture batchtopk has no setting 'bandwidth'/],
    [['--arch', 'archetypal', '--resample', '3'], /no resampling/],
    [['--arch', 'jumprelu', '--bandwidth', '0'], /bandwidth must be above 0/],
  ] as const) {
    const { r } = await train(...flags);
    assert.is(r.code, 2, r.stderr);
    assert.match(r.stderr, message);
    assert.is(r.stderr.trim().split('\n').length, 1, r.stderr);
  }
});

test('Ctrl-C saves; repeating the command ends with the bytes of a run that nobody stopped', async () => {
  const flags = ['--arch', 'gated', '--d-sae', '256', '--steps', '1500', '--checkpoint-every', '100000'];
  const whole = await train(...flags);
  assert.is(whole.r.code, 0, whole.r.stderr);
  const out = join(dir, 'stopped');
  const args = ['train', '--activations', data, '--batch', '128', '--out', out, ...flags];
  const stop = { when: /gated, 16 -> 256/, signal: 'SIGINT' } as const;
  const stopped = await curvesae(args, { interrupt: stop });
  assert.is(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stderr, /error: interrupted; run the same command again to resume/);
  assert.ok(existsSync(join(out, 'checkpoint.safetensors')));
  // A terminal that closes (SIGHUP) and a batch system that ends the job (SIGTERM) save as well.
  for (const signal of ['SIGHUP', 'SIGTERM'] as const) {
    const again = await curvesae(args, { interrupt: { ...stop, signal } });
    assert.is(again.code, 130, again.stderr);
    assert.match(again.stderr, /error: interrupted; run the same command again to resume/);
  }
  const other = await curvesaeHere([...args, '--lr', '0.01']);
  assert.is(other.code, 3, other.stderr);
  assert.match(other.stderr, /stopped.*belongs to another run \(lr 0.001 there, 0.01 here\)/);
  const resumed = await curvesaeHere([...args, '--workers', '3', '--build', 'scalar', '--json']);
  assert.is(resumed.code, 0, resumed.stderr);
  assert.is(resumed.json().reused, false);
  assert.ok(weights(out).equals(weights(whole.out)), 'at another worker count and build');
  assert.not(existsSync(join(out, 'checkpoint.safetensors')));
});

test('repeating a finished run takes it as it is, with --resume of before too; --quiet says only where it is', async () => {
  const { out, r } = await train('--d-sae', '32', '--k', '3', '--steps', '10');
  const args = ['train', '--activations', data, '--batch', '128', '--out', out, '--d-sae', '32', '--k', '3'];
  const again = await curvesaeHere([...args, '--steps', '10', '--resume', '--json']);
  assert.is(again.code, 0, again.stderr);
  assert.equal(again.json(), { ...r.json(), reused: true });
  const quiet = await curvesaeHere([...args, '--steps', '10', '--quiet']);
  assert.equal(quiet, { ...quiet, code: 0, stdout: `${out}\n`, stderr: '' });
  const other = await curvesaeHere([...args, '--steps', '11']);
  assert.is(other.code, 2);
  assert.match(other.stderr, /already holds a finished SAE/);
});

test('the log has a line a point, with everything that training measures', async () => {
  const { out, r } = await train('--d-sae', '32', '--k', '3', '--steps', '10');
  assert.match(r.stderr, /topk, 16 -> 32, k 3, lr \S+; 10 steps of 128 of 1808 vectors/);
  const lines = readFileSync(join(out, 'log.jsonl'), 'utf8').trim().split('\n');
  assert.is(lines.length, 10);
  const point = JSON.parse(lines[9]) as Json;
  assert.equal(Object.keys(point), [
    ...['step', 'steps', 'loss', 'l0', 'fvu', 'gamma', 'cosine', 'l2Ratio'],
    ...['dead', 'density', 'vectorsPerSecond'],
  ]);
  const text = await curvesaeHere(['eval', out, '--activations', data, '--detail']);
  assert.match(
    text.stdout,
    /share of 192 vectors on which a latent fires, and how many latents:\n +never +\d+/,
  );
});

test.run();
