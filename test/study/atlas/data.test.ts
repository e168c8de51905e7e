// The data behind the pages about embeddings, beside what a plain loop says: briefs and words of documents, documents of each
// feature, relatives, the map.
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSafetensors } from '../../../src/formats/safetensors.js';
import { init, LoadedSae } from '../../../src/index.js';
import { type AtlasSource, knownAtlas, makeAtlas } from '../../../src/study/atlas/data.js';
import {
  bucketOf,
  featureFile,
  type Postings,
  recordFile,
  tableFile,
  wordFile,
} from '../../../src/study/atlas/format.js';
import { pcaLayout, umapLayout } from '../../../src/study/atlas/layout.js';
import { TOP_ROWS, writeNeurons } from '../../../src/study/atlas/neurons.js';
import { matrixRows } from '../../../src/vectors/matrix.js';
import { metadataOf } from '../../../src/vectors/metadata.js';
import { axesOfCorpus, CORPUS, corpus } from '../../support/atlas.js';
import { filled } from '../../support/filled.js';
import { memoryStorage } from '../../support/memory-storage.js';
import { rejection } from '../../support/rejection.js';

const test = suite('study/atlas/data');
const engine = await init();
const { data, axes, records } = corpus();
const { documents, d } = CORPUS;
const rows = matrixRows({ label: 'corpus', hash: 'h', shape: [documents, d], data });
const quiet = { start: () => {}, update: () => {}, finish: () => {} };
const saes = [d, 2 * d].map((dSae) => {
  const { config, tensors } = axesOfCorpus(dSae);
  return { name: `sae${dSae}`, hash: `of${dSae}`, sae: new LoadedSae(engine, config, tensors) };
});
const network = { model: 'some', sha256: '0', tap: 'embed' };
const source: AtlasSource = {
  ...{ hash: 'of-this', rows, saes, of: 'documents' as const, network },
  records: metadataOf(
    records.map((record) => ({ ...record, file: '/home/someone/secret' })),
    'records',
  ),
};
const storage = memoryStorage();
const index = await makeAtlas({ engine, progress: quiet }, source, storage);
const unpacked = async <T>(name: string): Promise<T> =>
  JSON.parse(gunzipSync(await storage.read(name)).toString()) as T;
const tensors = async (name: string) => parseSafetensors(await storage.read(name), name).tensors;
const ints = (bytes: Uint8Array) => new Int32Array(bytes.slice().buffer);

test('the index says what there is, and data of that hash are known again until a file is not as it was written', async () => {
  assert.equal(
    [index.documents, index.d, index.title, index.fields, index.searched, index.of],
    [documents, d, 'title', ['categories', 'year'], ['title', 'abstract', 'categories', 'year'], 'documents'],
  );
  assert.equal(index.category, { field: 'categories', names: [...filled(index.category!.names)] });
  assert.equal(
    index.saes.map(({ l0, dead, k }) => [l0, dead, k]),
    [
      [3, 0, 3],
      [3, d, 3],
    ],
  );
  assert.ok(filled(index.saes).every(({ fvu }) => Math.abs(fvu) < 1e-9));
  assert.equal(await knownAtlas(storage, 'of-this'), JSON.parse(JSON.stringify(index)));
  assert.is(await knownAtlas(storage, 'of-another'), undefined);
  const name = tableFile(0);
  const bytes = await storage.read(name);
  await storage.write(
    name,
    bytes.map((b, i) => (i === bytes.length - 1 ? b ^ 1 : b)),
  );
  assert.is(await knownAtlas(storage, 'of-this'), undefined);
  await storage.write(name, bytes);
});

test('briefs, whole records and postings are those of the documents; where a picture lay is not said', async () => {
  const briefs = await unpacked<unknown[][]>('briefs-00001.json.gz');
  assert.is(briefs.length, documents - 1024);
  assert.equal(briefs[6], ['doc-1030', records[1030].title, records[1030].categories, records[1030].year]);
  assert.equal((await unpacked<unknown[]>(recordFile(70)))[6], records[70]);
  const rowsOf = async (word: string) => {
    const found = (await unpacked<Postings>(wordFile(bucketOf(word))))[word];
    let row = -1;
    return found.map((step) => (row += step));
  };
  const having = (axis: number) => axes.flatMap((own, i) => (own.includes(axis) ? [i] : []));
  assert.equal(await rowsOf('thing9'), having(9), 'of the abstract');
  assert.equal(
    await rowsOf('axis9'),
    having(9).filter((i) => i !== 7),
    'of the title',
  );
  assert.equal(
    await rowsOf('leisure'),
    Array.from({ length: documents / 3 }, (_, i) => 3 * i),
  );
  assert.ok(index.common.includes('text') && !index.common.includes('thing9'));
});

