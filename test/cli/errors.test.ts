// Every mistake ends in one clear line and the exit code of DESIGN 5.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeNpy } from '../../src/formats/npy.js';
import { encodeSafetensors, parseSafetensors } from '../../src/formats/safetensors.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { SHARED, sharedTest } from '../support/paths.js';

const test = suite('cli/errors');
const dir = temporaryFolder('errors');
const matrix = join(dir, 'x.npy');
writeFileSync(
  matrix,
  encodeNpy(
    [400, 6],
    Float32Array.from({ length: 2400 }, (_, i) => ((i * 7919) % 101) / 50 - 1),
  ),
);

async function fails(code: number, message: RegExp, ...args: string[]): Promise<void> {
  const r = await curvesaeHere(args);
  assert.is(r.code, code, `${args.join(' ')}: ${r.stderr}`);
  const lines = r.stderr
    .trim()
    .split('\n')
    .filter((l) => l.startsWith('error: '));
  assert.is(lines.length, 1, r.stderr);
  assert.match(lines[0], message);
  assert.not.match(r.stderr, /\n {4}at /, 'no stack trace');
  assert.is(r.stdout, '');
}

test('usage', async () => {
  await fails(2, /closest: .*train/, 'trian');
  await fails(2, /closest: .*embedded/, 'predict', '--model', 'embeded', 'x.jpg');
  await fails(2, /closest: .*mixed3b_5x5/, 'curves', '--tap', 'mixed3b_5x6');
  await fails(2, /closest: .*--tap/, 'curves', '--tpa', 'mixed3b');
  await fails(
    2,
    /closest: .*relu/,
    'train',
    '--activations',
    matrix,
    '--arch',
    'rleu',
    '--out',
    join(dir, 's'),
  );
  await fails(2, /units 0 to 95/, 'curves', '--units', 'mixed3b_5x5:96');
  await fails(2, /not in tap/, 'curves', '--units', 'mixed3a:3');
  await fails(2, /--out/, 'run');
  await fails(
    2,
    /k 9 is larger than d_sae 8/,
    'train',
    '--activations',
    matrix,
    '--d-sae',
    '8',
    '--k',
    '9',
    '--batch',
    '64',
    '--out',
    join(dir, 's'),
  );
  await fails(
    2,
    /k must be at least 1/,
    'train',
    '--activations',
    matrix,
    ...['--arch', 'topk'],
    '--k',
    '0',
    '--batch',
    '64',
    '--out',
    join(dir, 's'),
  );
  await fails(
    2,
    /larger than the \d+ training vectors/,
    'train',
    '--activations',
    matrix,
    '--out',
    join(dir, 's'),
  );
  await fails(
    2,
    /no setting 'l1'/,
    'train',
    '--activations',
    matrix,
    '--l1',
    '3',
    '--batch',
    '64',
    '--out',
    join(dir, 's'),
  );
  await fails(2, /exactly one SAE/, 'eval', '--activations', matrix);
  await fails(
    2,
    /mixed3b/,
    'forward',
    '--model',
    'embedded',
    '--taps',
    'softmax',
    '--out',
    join(dir, 'f.safetensors'),
    'procedural:1',
  );
});

