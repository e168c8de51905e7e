// circuit() and the command on the embedded network, whose wiring is known by construction, and on GoogLeNet.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as web from '../../src/index.js';
import * as node from '../../src/node.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { LONG } from '../support/long.js';
import { memoryStorage } from '../support/memory-storage.js';
import { SHARED, sharedTest } from '../support/paths.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';

const test = suite('api/circuit');
const dir = temporaryFolder('circuit');
const one = await node.init({ workers: 1 });
const LATE = 'mixed3b_5x5';
const BOTTLENECK = 'mixed3b_5x5_bottleneck';
const UNITS = [`${LATE}:72`, `${LATE}:40`, `${LATE}:3`];
const call = { images: 'procedural:5', tap: LATE, from: BOTTLENECK, units: UNITS, each: 2, warn: () => {} };

/** By channels; what features that are the channels must give. */
let planted: node.CircuitReport;

test('the planted wiring is found; on a linear way attribution, ablation and weights are one', async () => {
  const out = join(dir, 'planted');
  const result = await node.circuit({ ...call, engine: one, curves: true, out });
  planted = result;
  assert.equal(result, JSON.parse(readFileSync(join(out, 'circuit.json'), 'utf8')));
  assert.equal([result.tap, result.from, result.to, result.images], [LATE, BOTTLENECK, null, 5]);
  const [colour, line, curve] = UNITS.map((name) => result.units[name].drives!);
  // Unit 72 is colour 2, channel 24 + 2 of the bottleneck, and nothing else.
  assert.equal(
    colour.exciting.map(({ unit }) => unit),
    [`${BOTTLENECK}:26`],
  );
  assert.equal([colour.inhibiting, colour.agreement], [[], null]);
  // Unit 40 is the line of normal 45 degrees; channel i has its normal at 7.5 (i + 1) degrees at the latest.
  assert.match(line.exciting[0].unit, /bottleneck:[56]$/);
  for (const drives of [line, curve]) {
    assert.ok(drives.agreement!.attribution > 0.9999 && drives.agreement!.weights > 0.9999);
    assert.ok(drives.agreement!.shuffled < 0.8);
    for (const { share, ablation, weighed, attribution, unit } of filled(drives.exciting)) {
      assert.ok(Math.abs(share - ablation) < 1e-4 && Math.abs(share - weighed) < 1e-4, unit);
      const placed = attribution.reduce((a, b) => a + b, 0) / drives.value;
      assert.ok(Math.abs(share - placed) < 1e-4, `${unit}: ${share}, by place ${placed}`);
    }
  }
  for (const { ablate, add } of Object.values(result.units)) assert.equal([ablate, add], [null, null]);
  const wiring = result.curves!;
  assert.is(wiring.curves.length, 10, 'curves with a unit of their own');
  const [{ kind, units, profile, p }] = wiring.early;
  assert.equal([kind, units.length, wiring.early.length, p], ['line', 24, 1, 1 / 1001]);
  const at = (deg: number) => profile.mean[profile.relativeDeg.indexOf(deg)]!;
  assert.ok(at(0) > 0 && at(0) > profile.p95[3]! && at(-90) < profile.p5[0]!, JSON.stringify(profile));
  assert.equal(
    [wiring.grid.length, wiring.grid[0].patches.length, wiring.grid[0].patches[0].length],
    [24, 10, 25],
  );
  for (const [e, { unit, patches }] of filled(wiring.grid).entries()) {
    assert.is(unit, units[e].unit);
    const sum = patches[7].reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - wiring.early[0].weights[e][7]) < 1e-6, unit);
  }
});

test('a colour that is taken away silences what was planted on it; added, it fires these', async () => {
  const name = 'mixed3a_1x1:50';
  const { units } = await node.circuit({
    ...{ engine: one, images: 'procedural:5', tap: 'mixed3a_1x1', units: name, to: LATE, each: 2 },
    ...{ out: join(dir, 'colour'), warn: () => {} },
  });
  const { ablate, add } = units[name];
  assert.equal([ablate!.classes, ablate!.pictures, add!.pictures], [null, 2, 2]);
  const numbers = (moved: readonly { name: string }[]) => moved.map((m) => Number(m.name.split(':')[1]));
  // Channel 24 of the bottleneck: colour units 70, 78, 86, 94 and every eighth of the polysemantic ones from 10 on.
  const own = new Set([10, 18, 26, 70, 78, 86, 94]);
  const second = numbers(filled(ablate!.later!.down));
  assert.is(second.filter((u) => own.has(u)).length >= 4, true, `${second}`);
  assert.ok(own.has(numbers(filled(add!.later!.up))[0]));
  assert.equal(ablate!.later!.up, [], 'nothing is held back by a colour');
  const { later } = ablate!;
  assert.equal([later!.random.draws, later!.others.draws], [8, 8]);
  assert.ok(later!.random.rms > 0 && later!.others.rms > 0 && later!.rms > 0);
});

/** An SAE of a tap whose features are its axes: what they drive is what its channels do. */
async function axes(tap: string, d: number) {
  const storage = memoryStorage();
  const eye = () => Float32Array.from({ length: d * d }, (_, i) => Number(i % (d + 1) === 0));
  const tensor = (shape: number[], data: Float32Array) => ({ shape, data });
  await node.saveSae(
    storage,
    { architecture: 'relu', dIn: d, dSae: d },
    {
      W_enc: tensor([d, d], eye()),
      W_dec: tensor([d, d], eye()),
      b_enc: tensor([d], new Float32Array(d)),
      b_dec: tensor([d], new Float32Array(d)),
    },
    { hook_name: tap, model_name: 'embedded' },
  );
  return storage;
}

