// disentangle, as command and as function: both tasks, what is kept, resume, and what is refused before any training.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as web from '../../src/index.js';
import * as node from '../../src/node.js';
import { saveSae } from '../../src/sae/saelens.js';
import { randomRotation } from '../../src/vectors/random-directions.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { saeOfRows, toy } from '../support/disentangle.js';
import { filled } from '../support/filled.js';
import { memoryStorage } from '../support/memory-storage.js';
import { SHARED, sharedTest } from '../support/paths.js';
import { rejection } from '../support/rejection.js';

const test = suite('api/disentangle');
const dir = temporaryFolder('disentangle');
const engine = await node.init({ workers: 1 });
const world = toy(engine, 300, 3);
const matrix: web.Matrix = { shape: [300, world.d], data: world.x };
const meta = join(dir, 'labels.jsonl');
const [shape, colour] = world.attributes;
writeFileSync(
  meta,
  Array.from({ length: 300 }, (_, i) =>
    JSON.stringify({
      shape: shape.classes[shape.labels[i]],
      tags: [`${colour.classes[colour.labels[i]]}-${i % 3}`],
      always: 'same',
    }),
  ).join('\n'),
);
writeFileSync(join(dir, 'x.npy'), node.encodeNpy([300, world.d], world.x));
const sae = join(dir, 'sae');
{
  const { config, tensors } = saeOfRows(engine, world.dictionary, world.d);
  await saveSae(node.nodeStorage(sae), config, tensors, {} as never);
}
const vectors = {
  ...{ task: 'vectors' as const, in: matrix, meta, sae, engine, warn: () => {} },
  attributes: ['shape', 'colour=tags:^[a-z]+'],
  ...{
    methods: ['neurons', 'random-sae+error', 'sae', 'das-4'],
    steps: 250,
    rate: 5e-3,
    seeds: 2,
    pairs: 100,
  },
};
const ROW = ['method', 'attribute', 'cause', 'isolate', 'disentangle', 'selected', 'of', 'seed', 'split'];

test('vectors: a row for each method, attribute and seed; features and DAS separate what neurons and chance do not', async () => {
  const out = join(dir, 'vectors');
  const report = await node.disentangle({ ...vectors, out, explorer: 'site/' });
  const record = JSON.parse(readFileSync(join(out, 'disentangle.json'), 'utf8'));
  assert.equal(record, report);
  assert.equal(Object.keys(record).slice(0, 4), ['task', 'tap', 'baseline', 'rows']);
  assert.equal([record.task, record.tap], ['vectors', null]);
  assert.equal(Object.keys(record.baseline), ['shape', 'colour']);
  assert.is(record.rows.length, 4 * 2 * 2);
  for (const row of record.rows) {
    assert.equal(Object.keys(row).slice(0, 9), ROW);
    assert.is(row.split, 'test');
    assert.is(row.disentangle, (row.cause + row.isolate) / 2);
    assert.is(row.chosen.length, row.selected);
  }
  assert.is(report.baseline.shape, 0.5);
  for (const { method, attribute, disentangle, of } of report.summary) {
    const text = `${method}, ${attribute}: ${disentangle.mean}`;
    assert.is(of, { neurons: 12, 'random-sae+error': 7, sae: 7, 'das-4': 12 }[method]);
    if (method === 'sae' || method === 'das-4') assert.ok(disentangle.mean > 0.98, text);
    else assert.ok(disentangle.mean < 0.95, text);
  }
  const [own] = report.rows.filter((row) => row.method === 'sae' && row.attribute === 'shape');
  assert.equal(own.chosen.slice(0, 4), [0, 1, 2, 3]);
  assert.equal([own.nothing?.isolate, own.everything?.cause], [1, 1]);
  const page = readFileSync(join(out, 'disentangle.html'), 'utf8');
  for (const part of [
    'disentangle score of each method',
    'das-4',
    '<a href="site/#/features/0">f0</a>, <a',
    'no-op',
    'chance',
  ])
    assert.ok(page.includes(part), part);
});

