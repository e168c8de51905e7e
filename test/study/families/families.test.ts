// Families of features: the same as a dense twin of the published procedure, the planted tree on synthetic data
// against chance, and splitting over capacities.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, Rng } from '../../../src/index.js';
import { synthesize } from '../../../src/sae/synthetic.js';
import { shuffledLists } from '../../../src/study/families/chance.js';
import { cleanFeatures } from '../../../src/study/families/clean.js';
import { FAMILY_DEFAULTS, type Family, findFamilies } from '../../../src/study/families/families.js';
import { pathConsistency, splittingStep } from '../../../src/study/families/splitting.js';
import { type ActiveLists, byFeature } from '../../../src/units/active-lists.js';
import type { FeatureLabel } from '../../../src/units/labels.js';
import { filled } from '../../support/filled.js';

const test = suite('study/families');
const engine = await init();
const { math } = engine;

/** Documents of one topic each: features of a topic fire together, some more often than others. */
function topics(documents: number, features: number, k: number, seed: number): ActiveLists {
  const rng = new Rng(seed);
  const of = Array.from({ length: 20 }, () => Array.from({ length: 25 }, () => rng.below(features)));
  const start = new Int32Array(documents + 1);
  const entries: [number, number][] = [];
  for (let s = 0; s < documents; s++) {
    const topic = of[rng.below(of.length)];
    const active = new Set<number>();
    while (active.size < k)
      active.add(rng.uniform() < 0.8 ? topic[Math.floor(25 * rng.uniform() ** 2)] : rng.below(features));
    for (const f of [...active].sort((a, b) => a - b)) entries.push([f, 0.1 + rng.uniform()]);
    start[s + 1] = entries.length;
  }
  const index = Int32Array.from(entries, ([f]) => f);
  return { documents, features, start, index, value: Float32Array.from(entries, ([, v]) => v) };
}

const found = (lists: ActiveLists, options = {}) =>
  findFamilies({ lists, columns: byFeature(lists) }, math, { ...FAMILY_DEFAULTS, ...options });

/** The procedure as METHODS has it, with whole matrices and recursion. */
function twin({ documents, features, start, index, value }: ActiveLists): Omit<Family, 'edges' | 'round'>[] {
  const square = () => Array.from({ length: features }, () => new Float64Array(features));
  const [C, D] = [square(), square()];
  for (let s = 0; s < documents; s++)
    for (let a = start[s]; a < start[s + 1]; a++)
      for (let b = start[s]; b < start[s + 1]; b++) {
        C[index[a]][index[b]]++;
        D[index[a]][index[b]] += value[a] * value[b];
      }
  const f = C.map((row, i) => row[i]);
  const cosine = (i: number, j: number) => D[i][j] / Math.sqrt(D[i][i] * D[j][j]);
  const tree = (ids: number[], tau: number): Map<number, number[]> => {
    const M = (i: number, j: number) => {
      const m = C[i][j] / (f[i] + 1);
      return i === j || m < tau ? 0 : Math.exp(m);
    };
    const edges = ids.flatMap((i) =>
      ids.filter((j) => j > i).map((j) => ({ i, j, upper: M(i, j), w: M(j, i) || M(i, j) })),
    );
    const group = new Map(ids.map((i) => [i, i]));
    const children = new Map<number, number[]>(ids.map((i) => [i, []]));
    const order = edges
      .filter((e) => e.w > 0)
      .sort((a, b) => b.w - a.w || a.i - b.i || Number(b.upper > 0) - Number(a.upper > 0) || a.j - b.j);
    for (const { i, j } of order) {
      if (group.get(i) === group.get(j)) continue;
      const [from, to] = [group.get(i), group.get(j)];
      for (const [key, g] of group) if (g === from) group.set(key, to!);
      const [parent, child] = f[i] > f[j] ? [i, j] : [j, i];
      children.get(parent)!.push(child);
    }
    return children;
  };
  const below = (children: Map<number, number[]>, f: number): number[] =>
    children.get(f)!.flatMap((c) => [c, ...below(children, c)]);
  const roots = (children: Map<number, number[]>, nodes: number[]): number[] => {
    const led = new Set(nodes.flatMap((n) => children.get(n)!.filter((c) => nodes.includes(c))));
    return nodes
      .filter((n) => !led.has(n) && children.get(n)!.length > 2)
      .flatMap((n) => [n, ...roots(children, below(children, n))]);
  };
  let ids = f.flatMap((n, i) => (n > 0 ? [i] : []));
  const families = new Map<number, number[]>();
  for (let round = 0; round < 4; round++) {
    const children = tree(ids, round ? 0.07 : 0.1);
    const gone = new Set(roots(children, ids));
    for (const root of gone) if (below(children, root).length > 3) families.set(root, below(children, root));
    ids = ids.filter((i) => !gone.has(i));
  }
  const all = [...families];
  const dropped = new Set<number>();
  all.forEach(([a, x], i) => {
    for (const [b, y] of all.slice(i + 1)) {
      const common = x.filter((v) => y.includes(v)).length;
      if (common / (x.length + y.length - common) > 0.6) dropped.add(y.length > x.length ? a : b);
    }
  });
  const mean = (v: number[]) => v.reduce((s, x) => s + x, 0) / v.length;
  const R = (p: number, children: number[], B: (i: number, j: number) => number) =>
    mean(children.map((c) => B(p, c))) / mean(children.flatMap((a) => children.map((b) => B(a, b))));
  return all
    .filter(([root]) => !dropped.has(root))
    .map(([parent, children]) => ({
      parent,
      children,
      score: R(parent, children, (i, j) => C[i][j] / Math.min(f[i], f[j])),
      similarity: R(parent, children, cosine),
    }));
}