test('each feature has its documents, its strength and its relatives', async () => {
  const table = await tensors(tableFile(0));
  const fires = Array.from({ length: d }, (_, f) => axes.filter((own) => own.includes(f)).length);
  assert.equal([...ints(table.get('fires')!.bytes)], fires);
  const file = await tensors(featureFile(0, 9));
  const start = ints(file.get('start')!.bytes);
  const document = ints(file.get('document')!.bytes).slice(start[9], start[10]);
  const value = file.get('value')!.f32().slice(start[9], start[10]);
  const wanted = axes.flatMap((own, i) => (own.includes(9) ? [i] : []));
  assert.equal([...document], wanted);
  assert.equal(
    [...value],
    wanted.map((i) => data[i * d + 9]),
  );
  const sorted = [...value].sort((a, b) => b - a);
  assert.is(table.get('strength')!.f32()[9], sorted[documents - Math.ceil(0.999 * documents)]);
  assert.is(table.get('largest')!.f32()[9], sorted[0]);
  assert.is(ints(table.get('best')!.bytes)[9], wanted[[...value].indexOf(sorted[0])]);
  const first = (name: string, f: number) => ints(file.get(name)!.bytes)[f * 12];
  assert.is(first('together.index', 9), 8, 'the axis of its topic');
  assert.is(first('to1.index', 9), 9, 'the same axis in the larger one');
  const large = await tensors(featureFile(1, 40));
  assert.is(ints(large.get('to0.index')!.bytes)[40 * 12], -1, 'it points away from all');
});

test('a neuron has its strongest rows of all, its values of the sample, what correlates with it and what points along it', async () => {
  assert.equal([index.network, index.neurons], [network, { rows: documents }]);
  assert.equal(
    index.saes.map(({ hash }) => hash),
    [`of${d}`, `of${2 * d}`],
  );
  const values = (n: number) => Array.from({ length: documents }, (_, i) => data[i * d + n]);
  const table = await tensors(tableFile('neurons'));
  const positive = Array.from({ length: d }, (_, n) => values(n).filter((v) => v > 0).length);
  assert.equal([...ints(table.get('fires')!.bytes)], filled(positive));
  const file = await tensors(featureFile('neurons', 0));
  const order = values(9)
    .map((v, i) => [v, i])
    .sort((a, b) => b[0] - a[0] || a[1] - b[1])
    .filter(([v]) => v > 0);
  const top = ints(file.get('top.document')!.bytes).slice(9 * TOP_ROWS, 10 * TOP_ROWS);
  const strongest = order.slice(0, TOP_ROWS).map(([, i]) => i);
  assert.equal([...top].slice(0, strongest.length), filled(strongest));
  assert.is(ints(table.get('best')!.bytes)[9], order[0][1]);
  assert.is(table.get('largest')!.f32()[9], order[0][0]);
  const start = ints(file.get('start')!.bytes);
  const document = ints(file.get('document')!.bytes).slice(start[9], start[10]);
  assert.equal(
    [...document],
    order.map(([, i]) => i).sort((a, b) => a - b),
  );
  // Correlations by the definition.
  const correlation = (a: number[], b: number[]) => {
    const mean = (v: number[]) => v.reduce((sum, x) => sum + x, 0) / v.length;
    const [ma, mb] = [mean(a), mean(b)];
    const sum = (f: (i: number) => number) => a.reduce((all, _, i) => all + f(i), 0);
    return (
      sum((i) => (a[i] - ma) * (b[i] - mb)) /
      Math.sqrt(sum((i) => (a[i] - ma) ** 2) * sum((i) => (b[i] - mb) ** 2))
    );
  };
  const others = Array.from({ length: d }, (_, n) => (n === 9 ? 0 : correlation(values(9), values(n))));
  assert.is(ints(file.get('together.index')!.bytes)[9 * 12], others.indexOf(Math.max(...others)));
  assert.ok(Math.abs(file.get('together.share')!.f32()[9 * 12] - Math.max(...others)) < 1e-5);
  assert.is(ints(file.get('to0.index')!.bytes)[9 * 12], 9, 'the feature of its axis');
  // And back: the second half of the larger SAE points against the axes.
  const large = await tensors(featureFile(1, 41));
  assert.equal(
    [large.get('neurons.index')!, large.get('neurons.cosine')!].map((t, i) =>
      i ? t.f32()[41 * 12] : ints(t.bytes)[41 * 12],
    ),
    [41 - d, -1],
  );
  const matched = await tensors(tableFile(0));
  assert.equal(
    [...ints(matched.get('to1.index')!.bytes)],
    Array.from({ length: d }, (_, f) => f),
  );
});