sharedTest(
  test,
  'ravel/ravel_city_entity_attributes.json',
  "RAVEL's cities: attributes that are planted in turned subspaces, read by nearest neighbours",
  async () => {
    const file = join(SHARED, 'ravel/ravel_city_entity_attributes.json');
    const cities = Object.values(JSON.parse(readFileSync(file, 'utf8'))) as Record<string, string>[];
    // Each value of an attribute is a direction, and all are turned away from the axes.
    const d = 16;
    const rng = new node.Rng(5);
    const turn = randomRotation(engine.math, rng, d);
    const codes = new Map<string, number[]>();
    const half = (name: string, first: number) => {
      if (!codes.has(name))
        codes.set(
          name,
          Array.from({ length: d }, (_, j) => (j >> 3 === first ? rng.normal(engine.math) : 0)),
        );
      return codes.get(name)!;
    };
    const x = new Float32Array(cities.length * d);
    cities.forEach(({ Continent, Language }, i) => {
      const [a, b] = [half(`c ${Continent}`, 0), half(`l ${Language}`, 1)];
      for (let j = 0; j < d; j++)
        for (let k = 0; k < d; k++)
          x[i * d + j] += turn[k * d + j] * (a[k] + b[k] + 0.1 * rng.normal(engine.math));
    });
    const { summary, readout, settings } = await node.disentangle({
      ...{ task: 'vectors', in: { shape: [cities.length, d], data: x }, meta: file, engine, warn: () => {} },
      ...{ attributes: ['Continent', 'Language'], fewest: 60, entities: 1200, readout: 'nearest' },
      ...{ methods: ['neurons', 'das-8'], steps: 200, rate: 1e-2, seeds: 1, pairs: 60 },
      out: join(dir, 'ravel'),
    });
    assert.is(settings.readout, 'nearest');
    const of = (method: string, attribute: string) =>
      summary.find((s) => s.method === method && s.attribute === attribute)!.disentangle.mean;
    for (const [name, { accuracy, chance, noop }] of filled(Object.entries(readout.attributes))) {
      assert.ok(accuracy > 0.97 && accuracy > chance + 0.3, `${name}: ${accuracy}, chance ${chance}`);
      assert.ok(
        of('das-8', name) > Math.max(noop.disentangle, of('neurons', name)) + 0.05,
        `${name}: ${of('das-8', name)}, neurons ${of('neurons', name)}`,
      );
    }
  },
);

test('the same bits of two workers, of a page and of the command, which also says it in lines', async () => {
  const call = { ...vectors, methods: ['neurons', 'sae'], steps: 40, seeds: 1 };
  const plain = (report: web.DisentangleReport) => {
    const { rows, baseline, readout } = JSON.parse(JSON.stringify(report));
    for (const row of rows) delete row.seconds;
    return { rows, baseline, readout };
  };
  const one = plain(await node.disentangle({ ...call, out: join(dir, 'one') }));
  const two = await node.init({ workers: 2 });
  assert.equal(plain(await node.disentangle({ ...call, engine: two, out: join(dir, 'two') })), one);
  const storage = await node.openSae(sae);
  assert.is(storage.config.dSae, 7);
  const flags = ['--task', 'vectors', '--in', join(dir, 'x.npy'), '--meta', meta, '--sae', sae];
  const more = ['--attributes', 'shape,colour=tags:^[a-z]+', '--methods', 'neurons,sae', '--steps', '40'];
  const last = [
    '--rate',
    '0.005',
    '--seeds',
    '1',
    '--pairs',
    '100',
    '--workers',
    '1',
    '--out',
    join(dir, 'cli'),
  ];
  const cli = await curvesaeHere(['disentangle', ...flags, ...more, ...last, '--json', '--quiet']);
  assert.is(cli.code, 0, cli.stderr);
  assert.equal(plain(cli.json()), one);
  const said = await curvesaeHere(['disentangle', ...flags, ...more, ...last, '--quiet']);
  assert.is(said.stdout.trim(), join(dir, 'cli'));
  const lines = await curvesaeHere(['disentangle', ...flags, ...more, ...last]);
  for (const part of ['shape: 4 values, read-out 1.00 right', '(no-op)', '(full patch)', 'neurons'])
    assert.ok(lines.stdout.includes(part), `${part} in ${lines.stdout}`);
});

