import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, Rng } from '../../src/index.js';
import { ActiveUnits, best, firingTogether, RELATIVES } from '../../src/units/co-occurrence.js';
import { HISTOGRAM_BINS, Histograms } from '../../src/units/histogram.js';
import { matchDecoders, similarFeatures } from '../../src/units/similarity.js';
import { TOP_PICTURES, TopPictures } from '../../src/units/top-examples.js';
import { filled } from '../support/filled.js';

const test = suite('explorer/measures');

test('a histogram whose range grows counts as one whose range was known', () => {
  const rng = new Rng(1, 1);
  const values = Array.from({ length: 5000 }, () => rng.uniform() ** 6 * 300 - 1);
  const forwards = new Histograms(1);
  const backwards = new Histograms(1);
  for (const v of values) forwards.add(0, v);
  for (const v of values.toReversed()) backwards.add(0, v);
  const range = forwards.range[0];
  assert.is(range, 512, 'the least power of two above the largest value');
  const direct = new Uint32Array(HISTOGRAM_BINS);
  for (const v of values) if (v > 0) direct[Math.floor((v / range) * HISTOGRAM_BINS)]++;
  assert.equal(forwards.counts, direct);
  assert.equal(backwards.counts, direct, 'in any order');
  assert.is(forwards.largest[0], Math.fround(Math.max(...values)));
});

test('silent, infinite and NaN values are not counted', () => {
  const h = new Histograms(2);
  for (const v of [0, -0, -3, Number.NaN, Number.POSITIVE_INFINITY]) h.add(1, v);
  assert.is(h.range[1], 0);
  assert.ok(filled(h.counts).every((c) => c === 0));
  h.add(1, 1e-40);
  assert.ok(h.range[1] > 0 && h.counts.reduce((a, b) => a + b, 0) === 1, 'denormals are');
});

test('units that fire together, against every pair counted directly', () => {
  const rng = new Rng(2, 3);
  const units = 30;
  const vectors = Array.from({ length: 400 }, () =>
    Array.from({ length: units }, (_, u) => u).filter((u) => rng.uniform() < 0.1 + 0.01 * u),
  );
  const active = new ActiveUnits(100_000);
  for (const v of filled(vectors)) assert.ok(active.add(v));
  const { index, score, share } = firingTogether(active, units);
  const both = (a: number, b: number) => vectors.filter((v) => v.includes(a) && v.includes(b)).length;
  const fires = (a: number) => vectors.filter((v) => v.includes(a)).length;
  for (let u = 0; u < units; u++) {
    const scores = Array.from({ length: units }, (_, o) =>
      o !== u && both(u, o) >= 3 ? Math.fround(both(u, o) / Math.sqrt(fires(u) * fires(o))) : 0,
    );
    const order = best(scores, RELATIVES);
    assert.equal(Array.from(index.subarray(u * RELATIVES, u * RELATIVES + order.length)), order);
    assert.is(score[u * RELATIVES], scores[order[0]]);
    assert.is(share[u * RELATIVES], Math.fround(both(u, order[0]) / fires(u)));
  }
});

test('the list of active units is bounded, and says when it is full', () => {
  const active = new ActiveUnits(5);
  assert.ok(active.add([1, 2, 3]));
  assert.not.ok(active.add([1, 2, 3]));
  assert.ok(active.add([4, 5]));
  assert.equal(Array.from(active.index), [1, 2, 3, 4, 5]);
  assert.is(active.vectors, 2);
});

test('the photographs that drive a unit most, strongest first; of equal ones the earlier', () => {
  const rng = new Rng(5, 5);
  const top = new TopPictures(2);
  const values: number[] = [];
  for (let p = 0; p < 100; p++) {
    const v = Math.fround(Math.floor(10 * rng.uniform()));
    values.push(v);
    top.add(p, Float32Array.of(v, 0), Int32Array.of(p + 7, 0));
  }
  const order = values.map((v, p) => ({ v, p })).sort((a, b) => b.v - a.v || a.p - b.p);
  assert.equal(
    Array.from(top.picture.subarray(0, TOP_PICTURES)),
    order.slice(0, TOP_PICTURES).map((o) => o.p),
  );
  assert.is(top.position[0], order[0].p + 7);
  assert.is(top.picture[TOP_PICTURES], -1, 'a unit that never fires has none');
});

test('similar features and matches, against cosines in f64', async () => {
  const engine = await init();
  const d = 12;
  const rng = new Rng(7, 7);
  const rows = (count: number) => ({
    count,
    data: Float32Array.from({ length: count * d }, () => rng.uniform() - 0.4),
  });
  const [a, b] = [rows(300), rows(70)];
  const cos = (x: typeof a, i: number, y: typeof a, j: number) => {
    let [dot, xx, yy] = [0, 0, 0];
    for (let k = 0; k < d; k++) {
      dot += x.data[i * d + k] * y.data[j * d + k];
      xx += x.data[i * d + k] ** 2;
      yy += y.data[j * d + k] ** 2;
    }
    return dot / Math.sqrt(xx * yy);
  };
  const similar = similarFeatures(engine, a, d);
  const match = matchDecoders(engine, a, b, d);
  for (let i = 0; i < a.count; i += 13) {
    const own = Array.from({ length: a.count }, (_, j) => (j === i ? -2 : cos(a, i, a, j)));
    assert.ok(Math.abs(similar.cosine[i * RELATIVES] - Math.max(...own)) < 1e-5);
    assert.is.not(similar.index[i * RELATIVES], i, 'not itself');
    const other = Array.from({ length: b.count }, (_, j) => cos(a, i, b, j));
    assert.ok(Math.abs(match.a.cosine[i] - Math.max(...other)) < 1e-5);
    assert.ok(Math.abs(other[match.a.index[i]] - match.a.cosine[i]) < 1e-5);
  }
  for (let j = 0; j < b.count; j += 7)
    assert.ok(Math.abs(cos(a, match.b.index[j], b, j) - match.b.cosine[j]) < 1e-5);
  engine.dispose();
});

test.run();
