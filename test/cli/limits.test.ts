// Limits of the system and failures on the way: one typed line each, and nothing left behind.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeStorage } from '../../src/formats/storage.node.js';
import { encodeNpy, saveSae } from '../../src/index.js';
import { type CliResult, curvesae, curvesaeHere, temporaryFolder } from '../support/cli.js';
import { smallRun } from '../support/explorer.js';
import { ROOT } from '../support/paths.js';
import { randomNormal } from '../support/random.js';

const test = suite('cli/limits');
const dir = temporaryFolder('limits');
const at = (...names: string[]) => join(dir, ...names);

const NPY = at('x.npy');
writeFileSync(NPY, encodeNpy([256, 8], randomNormal(2048, 1)));
const BAD = at('bad.npy');
const bad = randomNormal(2048, 1);
bad[77] = Number.NaN;
writeFileSync(BAD, encodeNpy([256, 8], bad));
const TRAIN = '--arch topk --d-sae 16 --k 2 --batch 64 --steps 6'.split(' ');
const SYNTH = '--features 16 --d-in 8 --active 2'.split(' ');

/** The command under limits of a shell. */
function limited(limits: string, args: string[], options: { uid?: number; env?: NodeJS.ProcessEnv } = {}) {
  return new Promise<Omit<CliResult, 'json'>>((done) => {
    const command = `${limits}; exec "$0" "$@"`;
    const child = spawn(
      'sh',
      ['-c', command, process.execPath, resolve(ROOT, 'dist/src/cli/main.js'), ...args],
      {
        cwd: '/',
        env: { ...process.env, CURVESAE_DEBUG: '', ...options.env },
        stdio: ['ignore', 'pipe', 'pipe'],
        ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
      },
    );
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (d) => {
      stdout += d;
    });
    child.stderr.on('data', (d) => {
      stderr += d;
    });
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

const oneLine = (r: { stderr: string }, message: RegExp, where = '') => {
  const lines = r.stderr
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('warning: '));
  assert.is(lines.length, 1, `${where}: ${r.stderr}`);
  assert.match(lines[0], /^error: /, where);
  assert.not.match(lines[0], /internal failure/, where);
  assert.match(lines[0], message, where);
};

test('train, sweep and sae convert that fail leave nothing, not even a folder', async () => {
  const out = at('new', 'deep');
  const gated = at('gated');
  const vector = (data: Float32Array) => ({ shape: [data.length], data });
  await saveSae(
    nodeStorage(gated),
    { architecture: 'jumprelu', dIn: 2, dSae: 3 },
    {
      W_enc: { shape: [2, 3], data: new Float32Array(6).fill(1) },
      W_dec: { shape: [3, 2], data: new Float32Array(6).fill(1) },
      b_enc: vector(new Float32Array(3)),
      b_dec: vector(new Float32Array(2)),
      threshold: vector(new Float32Array(3)),
    },
    {},
  );
  const cases: [string[], number][] = [
    [['train', '--activations', BAD, ...TRAIN], 3],
    [['train', '--activations', NPY, ...TRAIN, '--batch', '100000'], 2],
    [['sweep', '--activations', BAD, '--archs', 'topk', '--k', '2,3', '--batch', '64', '--steps', '6'], 3],
    [['sae', 'convert', gated, '--to', 'sparsify'], 3],
  ];
  for (const [args, code] of cases) {
    const [name, ...rest] = args;
    const r = await curvesaeHere(
      name === 'sae'
        ? ['sae', 'convert', gated, out, '--to', 'sparsify']
        : [name, ...rest, '--out', out, '--quiet'],
    );
    assert.is(r.code, code, `${args}: ${r.stderr}`);
    assert.not.ok(existsSync(at('new')), `${args} left ${existsSync(out) && readdirSync(out)}`);
  }
});

if (process.platform !== 'win32') {
  test('a limit of file size: one line that names it, nothing half-written, no folder', async () => {
    const big = at('big');
    const tensor = (shape: number[]) => ({
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5),
    });
    await saveSae(
      nodeStorage(big),
      { architecture: 'relu', dIn: 64, dSae: 128 },
      { W_enc: tensor([64, 128]), W_dec: tensor([128, 64]), b_enc: tensor([128]), b_dec: tensor([64]) },
      {},
    );
    const cases = [
      ['synth', ...SYNTH, '--vectors', '8192', '--out', at('efbig', 'x')],
      ['sae', 'convert', big, at('efbig', 'x'), '--to', 'dictionary_learning'],
      ['train', '--activations', NPY, ...TRAIN, '--d-sae', '4096', '--out', at('efbig', 'x')],
    ];
    for (const args of cases) {
      const r = await limited('ulimit -f 64', [...args, ...(args[0] === 'train' ? ['--quiet'] : [])]);
      assert.is(r.code, 1, `${args}: ${r.stderr}`);
      oneLine(r, /the file is larger than the file system or this shell allows \(ulimit -f\)/, args[0]);
      assert.not.ok(existsSync(at('efbig')), args[0]);
    }
  });

  test('too few open files, from the import on: one line', async () => {
    let refused = 0;
    // Below 20 Node itself cannot open the first file.
    for (const files of [20, 22, 24, 26, 28, 31, 35, 40, 48]) {
      const out = at(`files-${files}`);
      const r = await limited(`ulimit -n ${files}`, ['synth', ...SYNTH, '--vectors', '64', '--out', out]);
      if (r.code === 0) continue;
      refused++;
      assert.is(r.code, 1, r.stderr);
      oneLine(r, /too many open files.*raise the limit \(ulimit -n\)/, `${files} files`);
    }
    assert.ok(refused >= 3, `${refused}`);
  });

  test('too little address space: one line that names the limit (FAULTS C12)', async () => {
    let refused = 0;
    for (const kilobytes of [1_500_000, 4_000_000, 8_000_000, 11_000_000]) {
      const out = at(`space-${kilobytes}`);
      const command = ['synth', ...SYNTH, '--vectors', '64', '--workers', '2', '--out', out];
      const r = await limited(`ulimit -v ${kilobytes}`, command);
      if (r.code === 0) continue;
      refused++;
      assert.is(r.code, 1, r.stderr);
      oneLine(r, /could not reserve address space.*\(ulimit -v\)/, `${kilobytes} kB`);
      assert.not.ok(existsSync(out));
    }
    assert.ok(refused >= 2, `${refused}`);
  });

  test('a run that cannot be written to is explored all the same, and its data are kept elsewhere', async () => {
    const run = at('read-only');
    cpSync(await smallRun(), run, { recursive: true });
    const readOnly = (path: string) => {
      for (const entry of readdirSync(path, { withFileTypes: true, recursive: true }))
        chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o555 : 0o444);
      chmodSync(path, 0o555);
    };
    readOnly(run);
    // Whoever may write anywhere becomes somebody else.
    const uid = process.getuid?.() === 0 ? 65534 : undefined;
    chmodSync(dir, 0o755);
    const home = at('home');
    mkdirSync(home);
    if (uid !== undefined) chownSync(home, uid, uid);
    const env = { CURVESAE_CACHE: join(home, 'cache') };
    const args = ['explore', run, '--photographs', '2', '--json', '--export'];
    const first = await limited('true', [...args, join(home, 'site')], { uid, env });
    assert.is(first.code, 0, first.stderr);
    assert.match(
      first.stderr,
      /explorer: cannot be written to; the pages' data are kept in .*cache.explorer/,
    );
    assert.is(JSON.parse(first.stdout).runs[0].reused, false);
    const again = await limited('true', [...args, join(home, 'site')], { uid, env });
    assert.is(again.code, 0, again.stderr);
    assert.is(JSON.parse(again.stdout).runs[0].reused, true);
    assert.not.ok(existsSync(join(run, 'explorer')));
    for (const entry of readdirSync(run, { withFileTypes: true, recursive: true }))
      if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
    chmodSync(run, 0o755);
  });
}

test('a clock that goes backwards shows no negative time', async () => {
  const back = 'let now = 2e12; Date.now = () => (now -= 5000);';
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(back)}` };
  const out = at('clock');
  const r = await curvesae(['train', '--activations', NPY, ...TRAIN, '--out', out], { env });
  assert.is(r.code, 0, r.stderr);
  assert.match(r.stderr, /\d s\)/);
  assert.not.match(r.stderr, /-\d+(\.\d+)? (s|min|h|steps)/);
  const { seconds, log } = JSON.parse(readFileSync(join(out, 'training.json'), 'utf8'));
  assert.ok(seconds > 0 && seconds < 600, `${seconds}`);
  for (const point of log) assert.ok(point.vectorsPerSecond > 0 && point.vectorsPerSecond < 1e9);
});

test.run();
