// Do photographs agree? At the places where a unit fires on photographs, the picture's own direction
// (images/structure.ts) against the orientation that drawn curves gave (METHODS 12 (5)).
import type { CoreMath } from '../../core/math.js';
import type { LocalStructure } from '../../images/structure.js';

export interface NaturalAgreement {
  /** Between the photographs' direction and the tuned one, 0..180. */
  errorDeg: number;
  /** Agreement of the places among themselves, of axes: 0..1. */
  resultant: number;
  /** Places that fire. */
  places: number;
}

/** Fewer places than this say nothing. */
export const LEAST_PLACES = 10;

/**
 * Mean axis, weighted by activation, of doubled angles; the side of the apex by the weighted majority.
 * `activations` [places]; undefined where fewer than LEAST_PLACES fire.
 */
export function naturalAgreement(
  math: CoreMath,
  orientationDeg: number,
  activations: ArrayLike<number>,
  structure: readonly (LocalStructure | undefined)[],
): NaturalAgreement | undefined {
  const rad = Math.PI / 180;
  let [x, y, weight, places] = [0, 0, 0, 0];
  structure.forEach((s, i) => {
    if (!s || !(activations[i] > 0)) return;
    places++;
    weight += activations[i];
    x += activations[i] * math.cos(2 * s.directionDeg * rad);
    y += activations[i] * math.sin(2 * s.directionDeg * rad);
  });
  if (places < LEAST_PLACES) return undefined;
  const axis = math.atan2(y, x) / 2;
  let side = 0;
  structure.forEach((s, i) => {
    if (s && activations[i] > 0) side += activations[i] * s.coherence * math.cos(s.directionDeg * rad - axis);
  });
  const direction = axis / rad + (side < 0 ? 180 : 0);
  return {
    errorDeg: apartDeg(direction, orientationDeg),
    resultant: Math.sqrt(x * x + y * y) / weight,
    places,
  };
}

/** Angle between two directions, 0..180. */
export function apartDeg(a: number, b: number): number {
  const turn = (((a - b) % 360) + 360) % 360;
  return turn > 180 ? 360 - turn : turn;
}