test('everything is checked before any work begins: no stage is started, no folder made', async () => {
  const out = join(dir, 'untouched');
  const blocked = join(dir, 'a-file');
  writeFileSync(blocked, 'a file');
  const small = ['--batch', '64', '--d-sae', '12', '--k', '2', '--steps', '10'];
  const sae = join(dir, 'of-six');
  assert.is((await curvesaeHere(['train', '--activations', matrix, ...small, '--out', sae])).code, 0);
  const images = ['--images', 'procedural:20'];
  const cases: [number, RegExp, string[]][] = [
    [2, /unknown architecture 'foo'; closest/, ['run', '--arch', 'foo', '--out', out]],
    [2, /topk has no setting 'l1'/, ['run', '--l1', '3', '--out', out]],
    [2, /k 9 is larger than d_sae 8/, ['run', '--d-sae', '8', '--k', '9', '--out', out]],
    [2, /prefixes must rise/, ['run', '--arch', 'matryoshka', '--groups', '9,4', '--out', out]],
    [2, /embedded ends at tap 'mixed3b'/, ['run', '--tap', 'mixed4a', '--out', out]],
    [
      2,
      /batch of 4096 is larger than the 2304 training/,
      ['run', ...images, '--batch', '4096', '--out', out],
    ],
    [2, /must be 1 to 64 positive numbers/, ['run', '--radii', '-3', '--out', out]],
    [3, /a-file.*cannot be made/, ['run', ...images, '--out', join(blocked, 'out')]],
    [2, /embedded ends at tap/, ['activations', '--tap', 'softmax', '--out', out]],
    [2, /unknown tap 'mixed3c'/, ['activations', '--tap', 'mixed3c', '--out', out]],
    [3, /a-file.*cannot be made/, ['train', '--activations', matrix, ...small, '--out', join(blocked, 'x')]],
    [
      2,
      /batch of 1024 is larger/,
      ['sweep', '--activations', matrix, '--archs', 'relu', '--batch', '1024', '--out', out],
    ],
    [3, /nowhere.*no such/, ['train', '--activations', join(dir, 'nowhere.npy'), '--out', out]],
    [3, /nowhere/, ['curves', '--sae', join(dir, 'nowhere')]],
    [3, /d_in 6 does not fit tap mixed3b_5x5 of 96/, ['curves', '--sae', sae]],
    [3, /nowhere/, ['eval', sae, '--activations', matrix, '--stability', join(dir, 'nowhere')]],
    [3, /nowhere/, ['eval', sae, '--activations', matrix, '--truth', join(dir, 'nowhere')]],
    [2, /write .npy or .safetensors/, ['encode', sae, '--in', matrix, '--out', join(dir, 'f.csv')]],
    [3, /a-file.*cannot be made/, ['encode', sae, '--in', matrix, '--out', join(blocked, 'f.npy')]],
    [2, /unexpected argument 'photos'; pictures are given with --images/, ['run', 'photos', '--out', out]],
  ];
  for (const [code, message, args] of cases) {
    const r = await curvesaeHere(args);
    assert.is(r.code, code, `${args.join(' ')}: ${r.stderr}`);
    assert.match(r.stderr, message);
    assert.is(r.stderr.trim().split('\n').length, 1, `nothing but the error: ${r.stderr}`);
    assert.not(existsSync(out), args.join(' '));
  }
});

sharedTest(
  test,
  'googlenet/googlenet.safetensors',
  'curves need a tap with positions, and enough of the picture for its field',
  async () => {
    const model = ['--model', join(SHARED, 'googlenet/googlenet.safetensors')];
    const out = join(dir, 'no-space');
    await fails(2, /tap 'softmax' has no space/, 'run', ...model, '--tap', 'softmax', '--out', out);
    await fails(2, /tap 'avgpool0' has no space/, 'curves', ...model, '--tap', 'avgpool0');
    const border = ['--tap', 'mixed5b', '--exclude-border', '--out', out];
    await fails(2, /no position of mixed5b/, 'activations', ...model, ...border);
    assert.not(existsSync(out));
  },
);

test('weights: missing, truncated, corrupt, NaN, of something else', async () => {
  const good = encodeSafetensors({ 'conv2d0.weight': { shape: [1, 3, 7, 7], data: new Float32Array(147) } });
  const file = (name: string, bytes: Uint8Array) => {
    const path = join(dir, name);
    writeFileSync(path, bytes);
    return path;
  };
  const predict = (path: string) => ['predict', '--model', path, 'procedural:1'];
  await fails(3, /no such weights file/, ...predict(join(dir, 'absent.safetensors')));
  await fails(3, /truncated/, ...predict(file('cut.safetensors', good.subarray(0, good.length - 9))));
  await fails(3, /unused|unknown|not|missing/i, ...predict(file('other.safetensors', good)));
  await fails(
    3,
    /./,
    ...predict(
      file(
        'noise.safetensors',
        Uint8Array.from({ length: 500 }, (_, i) => (i * 37) & 255),
      ),
    ),
  );
  await fails(3, /./, ...predict(file('empty.safetensors', new Uint8Array())));
});

