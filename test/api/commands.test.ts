// The commands as functions: what the command line prints, in Node and, on a Storage, in a page's version.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as web from '../../src/index.js';
import * as node from '../../src/node.js';
import { curvesae, temporaryFolder } from '../support/cli.js';
import { memoryStorage } from '../support/memory-storage.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';

const test = suite('api/commands');
const dir = temporaryFolder('api');
const matrix = { shape: [600, 12] as [number, number], data: randomNormal(7200, 3) };
const SMALL = { batch: 64, steps: 12, dSae: 24, k: 3 };

test('run: what the command prints, with its stages told; a page makes the same without a report', async () => {
  const settings = { images: 'procedural:12', ...SMALL, orientations: 36, radii: [30], warn: () => {} };
  const stages: string[] = [];
  const onProgress = (p: node.Progress) => {
    if (p.event === 'finish') stages.push(p.stage);
  };
  const out = join(dir, 'run');
  const result = await node.run({ ...settings, out, onProgress });
  assert.equal(stages, ['activations', 'sae', 'curves', 'controls', 'crops']);
  const page = readFileSync(join(out, 'report.html'), 'utf8');
  const { detectors } = result.curves.neurons;
  assert.ok(detectors.length > 0);
  for (const { unit } of detectors) assert.match(page, `aria-label="where ${unit} fires most"`);
  assert.equal(result, JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')));
  const flags = ['--images', 'procedural:12', '--batch', '64', '--steps', '12', '--d-sae', '24', '--k', '3'];
  const cli = await curvesae([
    'run',
    ...flags,
    '--orientations',
    '36',
    '--radii',
    '30',
    '--out',
    out,
    '--json',
  ]);
  const { seconds: _a, ...printed } = cli.json();
  const { seconds: _b, ...returned } = result;
  assert.equal(printed, JSON.parse(JSON.stringify(returned)));
  const folder = memoryStorage();
  const { seconds: _c, ...inPage } = await web.run({ ...settings, out: folder });
  assert.equal(inPage, { ...returned, report: null });
  const sae = 'sae_weights.safetensors';
  const [a, b] = [
    readFileSync(join(out, result.paths.sae, sae)),
    await at(folder, result.paths.sae).read(sae),
  ];
  assert.ok(a.equals(b), 'equal bytes of the SAE');
  assert.is(await folder.size('report.html'), undefined);
});

const at = (folder: web.Storage, path: string): web.Storage =>
  path.split('/').reduce((storage, name) => storage.sub(name), folder);

test('train, openSae, evaluate, encode and decode on vectors in memory', async () => {
  const out = memoryStorage();
  const trained = await web.train({ activations: matrix, ...SMALL, out });
  assert.is(trained.reused, false);
  assert.equal(await web.train({ activations: matrix, ...SMALL, out }), { ...trained, reused: true });
  const { vectors, l0 } = await web.eval({ sae: out, activations: matrix });
  assert.ok(vectors > 0 && l0 <= 3);
  const sae = await web.openSae(out);
  try {
    const f = sae.encode(matrix.data);
    assert.is(f.length, 600 * 24);
    assert.is(sae.decode(f).length, 7200);
    assert.throws(() => sae.tap, /does not name the tap .*vectors of 12/);
    const folder = join(dir, 'files');
    const target = join(folder, 'f.npy');
    const saved = join(dir, 'saved');
    await node.train({ activations: matrix, ...SMALL, out: saved });
    const report = await node.encode({ sae: saved, in: matrix, out: target });
    assert.equal(Object.keys(report), ['out', 'vectors', 'dSae', 'l0']);
    assert.equal(node.parseNpy(new Uint8Array(readFileSync(target)), 'f').data, f);
  } finally {
    sae.dispose();
  }
});

test('topFeatures: sorted by strength, ties by index, only what fires', async () => {
  const engine = await web.init();
  const tensor = (shape: number[], values: number[]) => ({ shape, data: Float32Array.from(values) });
  const sae = new web.LoadedSae(
    engine,
    { architecture: 'relu', dIn: 2, dSae: 4 },
    {
      W_enc: tensor([2, 4], [1, 0, 1, 2, 0, 1, 0, 0]),
      W_dec: tensor([4, 2], [1, 0, 0, 1, 1, 0, 1, 0]),
      b_enc: tensor([4], [0, 0, 0, 0]),
      b_dec: tensor([2], [0, 0]),
    },
  );
  const x = Float32Array.from([3, 1, 0, 5, -1, -1]);
  assert.equal(sae.topFeatures(x, 3), [
    [
      { feature: 3, activation: 6 },
      { feature: 0, activation: 3 },
      { feature: 2, activation: 3 },
    ],
    [{ feature: 1, activation: 5 }],
    [],
  ]);
  assert.throws(() => sae.topFeatures(x, 0), /1 or more, not 0/);
  assert.throws(() => sae.encode(x.subarray(1)), /5 values are not rows of d_in 2/);
  sae.dispose();
});

test('prepareImage: the same input of a file, its bytes, a Blob, its pixels with and without alpha', async () => {
  const engine = await node.init();
  const { default: sharp } = await import('sharp');
  const noise = { type: 'gaussian', mean: 120, sigma: 40 } as const;
  const made = sharp({ create: { width: 90, height: 70, channels: 3, background: '#3a7', noise } });
  const path = join(dir, 'picture.png');
  await made.png().toFile(path);
  const bytes = new Uint8Array(readFileSync(path));
  const input = await node.prepareImage(engine, path, 32);
  assert.is(input.length, 32 * 32 * 3);
  assert.equal(await node.prepareImage(engine, bytes, 32), input);
  assert.equal(await web.prepareImage(engine, bytes, 32), input);
  assert.equal(await web.prepareImage(engine, new Blob([bytes]), 32), input);
  const pixels = await node.decodeImage(bytes, 'picture');
  assert.equal(web.prepareImage(engine, pixels, 32), input);
  const rgba = new Uint8ClampedArray(90 * 70 * 4).fill(255);
  for (let i = 0; i < 90 * 70; i++) rgba.set(pixels.data.subarray(3 * i, 3 * i + 3), 4 * i);
  const canvas = { width: 90, height: 70, data: rgba } as unknown as ImageData;
  assert.equal(web.prepareImage(engine, canvas, 32), input);
  const several = await rejection(node.prepareImage(engine, 'procedural:3', 32));
  assert.match(several.message, /'procedural:3' is 3 pictures; give one/);
});

test('a signal ends a call with its reason, before and during the work', async () => {
  const before = new AbortController();
  before.abort(new Error('not now'));
  const out = join(dir, 'aborted');
  const call = { activations: matrix, ...SMALL, steps: 1_000_000, out };
  assert.is((await rejection(node.train({ ...call, signal: before.signal }))).message, 'not now');
  assert.not(existsSync(out), 'nothing was begun');
  const during = new AbortController();
  const onProgress = (p: node.Progress) => {
    if (p.event === 'update' && p.done >= 20) during.abort(new Error('enough'));
  };
  assert.is((await rejection(node.train({ ...call, signal: during.signal, onProgress }))).message, 'enough');
  assert.ok(existsSync(join(out, 'checkpoint.safetensors')), 'what is resumable is saved');
});

test('a picture that cannot be used is told, and counted', async () => {
  const failures: string[] = [];
  const warned: string[] = [];
  const { default: sharp } = await import('sharp');
  const good = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#777' } })
    .png()
    .toBuffer();
  const report = await web.activations({
    images: [new File([new Uint8Array(good)], 'good.png'), new File(['x'], 'bad.png')],
    perImage: 4,
    reference: 4,
    out: memoryStorage(),
    warn: (text) => warned.push(text),
    onFailure: ({ name }) => failures.push(name),
  });
  assert.equal(failures, ['bad.png']);
  assert.is(report.images, 1);
  assert.ok(warned.some((text) => /skipped bad\.png/.test(text)));
});

test.run();
