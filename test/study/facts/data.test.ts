// The explorer's data: what they hold, when they are used again, and what is missing.

import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LiveNetwork } from '../../../src/explorer/live.js';
import {
  createSession,
  embeddedModel,
  init,
  LoadedSae,
  parseSafetensors,
  prepareImage,
  proceduralImage,
} from '../../../src/index.js';
import { CURVE_SAMPLES, chunkFile, type ExplorerIndex, UNIT_CHUNK } from '../../../src/study/facts/format.js';
import { HISTOGRAM_BINS } from '../../../src/units/histogram.js';
import { TOP_PICTURES } from '../../../src/units/top-examples.js';
import { curvesaeHere, temporaryFolder } from '../../support/cli.js';
import { open, runInto, smallRun } from '../../support/explorer.js';
import { LONG } from '../../support/long.js';
import { ROOT } from '../../support/paths.js';
import { rejection } from '../../support/rejection.js';

const test = suite('explorer/data');
const dir = temporaryFolder('explorer-data');
let run = '';
let folder = '';
let index: ExplorerIndex;

const tensors = (file: string) => parseSafetensors(readFileSync(join(folder, file)), file).tensors;

test.before(async () => {
  run = await smallRun();
  const { runs } = await open([run], { workers: 2 });
  folder = runs[0].storage.label;
  index = runs[0].index;
  assert.not.ok(runs[0].reused);
});

test('the index says what was run and what was measured', () => {
  assert.equal(index.missing, []);
  assert.equal(index.counts, { neurons: 96, features: 128 });
  assert.equal(index.pictures, { listed: 24, shown: 24, failures: [] });
  assert.is(index.vectors.histogram, 24 * 64);
  assert.is(index.geometry.stride, 8);
  assert.is(index.geometry.inputSize, 224);
  assert.ok(index.verdict.includes('10 neurons'));
  assert.is(index.run.planted.length, 12);
});

test('top photographs are those that the network answers most, at that very place', async () => {
  const engine = await init();
  const model = await embeddedModel(engine.math);
  const session = createSession(engine, model, { taps: ['mixed3b_5x5'] });
  const core = engine.acquire();
  const sae = new LoadedSae(
    engine,
    index.sae!,
    Object.fromEntries(
      [...tensors('sae.safetensors')].map(([k, t]) => [k, { shape: t.shape, data: t.f32() }]),
    ),
  );
  const values = Array.from({ length: 24 }, (_, i) => {
    session.run(prepareImage(core, proceduralImage(engine.math, 0, i, 224), 224));
    const x = session.tap('mixed3b_5x5');
    return { x, f: sae.encode(x, 784) };
  });
  for (const [kind, n, unit] of [
    ['neurons', 96, 5],
    ['features', 128, alive()],
  ] as const) {
    const at = (picture: number, position: number) =>
      values[picture][kind === 'neurons' ? 'x' : 'f'][position * n + unit];
    const most = values.map((_, p) => Math.max(...Array.from({ length: 784 }, (_, i) => at(p, i))));
    const chunk = tensors(chunkFile(kind, unit));
    const row = (name: string) =>
      chunk
        .get(name)!
        .f32()
        .subarray((unit % UNIT_CHUNK) * TOP_PICTURES, ((unit % UNIT_CHUNK) + 1) * TOP_PICTURES);
    const order = most.map((v, p) => ({ v, p })).sort((a, b) => b.v - a.v || a.p - b.p);
    for (let i = 0; i < TOP_PICTURES && order[i].v > 0; i++) {
      assert.is(row('top.picture')[i], order[i].p, `${kind} ${unit}, place ${i}`);
      assert.is(row('top.value')[i], order[i].v, 'the same bits');
      assert.is(at(row('top.picture')[i], row('top.position')[i]), order[i].v);
    }
  }
  core.dispose();
  session.dispose();
  sae.dispose();
  engine.dispose();
});

/** A feature that fires. */
function alive(): number {
  const density = tensors('table.safetensors').get('features.density')!.f32();
  return density.indexOf(Math.max(...density));
}

test('curves, histograms and pictures are those of the run', async () => {
  const stage = parseSafetensors(
    readFileSync(
      join(
        run,
        JSON.parse(readFileSync(join(run, 'result.json'), 'utf8')).paths.curves,
        'tuning.safetensors',
      ),
    ),
    'x',
  ).tensors;
  const curves = stage.get('features.tuning')!.f32();
  const chunk = tensors(chunkFile('features', 70));
  const curve = chunk
    .get('curve')!
    .f32()
    .subarray(6 * CURVE_SAMPLES, 7 * CURVE_SAMPLES);
  assert.equal(
    curve,
    Float32Array.from({ length: CURVE_SAMPLES }, (_, i) => curves[70 * 720 + 2 * i]),
  );
  const unit = alive();
  const counts = tensors(chunkFile('features', unit))
    .get('histogram')!
    .f32()
    .subarray((unit % UNIT_CHUNK) * HISTOGRAM_BINS, ((unit % UNIT_CHUNK) + 1) * HISTOGRAM_BINS);
  const density = tensors('table.safetensors').get('features.density')!.f32()[unit];
  assert.is(
    counts.reduce((a, b) => a + b, 0),
    Math.round(density * index.vectors.histogram),
  );
  const { width, height, format } = await sharp(join(folder, 'pictures', '000003.jpg')).metadata();
  assert.equal({ width, height, format }, { width: 224, height: 224, format: 'jpeg' });
});

