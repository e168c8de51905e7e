// How far things move, beside what chance moves.
import type { Moved, Movement } from './types.js';

/** Things listed on either side. */
const LISTED = 6;
/** What moves less, as a share of the largest change, is not listed: rounding does. */
const SMALLEST = 1e-3;

const rmsOf = (v: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * v[i];
  return Math.sqrt(sum / v.length);
};
const largestOf = (v: ArrayLike<number>): number => {
  let most = 0;
  for (let i = 0; i < v.length; i++) most = Math.max(most, Math.abs(v[i]));
  return most;
};

/**
 * `changes` [1 + random + others][n], means over pictures: of the unit, of random directions, of other units.
 * `whole` [n]: what the things do before, where that is known.
 */
export function movementOf(
  changes: Float64Array,
  n: number,
  random: number,
  name: (i: number) => string,
  whole?: Float64Array,
): Movement {
  const row = (d: number) => changes.subarray(d * n, (d + 1) * n);
  const own = row(0);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => own[b] - own[a] || a - b);
  const chance = Array.from({ length: random }, (_, i) => row(1 + i));
  const moved = (i: number): Moved => ({
    name: name(i),
    change: own[i],
    random: rmsOf(chance.map((of) => of[i])),
    ...(whole && { share: whole[i] > 0 ? own[i] / whole[i] : null }),
  });
  const [rms, largest] = [rmsOf(own), largestOf(own)];
  const least = SMALLEST * largest;
  const drawn = (from: number, to: number) => {
    const rows = Array.from({ length: to - from }, (_, i) => row(from + i));
    const sizes = rows.map(rmsOf);
    const mean = (v: number[]) => (v.length ? v.reduce((a, b) => a + b, 0) / v.length : 0);
    return {
      ...{ draws: rows.length, rms: mean(sizes), largest: mean(rows.map(largestOf)) },
      asMuch: sizes.filter((size) => size >= rms).length,
    };
  };
  return {
    up: order
      .filter((i) => own[i] > least)
      .slice(0, LISTED)
      .map(moved),
    down: order
      .filter((i) => own[i] < -least)
      .reverse()
      .slice(0, LISTED)
      .map(moved),
    ...{ rms, largest },
    random: drawn(1, 1 + random),
    others: drawn(1 + random, changes.length / n),
  };
}
