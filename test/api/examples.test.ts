// examples, as command and as function: everything against the taps of plain sessions; the same bytes for any number of
// workers, interrupted or not.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Example } from '../../src/index.js';
import * as web from '../../src/index.js';
import * as node from '../../src/node.js';
import { hide } from '../../src/vectors/hiding.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { memoryStorage } from '../support/memory-storage.js';
import { randomNormal } from '../support/random.js';
import { saveRandomSae } from '../support/random-sae.js';
import { rejection } from '../support/rejection.js';

const test = suite('api/examples');
const dir = temporaryFolder('examples');
const TAP = 'mixed3b_5x5';
const IMAGES = 10;
const SMALL = { images: `procedural:${IMAGES}`, tap: TAP, warn: () => {} };
const UNITS = ['mixed3b_5x5:3', 'mixed3b:325', 'f5', 'mixed3b_5x5:40'];
const D_SAE = 12;
const one = await node.init({ workers: 1 });

/** An SAE of random numbers on the tap. */
const sae = join(dir, 'sae');
await saveRandomSae(sae, TAP, 96, D_SAE);

/** Taps of every picture, from a session of its own. */
async function plainly() {
  const model = await node.embeddedModel(one.math);
  const session = node.createSession(one, model, { taps: [TAP, `${TAP}_pre_relu`] });
  const loaded = await node.openSae(sae, { engine: one });
  const pictures = Array.from({ length: IMAGES }, (_, i) => {
    const { data, width } = node.proceduralImage(one.math, 0, i, 224);
    session.run(Float32Array.from(data));
    assert.is(width, 224);
    const x = session.tap(TAP);
    return { x, pre: session.tap(`${TAP}_pre_relu`), f: loaded.encode(x) };
  });
  const info = session.info(TAP);
  session.dispose();
  loaded.dispose();
  return { pictures, info };
}

const imageOf = (name: string): number => Number(name.replace('procedural-', ''));

test('every unit and feature, against the taps themselves', async () => {
  const { pictures, info } = await plainly();
  const result = await node.examples({ ...SMALL, sae, engine: one, noSheets: true, out: join(dir, 'plain') });
  assert.equal(result, JSON.parse(readFileSync(join(dir, 'plain/examples.json'), 'utf8')));
  assert.equal(Object.keys(result.units).length, 96 + D_SAE);
  const positions = info.height * info.width;
  assert.equal(
    [result.images, result.places, result.size, result.page, result.failures],
    [IMAGES, IMAGES * positions, 224, null, []],
  );
  let rich = 0;
  for (const [name, unit] of Object.entries(result.units)) {
    const feature = name.startsWith('f');
    const index = Number(name.replace(/^f|^.*:/, ''));
    const count = feature ? D_SAE : 96;
    const valueAt = (picture: number, p: number) =>
      (feature ? pictures[picture].f : pictures[picture].x)[p * count + index];
    const at = ({ image, row, column }: Example) => valueAt(imageOf(image), row * info.width + column);
    const values = pictures.map((_, i) => Array.from({ length: positions }, (_, p) => valueAt(i, p)));
    const positive = values.flat().filter((v) => v > 0);
    assert.is(unit.fires, positive.length, name);
    assert.is(unit.density, positive.length / result.places);
    assert.is(unit.images, values.filter((v) => v.some((x) => x > 0)).length);
    const best = values.map((v) => Math.max(0, ...v)).filter((v) => v > 0);
    best.sort((a, b) => b - a);
    assert.equal(
      unit.top.map(({ value }) => value),
      best.slice(0, 8),
    );
    assert.is(unit.max, best[0] ?? 0);
    assert.is(unit.levels.length > 0, unit.fires > 0);
    if (!unit.fires) continue;
    assert.is(
      unit.levels.reduce((n, l) => n + l.fires, 0),
      unit.fires,
    );
    assert.ok(Math.abs(unit.levels.reduce((s, l) => s + l.share, 0) - 1) < 1e-12, name);
    for (const level of unit.levels) {
      assert.is(level.fires, positive.filter((v) => v >= level.from && v < level.to).length);
      const names = level.examples.map(({ image }) => image);
      assert.is(new Set(names).size, names.length, 'one of a picture');
      for (const { value } of level.examples) assert.ok(value >= level.from && value < level.to);
      assert.ok(level.examples.length > 0 && level.examples.length <= 8, `${name}: ${JSON.stringify(level)}`);
    }
    if (unit.levels.length === 5) rich++;
    for (const example of [...unit.top, ...unit.levels.flatMap((l) => l.examples)]) {
      assert.is(example.value, at(example));
      const { row, column, y, x } = example;
      assert.equal([y, x], [info.stride * row + info.centre, info.stride * column + info.centre]);
      const [x0, y0, x1, y1] = example.crop;
      assert.equal([x0, y0], [Math.max(0, x - 45), Math.max(0, y - 45)], 'a field of 91 pixels');
      assert.equal([x1, y1], [Math.min(224, x + 46), Math.min(224, y + 46)]);
    }
    for (const miss of unit.nearMisses!) {
      assert.is(at(miss), 0, 'it is silent there');
      if (feature) continue;
      const { pre } = pictures[imageOf(miss.image)];
      const place = miss.row * info.width + miss.column;
      assert.is(miss.value, pre[place * 96 + index]);
      assert.ok(miss.value <= 0);
    }
  }
  assert.ok(rich > 80, `${rich} units with five levels`);
  const silentFeature = filled(Object.values(result.units)).find(
    (u) => u.fires < result.places && u.nearMisses,
  );
  assert.ok(silentFeature!.nearMisses!.length > 0);
  assert.is(new Set(result.random.map(({ image }) => image)).size, 8);
});