test('images: an empty folder, no such file, none usable', async () => {
  const empty = join(dir, 'empty');
  mkdirSync(empty);
  await fails(3, /no image in this folder/, 'run', '--images', empty, '--out', join(dir, 'o1'));
  await fails(3, /no such image/, 'run', '--images', join(dir, 'nowhere'), '--out', join(dir, 'o2'));
  await fails(3, /no image matches/, 'run', '--images', join(dir, '*.webp'), '--out', join(dir, 'o3'));
  const bad = join(dir, 'bad');
  mkdirSync(bad);
  writeFileSync(join(bad, 'a.png'), 'x');
  await fails(3, /none of the 1 images/, 'activations', '--images', bad, '--out', join(dir, 'o4'));
});

test('an SAE of the wrong width, a broken SAE, a store that is none', async () => {
  const sae = join(dir, 'sae');
  const trained = await curvesaeHere([
    'train',
    '--activations',
    matrix,
    '--d-sae',
    '12',
    '--k',
    '2',
    '--batch',
    '64',
    '--steps',
    '10',
    '--out',
    sae,
    '--json',
  ]);
  assert.is(trained.code, 0, trained.stderr);
  await fails(3, /d_in 6 does not fit/, 'curves', '--sae', sae);
  const narrow = join(dir, 'narrow.npy');
  writeFileSync(narrow, encodeNpy([10, 5], new Float32Array(50)));
  await fails(2, /5 dimensions do not fit/, 'eval', sae, '--activations', narrow);
  await fails(2, /do not fit this SAE/, 'encode', sae, '--in', narrow, '--out', join(dir, 'f.npy'));
  await fails(3, /no activation store/, 'eval', sae, '--activations', sae);
  mkdirSync(join(dir, 'nothing'));
  await fails(3, /not a finished SAE/, 'eval', join(dir, 'nothing'), '--activations', matrix);
  await fails(
    2,
    /already holds a finished SAE/,
    'train',
    '--activations',
    matrix,
    '--batch',
    '64',
    '--out',
    sae,
  );
  const weights = join(sae, 'sae_weights.safetensors');
  const { tensors } = parseSafetensors(readFileSync(weights), weights);
  const changed = Object.fromEntries(
    [...tensors].map(([name, t]) => [name, { shape: t.shape, data: t.f32() }]),
  );
  changed.W_dec.data[7] = Number.NaN;
  writeFileSync(weights, encodeSafetensors(changed));
  rmSync(join(dirname(weights), 'checksums.json'));
  await fails(3, /W_dec holds NaN at element 7/, 'eval', sae, '--activations', matrix);
});

test('NaN in the data names row and column', async () => {
  const path = join(dir, 'nan.npy');
  const data = new Float32Array(600).fill(1);
  data[15] = Number.NaN;
  writeFileSync(path, encodeNpy([100, 6], data));
  await fails(3, /row 2, column 3/, 'train', '--activations', path, '--batch', '8', '--out', join(dir, 's2'));
});

test('a disk that is full: one line, nothing half-written', async () => {
  // A file where a folder must be is the portable stand-in for a write that cannot succeed.
  const blocked = join(dir, 'blocked');
  writeFileSync(blocked, 'a file');
  const r = await curvesaeHere(['activations', '--images', 'procedural:1', '--out', blocked]);
  assert.ok(r.code === 1 || r.code === 3, r.stderr);
  assert.match(r.stderr, /^error: .*blocked/m);
  assert.is(readFileSync(blocked, 'utf8'), 'a file');
});

test('a folder that cannot be made ends at once, by one line', async () => {
  const places = [join(matrix, 'x'), matrix, ...(existsSync('/proc/self') ? ['/proc/x', '/proc/x/y/z'] : [])];
  const small = ['--images', 'procedural:2', '--per-image', '2'];
  const train = ['--activations', matrix, '--batch', '64', '--steps', '1000000'];
  for (const out of places) {
    const reason = /: this folder cannot be made \((ENOENT|ENOTDIR|EEXIST)\); choose another/;
    await fails(3, reason, 'train', ...train, '--out', out);
    await fails(3, reason, 'synth', '--vectors', '100000000', '--out', out);
    await fails(3, reason, 'activations', ...small, '--out', out);
  }
});

test.run();
