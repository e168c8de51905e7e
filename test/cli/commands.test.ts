// Each command as DESIGN 5 describes it, on the embedded network and small data.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../models/convert.js';
import { encodeNpy, parseNpy } from '../../src/formats/npy.js';
import { parseSafetensors } from '../../src/formats/safetensors.js';
import { curvesae, curvesaeHere, type Json, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { heModel } from '../support/he.js';
import { SHARED, sharedTest } from '../support/paths.js';

const test = suite('cli/commands');
const dir = temporaryFolder('commands');
const picture = join(dir, 'photo 1.png');
await sharp({
  create: {
    width: 224,
    height: 224,
    channels: 3,
    background: '#3a7',
    noise: { type: 'gaussian', mean: 120, sigma: 50 },
  },
})
  .png()
  .toFile(picture);

async function json(...args: string[]): Promise<Json> {
  const r = await curvesaeHere([...args, '--json']);
  assert.is(r.code, 0, `${args.join(' ')}: ${r.stderr}`);
  return r.json();
}

test('forward: named tensors of the right shapes; pre-ReLU clipped is the tap', async () => {
  const out = join(dir, 'f.safetensors');
  await json(
    'forward',
    '--model',
    'embedded',
    '--taps',
    'mixed3b_5x5,mixed3b_5x5_pre_relu,conv2d0',
    '--out',
    out,
    picture,
  );
  const { tensors } = parseSafetensors(readFileSync(out), out);
  assert.equal([...tensors.keys()].sort(), [
    'photo 1/conv2d0',
    'photo 1/mixed3b_5x5',
    'photo 1/mixed3b_5x5_pre_relu',
  ]);
  assert.equal(tensors.get('photo 1/conv2d0')!.shape, [112, 112, 64]);
  const [post, pre] = ['', '_pre_relu'].map((s) => tensors.get(`photo 1/mixed3b_5x5${s}`)!.f32());
  assert.equal(tensors.get('photo 1/mixed3b_5x5')!.shape, [28, 28, 96]);
  assert.ok(pre.some((v) => v < 0));
  assert.ok(filled(post).every((v, i) => v === Math.max(0, pre[i])));
});

test('activations, train, eval, encode, decode, curves with one SAE', async () => {
  const store = join(dir, 'store');
  const sae = join(dir, 'sae');
  const a = await json('activations', '--images', 'procedural:20', '--per-image', '64', '--out', store);
  assert.is(a.vectors, 1280);
  assert.is(a.heldout, 128);
  assert.is(
    (await json('activations', '--images', 'procedural:20', '--per-image', '64', '--out', store)).reused,
    true,
  );
  const t = await json(
    'train',
    '--activations',
    store,
    ...['--arch', 'topk'],
    '--d-sae',
    '64',
    '--k',
    '4',
    '--batch',
    '128',
    '--steps',
    '60',
    '--out',
    sae,
  );
  assert.is(t.dSae, 64);
  const e = await json('eval', sae, '--activations', store);
  assert.equal(Object.keys(e), [
    'l0',
    'fvu',
    'explainedVariance',
    'gamma',
    'cosine',
    'deadFraction',
    'vectors',
  ]);
  assert.is(e.vectors, 128, 'held-out vectors');
  assert.ok(Math.abs(e.fvu + e.explainedVariance - 1) < 1e-12);
  const cfg = JSON.parse(readFileSync(join(sae, 'cfg.json'), 'utf8'));
  assert.is(cfg.architecture, 'topk');
  assert.is(cfg.k, 4);
  assert.ok(cfg.metadata.sae_lens_version >= '6.0.0');

  const x = Float32Array.from({ length: 96 * 5 }, (_, i) => (i * 31) % 17);
  const [xs, fs, ys] = ['x.npy', 'f.npy', 'y.npy'].map((n) => join(dir, n));
  writeFileSync(xs, encodeNpy([5, 96], x));
  await json('encode', sae, '--in', xs, '--out', fs);
  const f = parseNpy(readFileSync(fs), fs);
  assert.equal(f.shape, [5, 64]);
  for (let i = 0; i < 5; i++)
    assert.ok(f.data.subarray(i * 64, i * 64 + 64).filter((v) => v > 0).length <= 4);
  await json('decode', sae, '--in', fs, '--out', ys);
  const y = parseNpy(readFileSync(ys), ys);
  const w = parseSafetensors(readFileSync(join(sae, 'sae_weights.safetensors')), 'w').tensors;
  const [wDec, bDec] = [w.get('W_dec')!.f32(), w.get('b_dec')!.f32()];
  for (let j = 0; j < 96; j++) {
    let sum = bDec[j];
    for (let k = 0; k < 64; k++) sum += f.data[k] * wDec[k * 96 + j];
    assert.ok(Math.abs(sum - y.data[j]) <= 1e-4 * Math.max(1, Math.abs(sum)));
  }
  const c = await json(
    'curves',
    '--sae',
    sae,
    '--images',
    'procedural:6',
    '--orientations',
    '72',
    '--radii',
    '30',
  );
  assert.equal(Object.keys(c), ['neurons', 'features', 'filledGaps', 'controls', 'verdict', 'tuning']);
  assert.is(Object.keys(c.tuning).length, 96 + 64);
  assert.ok(filled(Object.values(c.tuning)).every((t) => (t as number[]).length === 720));
  const chosen = await json(
    'curves',
    '--units',
    'mixed3b:320,mixed3b_5x5:3',
    '--images',
    'procedural:2',
    '--orientations',
    '72',
    '--radii',
    '30',
  );
  assert.equal(Object.keys(chosen.tuning), ['mixed3b:320', 'mixed3b_5x5:3']);
  assert.equal(chosen.tuning['mixed3b:320'], c.tuning['mixed3b_5x5:0']);
});

test('doctor, model list and info, help and version', async () => {
  const d = await json('doctor');
  assert.is(d.engine.build, 'simd');
  assert.ok(Array.isArray(d.missing));
  assert.is((await json('model', 'list'))[0].name, 'embedded');
  const info = await json('model', 'info', 'embedded');
  assert.is(info.lastTap, 'mixed3b');
  assert.ok(info.taps.includes('mixed3b_5x5_bottleneck'));
  assert.equal(Object.keys(info.widths), info.taps);
  assert.is(info.widths.mixed3b, 480);
  assert.is(info.widths.mixed3b_5x5_pre_relu, 96);
  assert.match((await curvesaeHere(['model', 'info', 'embedded'])).stdout, /^ {2}conv2d2 +192$/m);
  for (const name of [
    'run',
    'model',
    'predict',
    'forward',
    'activations',
    'train',
    'eval',
    'encode',
    'decode',
    'curves',
    'doctor',
  ]) {
    const help = await curvesaeHere([name, '--help']);
    assert.is(help.code, 0);
    assert.match(help.stdout, '--json');
  }
  assert.match((await curvesae(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('pictures as --images and, as before, as arguments; --taps also as --tap', async () => {
  const made = async (name: string, ...args: string[]) => {
    const out = join(dir, name);
    const r = await curvesaeHere(['forward', ...args, '--out', out, '--quiet']);
    assert.equal(r, { ...r, code: 0, stdout: `${out}\n`, stderr: '' }, '--quiet says where it is');
    return readFileSync(out);
  };
  const now = await made('now.safetensors', '--taps', 'conv2d0', '--images', picture);
  assert.ok(now.equals(await made('before.safetensors', '--tap', 'conv2d0', picture)));
});

test('predict names classes by the file beside the weights, or says where to get one', async () => {
  const folder = join(dir, 'weights');
  mkdirSync(folder);
  const weights = join(folder, 'net.safetensors');
  writeFileSync(weights, encodeModel(heModel('googlenet')));
  const args = ['predict', '--model', weights, '--images', picture, '--json'];
  const label = async () => {
    const r = await curvesaeHere(args);
    assert.is(r.code, 0, r.stderr);
    const [{ top }] = r.json();
    return { index: top[0].class, label: top[0].label, stderr: r.stderr };
  };
  const none = await label();
  assert.is(none.label, `class ${none.index}`);
  assert.match(
    none.stderr,
    /warning: net: the names of its classes are not here.*classes\.json.*synset_words\.txt/,
  );
  const names = Array.from({ length: 1000 }, (_, i) => `name ${i}`);
  writeFileSync(
    join(folder, 'synset_words.txt'),
    names.map((name, i) => `n${String(i).padStart(8, '0')} ${name}\n`).join(''),
  );
  const synset = await label();
  assert.is(synset.label, `name ${none.index}`);
  assert.not.match(synset.stderr, /warning/);
  const own = names.map((name) => `my ${name}`);
  writeFileSync(join(folder, 'net.classes.json'), JSON.stringify(own));
  assert.is((await label()).label, `my name ${none.index}`, 'the one of these weights comes first');
});

sharedTest(
  test,
  'googlenet/googlenet.safetensors',
  'predict: top-5 of a real photograph, exit 4 with a broken one',
  async () => {
    const broken = join(dir, 'broken.jpg');
    writeFileSync(broken, 'x');
    const photo = join(SHARED, 'images/000b7d55b6184b08.jpg');
    const r = await curvesaeHere([
      'predict',
      '--model',
      join(SHARED, 'googlenet/googlenet.safetensors'),
      photo,
      broken,
      '--json',
    ]);
    assert.is(r.code, 4, r.stderr);
    const [prediction] = r.json();
    assert.is(prediction.image, photo);
    assert.is(prediction.top.length, 5);
    assert.ok(
      prediction.top.some(
        (t: { class: number; label: string }) => t.class === 388 && t.label === 'giant panda',
      ),
    );
    const total = prediction.top.reduce((s: number, t: { probability: number }) => s + t.probability, 0);
    assert.ok(total > 0.3 && total <= 1.0001);
  },
);

test.run();
