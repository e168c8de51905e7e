// search and its evaluation, as command and as functions: what is printed, how queries are named, what is refused.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as web from '../../src/index.js';
import * as node from '../../src/node.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { fakeService, vectorOf } from '../support/embedding-server.js';
import { filled } from '../support/filled.js';
import { memoryStorage } from '../support/memory-storage.js';
import { axesDocuments, axesSae } from '../support/planted-sae.js';
import { rejection } from '../support/rejection.js';

const test = suite('api/search');
const dir = temporaryFolder('search');
const [n, d] = [600, 16];
const { data, axes } = axesDocuments(n, d, 3, 1);
const at = (name: string) => join(dir, name);
const quiet = { warn: () => {} };

const E = at('embeddings.npy');
writeFileSync(E, node.encodeNpy([n, d], data));
const META = at('meta.jsonl');
const year = (i: number) => 2000 + (i % 20);
writeFileSync(
  META,
  axes
    .map((own, i) =>
      JSON.stringify({
        id: `doc-${i}`,
        title: `On axes ${own.join(' and ')}`,
        categories: own.map((axis) => `c${axis}`),
        date: `${year(i)}-01-01`,
      }),
    )
    .join('\n'),
);
const engine = await node.init();
const sae = axesSae(engine, d, 3);
const SAE = at('sae');
await node.saveSae(node.nodeStorage(SAE), sae.config, sae.tensors, {});

const scoreOf = (a: number, b: number) =>
  data.slice(a * d, (a + 1) * d).reduce((s, v, j) => Math.fround(s + Math.fround(v * data[b * d + j])), 0);
/** Documents nearest to document 5, without itself. */
const NEAREST = Array.from({ length: n }, (_, i) => ({ i, score: scoreOf(5, i) }))
  .filter(({ i }) => i !== 5)
  .sort((a, b) => b.score - a.score || a.i - b.i)
  .slice(0, 10);

test('a document by its id: the ten nearest others, as the command prints them and a page computes them', async () => {
  const expected = {
    query: 'doc-5',
    results: NEAREST.map(({ i, score }, rank) => ({ id: `doc-${i}`, score, rank: rank + 1 })),
    steered: null,
  };
  assert.equal(await node.search({ in: E, meta: META, query: 'doc-5' }), expected);
  const cli = await curvesaeHere(['search', '--in', E, '--meta', META, '--query', 'doc-5', '--json']);
  assert.equal(cli.json(), expected);
  const inPage = await web.search({ in: { shape: [n, d], data }, query: 'row:5', engine });
  assert.equal(
    inPage.results,
    expected.results.map((r) => ({ ...r, id: r.id.slice(4) })),
  );
});

test('a row, a file of one vector, a vector and a text of a service are queries too', async () => {
  const own = data.slice(5 * d, 6 * d);
  const file = at('query.npy');
  writeFileSync(file, node.encodeNpy([1, d], own));
  const ids = async (query: node.QuerySpec) =>
    (await node.search({ in: E, meta: META, query, top: 3 })).results.map(({ id }) => id);
  const others = NEAREST.slice(0, 3).map(({ i }) => `doc-${i}`);
  assert.equal(await ids('row:5'), others);
  for (const query of [file, own, { shape: [1, d] as [number, number], data: own }])
    assert.equal(await ids(query), ['doc-5', ...others.slice(0, 2)]);
  const service = await fakeService({ d });
  try {
    const found = await node.search({
      ...{ in: E, query: 'curves in vision', endpoint: service.url, name: 'm', top: 1 },
    });
    const text = Float32Array.from(vectorOf('curves in vision', d));
    assert.equal(found.results, (await node.search({ in: E, query: text, top: 1 })).results);
    assert.is(found.query, 'curves in vision');
    assert.equal(
      service.asked.map(({ body }) => body.input),
      [['curves in vision']],
    );
  } finally {
    service.close();
  }
});

test('a folder of embed brings ids and records of its own', async () => {
  const service = await fakeService({ d });
  const texts = at('texts.jsonl');
  const words = ['red', 'green', 'blue', 'red and green'];
  writeFileSync(
    texts,
    words.map((text, i) => JSON.stringify({ id: `t${i}`, text, year: 2000 + i })).join('\n'),
  );
  const folder = at('embedded');
  try {
    await node.embed({ texts, endpoint: service.url, name: 'm', out: folder, ...quiet });
    const { results } = await node.search({ in: folder, query: 't1', where: 'year>=2002' });
    assert.equal(results.map(({ id }) => id).sort(), ['t2', 't3']);
    const own = await node.search({ in: folder, query: 'blue', endpoint: service.url, name: 'm', top: 1 });
    assert.is(own.results[0].id, 't2');
    assert.ok(Math.abs(own.results[0].score - 1) < 1e-3);
    const wrong = node.search({ in: folder, query: 't1', where: 'yaer>=2002' });
    assert.match((await rejection(wrong)).message, /unknown field of .*'yaer'; closest: year/);
  } finally {
    service.close();
  }
});

