// Which features write to a neuron, or to any read-out r of a tap (a unit vector):
//
//   r . x  =  sum over f of (W_dec[f] . r) a_f  +  b_dec . r  +  r . error
//
// summed over the vectors on which it fires (r . x > 0), over its top ones, and level by level.
import type { Engine } from '../../core/engine.js';
import { UsageError } from '../../core/errors.js';
import type { LoadedSae } from '../../sae/inference.js';
import { Products } from '../../vectors/products.js';
import { mergedCount } from './tuning-groups.js';
import type { Decomposition, Part } from './types.js';

/** Levels of activation, of as many vectors each. */
const LEVELS = 5;
/** Of the vectors on which a read-out fires, those that count as its top. */
const TOP = 0.01;
/** Smaller parts are not listed. */
const SMALLEST = 0.005;
/** Vectors at a time, and read-outs of one product. */
const CHUNK = 512;
const READ_OUTS = 256;

/**
 * `vectors` [n][d]; `readOuts` [m][d]. `alike`: which features have the same tuning, for polysemanticity
 * (tuning-groups.ts). Memory: 7 m F numbers. UsageError: another width than the SAE's.
 */
export function decompose(
  engine: Engine,
  sae: LoadedSae,
  vectors: Float32Array,
  readOuts: Float32Array,
  alike: (a: number, b: number) => boolean,
): Decomposition[] {
  const { dIn: d, dSae } = sae.config;
  if (vectors.length % d || readOuts.length % d)
    throw new UsageError(`vectors and read-outs of other widths than the SAE's ${d} cannot be decomposed`);
  const n = vectors.length / d;
  const m = readOuts.length / d;
  const values = products(engine, vectors, readOuts, d);
  const weights = products(engine, sae.tensors.W_dec.data, readOuts, d); // [m][F]
  const sums = Array.from(
    { length: m },
    (_, r) => new Sums(values.subarray(r * n, (r + 1) * n), weights.subarray(r * dSae, (r + 1) * dSae)),
  );
  for (let first = 0; first < n; first += CHUNK) {
    const count = Math.min(CHUNK, n - first);
    const x = vectors.subarray(first * d, (first + count) * d);
    const features = sae.encode(x, count);
    const again = products(engine, sae.decode(features, count, x), readOuts, d);
    for (let i = 0; i < count; i++) {
      const a = features.subarray(i * dSae, (i + 1) * dSae);
      const active: number[] = [];
      for (let f = 0; f < dSae; f++) if (a[f] > 0) active.push(f);
      for (let r = 0; r < m; r++) sums[r].add(first + i, active, a, again[r * count + i]);
    }
  }
  const { data: bias } = sae.tensors.b_dec;
  return sums.map((s, r) => {
    let b = 0;
    for (let k = 0; k < d; k++) b += bias[k] * readOuts[r * d + k];
    return s.result(b, alike);
  });
}

/** `rows` [n][d] times `columns` [m][d]: [m][n]. */
function products(engine: Engine, rows: Float32Array, columns: Float32Array, d: number): Float32Array {
  const n = rows.length / d;
  const m = columns.length / d;
  const out = new Float32Array(m * n);
  const core = engine.acquire();
  try {
    const all = new Products(core, rows, d, READ_OUTS);
    for (let first = 0; first < m; first += READ_OUTS) {
      const count = Math.min(READ_OUTS, m - first);
      out.set(all.of(columns.subarray(first * d, (first + count) * d)), first * n);
    }
    return out;
  } finally {
    core.dispose();
  }
}

/** Everything that is summed of one read-out, f64 in the order of the vectors. */
class Sums {
  #values: Float32Array;
  #weights: Float32Array;
  #fires: number;
  /** Ends of the levels, smallest first; from `#top` on a vector is one of the top. */
  #levels: number[];
  #top: number;
  /** [F] of all vectors on which it fires, of the top, and [level][F]. */
  #all: Float64Array;
  #topSums: Float64Array;
  #byLevel: Float64Array[];
  #total = 0;
  #topTotal = 0;
  #levelTotals = new Float64Array(LEVELS);
  #square = 0;
  #sum = 0;
  #errors = 0;

  constructor(values: Float32Array, weights: Float32Array) {
    this.#values = values;
    this.#weights = weights;
    const fires = values.filter((v) => v > 0).sort();
    this.#fires = fires.length;
    const at = (share: number) => fires[Math.min(fires.length - 1, Math.floor(share * fires.length))] ?? 0;
    this.#levels = Array.from({ length: LEVELS + 1 }, (_, i) => at(i / LEVELS));
    this.#top = at(1 - TOP);
    const zeros = () => new Float64Array(weights.length);
    this.#all = zeros();
    this.#topSums = zeros();
    this.#byLevel = Array.from({ length: LEVELS }, zeros);
  }

  /** One vector: its active features, their activations, and what the reconstruction has for the read-out. */
  add(vector: number, active: readonly number[], a: Float32Array, again: number): void {
    const v = this.#values[vector];
    this.#sum += v;
    this.#square += v * v;
    this.#errors += (v - again) * (v - again);
    if (!(v > 0)) return;
    let level = LEVELS - 1;
    while (level > 0 && v < this.#levels[level]) level--;
    const top = v >= this.#top;
    this.#total += v;
    this.#levelTotals[level] += v;
    if (top) this.#topTotal += v;
    const here = this.#byLevel[level];
    for (const f of active) {
      const c = a[f] * this.#weights[f];
      this.#all[f] += c;
      here[f] += c;
      if (top) this.#topSums[f] += c;
    }
  }

  result(bias: number, alike: (a: number, b: number) => boolean): Decomposition {
    const n = this.#values.length;
    const variance = this.#square - (this.#sum * this.#sum) / n;
    const share = (c: number, of: number): number => (of > 0 ? c / of : 0);
    const parts: Part[] = Array.from(this.#all, (c, feature) => ({
      feature,
      weight: this.#weights[feature],
      share: share(c, this.#total),
      topShare: share(this.#topSums[feature], this.#topTotal),
      levelShares: this.#byLevel.map((sums, l) => share(sums[feature], this.#levelTotals[l])),
    })).sort((a, b) => b.share - a.share || a.feature - b.feature);
    return {
      fires: this.#fires,
      explained: variance > 0 ? 1 - this.#errors / variance : null,
      bias: share(bias * this.#fires, this.#total),
      levels: this.#levels,
      parts: parts.filter((p) => Math.abs(p.share) >= SMALLEST),
      polysemanticity: mergedCount(parts, alike),
    };
  }
}
