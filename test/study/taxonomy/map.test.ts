import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, Rng } from '../../../src/index.js';
import { battery } from '../../../src/study/physiology/battery.js';
import { profilesOf, unitsOf } from '../../../src/study/physiology/responses.js';
import { umapLayout } from '../../../src/study/taxonomy/layout.node.js';
import { neighboursOf } from '../../../src/study/taxonomy/taxonomy.js';
import { filled } from '../../support/filled.js';

const test = suite('study/taxonomy/map');
const engine = await init();
const all = battery(engine.math, 7, 16);
const n = 60;
/** Three groups of read-outs, each around answers of its own. */
const rng = new Rng(1);
const drawings = all.reduce((sum, s) => sum + s.drawings.length, 0);
const centres = Array.from({ length: 3 }, () => Float32Array.from({ length: drawings }, () => rng.uniform()));
const vectors = Float32Array.from(
  { length: drawings * n },
  (_, i) => centres[i % 3][Math.floor(i / n)] + 0.3 * rng.uniform(),
);
const profiles = profilesOf(all, vectors, n, unitsOf(n));
const kind = { profiles, names: Array.from({ length: n }, (_, i) => `u${i}`) };
const neighbours = neighboursOf(engine, all, [kind], 8);

test('neighbours are those of the largest cosines, of several kinds together', () => {
  for (const [i, row] of neighbours.index.entries()) {
    assert.is(row.length, 8);
    assert.ok(
      filled(row).every((j) => j !== i && j % 3 === i % 3),
      `${i}: ${row}`,
    );
    assert.equal(
      neighbours.distance[i],
      [...neighbours.distance[i]].sort((a, b) => a - b),
    );
  }
  const twice = neighboursOf(engine, all, [kind, kind], 3);
  assert.equal(
    twice.index.slice(0, n).map(([j]) => j),
    kind.names.map((_, i) => n + i),
    'its own twin',
  );
});

test('what answers to nothing is left out, and takes no neighbour', () => {
  // The first and the last read-out are silent.
  const silent = new Map(
    [...profiles].map(([name, values]) => [
      name,
      values.map((v, i) => (i % n === 0 || i % n === n - 1 ? 0 : v)),
    ]),
  );
  const { rows, index } = neighboursOf(engine, all, [{ ...kind, profiles: silent }], 8);
  assert.equal(rows, kind.names.map((_, i) => i).slice(1, n - 1));
  for (const [i, row] of index.entries())
    assert.ok(
      filled(row).every((j) => rows[j] % 3 === rows[i] % 3),
      `${i}`,
    );
  assert.equal(neighboursOf(engine, all, [kind], n).rows, [], 'too few for so many neighbours');
});

test('the layout keeps groups together, and is the same for the same seed', async () => {
  const points = await umapLayout(neighbours, 7);
  assert.equal(await umapLayout(neighbours, 7), points);
  assert.not.equal(await umapLayout(neighbours, 8), points);
  const far = (i: number, j: number) =>
    (points[i][0] - points[j][0]) ** 2 + (points[i][1] - points[j][1]) ** 2;
  for (let i = 0; i < n; i++) {
    const nearest = [...points.keys()].filter((j) => j !== i).sort((a, b) => far(i, a) - far(i, b))[0];
    assert.is(nearest % 3, i % 3, `${i}`);
  }
  for (const v of points.flat()) assert.ok(v >= 0 && v <= 1);
});

test('without umap-js it says what to install', async () => {
  const missing = () => Promise.reject(new Error('Cannot find package'));
  try {
    await umapLayout(neighbours, 0, missing);
  } catch (error) {
    assert.match((error as Error).message, /npm install umap-js/);
    return;
  }
  throw new Error('it drew a map');
});

test.run();