test('filters by metadata', async () => {
  const { results } = await node.search({
    ...{ in: E, meta: META, query: 'doc-5', where: ['categories=c3', 'date>=2010'], top: 1000 },
  });
  const fitting = axes.flatMap((own, i) =>
    own.includes(3) && year(i) >= 2010 && i !== 5 ? [`doc-${i}`] : [],
  );
  assert.equal(results.map(({ id }) => id).sort(), filled(fitting).sort());
});

test('steering: the JSON that is promised, by all methods; two lists side by side for people', async () => {
  const silent = Array.from({ length: d }, (_, i) => i).find((i) => !axes[5].includes(i))!;
  const active = axes[5][0];
  for (const method of ['direction', 'clamp', 'optimise'] as const) {
    const { steered, results } = await node.search({
      ...{ in: E, meta: META, query: 'doc-5', sae: SAE, steer: [`f${silent}=+2`, `f${active}=0`], method },
    });
    assert.equal(Object.keys(steered!), ['features', 'method', 'fidelity', 'results']);
    assert.is(steered!.method, method);
    assert.ok(steered!.fidelity > 0.1 && steered!.fidelity < 0.95, `${method}: ${steered!.fidelity}`);
    const carry = (list: node.SearchResult[], axis: number) =>
      list.filter(({ id }) => axes[Number(id.slice(4))].includes(axis)).length;
    assert.is(carry(steered!.results, silent), 10, method);
    assert.ok(carry(results, silent) < 4 && carry(results, active) > 6, method);
    const [up, down] = steered!.features;
    assert.equal([up.feature, up.value, down.feature, down.value], [`f${silent}`, '+2', `f${active}`, '0']);
    assert.ok(up.from === 0 && up.to > 1 && up.reached > 0.5, method);
    assert.ok(down.from > 0.5 && down.to === 0, method);
  }
  const flags = ['--in', E, '--meta', META, '--query', 'doc-5', '--sae', SAE, '--steer', `f${silent}=+2`];
  const { stdout } = await curvesaeHere(['search', ...flags]);
  assert.match(stdout, new RegExp(`f${silent}=\\+2: from 0.000 towards`));
  assert.match(stdout, /steered by direction: cosine to the query 0\.\d{4}/);
  assert.match(
    stdout,
    / 1 {2}0\.\d{4} {2}doc-\d+ {2}On axes .*\| {2}\+ {2}1 {2}0\.\d{4} {2}doc-\d+ {2}On axes/,
  );
});

test('vectors of other lengths: told, and divided by on demand', async () => {
  const long = data.map((v, i) => (Math.floor(i / d) === 77 ? 9 * v : v));
  const matrix = { shape: [n, d] as [number, number], data: long };
  const warned: string[] = [];
  const call = { in: matrix, query: '5', top: 3 };
  const products = await node.search({ ...call, warn: (line) => warned.push(line) });
  assert.equal(warned.length, 1);
  assert.match(warned[0], /1 of 600 vectors are not of unit length \(1\.00 to 9\.00\).*--cosine/);
  const cosines = await node.search({ ...call, cosine: true, warn: (line) => warned.push(line) });
  assert.is(warned.length, 1);
  assert.ok(filled(products.results).every(({ score }, i) => score >= cosines.results[i].score - 1e-6));
  assert.equal(
    cosines.results.map(({ id }) => id),
    NEAREST.slice(0, 3).map(({ i }) => String(i)),
  );
});