test('a sample of rows is even, and the strongest are of all all the same', async () => {
  const n = 3000;
  const wide = 4096;
  const values = new Float32Array(n * wide);
  for (let i = 0; i < n; i++) values[i * wide + (i % 7)] = 1 + i;
  const kept = memoryStorage();
  const { rows: sampled } = await writeNeurons(
    { engine, storage: kept, decoders: [], neurons: true, progress: quiet, check: () => {} },
    matrixRows({ label: 'wide', hash: 'w', shape: [n, wide], data: values }),
  );
  assert.is(sampled, 2048);
  const file = parseSafetensors(await kept.read(featureFile('neurons', 0)), 'wide').tensors;
  const last = Math.floor((n - 1 - 3) / 7) * 7 + 3;
  assert.equal(
    [...ints(file.get('top.document')!.bytes).slice(3 * TOP_ROWS, 3 * TOP_ROWS + 3)],
    [last, last - 7, last - 14],
  );
  const start = ints(file.get('start')!.bytes);
  const document = [...ints(file.get('document')!.bytes).slice(start[3], start[4])];
  const even = Array.from({ length: sampled }, (_, i) => Math.floor((i * n) / sampled));
  assert.equal(
    document,
    filled(even).filter((i) => i % 7 === 3),
  );
});

test('the map: two components say their share, topics lie apart; UMAP puts the others amid their nearest', async () => {
  const pca = await pcaLayout(rows, () => {});
  assert.ok(
    pca.kind.kind === 'pca' && pca.kind.explained[0] >= pca.kind.explained[1] && pca.kind.explained[0] < 1,
  );
  const centre = (topic: number) => {
    const own = axes.flatMap((a, i) => (Math.floor(a[0] / CORPUS.per) === topic ? [i] : []));
    const mean = (v: Float32Array) => own.reduce((sum, i) => sum + v[i], 0) / own.length;
    return [mean(pca.x), mean(pca.y)];
  };
  const apart = [1, 2, 3].map((t) => {
    const [[ax, ay], [bx, by]] = [centre(0), centre(t)];
    return Math.abs(ax - bx) + Math.abs(ay - by);
  });
  assert.ok(Math.min(...apart) > 0.1, apart.join());
  // A layout that puts every document where its first coordinate is.
  const [many, some] = [600, 500];
  const line = Float32Array.from({ length: 2 * many }, (_, i) => (i % 2 ? 1 : Math.floor(i / 2) / many));
  const long = matrixRows({ label: 'line', hash: 'l', shape: [many, 2], data: line });
  const drawn = await umapLayout(
    engine,
    long,
    async ({ index: near, distance }) => {
      assert.ok(filled(near).every((list, i) => list.length === 15 && !list.includes(i)));
      assert.ok(filled(distance).every((list) => filled(list).every((v) => v >= 0)));
      return near.map((_, i) => [Math.floor((i * many) / some), 1]);
    },
    () => {},
    some,
  );
  assert.equal(drawn.kind, { kind: 'umap', sample: some });
  assert.is(drawn.x[6], 6, 'one of those laid out');
  assert.ok(filled([...drawn.y]).every((y) => Math.abs(y - 1) < 1e-6));
});

test('aborted, it leaves nothing that is taken for whole', async () => {
  const stopped = memoryStorage();
  const controller = new AbortController();
  const progress = {
    ...quiet,
    start: (stage: string) => stage === 'map' && controller.abort(new Error('stopped')),
  };
  const error = await rejection(makeAtlas({ engine, progress, signal: controller.signal }, source, stopped));
  assert.is(error.message, 'stopped');
  assert.is(await knownAtlas(stopped, 'of-this'), undefined);
});

test.after(() => {
  for (const { sae } of saes) sae.dispose();
});

test.run();
