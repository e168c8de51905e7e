// Data whose features are known: what an SAE finds can be compared with what is there.
//
//   x = offset + sum_i a_i d_i + noise
//   d_i   unit direction, uniform on the sphere
//   a_i   0, or a log-normal magnitude where feature i fires
//   fires child: only where its parent does; correlated: with the other members of its group
//
// Everything comes from Rng and the core's math: equal knobs and seed give equal bits. Each
// kind of draw has its own stream, so that another noise leaves the activations as they are.
import { UsageError } from '../core/errors.js';
import type { CoreMath } from '../core/math.js';
import { Rng } from '../core/random.js';

export interface SyntheticKnobs {
  /** Number of true features. */
  features: number;
  /** Width of a vector. */
  dIn: number;
  vectors: number;
  /** Mean number of active features per vector. */
  active: number;
  /** Exponent of the firing frequencies: feature i fires in proportion to (i + 1)^-zipf; 0: all alike. */
  zipf: number;
  /** Correlation (phi) of the firing of two equally frequent features of one group, 0 to 1. */
  correlation: number;
  /** Features per group of correlated ones. */
  group: number;
  /** Share of the features that are children of another, 0 to below 1. */
  hierarchy: number;
  /** Standard deviation of the Gaussian noise in every dimension. */
  noise: number;
  /** Mean of an active feature's magnitude. */
  magnitude: number;
  /** Standard deviation of the magnitude over its mean. */
  spread: number;
  /** Length of a constant vector that is added to every vector. */
  offset: number;
  seed: number;
}

export const SYNTHETIC_DEFAULTS: SyntheticKnobs = {
  features: 128,
  dIn: 64,
  vectors: 16384,
  active: 4,
  zipf: 0,
  correlation: 0,
  group: 2,
  hierarchy: 0,
  noise: 0,
  magnitude: 1,
  spread: 0.25,
  offset: 0,
  seed: 0,
};

/** What is true of a set of vectors: directions, and each vector's active features in rows of a sparse matrix. */
export interface Truth {
  features: number;
  dIn: number;
  vectors: number;
  /** [features][dIn], rows of length 1. */
  directions: Float32Array;
  /** [vectors + 1]: vector s owns entries start[s] .. start[s + 1], by increasing feature. */
  start: Int32Array;
  index: Int32Array;
  value: Float32Array;
}

export interface Synthetic {
  knobs: SyntheticKnobs;
  /** [vectors][dIn]. */
  x: Float32Array;
  truth: Truth;
  /** Probability that a vector has the feature, [features]. */
  frequency: Float64Array;
  /** Parent of each feature, -1 for none. */
  parent: Int32Array;
  /** [dIn]. */
  offset: Float32Array;
}

