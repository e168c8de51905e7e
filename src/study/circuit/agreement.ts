// Whether what is computed of drivers predicts what taking them away does.
import { Rng } from '../../core/random.js';
import { pearson } from '../labels/score.js';
import type { Agreement } from './types.js';

/** Drivers below which a correlation says nothing. */
const FEWEST = 4;
const SHUFFLES = 1000;
/** A stream of its own, so that the same seed elsewhere draws other numbers. */
const STREAM = 53;

export function agreementOf(
  lost: readonly number[],
  attributed: readonly number[],
  weighed: readonly number[],
  seed: number,
): Agreement | null {
  if (lost.length < FEWEST) return null;
  const rng = new Rng(seed, STREAM);
  const shuffled = Array.from({ length: SHUFFLES }, () =>
    Math.abs(pearson(rng.shuffle([...attributed]), lost)),
  ).sort((a, b) => a - b);
  return {
    drivers: lost.length,
    attribution: pearson(attributed, lost),
    weights: pearson(weighed, lost),
    shuffled: shuffled[Math.floor(0.95 * SHUFFLES)],
  };
}