test('the live network gives the bits of the run: model and autoencoder as the page fetches them', async () => {
  const engine = await init();
  const live = new LiveNetwork(engine, index, tensors('model.safetensors'), tensors('sae.safetensors'));
  const stage = parseSafetensors(
    readFileSync(join(run, 'curves', index.run.hashes.curves, 'tuning.safetensors')),
    'x',
  ).tensors;
  const unit = alive();
  for (const degree of [0, 90, 205]) {
    const answer = live.curve({ orientationDeg: degree, radius: 30, lineWidth: 2 });
    assert.is(
      answer.neurons[7],
      stage.get('units.tuning')!.f32()[7 * 720 + 2 * degree],
      `neuron 7 at ${degree}`,
    );
    assert.is(answer.features[unit], stage.get('features.tuning')!.f32()[unit * 720 + 2 * degree]);
  }
  const chunk = tensors(chunkFile('features', unit));
  const at = (unit % UNIT_CHUNK) * TOP_PICTURES;
  const picture = chunk.get('top.picture')!.f32()[at];
  const seen = live.picture(proceduralImage(engine.math, 0, picture, 224));
  assert.is(seen.features!.values[unit], chunk.get('top.value')!.f32()[at]);
  const [map] = [live.maps([{ kind: 'features', index: unit }])];
  assert.is(map[seen.features!.positions[unit]], seen.features!.values[unit]);
  assert.is(Math.max(...map), seen.features!.values[unit]);
  live.dispose();
  engine.dispose();
});

test('made once: used again as long as every byte is as it was written', async () => {
  assert.ok((await open([run])).runs[0].reused);
  const file = join(folder, chunkFile('features', 0));
  const bytes = readFileSync(file);
  writeFileSync(file, Buffer.from(bytes.map((b, i) => (i === 500 ? b ^ 1 : b))));
  assert.not.ok((await open([run])).runs[0].reused, 'a changed byte');
  assert.equal(readFileSync(file), bytes, 'made again, to the same bytes');
  rmSync(join(folder, 'pictures', '000001.jpg'));
  assert.not.ok((await open([run])).runs[0].reused, 'a lost picture');
  assert.is(
    (await open([run], { photographs: 10 })).runs[0].index.pictures.shown,
    10,
    'another limit, other data',
  );
  assert.equal(
    readdirSync(folder).filter((f) => f.startsWith('.')),
    [],
    'nothing unfinished is left',
  );
});

test('photographs that have gone: their pages are kept where they were made before', async () => {
  const photos = join(dir, 'photos');
  mkdirSync(photos);
  for (let i = 0; i < 6; i++)
    await sharp({
      create: {
        width: 260,
        height: 240,
        channels: 3,
        background: { r: 40 * i, g: 90, b: 200 },
        noise: { type: 'gaussian', mean: 128, sigma: 50 },
      },
    })
      .png()
      .toFile(join(photos, `p${i}.png`));
  const own = join(dir, 'own');
  await runInto(own, photos);
  const fresh = join(dir, 'fresh');
  cpSync(own, fresh, { recursive: true });
  assert.is((await open([own])).runs[0].index.pictures.shown, 6, 'found where the run had them');
  renameSync(photos, `${photos}-moved`);
  const kept = (await open([own])).runs[0];
  assert.ok(kept.reused && kept.index.pictures.shown === 6 && !kept.index.missing.length);
  const { index: without } = (await open([fresh])).runs[0];
  assert.equal(
    without.missing.map((m) => m.part),
    ['photographs'],
  );
  assert.match(without.missing[0].reason, /--images/);
  assert.is(without.pictures.shown, 0);
  const found = (await open([fresh], { images: [`${photos}-moved`] })).runs[0];
  assert.is(found.index.pictures.shown, 6, 'and are looked at once they are found');
});

