// How well steering works, over many queries: is the steered query still like the query (fidelity), and do the documents
// nearest to it carry the feature more than those before (precision), by the feature's activation and by the documents'
// categories; beside random directions that turn the query as far.
import type { CoreMath } from '../../core/math.js';
import type { Pool } from '../../core/pool.js';
import { Rng } from '../../core/random.js';
import type { LoadedSae } from '../../sae/inference.js';
import type { MatrixRows } from '../../vectors/matrix.js';
import { randomDirections } from '../../vectors/random-directions.js';
import { type Edit, editsOf, strengthOf, type Wish } from './edits.js';
import { type FeatureFacts, factsOf } from './facts.js';
import { cosine, dot, lengthOf, toLength } from './lengths.js';
import type { NearestIndex } from './nearest.js';
import { type SteerMethod, steer } from './steer.js';

/** Results that are judged, as in O'Neill et al. 2024. */
export const TOP = 10;

/** A feature is chosen at random where it fires on at least so many of the documents looked at, and on at most this share. */
const CLEAN = { least: 20, density: 0.2 };

export interface SteeringQuestion {
  /** Rows of the documents that are queries. */
  queries: readonly number[];
  methods: readonly SteerMethod[];
  /** How far up, in units of the feature's strength. */
  levels: readonly number[];
  /** The same wishes for every query, times the level; otherwise one random feature up, one that fires set to 0. */
  wishes?: readonly Wish[];
  /** The categories of each row, where they are known. */
  categories?: readonly (readonly string[])[];
  seed: number;
  /** Its threads look at the documents. */
  pool?: Pool;
  signal?: AbortSignal;
  onStep?: (done: number, total: number) => void;
}

/** Shares of the nearest documents, means over queries. */
export interface Carried {
  /** That fire the feature that is wanted more of. */
  feature: number;
  /** That are of its category; null where no categories are known. */
  category: number | null;
  /** That fire the feature that is wanted less of; null where none is. */
  removed: number | null;
}

export interface SteeringRow {
  method: SteerMethod;
  level: number;
  /** Mean cosine of the steered query and the query. */
  fidelity: number;
  before: Carried;
  after: Carried;
  /** The query turned as far in a random direction. */
  random: Carried;
}

export interface SteeringReport {
  queries: number;
  top: number;
  rows: SteeringRow[];
}

interface Plan {
  row: number;
  up: number;
  down: number | undefined;
  category: string | undefined;
  wishes: readonly Wish[];
}

