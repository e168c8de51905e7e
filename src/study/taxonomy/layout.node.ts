// Where units lie on a map: umap-js (McInnes, Healy & Melville 2018), from neighbours that the core finds and from our
// own random numbers. It computes with JS Math, so another engine may draw another picture: a map is looked at, and
// nothing is counted on it. An optional package, loaded here only.
import { UsageError } from '../../core/errors.js';
import { Rng } from '../../core/random.js';
import type { Neighbours } from './taxonomy.js';

type Umap = Pick<typeof import('umap-js'), 'UMAP'>;

/** Stream of the layout's random numbers. */
const STREAM = 61;

/** [x, y] of each of its rows, within 0..1. UsageError: the package is not installed. */
export async function umapLayout(
  { index, distance }: Pick<Neighbours, 'index' | 'distance'>,
  seed: number,
  load: () => Promise<Umap> = () => import('umap-js'),
): Promise<[number, number][]> {
  const { UMAP } = await load().catch((cause) => {
    throw new UsageError(
      'the map needs the package umap-js, which is not installed here: npm install umap-js',
      { cause },
    );
  });
  const rng = new Rng(seed, STREAM);
  const nNeighbors = index[0].length + 1;
  const umap = new UMAP({ nNeighbors, minDist: 0.25, spread: 1, random: () => rng.uniform() });
  // Each row is its own nearest, as the package expects.
  umap.setPrecomputedKNN(
    index.map((row, i) => [i, ...row]),
    distance.map((row) => [0, ...row]),
  );
  return scaled(umap.fit(index.map((_, i) => [i])));
}

/** To the unit square, by one scale for both. */
function scaled(points: number[][]): [number, number][] {
  const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const size = Math.max(Math.max(...xs) - left, Math.max(...ys) - top) || 1;
  return points.map(([x, y]) => [(x - left) / size, (y - top) / size]);
}