test('vision on the embedded network; interrupted and repeated, finished masks are taken, damaged ones made again', async () => {
  const out = join(dir, 'vision');
  const call = {
    ...{ task: 'vision' as const, engine, out, warn: () => {}, attributes: ['orientation', 'polarity'] },
    ...{ methods: ['neurons', 'das-4'], entities: 60, steps: 3, seeds: 1, pairs: 10 },
  };
  const controller = new AbortController();
  let masks = 0;
  const error = await rejection(
    node.disentangle({
      ...call,
      signal: controller.signal,
      onProgress: (p) => {
        if (p.event === 'update' && p.stage === 'masks' && ++masks === 3)
          controller.abort(new Error('stopped'));
      },
    }),
  );
  assert.is(error.message, 'stopped');
  const parts = () => readdirSync(join(out, 'masks')).sort();
  const kept = parts();
  assert.is(kept.length, 2);
  const stamp = (name: string) => readFileSync(join(out, 'masks', name, 'stage.json'), 'utf8');
  const before = kept.map(stamp);
  const whole = await node.disentangle(call);
  assert.equal(kept.map(stamp), before);
  assert.is(parts().length, 4);
  assert.equal([whole.tap, whole.readout.read, whole.settings.size], ['mixed3a', 'mixed3b', 64]);
  assert.ok(whole.readout.attributes.polarity.accuracy > whole.readout.attributes.polarity.chance);
  writeFileSync(join(out, 'masks', kept[0], 'masks.json'), '{');
  const warnings: string[] = [];
  const again = await node.disentangle({ ...call, warn: (message) => warnings.push(message) });
  assert.equal(
    again.rows.map(({ seconds: _, ...row }) => row),
    whole.rows.map(({ seconds: _, ...row }) => row),
  );
  assert.ok(
    warnings.some((w) => /masks.json: is not as it was written.*made again/.test(w)),
    warnings.join(),
  );
});

test('one clear line before any training', async () => {
  const out = join(dir, 'never');
  const vision = { task: 'vision' as const, engine, out, warn: () => {} };
  const narrow = join(dir, 'narrow');
  const { config, tensors } = saeOfRows(engine, new Float32Array(30).fill(1), 10);
  await saveSae(node.nodeStorage(narrow), config, tensors, {} as never);
  const bad: [Partial<web.DisentangleCall>, RegExp][] = [
    [{ ...vision, tap: 'mixed3z' }, /unknown tap 'mixed3z'/],
    [{ ...vision, explorer: 'javascript:alert(1)' }, /neither http, https nor a folder/],
    [
      { ...vision, images: dir, attributes: ['width'] },
      /unknown attribute of patches of photographs 'width'/,
    ],
    [{ ...vectors, images: dir }, /--images is not for the vectors task/],
    [{ ...vision, methods: ['sae'] }, /method 'sae' needs an SAE; give --sae/],
    [{ ...vision, methods: ['dos'] }, /unknown method 'dos'; closest: das/],
    [{ ...vision, attributes: ['orientation'] }, /two attributes or more/],
    [{ ...vision, entities: 20 }, /4 entities are too few for the test split/],
    [{ ...vision, in: matrix }, /--in is not for the vision task/],
    [{ ...vision, sae: narrow, tap: 'mixed3a' }, /256 dimensions do not fit this SAE of d_in 10/],
    [{ ...vectors, sae: narrow }, /12 dimensions do not fit this SAE of d_in 10/],
    [{ ...vectors, meta: undefined }, /needs --in, --meta and --attributes/],
    [{ ...vectors, attributes: ['shape', 'always'] }, /'always' has one value \('same'\)/],
    [{ ...vectors, attributes: ['shape', 'weight'] }, /unknown field of .*labels.jsonl 'weight'/],
    [{ ...vectors, attributes: ['shape', 'colour=tags:^z'] }, /no record has a label of attribute 'colour'/],
    [
      { ...vectors, in: { shape: [299, 12], data: world.x.slice(12) } },
      /300 records do not fit the 299 vectors/,
    ],
    [{ ...vectors, tap: 'mixed3a' }, /--tap is not for the vectors task/],
  ];
  for (const [change, message] of bad) {
    const error = await rejection(node.disentangle({ ...change, out } as node.DisentangleCall));
    assert.match(error.message, message);
    assert.ok(error instanceof node.UsageError || error instanceof node.InputError, error.message);
  }
  assert.throws(() => readdirSync(out));
  rmSync(narrow, { recursive: true });
});

test('in a page: the same function, without a page of its own', async () => {
  const folder = memoryStorage();
  const call = { ...vectors, sae: undefined, methods: ['neurons'], steps: 5, seeds: 1, pairs: 20 };
  const error = await rejection(
    web.disentangle({ ...call, out: folder, meta: 'http://127.0.0.1:1/labels.jsonl' }),
  );
  assert.match(error.message, /labels.jsonl/);
});

test.run();