export interface SyntheticHooks {
  signal?: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/** Streams of the seed. */
const STREAM = { directions: 0x51a7, offset: 0x0ff5, firing: 0xf12e, magnitude: 0x3a60, noise: 0x9015 };
/** A child fires at most this often where its parent does, or the two would be one feature. */
const CHILD_SHARE = 0.5;
const CHILDREN = 2;
/** Vectors between two looks at the abort signal. */
const BLOCK = 4096;
const MAX_VALUES = 2 ** 28;
const MAX_ENTRIES = 2 ** 26;

/** UsageError: a knob out of range, or more than 2^28 values or 2^26 activations. */
export async function synthesize(
  math: CoreMath,
  given: Partial<SyntheticKnobs>,
  hooks: SyntheticHooks = {},
): Promise<Synthetic> {
  const knobs = { ...SYNTHETIC_DEFAULTS, ...given };
  checkKnobs(knobs);
  const { features, dIn, vectors, seed } = knobs;
  const parent = parents(features, knobs.hierarchy);
  const frequency = frequencies(math, knobs, parent);
  const directions = unitRows(math, new Rng(seed, STREAM.directions), features, dIn);
  const offset = unitRows(math, new Rng(seed, STREAM.offset), 1, dIn).map((v) => v * knobs.offset);
  const fires = firing(knobs, frequency, parent);
  const magnitude = magnitudes(math, knobs);
  const noise = new Rng(seed, STREAM.noise);
  const start = new Int32Array(vectors + 1);
  const entries = new Entries(Math.ceil(vectors * knobs.active * 1.05) + features);
  const x = new Float32Array(vectors * dIn);
  const sum = new Float64Array(dIn);
  for (let s = 0; s < vectors; s++) {
    if (s % BLOCK === 0) {
      hooks.signal?.throwIfAborted();
      hooks.onProgress?.(s, vectors);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    sum.set(offset);
    const active = fires();
    for (let i = 0; i < features; i++) {
      if (!active[i]) continue;
      const a = Math.fround(magnitude());
      entries.push(i, a);
      for (let j = 0; j < dIn; j++) sum[j] += a * directions[i * dIn + j];
    }
    start[s + 1] = entries.length;
    if (knobs.noise > 0) for (let j = 0; j < dIn; j++) sum[j] += knobs.noise * noise.normal(math);
    x.set(sum, s * dIn);
  }
  hooks.onProgress?.(vectors, vectors);
  const truth = { features, dIn, vectors, directions, start, ...entries.lists() };
  return { knobs, x, truth, frequency, parent, offset };
}

function checkKnobs(k: SyntheticKnobs): void {
  const need = (ok: boolean, message: string): void => {
    if (!ok) throw new UsageError(`synthetic data: ${message}`);
  };
  for (const name of ['features', 'dIn', 'vectors', 'group'] as const)
    need(
      Number.isSafeInteger(k[name]) && k[name] >= 1,
      `${name} must be a whole number above 0, not ${k[name]}`,
    );
  for (const name of ['zipf', 'noise', 'spread', 'offset'] as const)
    need(Number.isFinite(k[name]) && k[name] >= 0, `${name} must be 0 or more, not ${k[name]}`);
  need(
    k.active > 0 && k.active <= k.features,
    `active must be above 0 and at most features, not ${k.active}`,
  );
  need(k.magnitude > 0 && Number.isFinite(k.magnitude), `magnitude must be above 0, not ${k.magnitude}`);
  need(k.correlation >= 0 && k.correlation <= 1, `correlation must be from 0 to 1, not ${k.correlation}`);
  need(k.hierarchy >= 0 && k.hierarchy < 1, `hierarchy must be from 0 to below 1, not ${k.hierarchy}`);
  need(
    Number.isInteger(k.seed) && k.seed >= 0 && k.seed < 2 ** 32,
    `seed must be a whole number from 0 to 2^32 - 1, not ${k.seed}`,
  );
  const values = Math.max(k.vectors, k.features) * k.dIn;
  need(
    values <= MAX_VALUES,
    `${values} values are more than the limit of ${MAX_VALUES}; ask for fewer vectors`,
  );
  const entries = k.vectors * k.active;
  need(
    entries <= MAX_ENTRIES,
    `about ${Math.round(entries)} activations are more than the limit of ${MAX_ENTRIES}; ask for fewer vectors`,
  );
}

/**
 * A forest: the first features are roots, each feature may have two children, the lowest
 * number first: feature r + 2p + {0, 1} is a child of p, with r roots.
 */
function parents(features: number, hierarchy: number): Int32Array<ArrayBuffer> {
  const roots = Math.max(1, features - Math.floor(hierarchy * features));
  return Int32Array.from({ length: features }, (_, i) =>
    i < roots ? -1 : Math.floor((i - roots) / CHILDREN),
  );
}

/** min(1, s w_i) with s such that the sum is `active`; a child weighs at most half of its parent. */
function frequencies(
  math: CoreMath,
  { features, zipf, active }: SyntheticKnobs,
  parent: Int32Array,
): Float64Array<ArrayBuffer> {
  const weight = new Float64Array(features);
  for (let i = 0; i < features; i++) {
    const own = math.pow(i + 1, -zipf);
    weight[i] = parent[i] < 0 ? own : Math.min(own, CHILD_SHARE * weight[parent[i]]);
  }
  const certain = new Uint8Array(features);
  for (;;) {
    let left = active;
    let total = 0;
    for (let i = 0; i < features; i++)
      if (certain[i]) left--;
      else total += weight[i];
    const scale = total > 0 ? left / total : 0;
    let more = false;
    for (let i = 0; i < features; i++)
      if (!certain[i] && scale * weight[i] >= 1) {
        certain[i] = 1;
        more = true;
      }
    if (!more) return weight.map((w, i) => (certain[i] ? 1 : scale * w));
  }
}

/**
 * Which features fire, drawn anew by every call. A root fires where a uniform number is below
 * its frequency; with probability sqrt(correlation) it takes its group's number and not its own,
 * so frequencies are exact and two equally frequent members have phi = correlation. A child
 * fires where its parent does and its own number is below frequency / parent's frequency.
 */
function firing(
  { features, correlation, group, seed }: SyntheticKnobs,
  frequency: Float64Array,
  parent: Int32Array,
): () => Uint8Array {
  const rng = new Rng(seed, STREAM.firing);
  const follows = Math.sqrt(correlation);
  const active = new Uint8Array(features);
  return () => {
    let shared = 0;
    for (let i = 0; i < features; i++) {
      if (correlation > 0 && i % group === 0) shared = rng.uniform();
      const own = rng.uniform();
      const p = parent[i];
      if (p >= 0) active[i] = active[p] && own * frequency[p] < frequency[i] ? 1 : 0;
      else {
        const u = correlation > 0 && rng.uniform() < follows ? shared : own;
        active[i] = u < frequency[i] ? 1 : 0;
      }
    }
    return active;
  };
}

/** Log-normal of the given mean, and standard deviation over mean: exp(t z - t^2/2), t^2 = log(1 + spread^2). */
function magnitudes(math: CoreMath, { magnitude, spread, seed }: SyntheticKnobs): () => number {
  const rng = new Rng(seed, STREAM.magnitude);
  if (spread === 0) return () => magnitude;
  const variance = math.log1p(spread * spread);
  const t = Math.sqrt(variance);
  return () => magnitude * math.exp(t * rng.normal(math) - variance / 2);
}

/** Gaussian rows of length 1 (to f32's rounding). */
function unitRows(math: CoreMath, rng: Rng, rows: number, d: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows * d);
  const row = new Float64Array(d);
  for (let i = 0; i < rows; i++) {
    let square = 0;
    for (let j = 0; j < d; j++) {
      row[j] = rng.normal(math);
      square += row[j] * row[j];
    }
    const scale = 1 / Math.sqrt(square);
    for (let j = 0; j < d; j++) out[i * d + j] = row[j] * scale;
  }
  return out;
}

/** Growing lists of (feature, magnitude). */
class Entries {
  length = 0;
  #index: Int32Array<ArrayBuffer>;
  #value: Float32Array<ArrayBuffer>;

  constructor(room: number) {
    this.#index = new Int32Array(room);
    this.#value = new Float32Array(room);
  }

  push(feature: number, value: number): void {
    if (this.length === this.#index.length) {
      const [index, data] = [this.#index, this.#value];
      this.#index = new Int32Array(2 * this.length);
      this.#value = new Float32Array(2 * this.length);
      this.#index.set(index);
      this.#value.set(data);
    }
    this.#index[this.length] = feature;
    this.#value[this.length++] = value;
  }

  lists(): { index: Int32Array<ArrayBuffer>; value: Float32Array<ArrayBuffer> } {
    return { index: this.#index.slice(0, this.length), value: this.#value.slice(0, this.length) };
  }
}
