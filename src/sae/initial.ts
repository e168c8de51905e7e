// Starting values of an SAE.
import type { Core } from '../core/core.js';
import { Rng } from '../core/random.js';
import type { Architecture } from './architectures/architecture.js';
import { type SaeParameters, writeParameter } from './memory.js';

/** Weiszfeld's iteration from the mean: converges linearly; 50 steps are far below f32's digits here. */
const MEDIAN_STEPS = 50;

export interface Beginning {
  seed: number;
  /** Vectors of the data, prepared, [n][d]. */
  rows: Float32Array;
  /** usualStart() unless given. */
  bDec?: 'zero' | 'mean' | 'median';
  /** Of `rows`, where it is known. */
  median?: Float32Array;
}

/** Where b_dec begins. */
export const usualStart = ({ centresInput }: Architecture): 'zero' | 'median' =>
  centresInput ? 'median' : 'zero';

/** Random decoder rows of the architecture's norm, W_enc = W_dec^T, b_enc 0, b_dec the geometric median of `rows`. */
export function initialise(
  core: Core,
  p: SaeParameters,
  architecture: Architecture,
  { seed, rows, bDec = usualStart(architecture), median }: Beginning,
): void {
  const { d, f } = p.sizes;
  const rng = new Rng(seed, 1);
  const weights = new Float32Array(f * d);
  for (let i = 0; i < f; i++) {
    let sum = 0;
    const row = new Float64Array(d);
    for (let j = 0; j < d; j++) {
      row[j] = rng.normal(core.math);
      sum += row[j] * row[j];
    }
    const scale = architecture.initialNorm / Math.sqrt(sum);
    for (let j = 0; j < d; j++) weights[i * d + j] = row[j] * scale;
  }
  writeParameter(core, p.wDec, weights);
  writeParameter(core, p.wEnc, weights);
  if (bDec === 'zero') return;
  const centre = bDec === 'mean' ? meanOf(rows, d) : (median ?? geometricMedian(rows, d));
  writeParameter(core, p.bDec, centre);
  if (architecture.centresInput) return;
  // The encoder starts from the same centre: pre = (x - b_dec) W_enc.
  const bias = Float32Array.from({ length: f }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < d; j++) sum -= weights[i * d + j] * centre[j];
    return sum;
  });
  writeParameter(core, p.bEnc, bias);
}

function meanOf(rows: Float32Array, d: number): Float32Array {
  const mean = new Float64Array(d);
  for (let i = 0; i < rows.length; i++) mean[i % d] += rows[i];
  return Float32Array.from(mean, (m) => (m * d) / rows.length);
}

/** `count` of n row numbers in random order; all of them are used before one comes twice. */
export function chooseRows(n: number, count: number, seed: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  new Rng(seed, 4).shuffle(order);
  return Array.from({ length: count }, (_, i) => order[i % n]);
}

/** argmin_m sum_i ||x_i - m|| (Weiszfeld). Four rows at a time: their distances do not wait for each other, and are added in order. */
export function geometricMedian(rows: Float32Array, d: number): Float32Array {
  const n = rows.length / d;
  const median = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) median[j] += rows[i * d + j] / n;
  for (let step = 0; step < MEDIAN_STEPS; step++) {
    const next = new Float64Array(d);
    let total = 0;
    let at = 0;
    for (; at + 4 * d <= rows.length; at += 4 * d) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let j = 0, r = at; j < d; j++, r++) {
        const v0 = rows[r] - median[j];
        const v1 = rows[r + d] - median[j];
        const v2 = rows[r + 2 * d] - median[j];
        const v3 = rows[r + 3 * d] - median[j];
        s0 += v0 * v0;
        s1 += v1 * v1;
        s2 += v2 * v2;
        s3 += v3 * v3;
      }
      const [w0, w1, w2, w3] = [nearness(s0), nearness(s1), nearness(s2), nearness(s3)];
      total = total + w0 + w1 + w2 + w3;
      for (let j = 0, r = at; j < d; j++, r++)
        next[j] = next[j] + w0 * rows[r] + w1 * rows[r + d] + w2 * rows[r + 2 * d] + w3 * rows[r + 3 * d];
    }
    for (; at < rows.length; at += d) {
      let sum = 0;
      for (let j = 0; j < d; j++) {
        const v = rows[at + j] - median[j];
        sum += v * v;
      }
      const weight = nearness(sum);
      total += weight;
      for (let j = 0; j < d; j++) next[j] += weight * rows[at + j];
    }
    for (let j = 0; j < d; j++) median[j] = next[j] / total;
  }
  return Float32Array.from(median);
}

const nearness = (squared: number): number => 1 / Math.max(Math.sqrt(squared), 1e-12);
