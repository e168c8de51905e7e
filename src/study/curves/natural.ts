// Do photographs agree? At the places where a unit fires on photographs, the picture's own direction
// (images/structure.ts) against the orientation that drawn curves gave (METHODS 12 (5)).
import type { CoreMath } from '../../core/math.js';
import type { NaturalAgreement } from './types.js';

/** Fewer places than this say nothing. */
export const LEAST_PLACES = 10;

/**
 * Mean axis, weighted by activation, of doubled angles; the side of the apex by the weighted majority.
 * `activations` [places]; `structure` [places][2]: direction in degrees and coherence, NaN where the picture
 * is flat. null where fewer than LEAST_PLACES fire.
 */
export function naturalAgreement(
  math: CoreMath,
  orientationDeg: number,
  activations: ArrayLike<number>,
  structure: Float32Array,
): NaturalAgreement | null {
  const rad = Math.PI / 180;
  let [x, y, weight, places] = [0, 0, 0, 0];
  const each = (visit: (activation: number, direction: number, coherence: number) => void): void => {
    for (let i = 0; 2 * i < structure.length; i++)
      if (activations[i] > 0 && !Number.isNaN(structure[2 * i]))
        visit(activations[i], structure[2 * i] * rad, structure[2 * i + 1]);
  };
  each((activation, direction) => {
    places++;
    weight += activation;
    x += activation * math.cos(2 * direction);
    y += activation * math.sin(2 * direction);
  });
  if (places < LEAST_PLACES) return null;
  const axis = math.atan2(y, x) / 2;
  let side = 0;
  each((activation, direction, coherence) => {
    side += activation * coherence * math.cos(direction - axis);
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

/** Directions of a natural tuning curve: every 10 degrees. */
export const NATURAL_BINS = 36;

/** Mean activation at places that run that way, weighted by their coherence: [36], bin b about 10 b degrees. */
export function naturalCurve(activations: ArrayLike<number>, structure: Float32Array): Float32Array {
  const sums = new Float64Array(NATURAL_BINS);
  const weights = new Float64Array(NATURAL_BINS);
  for (let i = 0; 2 * i < structure.length; i++) {
    const [direction, coherence] = [structure[2 * i], structure[2 * i + 1]];
    if (Number.isNaN(direction)) continue;
    const bin = Math.round((direction * NATURAL_BINS) / 360) % NATURAL_BINS;
    sums[bin] += coherence * activations[i];
    weights[bin] += coherence;
  }
  return Float32Array.from(sums, (sum, bin) => (weights[bin] > 0 ? sum / weights[bin] : 0));
}