const files = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((f) => f.isFile())
      .map((f) => join(f.parentPath, f.name))
      .map((f) => [f.slice(folder.length), readFileSync(f).toString('base64')]),
  );

test('the same bytes of one worker, of three, of an interrupted run, of the command; a page has no sheets', async () => {
  const call = { ...SMALL, sae, units: UNITS, each: 4, levels: 3 };
  const whole = join(dir, 'whole');
  const result = await node.examples({ ...call, engine: one, out: whole });
  assert.equal(Object.keys(result.units), UNITS);
  const twins = [result.units['mixed3b:325'], result.units['mixed3b_5x5:3']];
  assert.is(twins[0].fires > 0 && twins[1].fires > 0, true);
  const names = readdirSync(join(whole, 'sheets')).sort();
  const stems = UNITS.filter((u) => result.units[u].fires).map((u) => u.replace(':', '-'));
  assert.equal(names, [...stems.map((s) => `${s}.jpg`), 'random.jpg', 'records.json'].sort());
  const { commandLine: _, ...expected } = { commandLine: '', ...files(whole) };
  const three = await node.init({ workers: 3 });
  await node.examples({ ...call, engine: three, out: join(dir, 'three') });
  assert.equal(files(join(dir, 'three')), expected);

  // Stopped in the first pass, and again before the sheets are whole.
  const out = join(dir, 'stopped');
  const stopped = async (stage: string, at: number) => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const begun: number[] = [];
    const error = await rejection(
      node.examples({
        ...{ ...call, engine: one, out, signal: stop.signal },
        onProgress: (p) => {
          if (p.event === 'start' && p.stage === 'examples') begun.push(p.done);
          if (p.event === 'update' && p.stage === stage && p.done >= at) stop.abort(reason);
        },
      }),
    );
    assert.is(error, reason);
    return begun[0];
  };
  assert.is(await stopped('examples', 4), 0);
  assert.is(await stopped('examples', 7), 4);
  assert.not.ok(existsSync(join(out, 'examples.json')));
  assert.is(await stopped('sheets', 0), 7);
  await node.examples({ ...call, engine: one, out });
  assert.equal(files(out), expected);

  const flags = ['--images', SMALL.images, '--tap', TAP, '--sae', sae, '--units', UNITS.join(','), '--quiet'];
  const cli = await curvesaeHere([
    ...[
      'examples',
      ...flags,
      '--each',
      '4',
      '--levels',
      '3',
      '--json',
      '--workers',
      '2',
      '--out',
      join(dir, 'cli'),
    ],
  ]);
  assert.is(cli.code, 0, cli.stderr);
  assert.equal(cli.json(), result);
  const made = files(join(dir, 'cli'));
  assert.match(
    readFileSync(join(dir, 'cli/examples.html'), 'utf8'),
    /curvesae examples --images procedural:10/,
  );
  for (const name of filled(Object.keys(expected)))
    if (name !== '/examples.html') assert.is(made[name], (expected as Record<string, string>)[name], name);

  const folder = memoryStorage();
  const tensors = await node.openSae(sae, { engine: one });
  const inPage = await web.examples({
    ...{ ...call, engine: one, out: folder },
    sae: await stored(tensors),
  });
  tensors.dispose();
  const units = Object.fromEntries(Object.entries(result.units).map(([u, r]) => [u, { ...r, sheet: null }]));
  assert.equal(inPage, { ...result, units, page: null });
  assert.equal((await folder.list()).sort(), ['examples.json', 'pass']);
});

async function stored({ config, tensors }: node.OpenedSae): Promise<node.Storage> {
  const storage = memoryStorage();
  await node.saveSae(storage, config, tensors, { hook_name: TAP, model_name: 'embedded' });
  return storage;
}

test('repeated, it takes what is there; what is damaged is made again, and said', async () => {
  const out = join(dir, 'whole');
  const before = files(out);
  const summaries: string[] = [];
  const warned: string[] = [];
  const again = () =>
    node.examples({
      ...{ ...SMALL, sae, units: UNITS, each: 4, levels: 3, engine: one, out },
      warn: (text) => warned.push(text),
      onProgress: (p) => {
        if (p.event === 'finish') summaries.push(p.summary);
      },
    });
  await again();
  assert.equal(summaries, ['10 images, reused', '0 drawn, 5 reused']);
  assert.equal(files(out), before);
  const sheet = join(out, 'sheets/f5.jpg');
  writeFileSync(sheet, readFileSync(sheet).subarray(0, 100));
  const [pass] = readdirSync(join(out, 'pass'));
  const [state] = readdirSync(join(out, 'pass', pass));
  const bytes = readFileSync(join(out, 'pass', pass, state));
  bytes[bytes.length - 9] ^= 1;
  writeFileSync(join(out, 'pass', pass, state), bytes);
  summaries.length = 0;
  await again();
  assert.equal(summaries, ['10 images', '1 drawn, 4 reused']);
  assert.match(warned.join('\n'), /is not as it was written; what it held is computed again/);
  assert.equal(files(out), before);
});