/** UsageError or InputError as strengthOf() and nearest(). */
export async function evaluateSteering(
  math: CoreMath,
  index: NearestIndex,
  matrix: MatrixRows,
  sae: LoadedSae,
  question: SteeringQuestion,
): Promise<SteeringReport> {
  const { queries, methods, levels, categories, seed, signal, pool, onStep } = question;
  const d = index.d;
  const x = new Float32Array(queries.length * d);
  for (const [i, row] of queries.entries()) x.set(await matrix.rows(row, 1), i * d);
  const latents = sae.encode(x, queries.length);
  const facts = await factsOf(matrix, sae, categories, { pool, signal });
  const plans = queries.map((row, i) =>
    planOf(
      row,
      latents.subarray(i * sae.config.dSae, (i + 1) * sae.config.dSae),
      facts,
      question,
      new Rng(seed, i),
    ),
  );
  const strengths = new Map<number, number>();
  for (const { wishes } of plans)
    for (const { feature } of wishes)
      if (!strengths.has(feature)) strengths.set(feature, await strengthOf(index, matrix, sae, feature));
  const judge = new Judge(index, matrix, sae, plans, categories);
  const before = await judge.carried(x);
  const noise = randomDirections(math, new Rng(seed, queries.length), queries.length, d);
  const rows: SteeringRow[] = [];
  for (const method of methods)
    for (const level of levels) {
      signal?.throwIfAborted();
      const edits = plans.map(({ wishes }, i): Edit[] =>
        editsOf(
          scaled(wishes, level),
          latents.subarray(i * sae.config.dSae, (i + 1) * sae.config.dSae),
          strengths,
        ),
      );
      const steered = steer(sae, method, x, edits);
      const cosines = queries.map((_, i) =>
        cosine(x.subarray(i * d, (i + 1) * d), steered.subarray(i * d, (i + 1) * d)),
      );
      rows.push({
        method,
        level,
        fidelity: mean(cosines),
        before,
        after: await judge.carried(steered),
        random: await judge.carried(turned(x, noise, cosines, d)),
      });
      onStep?.(rows.length, methods.length * levels.length);
    }
  return { queries: queries.length, top: TOP, rows };
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

/** What is set to 0 stays so at every level. */
const scaled = (wishes: readonly Wish[], level: number): Wish[] =>
  wishes.map((wish) => ({ ...wish, value: wish.value * level }));

function planOf(
  row: number,
  f: Float32Array,
  facts: FeatureFacts,
  { wishes }: SteeringQuestion,
  rng: Rng,
): Plan {
  if (wishes) {
    const up = wishes.find(({ value }) => value > 0) ?? wishes[0];
    const down = wishes.find((wish) => wish !== up);
    return { row, up: up.feature, down: down?.feature, category: facts.category(up.feature), wishes };
  }
  const clean = facts.features.filter(
    (j) => facts.fires[j] >= CLEAN.least && facts.fires[j] <= CLEAN.density * facts.documents,
  );
  const pick = (from: readonly number[]): number | undefined =>
    from.length ? from[rng.below(from.length)] : undefined;
  const up = pick(clean.filter((j) => !(f[j] > 0))) ?? 0;
  const down = pick(clean.filter((j) => f[j] > 0));
  return {
    row,
    up,
    down,
    category: facts.category(up),
    wishes: [
      { feature: up, value: 1, relative: true },
      ...(down === undefined ? [] : [{ feature: down, value: 0, relative: false }]),
    ],
  };
}

/** x turned by the angles of `cosines` towards `directions`, each made orthogonal to it first. */
export function turned(
  x: Float32Array,
  directions: Float32Array,
  cosines: readonly number[],
  d: number,
): Float32Array {
  const out = x.slice();
  for (const [i, c] of cosines.entries()) {
    const own = out.subarray(i * d, (i + 1) * d);
    const away = directions.slice(i * d, (i + 1) * d);
    const length = lengthOf(own);
    const along = dot(away, own) / (length * length);
    for (let j = 0; j < d; j++) away[j] -= along * own[j];
    toLength(away, length * Math.sqrt(Math.max(0, 1 - c * c)));
    for (let j = 0; j < d; j++) own[j] = c * own[j] + away[j];
  }
  return out;
}

/** Looks at what is nearest to vectors, for the feature of each one's plan. */
class Judge {
  readonly #index: NearestIndex;
  readonly #matrix: MatrixRows;
  readonly #sae: LoadedSae;
  readonly #plans: readonly Plan[];
  readonly #categories: SteeringQuestion['categories'];
  /** Features of documents that were retrieved before. */
  readonly #known = new Map<number, ReadonlySet<number>>();

  constructor(
    index: NearestIndex,
    matrix: MatrixRows,
    sae: LoadedSae,
    plans: readonly Plan[],
    categories: SteeringQuestion['categories'],
  ) {
    [this.#index, this.#matrix, this.#sae, this.#plans] = [index, matrix, sae, plans];
    this.#categories = categories;
  }

  async carried(x: Float32Array): Promise<Carried> {
    const plans = this.#plans;
    const found = await this.#index.nearest(x, TOP, { except: plans.map(({ row }) => row) });
    await this.#look(found.flat().map(({ row }) => row));
    const share = (wanted: (row: number, plan: Plan) => boolean, of = (_: Plan) => true): number | null => {
      const shares = found.flatMap((rows, i) =>
        of(plans[i]) && rows.length
          ? [rows.filter(({ row }) => wanted(row, plans[i])).length / rows.length]
          : [],
      );
      return shares.length ? mean(shares) : null;
    };
    return {
      feature: share((row, { up }) => this.#known.get(row)!.has(up)) ?? 0,
      category: this.#categories
        ? share(
            (row, { category }) => this.#categories![row].includes(category!),
            ({ category }) => category !== undefined,
          )
        : null,
      removed: share(
        (row, { down }) => this.#known.get(row)!.has(down!),
        ({ down }) => down !== undefined,
      ),
    };
  }

  async #look(rows: readonly number[]): Promise<void> {
    const fresh = [...new Set(rows)].filter((row) => !this.#known.has(row));
    if (!fresh.length) return;
    const { dIn, dSae } = this.#sae.config;
    const x = new Float32Array(fresh.length * dIn);
    for (const [i, row] of fresh.entries()) x.set(await this.#matrix.rows(row, 1), i * dIn);
    const active = this.#sae.topFeatures(x, dSae);
    for (const [i, row] of fresh.entries())
      this.#known.set(row, new Set(active[i].map(({ feature }) => feature)));
  }
}
