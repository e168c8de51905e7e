// visualize, as command and as function: pictures, their record, resume, the same bits for any number of workers.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readPng } from '../../src/images/png.js';
import * as web from '../../src/index.js';
import * as node from '../../src/node.js';
import { curvesae, temporaryFolder } from '../support/cli.js';
import { memoryStorage } from '../support/memory-storage.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';

const test = suite('api/visualize');
const dir = temporaryFolder('visualize');
const SMALL = { size: 48, steps: 6, warn: () => {} };
const units = ['mixed3b_5x5:3', '-conv2d2:5', 'mixed3b:323+0.5*conv2d1:0'];

test('pictures and their record, the same of one worker, of two, of a page and of the command', async () => {
  const [one, two] = [await node.init({ workers: 1 }), await node.init({ workers: 2 })];
  const seen: { unit: string; step: number; size: number }[] = [];
  const call = { ...SMALL, units };
  const { images } = await node.visualize({
    ...{ ...call, engine: one, out: join(dir, 'one') },
    onPicture: ({ unit, step, size, rgb }) => {
      assert.is(rgb.length, 3 * 48 * 48);
      seen.push({ unit, step, size });
    },
  });
  assert.equal(
    images.map(({ unit }) => unit),
    units,
  );
  assert.equal(
    seen.filter(({ unit }) => unit === units[0]),
    [0, 6].map((step) => ({ unit: units[0], step, size: 48 })),
  );
  const record = JSON.parse(readFileSync(join(dir, 'one/visualize.json'), 'utf8'));
  assert.equal(record, { images });
  const keys = ['unit', 'file', 'objective', 'before', 'after', 'strength', 'seed', 'steps'];
  for (const image of images) {
    assert.equal(Object.keys(image), keys);
    assert.ok(image.after > image.before, `${image.unit}: ${image.before} to ${image.after}`);
    const { width, height } = readPng(new Uint8Array(readFileSync(join(dir, 'one', image.file))));
    assert.equal([width, height, image.strength, image.seed, image.steps], [48, 48, null, 0, 6]);
  }
  assert.is(images[0].file, 'mixed3b_5x5-3.png');
  const bytes = (folder: string) =>
    images.map(({ file }) => readFileSync(join(dir, folder, file)).toString('hex'));
  assert.equal(await node.visualize({ ...call, engine: two, out: join(dir, 'two') }), { images });
  assert.equal(bytes('two'), bytes('one'));
  const folder = memoryStorage();
  assert.equal(await web.visualize({ ...call, engine: one, out: folder }), { images });
  for (const [i, { file }] of images.entries())
    assert.is(Buffer.from(await folder.read(file)).toString('hex'), bytes('one')[i]);
  const flags = ['--size', '48', '--steps', '6', '--workers', '1', '--json', '--quiet'];
  const cli = await curvesae(['visualize', '--units', units.join(','), ...flags, '--out', join(dir, 'cli')]);
  assert.is(cli.code, 0, cli.stderr);
  assert.equal(cli.json(), { images });
  assert.equal(bytes('cli'), bytes('one'));
});

test('repeated, it takes what is finished; what is damaged, cut short or of other settings is made anew', async () => {
  const engine = await node.init({ workers: 1 });
  const out = join(dir, 'again');
  const call = { ...SMALL, engine, out, units: units.slice(0, 2) };
  const painted = async (change: Partial<typeof call> = {}) => {
    const names = new Set<string>();
    const report = await node.visualize({
      ...call,
      ...change,
      onPicture: ({ unit }) => void names.add(unit),
    });
    return { report, names: [...names].sort() };
  };
  const first = await painted();
  assert.equal(first.names, [...call.units].sort());
  const files = first.report.images.map(({ file }) => join(out, file));
  const whole = readFileSync(files[1]);
  assert.equal(await painted(), { report: first.report, names: [] });
  writeFileSync(files[1], whole.subarray(0, 40));
  assert.equal(await painted(), { report: first.report, names: [call.units[1]] });
  assert.ok(readFileSync(files[1]).equals(whole));
  writeFileSync(join(out, 'records/mixed3b_5x5-3.json'), '{"identity": ');
  assert.equal((await painted()).names, [call.units[0]]);
  assert.equal((await painted({ steps: 7 })).names, [...call.units].sort());
  const stop = new AbortController();
  const reason = new Error('enough');
  const elsewhere = { ...call, out: join(dir, 'stopped') };
  // Units of earlier taps come first.
  const stopped = await rejection(
    node.visualize({
      ...{ ...elsewhere, signal: stop.signal },
      onPicture: ({ unit, step }) => {
        if (unit === call.units[0] && step === 0) stop.abort(reason);
      },
    }),
  );
  assert.is(stopped, reason);
  assert.equal(readdirSync(elsewhere.out).sort(), [first.report.images[1].file, 'records'].sort());
  assert.equal(await painted(elsewhere), { report: first.report, names: [call.units[0]] });
});