test('a run without its autoencoder, or of parts that cannot be read, opens with the rest; a changed one is refused', async () => {
  const broken = join(dir, 'broken');
  cpSync(run, broken, { recursive: true, filter: (f) => basename(f) !== 'explorer' });
  const { paths } = JSON.parse(readFileSync(join(broken, 'result.json'), 'utf8'));
  rmSync(join(broken, paths.sae), { recursive: true });
  writeFileSync(join(broken, paths.curves, 'tuning.safetensors'), 'not tensors');
  assert.match((await rejection(open([broken]))).message, /tuning\.safetensors: is not as it was written/);
  rmSync(join(broken, paths.curves, 'checksums.json')); // a run of an older version
  const { index: rest } = (await open([broken])).runs[0];
  assert.equal(rest.missing.map((m) => m.part).sort(), ['curves', 'sae']);
  assert.is(rest.pictures.shown, 24);
});

test('folders that are no runs are refused in one line', async () => {
  const cases: [string, string, RegExp][] = [
    ['empty', '', /no result\.json here/],
    ['text', 'no json', /not valid JSON/],
    ['null', 'null', /is not an object/],
    ['old', '{"version":"0"}', /lacks .*repeat the run/],
    ['proto', '{"__proto__":{"model":1}}', /lacks/],
  ];
  for (const [name, text, message] of cases) {
    const at = join(dir, name);
    mkdirSync(at);
    if (text) writeFileSync(join(at, 'result.json'), text);
    const r = await curvesaeHere(['explore', at, '--no-open']);
    assert.is(r.code, 3, r.stderr);
    assert.match(r.stderr, message);
    assert.is(r.stderr.trim().split('\n').length, 1);
  }
  // Of photographs that have gone: what is asked for is quickly made without them.
  const climbing = join(dir, 'climbing');
  cpSync(join(dir, 'own'), climbing, { recursive: true, filter: (f) => basename(f) !== 'explorer' });
  rmSync(join(climbing, 'checksums.json'));
  const result = JSON.parse(readFileSync(join(climbing, 'result.json'), 'utf8'));
  for (const path of ['../../etc', ...(LONG ? ['/etc', 'sae/..', 'a\\b'] : [])]) {
    writeFileSync(
      join(climbing, 'result.json'),
      JSON.stringify({ ...result, paths: { ...result.paths, sae: path } }),
    );
    const { index: i } = (await open([climbing])).runs[0];
    assert.match(i.missing.find((m) => m.part === 'sae')!.reason, /no folder of a run/);
  }
});

test('--export writes files for any host; another folder’s content is not touched', async () => {
  const out = join(dir, 'site');
  const r = await curvesaeHere(['explore', run, '--export', out, '--json', '--quiet']);
  assert.is(r.code, 0, r.stderr);
  const { files, runs } = r.json();
  assert.ok(files > 30 && runs[0].reused);
  for (const name of [
    'index.html',
    'main.js',
    'worker.js',
    'style.css',
    'core/simd.wasm',
    'runs.json',
    'data/a/index.json',
    'data/a/pictures/000000.jpg',
  ])
    assert.ok(existsSync(join(out, name)), name);
  const page = readFileSync(join(out, 'index.html'), 'utf8');
  assert.match(
    page,
    /http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'/,
  );
  assert.not.match(page, /(src|href)="(\/|http)/, 'every address is relative');
  assert.not.match(
    readFileSync(join(out, 'runs.json'), 'utf8') + readFileSync(join(out, 'data/a/index.json'), 'utf8'),
    dir,
    'no path of this machine',
  );
  assert.is(
    (await curvesaeHere(['explore', run, '--export', out, '--quiet'])).code,
    0,
    'an export may be replaced',
  );
  const foreign = join(dir, 'photos-moved-not');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'mine.txt'), 'mine');
  const refused = await curvesaeHere(['explore', run, '--export', foreign]);
  assert.is(refused.code, 3);
  assert.match(refused.stderr, /not empty and not an export/);
  assert.equal(readdirSync(foreign), ['mine.txt']);
});

test('the command serves until it is interrupted, and says where; one document with --json', async () => {
  const child = spawn(
    process.execPath,
    [join(ROOT, 'dist/src/cli/main.js'), 'explore', run, '--no-open', '--port', '0', '--json'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let out = '';
  const url = await new Promise<string>((resolve) => {
    child.stdout.on('data', (d) => {
      out += d;
      if (out.endsWith('\n')) resolve(JSON.parse(out).url);
    });
  });
  const response = await fetch(`${url}runs.json`);
  assert.is(response.status, 200);
  assert.is((await response.json()).runs.length, 1);
  child.kill('SIGINT');
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.is(code, 0);
});

test('wrong usage', async () => {
  for (const args of [[], ['a', 'b', 'c'], [run, '--port', '70000'], [run, '--photographs', '0']]) {
    const r = await curvesaeHere(['explore', ...args, '--no-open']);
    assert.is(r.code, 2, r.stderr);
  }
  assert.is((await curvesaeHere(['explore', join(dir, 'nowhere'), '--no-open'])).code, 3);
});

test.run();