test('the same families as whole matrices give, with their scores', () => {
  for (const seed of [1, 2, 3]) {
    const lists = topics(1500, 160, 8, seed);
    const { families, density } = found(lists);
    const expected = twin(lists);
    const sorted = (v: number[]) => [...v].sort((a, b) => a - b);
    const byParent = new Map(families.map((f) => [f.parent, f]));
    assert.ok(expected.length > 15, `${expected.length} families`);
    assert.equal(sorted([...byParent.keys()]), sorted(expected.map((f) => f.parent)));
    for (const { parent, children, score, similarity } of expected) {
      const family = byParent.get(parent)!;
      assert.equal(sorted(family.children), sorted(children));
      assert.ok(Math.abs(family.score! - score!) < 1e-12);
      assert.ok(Math.abs(family.similarity! - similarity!) < 1e-12);
      assert.equal(sorted(family.edges.map(([, c]) => c)), sorted(children));
      for (const [p, c] of family.edges) assert.ok(density[p] >= density[c], `${p} -> ${c}`);
    }
    assert.ok(
      families.some((f) => f.round > 0),
      'a later round finds some',
    );
  }
});

/** Share of (parent, child) that are so in the planted tree, of those found; share of the planted roots found. */
function recovery(families: readonly Family[], parent: Int32Array) {
  const isAbove = (a: number, f: number): boolean => {
    for (let p = parent[f]; p >= 0; p = parent[p]) if (p === a) return true;
    return false;
  };
  const pairs = families.flatMap((f) => f.children.map((c) => [f.parent, c]));
  const right = pairs.filter(([p, c]) => isAbove(p, c));
  const descendants = new Int32Array(parent.length);
  for (let f = 0; f < parent.length; f++) for (let p = parent[f]; p >= 0; p = parent[p]) descendants[p]++;
  const roots = [...parent.keys()].filter((f) => parent[f] < 0 && descendants[f] > 3);
  const heads = new Set(families.map((f) => f.parent));
  return {
    precision: right.length / pairs.length,
    recall: new Set(right.map(String)).size / descendants.reduce((s, n) => s + n, 0),
    roots: roots.filter((r) => heads.has(r)).length / roots.length,
    chance: descendants.reduce((s, n) => s + n, 0) / (parent.length * (parent.length - 1)),
  };
}