test('beside photographs: the page, its crops, how strongly each fires; visualize.json as ever', async () => {
  const engine = await node.init({ workers: 1 });
  const named = ['mixed3b_5x5:3', 'conv2d2:5', '-mixed3b_5x5:3'];
  const call = { ...SMALL, engine, units: named, images: 'procedural:4' };
  const out = join(dir, 'beside');
  const { images } = await node.visualize({ ...call, out, commandLine: 'curvesae <visualize>' });
  const plain = await node.visualize({ ...SMALL, engine, units: named, out: join(dir, 'alone') });
  assert.equal(
    images.map(({ strength: _, ...rest }) => rest),
    plain.images.map(({ strength: _, ...rest }) => rest),
  );
  // The largest tenth of a percent of what all positions of the four pictures have.
  const [, strength] = images.map((image) => image.strength);
  const session = node.createSession(engine, await node.openModel('embedded'), { taps: ['conv2d2'] });
  const values: number[] = [];
  for (let i = 0; i < 4; i++) {
    session.run(Float32Array.from(node.proceduralImage(engine.math, 0, i, 224).data));
    values.push(...session.tap('conv2d2').filter((_, at) => at % 192 === 5));
  }
  session.dispose();
  values.sort((a, b) => b - a);
  const exact = images[1].after / values[Math.floor(0.001 * values.length)];
  assert.ok(exact > 0 && Math.abs(strength! / exact - 1) < 0.035, `${strength}, ${exact}`);
  const page = readFileSync(join(out, 'visualize.html'), 'utf8');
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)![1].replaceAll('&#39;', "'");
  assert.match(policy, /^default-src 'none'; style-src 'sha256-[^']+'; img-src 'self' file: data:;/);
  const style = /<style>([\s\S]*)<\/style>/.exec(page)![1];
  assert.ok(policy.includes(createHash('sha256').update(style).digest('base64')));
  assert.is(
    [...page.matchAll(/<img src="([^"]+)"/g)].map(([, file]) => file).join(),
    images.map(({ file }) => file).join(),
  );
  assert.is([...page.matchAll(/Its best photograph: <b>/g)].length, 2);
  assert.match(page, /no single unit of a tap: no photographs/);
  assert.match(page, /curvesae &lt;visualize&gt;/);
  assert.not.match(page, /https?:|<script/);
  assert.match(readFileSync(join(dir, 'alone/visualize.html'), 'utf8'), /no photographs given/);
  const folder = memoryStorage();
  assert.equal((await web.visualize({ ...call, out: folder })).images, images);
  assert.is((await folder.list()).includes('visualize.html'), false, 'in a page no page is made');
});

test('features, directions, batches, and how strongly a picture fires over the photographs', async () => {
  const engine = await node.init({ workers: 1 });
  const data = randomNormal(300 * 96, 1).map((v) => Math.abs(v));
  const vectors = { shape: [300, 96] as [number, number], data };
  const sae = memoryStorage();
  await node.train({
    engine,
    activations: vectors,
    dSae: 24,
    k: 3,
    batch: 64,
    steps: 3,
    out: sae,
    warn: () => {},
  });
  const call = {
    ...SMALL,
    steps: 24,
    noTransforms: true,
    engine,
    sae,
    tap: 'mixed3b_5x5',
    activations: vectors,
    directions: vectors,
  };
  const { images } = await node.visualize({ ...call, units: ['f3', 'd2'], out: join(dir, 'features') });
  for (const { unit, before, after } of images) assert.ok(after > before, `${unit}: ${before} to ${after}`);
  assert.ok(images[0].strength === null || images[0].strength >= 0);
  assert.is(images[1].strength, null, 'of a direction nothing is known');
  const batch = { ...SMALL, engine, units: 'mixed3b_5x5:3', batch: 2, diversity: 10 };
  const two = await node.visualize({ ...batch, objective: 'channel', out: join(dir, 'batch') });
  assert.equal(
    two.images.map(({ file, objective }) => [file, objective]),
    [
      ['mixed3b_5x5-3-1.png', 'channel'],
      ['mixed3b_5x5-3-2.png', 'channel'],
    ],
  );
});

test('wrong use: one clear line before any work', async () => {
  const refused = async (options: object, message: RegExp) => {
    const error = await rejection(node.visualize({ units: 'conv2d0:0', out: dir, ...options } as never));
    assert.instance(error, node.CurvesaeError);
    assert.match(error.message, message);
    assert.not.match(error.message, /\n/);
  };
  await refused({ units: undefined }, /needs the option units/);
  await refused({ units: 'mixed4a:0' }, /ends at tap/);
  await refused({ units: 'mixed3b:3x' }, /cannot read/);
  await refused({ units: 'f1' }, /give it with --sae/);
  await refused({ diversity: 1 }, /give --batch 2 or more/);
  await refused({ size: 8 }, /size must be a whole number from 16/);
  await refused({ directions: { shape: [1, 4], data: new Float32Array(4) } }, /name it with --tap/);
  const narrow = { directions: { shape: [1, 4], data: new Float32Array(4) }, tap: 'mixed3b_5x5' };
  await refused(narrow, /directions of 4 values do not fit tap mixed3b_5x5 of 96/);
});

test.run();