test('an SAE of hidden neurons reads them behind their matrix', async () => {
  const hiding = { kind: 'project', width: 24, seed: 3 } as const;
  const folder = memoryStorage();
  const random = (...shape: number[]) => ({
    shape,
    data: randomNormal(
      shape.reduce((a, b) => a * b),
      shape[0],
    ),
  });
  const tensors = { W_enc: random(24, 7), W_dec: random(7, 24), b_enc: random(7), b_dec: random(24) };
  const config = { architecture: 'relu', dIn: 24, dSae: 7 };
  await node.saveSae(folder, config, tensors, { hook_name: TAP, hidden: 'project 24, seed 3' });
  const call = {
    ...SMALL,
    engine: one,
    sae: folder,
    images: 'procedural:2',
    noNearMisses: true,
    noSheets: true,
  };
  const { units } = await node.examples({ ...call, units: ['f0', 'f4', 'f6'], out: join(dir, 'hidden') });
  const matrix = node.hidingMatrix(one.math, 96, hiding);
  const core = one.acquire();
  const loaded = new node.LoadedSae(one, config, tensors);
  const { pictures } = await plainly();
  const f = pictures.slice(0, 2).map(({ x }) => loaded.encode(hide(core, x, matrix, 24)));
  core.dispose();
  loaded.dispose();
  for (const unit of [0, 4, 6]) {
    const values = f.flatMap((all) => [...all.filter((_, i) => i % 7 === unit)]);
    assert.is(units[`f${unit}`].fires, values.filter((v) => v > 0).length);
    assert.is(units[`f${unit}`].max, Math.max(...values));
    assert.is(units[`f${unit}`].nearMisses, null);
  }
});

test('a picture that cannot be used is told and counted; taps that end in no ReLU have no near misses', async () => {
  const { default: sharp } = await import('sharp');
  const good = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#777' } })
    .png()
    .toBuffer();
  const failures: string[] = [];
  const report = await node.examples({
    ...{ ...SMALL, engine: one, tap: 'maxpool1', units: 'maxpool1:0', noSheets: true, out: join(dir, 'bad') },
    images: [new File(['x'], 'bad.png'), new File([new Uint8Array(good)], 'good.png')],
    onFailure: ({ name }) => failures.push(name),
  });
  assert.equal(failures, ['bad.png']);
  assert.equal([report.images, report.failures.length], [1, 1]);
  const unit = report.units['maxpool1:0'];
  assert.is(unit.nearMisses, null);
  for (const { image } of filled(report.random)) assert.is(image, 'good.png');
  const none = await rejection(
    node.examples({ ...SMALL, engine: one, images: [new File(['x'], 'bad.png')], out: join(dir, 'none') }),
  );
  assert.match(none.message, /none of the 1 images could be used/);
});

test('wrong use: one clear line before any work', async () => {
  const out = join(dir, 'refused');
  const refused = async (options: object, message: RegExp) => {
    const error = await rejection(node.examples({ ...SMALL, engine: one, out, ...options } as never));
    assert.instance(error, node.CurvesaeError);
    assert.match(error.message, message);
    assert.not.match(error.message, /\n/);
  };
  await refused({ out: undefined }, /needs the option out/);
  await refused({ tap: 'mixed3b_5x' }, /no tap .*mixed3b_5x|unknown tap/);
  await refused({ tap: 'mixed4a' }, /ends at tap/);
  await refused({ units: 'mixed3b_5x5:96' }, /units 0 to 95/);
  await refused({ units: 'mixed3a:0' }, /is not in tap mixed3b_5x5/);
  await refused({ units: 'f0' }, /give it with --sae/);
  await refused({ sae, units: 'f12' }, /has features f0 to f11; 'f12' is none/);
  await refused({ sae, tap: 'mixed3a' }, /was trained on tap mixed3b_5x5, not mixed3a/);
  await refused({ each: 0 }, /each must be a whole number from 1/);
  await refused({ images: 'no-such-folder' }, /no such image/);
  const narrow = memoryStorage();
  const data = randomNormal(600, 1);
  await node.train({
    ...{ engine: one, activations: { shape: [100, 6], data }, dSae: 8, k: 2, batch: 32, steps: 2 },
    ...{ out: narrow, warn: () => {} },
  });
  await refused({ sae: narrow }, /d_in 6 does not fit tap mixed3b_5x5 of 96 channels/);
  assert.not.ok(existsSync(out), 'nothing was begun');
});

test.run();
