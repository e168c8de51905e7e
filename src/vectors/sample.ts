// Which positions of a tap become training vectors (METHODS 2).
import { UsageError } from '../core/errors.js';
import { Rng } from '../core/random.js';
import type { TapInfo } from '../network/types.js';

export type SampleRule = 'uniform' | 'norm';

/** So that a silent position can still be drawn, as in the published code. */
const NORM_EPSILON = 1e-8;

/** The places of a text but the first: what its first token gives is the same in every window. */
export function textPositions(info: Pick<TapInfo, 'name' | 'width'>): Int32Array {
  if (info.width < 2) throw new UsageError(`${info.name}: a window of one token has nothing to sample`);
  return Int32Array.from({ length: info.width - 1 }, (_, i) => i + 1);
}

/** `each` of these, drawn without replacement, in the order of the text: which a record is of is known before any is read. */
export function tokensOf(
  info: Pick<TapInfo, 'name' | 'width'>,
  window: number,
  each: number,
  seed: number,
): Int32Array {
  const all = textPositions(info);
  if (each >= all.length) return all;
  return uniformly(all, each, imageRng(seed, window, 'reference')).sort();
}

/**
 * Positions y * W + x whose receptive field lies inside a size x size image; all of them without exclusion.
 * UsageError where none is left: a field wider than the image.
 */
export function candidatePositions(info: TapInfo, size: number, excludeBorder: boolean): Int32Array {
  const inside = (i: number): boolean => {
    const centre = info.stride * i + info.centre;
    const reach = (info.field - 1) / 2;
    return centre - reach >= 0 && centre + reach <= size - 1;
  };
  const out: number[] = [];
  for (let y = 0; y < info.height; y++)
    for (let x = 0; x < info.width; x++)
      if (!excludeBorder || (inside(y) && inside(x))) out.push(y * info.width + x);
  if (!out.length)
    throw new UsageError(
      `no position of ${info.name} has its whole receptive field (${info.field} px) inside a ${size} px image; do not exclude the border, or choose an earlier tap`,
    );
  return Int32Array.from(out);
}

/**
 * `count` positions of one image, a function of (seed, stream, image) only.
 * uniform: without replacement (all positions once before any is drawn twice).
 * norm: with replacement, probability proportional to the L2 norm of the vector + 1e-8.
 */
export function samplePositions(
  rule: SampleRule,
  activations: Float32Array, // [H*W][C]
  channels: number,
  candidates: Int32Array,
  count: number,
  rng: Rng,
): Int32Array {
  return rule === 'norm'
    ? byNorm(activations, channels, candidates, count, rng)
    : uniformly(candidates, count, rng);
}

function uniformly(candidates: Int32Array, count: number, rng: Rng): Int32Array {
  const out = new Int32Array(count);
  for (let at = 0; at < count; at += candidates.length) {
    const deck = candidates.slice();
    const n = Math.min(deck.length, count - at);
    for (let i = 0; i < n; i++) {
      const j = i + rng.below(deck.length - i);
      out[at + i] = deck[j];
      deck[j] = deck[i];
    }
  }
  return out;
}

function byNorm(
  activations: Float32Array,
  channels: number,
  candidates: Int32Array,
  count: number,
  rng: Rng,
): Int32Array {
  const cumulative = new Float64Array(candidates.length);
  let total = 0;
  for (let i = 0; i < candidates.length; i++) {
    const at = candidates[i] * channels;
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += activations[at + c] * activations[at + c];
    total += Math.sqrt(sum) + NORM_EPSILON;
    cumulative[i] = total;
  }
  return Int32Array.from({ length: count }, () => {
    const u = rng.uniform() * total;
    let low = 0;
    let high = candidates.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle] > u) high = middle;
      else low = middle + 1;
    }
    return candidates[low];
  });
}

/** Rows of [H*W][C] at the given positions. */
export function gather(activations: Float32Array, channels: number, positions: Int32Array): Float32Array {
  const out = new Float32Array(positions.length * channels);
  for (let i = 0; i < positions.length; i++)
    out.set(activations.subarray(positions[i] * channels, (positions[i] + 1) * channels), i * channels);
  return out;
}

/** Generators of an image's two samples. */
export function imageRng(seed: number, image: number, sample: 'training' | 'reference'): Rng {
  return new Rng(sample === 'training' ? seed : seed ^ 0x5bd1e995, image);
}