test('--evaluate: table, JSON, picture; the function gives the same', async () => {
  const flags = ['--in', E, '--meta', META, '--sae', SAE, '--evaluate', '20', '--levels', '0.5,2'];
  const out = at('evaluated');
  const cli = await curvesaeHere(['search', ...flags, '--method', 'direction', '--out', out, '--json']);
  const report = await node.evaluateSteering({
    ...{ in: E, meta: META, sae: SAE, queries: 20, levels: [0.5, 2], method: 'direction', ...quiet },
  });
  assert.equal(cli.json(), report);
  assert.is(report.rows.length, 2);
  assert.ok(report.rows[1].after.feature > report.rows[1].random.feature);
  const folder = node.nodeStorage(out);
  const text = async (name: string) => new TextDecoder().decode(await folder.read(name));
  assert.equal(JSON.parse(await text('steering.json')), report);
  assert.match(await text('steering.svg'), /^<svg .*direction, random: \d.*direction: \d.*<\/svg>\n$/s);
  const table = await curvesaeHere(['search', ...flags]);
  assert.match(table.stdout, /optimise +2 +0\.\d{4}/);
  const stored = memoryStorage();
  await web.evaluateSteering({
    ...{ in: { shape: [n, d], data }, sae: saeStorage(), queries: 5, levels: [1], engine, out: stored },
  });
  assert.equal(await stored.list(), ['steering.json']);
});

const saeStorage = () => node.nodeStorage(SAE);

test('each mistake is one line, before any work', async () => {
  const call = { in: E, meta: META, query: 'doc-5', ...quiet };
  const other = axesSae(engine, 12, 2);
  await node.saveSae(node.nodeStorage(at('narrow')), other.config, other.tensors, {});
  const bad = data.slice();
  bad[20 * d + 3] = Number.NaN;
  writeFileSync(at('nan.npy'), node.encodeNpy([n, d], bad));
  writeFileSync(at('two.npy'), node.encodeNpy([2, d], data.slice(0, 2 * d)));
  writeFileSync(at('short.npy'), node.encodeNpy([1, 3], data.slice(0, 3)));
  writeFileSync(at('few.jsonl'), '{"id":"a"}\n{"id":"b"}\n');
  const cases: [object, RegExp][] = [
    [{ query: 'doc-55x' }, /unknown document of .*'doc-55x'; closest: doc-55,.*--endpoint URL --name MODEL/],
    [{ meta: undefined, query: 'doc-5' }, /unknown document 'doc-5': .* has rows 0 to 599/],
    [{ query: 'row:600' }, /row:600: .* has rows 0 to 599/],
    [{ query: at('two.npy') }, /holds 2 vectors; a query is one/],
    [{ query: at('short.npy') }, /query has 3 dimensions, the vectors of .* have 16/],
    [{ query: new Float32Array(d) }, /all zeros/],
    [{ in: at('nan.npy') }, /nan\.npy.*(NaN|not finite).*20|20.*NaN/],
    [{ meta: at('few.jsonl') }, /2 records do not fit the 600 vectors/],
    [{ where: 'categoris=c3' }, /unknown field of .*'categoris'; closest: categories/],
    [{ where: 'categories=nothing' }, /none of the 600 documents fits categories=nothing/],
    [{ where: 'date' }, /write FIELD=VALUE/],
    [{ meta: undefined, query: '5', where: 'a=b' }, /--where looks at metadata/],
    [{ steer: 'f1=+1' }, /--steer names features of an SAE/],
    [{ sae: SAE, method: 'clamp' }, /--method says how to steer/],
    [{ sae: SAE, steer: 'f16=+1' }, /has 16 features, f0 to f15/],
    [{ sae: SAE, steer: 'f1' }, /write f12=\+2/],
    [{ sae: at('narrow') }, /16 dimensions do not fit this SAE of d_in 12/],
    [{ name: 'm' }, /--endpoint URL and --name MODEL together/],
    [{ top: 0 }, /top must be a whole number from 1/],
  ];
  for (const [options, pattern] of cases)
    assert.match((await rejection(node.search({ ...call, ...options } as node.SearchCall))).message, pattern);
  const service = await fakeService({ d: 7 });
  try {
    const asked = { ...call, query: 'a text', endpoint: service.url, name: 'm' };
    assert.match(
      (await rejection(node.search(asked))).message,
      /query has 7 dimensions, the vectors of .* have 16/,
    );
  } finally {
    service.close();
  }
  for (const [args, pattern] of [
    [['--in', E], /needs --query Q/],
    [['--in', E, '--query', '5', '--levels', '1'], /--levels goes with --evaluate/],
    [['--in', E, '--evaluate', '5'], /give it with --sae/],
    [['--in', E, '--evaluate', '5', '--sae', SAE, '--query', '5'], /--query is of one query/],
    [['--in', E, '--evaluate', '5', '--sae', SAE, '--levels', '0'], /each has to be above 0/],
  ] as const) {
    const { code, stderr } = await curvesaeHere(['search', ...args]);
    assert.is(code, 2);
    assert.match(stderr, pattern);
  }
  other.dispose();
});

test.run();
