// Families of features (O'Neill et al. 2024, section 4, as saerch computes them): subtrees of the spanning tree, found
// again after their roots are taken away.
//
//   a round     each feature without a parent and with more than 2 children is a root: its descendants are its
//               family; then the same inside the family, without the root
//   rounds      4: after each, all roots found in it are taken away and the tree is made anew of the rest
//   kept        families of more than 3 children; of two whose children have a Jaccard index above 0.6 the smaller
//               is dropped (of equal ones the later; saerch drops both)
//   score       with B_ij = C_ij / min(f_i, f_j): mean of the parent's row over the children, over the mean of the
//               children's block, its diagonal included
import type { CoreMath } from '../../core/math.js';
import { firingCounts } from '../../units/active-lists.js';
import { type CoOccurrence, visitRows } from './co-occurrence.js';
import { type Edges, edgesOf, type Forest, normalisedRows, spanningForest } from './tree.js';

export interface FamilyOptions {
  /** Below it M is 0, in the first round: 0.1, as published runs have it. */
  tau: number;
  /** In the rounds after it: 0.07, the default of saerch's function, which these rounds take. */
  laterTau: number;
  /** Rounds after the first. */
  iterations: number;
  /** Features that fire on this share of the documents or more are left out. */
  maxDensity: number;
  /** Features that may be in families; all unless given. */
  clean?: (feature: number) => boolean;
  check?: () => void;
}

export const FAMILY_DEFAULTS = { tau: 0.1, laterTau: 0.07, iterations: 3, maxDensity: 1 } as const;
/** A root has more children than this; a family more members. */
const [ROOT_CHILDREN, FAMILY_CHILDREN] = [2, 3];
const SAME = 0.6;

export interface Family {
  parent: number;
  /** All descendants, most frequent first. */
  children: number[];
  /** [parent, child] of the tree, in the order of a walk from the root. */
  edges: [number, number][];
  /** 0 for the first. */
  round: number;
  /** R of co-occurrence; null where the children's block is empty. */
  score: number | null;
  /** R of activation similarity. */
  similarity: number | null;
}

export interface FamilyResult {
  families: Family[];
  /** Share of documents on which each feature fires. */
  density: Float64Array;
  /** Pairs of features above tau, in the first round. */
  pairs: number;
  /** Features that could be in families. */
  candidates: number;
}

export function findFamilies(together: CoOccurrence, math: CoreMath, options: FamilyOptions): FamilyResult {
  const { tau, laterTau, iterations, maxDensity, clean = () => true, check } = options;
  const fires = firingCounts(together.columns);
  const density = Float64Array.from(fires, (f) => f / together.lists.documents);
  const kept = Uint8Array.from(density, (d, f) => Number(d > 0 && d < maxDensity && clean(f)));
  const isKept = (f: number) => kept[f] === 1;
  const rows = normalisedRows(together, isKept, Math.min(tau, laterTau), check);
  const candidates = kept.reduce((n, k) => n + k, 0);
  const first = edgesOf(rows, tau, math);
  const later = iterations === 0 || laterTau === tau ? first : edgesOf(rows, laterTau, math);
  const found: Omit<Family, 'score' | 'similarity'>[] = [];
  for (let round = 0; round <= iterations; round++) {
    check?.();
    const families = roundOf(round ? later : first, fires, isKept);
    for (const family of families) found.push({ ...family, round });
    for (const { parent } of families) kept[parent] = 0;
  }
  const large = found.filter(({ children }) => children.length > FAMILY_CHILDREN);
  const families = withScores(together, fires, withoutDuplicates(large), check);
  for (const { children } of families) children.sort((a, b) => fires[b] - fires[a] || a - b);
  return { families, density, pairs: first.low.length, candidates };
}

function roundOf(edges: Edges, fires: Int32Array, kept: (f: number) => boolean) {
  const forest = spanningForest(edges, fires, kept);
  return rootsOf(forest).map((parent) => {
    const edgesOfFamily = walk(forest, parent);
    return { parent, children: edgesOfFamily.map(([, child]) => child), edges: edgesOfFamily };
  });
}

/**
 * Roots of a round. Without its root a family falls into the subtrees of the root's children, so these are the
 * roots of the next level where they have more than 2 children themselves.
 */
function rootsOf({ children, parents }: Forest): number[] {
  const isRoot = (f: number) => (children.get(f)?.length ?? 0) > ROOT_CHILDREN;
  const roots = [...children.keys()].filter((f) => !parents.has(f) && isRoot(f)).sort((a, b) => a - b);
  const seen = new Set(roots);
  for (const root of seen) for (const child of children.get(root)!) if (isRoot(child)) seen.add(child);
  return [...seen];
}

/** Edges from `root` to all of its descendants, depth first. */
function walk({ children }: Forest, root: number): [number, number][] {
  const edges: [number, number][] = [];
  const open: [number, number][] = [];
  const openAll = (f: number) => {
    for (const child of [...(children.get(f) ?? [])].reverse()) open.push([f, child]);
  };
  openAll(root);
  for (let edge = open.pop(); edge; edge = open.pop()) {
    edges.push(edge);
    openAll(edge[1]);
  }
  return edges;
}

function withoutDuplicates<T extends { children: readonly number[] }>(families: readonly T[]): T[] {
  const sets = families.map(({ children }) => new Set(children));
  const dropped = new Set<number>();
  for (let a = 0; a < families.length; a++)
    for (let b = a + 1; b < families.length; b++) {
      const [small, large] = sets[b].size > sets[a].size ? [a, b] : [b, a];
      if (jaccard(sets[small], sets[large]) > SAME) dropped.add(small);
    }
  return families.filter((_, i) => !dropped.has(i));
}

/** Size of the intersection over that of the union; 0 for two empty sets. `small` is not the larger one. */
export function jaccard(small: ReadonlySet<number>, large: ReadonlySet<number>): number {
  let common = 0;
  for (const f of small) if (large.has(f)) common++;
  const union = small.size + large.size - common;
  return union ? common / union : 0;
}

interface Sums {
  parent: number;
  block: number;
}

/** R of co-occurrence and of activation similarity, from one pass over the rows of the families' features. */
function withScores(
  together: CoOccurrence,
  fires: Int32Array,
  families: readonly Omit<Family, 'score' | 'similarity'>[],
  check?: () => void,
): Family[] {
  const of = new Map<number, number[]>();
  families.forEach(({ parent, children }, i) => {
    for (const f of [parent, ...children]) of.set(f, [...(of.get(f) ?? []), i]);
  });
  const counted: Sums[] = families.map(() => ({ parent: 0, block: 0 }));
  const compared: Sums[] = families.map(() => ({ parent: 0, block: 0 }));
  visitRows(
    together,
    of.keys(),
    (f, counts, similar) => {
      for (const i of of.get(f)!) {
        const { parent, children } = families[i];
        let [b, d] = [0, 0];
        for (const j of children) {
          b += counts[j] / Math.min(fires[f], fires[j]);
          d += similar[j];
        }
        const part = f === parent ? 'parent' : 'block';
        counted[i][part] += b;
        compared[i][part] += d;
      }
    },
    { withSimilarity: true, check },
  );
  const ratio = ({ parent, block }: Sums, n: number) => (block > 0 ? parent / n / (block / (n * n)) : null);
  return families.map((family, i) => ({
    ...family,
    score: ratio(counted[i], family.children.length),
    similarity: ratio(compared[i], family.children.length),
  }));
}
