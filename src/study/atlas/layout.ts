// Where documents lie on the map: by the two largest principal components of their vectors, or by a layout of some of them
// (UMAP), amid which the others lie.
import type { Engine } from '../../core/engine.js';
import { pca } from '../../units/bases/pca.js';
import { type MatrixRows, matrixRows, picked } from '../../vectors/matrix.js';
import { NearestIndex } from '../search/nearest.js';
import type { MapKind } from './format.js';

/** Rows that the components are of, and that UMAP lays out. */
const SAMPLE = { pca: 10_000, umap: 5_000 } as const;
const NEIGHBOURS = 15;
/** Laid-out documents that another one lies amid. */
const AMID = 3;
const BLOCK = 2048;

export interface Layout {
  kind: MapKind;
  x: Float32Array;
  y: Float32Array;
}

/** Neighbours of each row, nearest first, and their distances. */
export interface LayoutNeighbours {
  index: number[][];
  distance: number[][];
}

const evenRows = (n: number, most: number): number[] =>
  Array.from({ length: Math.min(n, most) }, (_, i) => Math.floor((i * n) / Math.min(n, most)));

async function sampled(rows: MatrixRows, which: readonly number[]): Promise<Float32Array> {
  const d = rows.shape[1];
  const out = new Float32Array(which.length * d);
  for (let i = 0; i < which.length; ) {
    const first = which[i];
    let to = i;
    while (to < which.length && which[to] < first + BLOCK) to++;
    const block = await rows.rows(first, which[to - 1] - first + 1);
    out.set(
      picked(
        block,
        which.slice(i, to).map((row) => row - first),
        d,
      ),
      i * d,
    );
    i = to;
  }
  return out;
}

async function eachBlock(
  rows: MatrixRows,
  visit: (block: Float32Array, first: number, count: number) => Promise<void> | void,
): Promise<void> {
  const [n] = rows.shape;
  for (let first = 0; first < n; first += BLOCK) {
    const count = Math.min(BLOCK, n - first);
    await visit(await rows.rows(first, count), first, count);
  }
}

/** The components are of 10,000 documents at most, evenly spaced; all documents are projected. */
export async function pcaLayout(rows: MatrixRows, check: () => void): Promise<Layout> {
  const [n, d] = rows.shape;
  const { mean, components, variances } = pca(await sampled(rows, evenRows(n, SAMPLE.pca)), d);
  const [x, y] = [new Float32Array(n), new Float32Array(n)];
  const along = (row: Float32Array, component: number): number => {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += (row[j] - mean[j]) * components[component * d + j];
    return sum;
  };
  await eachBlock(rows, (block, first, count) => {
    check();
    for (let i = 0; i < count; i++) {
      const row = block.subarray(i * d, (i + 1) * d);
      x[first + i] = along(row, 0);
      if (d > 1) y[first + i] = along(row, 1);
    }
  });
  const all = variances.reduce((sum, v) => sum + v, 0) || 1;
  return { kind: { kind: 'pca', explained: [variances[0] / all, (variances[1] ?? 0) / all] }, x, y };
}

/** `draw` lays out `most` documents (5,000), evenly spaced; each other one lies at the mean of the three nearest of these. */
export async function umapLayout(
  engine: Engine,
  rows: MatrixRows,
  draw: (neighbours: LayoutNeighbours) => Promise<[number, number][]>,
  check: () => void,
  most: number = SAMPLE.umap,
): Promise<Layout> {
  const [n, d] = rows.shape;
  const which = evenRows(n, most);
  const data = await sampled(rows, which);
  const some = matrixRows({ label: rows.label, hash: '', shape: [which.length, d], data });
  const index = await NearestIndex.of(engine, some);
  try {
    const found = await index.nearest(data, Math.min(NEIGHBOURS, which.length - 1), {
      except: which.map((_, i) => i),
    });
    check();
    const places = await draw({
      index: found.map((list) => list.map(({ row }) => row)),
      // Of unit vectors; another length changes what is far, not the order.
      distance: found.map((list) => list.map(({ score }) => Math.max(0, 1 - score))),
    });
    const [x, y] = [new Float32Array(n), new Float32Array(n)];
    const placed = new Map(which.map((row, i) => [row, i]));
    await eachBlock(rows, async (block, first, count) => {
      check();
      const nearest = await index.nearest(block, AMID);
      for (let i = 0; i < count; i++) {
        const own = placed.get(first + i);
        const amid = own === undefined ? nearest[i].map(({ row }) => row) : [own];
        for (const row of amid) {
          x[first + i] += places[row][0] / amid.length;
          y[first + i] += places[row][1] / amid.length;
        }
      }
    });
    return { kind: { kind: 'umap', sample: which.length }, x, y };
  } finally {
    index.dispose();
  }
}
