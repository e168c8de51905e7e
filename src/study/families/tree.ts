// The graph of features that fire together, its maximum spanning tree, and the direction of its edges
// (O'Neill et al. 2024, as saerch's matrix.py computes it):
//
//   M_ij = C_ij / (f_i + 1), 0 below tau, else exp(M_ij); diagonal 0
//   undirected: of the two entries of a pair that is not 0, the later one by rows (i > j) is its weight
//   maximum spanning forest by Kruskal; each edge from the more frequent feature to the rarer one
//
// Equal weights: in the order of the edges, by the lower feature, then by when the pair was first met by rows.
// Equal frequencies: from the higher feature to the lower one, as there.
import type { CoreMath } from '../../core/math.js';
import { type CoOccurrence, visitRows } from './co-occurrence.js';

/** Pairs by descending weight. */
export interface Edges {
  /** The lower feature, the higher one. */
  low: Int32Array;
  high: Int32Array;
  weight: Float64Array;
}

/** A forest of features; features without an edge are in no list. */
export interface Forest {
  /** Children of each feature; undefined where it has none. */
  children: Map<number, number[]>;
  /** Edges that lead to each feature. */
  parents: Map<number, number>;
}

/** Entries of M at `least` or above, row by row. */
export interface SparseRows {
  start: Int32Array;
  column: Int32Array;
  value: Float64Array;
}

/** M without its diagonal and what is below `least`, of the features that are kept. */
export function normalisedRows(
  together: CoOccurrence,
  kept: (feature: number) => boolean,
  least: number,
  check?: () => void,
): SparseRows {
  const { features } = together.lists;
  const { start: first } = together.columns;
  const [column, value]: [number[], number[]] = [[], []];
  const start = new Int32Array(features + 1);
  const all = Array.from({ length: features }, (_, f) => f);
  const keeps = Uint8Array.from(all, (f) => Number(kept(f)));
  visitRows(
    together,
    all,
    (i, counts) => {
      const fires = first[i + 1] - first[i];
      if (keeps[i])
        for (let j = 0; j < features; j++) {
          if (!counts[j] || j === i || !keeps[j]) continue;
          const m = counts[j] / (fires + 1);
          if (m < least) continue;
          column.push(j);
          value.push(m);
        }
      start[i + 1] = column.length;
    },
    { check },
  );
  return { start, column: Int32Array.from(column), value: Float64Array.from(value) };
}

/** The pairs with their weights for one `tau`, at least that of the rows. */
export function edgesOf({ start, column, value }: SparseRows, tau: number, math: CoreMath): Edges {
  const features = start.length - 1;
  /** Entry (i, j), 0 where it is below tau. */
  const entry = (i: number, j: number): number => {
    let [from, to] = [start[i], start[i + 1]];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (column[middle] < j) from = middle + 1;
      else to = middle;
    }
    return from < start[i + 1] && column[from] === j && value[from] >= tau ? value[from] : 0;
  };
  // By the lower feature: pairs that its own row has, then those that only the higher one's row has.
  const only: number[][] = Array.from({ length: features }, () => []);
  for (let i = 0; i < features; i++)
    for (let e = start[i]; e < start[i + 1] && column[e] < i; e++)
      if (value[e] >= tau && entry(column[e], i) === 0) only[column[e]].push(i);
  const [low, high, weight]: [number[], number[], number[]] = [[], [], []];
  const add = (i: number, j: number, m: number) => {
    low.push(i);
    high.push(j);
    weight.push(math.exp(m));
  };
  for (let i = 0; i < features; i++) {
    for (let e = start[i]; e < start[i + 1]; e++)
      if (column[e] > i && value[e] >= tau) add(i, column[e], entry(column[e], i) || value[e]);
    for (const j of only[i]) add(i, j, entry(j, i));
  }
  const order = Uint32Array.from(low, (_, e) => e).sort((a, b) => weight[b] - weight[a] || a - b);
  return {
    low: Int32Array.from(order, (e) => low[e]),
    high: Int32Array.from(order, (e) => high[e]),
    weight: Float64Array.from(order, (e) => weight[e]),
  };
}

/** Maximum spanning forest of the features that are kept, directed. `fires`: how often each feature fires. */
export function spanningForest(
  { low, high }: Edges,
  fires: ArrayLike<number>,
  kept: (feature: number) => boolean,
): Forest {
  const set = Int32Array.from({ length: fires.length }, (_, f) => f);
  const rootOf = (f: number): number => {
    let at = f;
    while (set[at] !== at) {
      set[at] = set[set[at]];
      at = set[at];
    }
    return at;
  };
  const forest: Forest = { children: new Map(), parents: new Map() };
  for (let e = 0; e < low.length; e++) {
    const [u, v] = [low[e], high[e]];
    if (!kept(u) || !kept(v)) continue;
    const [a, b] = [rootOf(u), rootOf(v)];
    if (a === b) continue;
    set[a] = b;
    const [parent, child] = fires[u] > fires[v] ? [u, v] : [v, u];
    const children = forest.children.get(parent);
    if (children) children.push(child);
    else forest.children.set(parent, [child]);
    forest.parents.set(child, (forest.parents.get(child) ?? 0) + 1);
  }
  return forest;
}