test('the planted tree of hierarchical data is found, and by chance almost nothing is', async () => {
  const { truth, parent } = await synthesize(math, {
    ...{ features: 240, dIn: 8, vectors: 12_000, active: 4, hierarchy: 0.9, seed: 3 },
  });
  const lists: ActiveLists = { ...truth, documents: truth.vectors };
  const { precision, recall, roots, chance } = recovery(found(lists).families, parent);
  assert.is(roots, 1, 'every planted root with more than three descendants heads a family');
  assert.ok(precision > 0.8, `precision ${precision}`);
  assert.ok(recall > 0.7, `recall ${recall}`);
  assert.ok(chance < 0.01, `random pairs ${chance}`);
  const shuffled = shuffledLists(lists, new Rng(1));
  const byChance = found(shuffled);
  const random = recovery(byChance.families, parent);
  assert.ok(byChance.families.length < 0.5 * found(lists).families.length, `${byChance.families.length}`);
  assert.ok(random.precision < 0.1 * precision, `precision by chance ${random.precision}`);
  assert.equal([...byChance.density], [...found(lists).density], 'every feature fires as often');
  const sums = (l: ActiveLists) => {
    const out = new Float64Array(l.features);
    l.index.forEach((f, i) => {
      out[f] += l.value[i];
    });
    return [...out].map((v) => v.toFixed(3));
  };
  assert.equal(sums(shuffled), sums(lists), 'and as strongly');
  for (let s = 0; s < shuffled.documents; s++)
    for (let i = shuffled.start[s] + 1; i < shuffled.start[s + 1]; i++)
      assert.ok(shuffled.index[i] > shuffled.index[i - 1], 'once a document at most');
});

test('dense features, and those that are not clean, are in no family', () => {
  const lists = topics(1500, 160, 8, 1);
  const { density } = found(lists);
  const rare = found(lists, { maxDensity: 0.1 });
  assert.ok(density.some((d) => d >= 0.1));
  for (const f of rare.families.flatMap((x) => [x.parent, ...x.children])) assert.ok(density[f] < 0.1);
  const even = found(lists, { clean: (f: number) => f % 2 === 0 });
  assert.ok(even.families.length > 0);
  for (const f of even.families.flatMap((x) => [x.parent, ...x.children])) assert.is(f % 2, 0);
  assert.ok(filled(found(lists, { iterations: 0 }).families).every((f) => f.round === 0));
});

test('clean labels as published', () => {
  const label = (label: string, f1: number, pearson: number) => ({
    label,
    f1,
    pearson,
    kind: 'explained' as const,
    terms: [],
  });
  const labels = new Map<number, FeatureLabel>([
    [0, label('galaxies in astronomy', 0.9, 0.9)],
    [1, label('galaxies', 0.95, 0.9)],
    [2, label('topic of stars', 1, 1)],
    [3, label("the letter 'a'", 1, 1)],
    [4, label('graphs', 0.79, 1)],
    [5, label('graphs', 0.8, 0.8)],
    [6, { ...label('measured never', 0, 0), f1: null }],
  ]);
  assert.equal([...cleanFeatures(labels)].sort(), [1, 5]);
});

test('a feature of a larger SAE belongs to the nearest of the smaller, and paths agree with the direct step', () => {
  const d = 24;
  const rng = new Rng(4);
  const unit = (n: number) => ({
    count: n,
    data: Float32Array.from({ length: n * d }, () => rng.normal(math)),
  });
  /** `each` rows near to every row. */
  const split = ({ count, data }: { count: number; data: Float32Array }, each: number) => ({
    count: count * each,
    data: Float32Array.from({ length: count * each * d }, (_, i) => {
      const row = Math.floor(i / d / each);
      return data[row * d + (i % d)] + 0.2 * rng.normal(math);
    }),
  });
  const small = unit(10);
  const middle = split(small, 2);
  const large = split(middle, 2);
  const first = splittingStep(engine, small, middle, d);
  assert.equal(
    [...first.from],
    Array.from({ length: 20 }, (_, f) => f >> 1),
  );
  assert.ok(filled(first.cosine).every((c) => c > 0.85 && c <= 1));
  const steps = [first, splittingStep(engine, middle, large, d)];
  const { mean, chance, jaccard } = pathConsistency(10, steps, splittingStep(engine, small, large, d), 0);
  assert.is(mean, 1);
  assert.equal(jaccard, new Array(10).fill(1));
  assert.ok(chance! < 0.3, `chance ${chance}`);
});

test.run();
