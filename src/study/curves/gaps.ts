// Gaps between detectors on the circle of orientations.
import type { CurveResult, Detector, FilledGap } from './types.js';

/** A gap of the neurons that features may fill: wider than this. InceptionV1's two are 58 and 66; its others 21..34. */
export const GAP_DEG = 40;
/** A feature fills a gap when it lies at least this far inside: nearer, it repeats the neuron at the end. */
export const INSIDE_DEG = 10;

export interface Gap {
  fromDeg: number;
  toDeg: number;
  widthDeg: number;
}

/** Gaps between neighbouring orientations, in order; one detector has one gap of 360, none has none. */
export function gapsBetween(orientations: readonly number[]): Gap[] {
  const sorted = [...orientations].sort((a, b) => a - b);
  return sorted.map((fromDeg, i) => {
    const toDeg = sorted[(i + 1) % sorted.length];
    const width = toDeg - fromDeg;
    return { fromDeg, toDeg, widthDeg: i + 1 < sorted.length ? width : width + 360 };
  });
}

/** 360 where nothing covers any orientation. */
export function largestGap(orientations: readonly number[]): number {
  return orientations.length ? Math.max(...gapsBetween(orientations).map((g) => g.widthDeg)) : 360;
}

/** The largest gap of neurons and features together. */
export const unionGap = ({ neurons, features }: CurveResult): number =>
  largestGap([...neurons.detectors, ...(features?.detectors ?? [])].map((d) => d.orientationDeg));

/** Wide gaps of the neurons with the features inside each; gaps that no feature enters are left out. Copies of neurons are the caller's to leave out. */
export function filledGaps(neurons: readonly Detector[], features: readonly Detector[]): FilledGap[] {
  return fillsOf(neurons, features).map(({ gap: { fromDeg, toDeg }, inside }) => ({
    fromDeg,
    toDeg,
    features: inside.map((f) => f.unit),
  }));
}

/** The same for anything that has an orientation. */
export function fillsOf<T extends { orientationDeg: number }>(
  neurons: readonly Detector[],
  others: readonly T[],
): { gap: Gap; inside: T[] }[] {
  return wideGaps(neurons)
    .map((gap) => ({
      gap,
      inside: others.filter((f) => liesInside(gap, f.orientationDeg)),
    }))
    .filter(({ inside }) => inside.length > 0);
}

function liesInside({ fromDeg, widthDeg }: Gap, orientationDeg: number): boolean {
  const at = (orientationDeg - fromDeg + 360) % 360;
  return at >= INSIDE_DEG && at <= widthDeg - INSIDE_DEG;
}

export function wideGaps(neurons: readonly Detector[]): Gap[] {
  return gapsBetween(neurons.map((n) => n.orientationDeg)).filter((g) => g.widthDeg > GAP_DEG);
}