test('features as drivers and as units; the same for any number of workers; in a page no page is made', async () => {
  const sae = await axes(BOTTLENECK, 32);
  const { from: _, ...rest } = call;
  const few = { ...rest, units: [UNITS[1]], fromSae: sae, each: 2 };
  const by = await node.circuit({ ...few, engine: one, out: join(dir, 'features') });
  const listed = ({ units }: node.CircuitReport) =>
    [...units[UNITS[1]].drives!.exciting, ...units[UNITS[1]].drives!.inhibiting].map((d) => ({
      index: Number(d.unit.replace(/^f|^.*:/, '')),
      values: [d.share, d.sampleShare, d.ablation, d.weight],
    }));
  const [features, channels] = [listed(by), listed(planted)];
  assert.equal(
    features.map((d) => d.index),
    channels.map((d) => d.index),
  );
  for (const [i, { values }] of filled(features).entries())
    for (const [k, v] of values.entries()) assert.ok(Math.abs(v - channels[i].values[k]) < 1e-4);
  const summaries: string[] = [];
  const again = await node.circuit({
    ...{ ...few, engine: one, out: join(dir, 'features') },
    onProgress: (p) => {
      if (p.event === 'finish') summaries.push(p.summary);
    },
  });
  assert.equal(again, by);
  assert.ok(summaries.includes('1 units, 1 reused'), `${summaries}`);
  const folder = memoryStorage();
  const inPage = await web.circuit({ ...few, engine: await node.init({ workers: 3 }), out: folder });
  assert.equal(inPage, { ...by, page: null });
  assert.equal((await folder.list()).sort(), ['circuit.json', 'pass', 'units']);
  const own = await node.circuit({
    ...{ engine: one, images: 'procedural:5', sae, units: ['f26'], each: 1, out: join(dir, 'own') },
    ...{ warn: () => {}, toSae: await axes(LATE, 96) },
  });
  assert.equal([own.tap, own.from, own.to], [BOTTLENECK, 'mixed3a', LATE]);
  assert.is(own.units.f26.drives!.exciting[0].unit, 'mixed3a:52');
  assert.match(own.units.f26.add!.later!.up[0].name, /^f(72|80|88|12|20|28)$/);
});

test('from the command line: the page, and what cannot be in one line before any work', async () => {
  const out = join(dir, 'cli');
  const flags = ['--images', 'procedural:4', '--tap', LATE, '--each', '2'];
  const r = await curvesaeHere(['circuit', ...flags, '--units', UNITS[1], '--out', out]);
  assert.is(r.code, 0, r.stderr);
  assert.match(r.stdout, /^mixed3b_5x5:40: driven by mixed3a:\d+ \d+ %/);
  const page = readFileSync(join(out, 'circuit.html'), 'utf8');
  for (const part of [/Content-Security-Policy/, /data:image\/png/, /data:image\/jpeg/, /driven|drives/])
    assert.match(page, part);
  assert.not.match(page, /<script|https?:\/\//);
  const none = join(dir, 'none');
  for (const [wrong, message] of [
    [[], /needs --units UNIT,... or --curves/],
    [['--units', 'mixed3b_5x5:96'], /units 0 to 95/],
    [['--units', 'mixed3a:1'], /is not in tap mixed3b_5x5/],
    [['--units', 'f1'], /give it with --sae/],
    [['--units', UNITS[0], '--from', 'mixed3b_3x3'], /not|mixed3b_3x3/],
    [['--units', UNITS[0], '--to', 'mixed4a'], /ends at tap/],
    [['--units', UNITS[0], '--to', 'mixed3a'], /'mixed3b_5x5' does not lead to 'mixed3a'/],
    [['--units', UNITS[0], '--each', '0'], /--each must be/],
  ] as [string[], RegExp][]) {
    const refused = await curvesaeHere(['circuit', ...flags, ...wrong, '--out', none]);
    assert.is(refused.code, 2, `${wrong}: ${refused.stdout}`);
    assert.match(refused.stderr, message);
    assert.is(refused.stderr.trim().split('\n').length, 1, refused.stderr);
  }
  assert.not.ok(existsSync(none), 'nothing was begun');
  const narrow = memoryStorage();
  const data = randomNormal(600, 1);
  await node.train({
    ...{ engine: one, activations: { shape: [100, 6], data }, dSae: 8, k: 2, batch: 32, steps: 2 },
    ...{ out: narrow, warn: () => {} },
  });
  const error = await rejection(node.circuit({ ...call, engine: one, sae: narrow, out: none }));
  assert.match(error.message, /vectors of 96 dimensions do not fit this SAE of d_in 6/);
});

// Half of this file's time; GoogLeNet's own wiring is in docs/results/circuits.md.
if (LONG)
  sharedTest(
    test,
    'googlenet/googlenet.safetensors',
    'GoogLeNet: a curve neuron, through normalisation and pools to classes',
    async () => {
      const unit = 'mixed3b_5x5:16';
      const { units } = await node.circuit({
        ...{
          engine: one,
          model: resolve(SHARED, 'googlenet/googlenet.safetensors'),
          tap: LATE,
          from: 'conv2d2',
        },
        ...{ images: 'procedural:4', units: unit, each: 2, out: join(dir, 'googlenet'), warn: () => {} },
      });
      const { drives, ablate } = units[unit];
      assert.is(drives!.side, 19);
      assert.ok(drives!.agreement!.attribution > 0.8, JSON.stringify(drives!.agreement));
      assert.ok(drives!.agreement!.attribution > drives!.agreement!.shuffled);
      const { classes, later } = ablate!;
      assert.ok(classes!.rms > 0 && classes!.random.rms > 0 && classes!.up.length === 6);
      for (const { name } of filled(later!.down)) assert.match(name, /^mixed4a:\d+$/);
    },
  );

test.run();
