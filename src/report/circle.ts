// The circle of orientations that the report and the explorer draw: 0 to the right, clockwise on screen, as
// METHODS 5.1 and SVG's y axis have it. Paths by d3-shape.
import { arc, lineClosed } from './shapes.js';

/** Of the outer ring, and of the whole picture's side, in SVG units. */
export const RADIUS = 158;
export const SIZE = 420;
export const RINGS = [0.25, 0.5, 0.75, 1];
export const SPOKES = Array.from({ length: 12 }, (_, i) => 30 * i);
/** Directions that have a little arc outside the circle. */
export const ICONS = [0, 90, 180, 270];
/** Where labels of spokes, icons, planted orientations and gaps lie, from the centre. */
export const AT = { label: RADIUS + 42, icon: RADIUS + 14, planted: RADIUS + 9, gap: 0.62 * RADIUS };

export interface Wedge {
  fromDeg: number;
  toDeg: number;
}

/** Degrees from one end of a gap to the other, clockwise. */
export const width = ({ fromDeg, toDeg }: Wedge): number =>
  toDeg > fromDeg ? toDeg - fromDeg : toDeg - fromDeg + 360;

/** The middle of a gap, degrees. */
export const middle = (gap: Wedge): number => gap.fromDeg + width(gap) / 2;

export const wedgePath = (gap: Wedge): string => arc(gap.fromDeg, gap.fromDeg + width(gap), RADIUS);

/** Two decimals are a hundredth of a pixel. */
export function point(deg: number, r: number): { x: number; y: number } {
  const a = (deg * Math.PI) / 180;
  return { x: Math.round(100 * r * Math.cos(a)) / 100, y: Math.round(100 * r * Math.sin(a)) / 100 };
}

export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
  return most;
}

/** A tuning curve as a petal: any number of samples over the circle, relative to `peak`. */
export function petalPath(curve: ArrayLike<number>, peak = largest(curve)): string {
  const n = curve.length;
  return lineClosed(
    Array.from({ length: n }, (_, i) => ({
      deg: (360 * i) / n,
      r: peak > 0 ? RADIUS * Math.min(1, Math.max(0, curve[i]) / peak) : 0,
    })),
  );
}

/** The little arc that shows what a direction looks like, about its own middle. */
export function arcIconPath(deg: number, r: number): string {
  const from = point(deg - 60, r);
  const to = point(deg + 60, r);
  return `M${from.x},${from.y}A${r},${r} 0 0 1 ${to.x},${to.y}`;
}
