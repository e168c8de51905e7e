// The circle of orientations that the report and the explorer draw, each in its own way. Angles
// as in METHODS 5.1: 0 to the right, clockwise on screen, which is what SVG's y axis gives.
// Lengths are in SVG units from the centre.
import { curveLinearClosed, arc as d3arc, lineRadial as d3line } from 'd3-shape';
import type { Gap } from '../study/curves/gaps.js';
import { largest } from './plot-geometry.js';

/** Side of the picture, and the radius at which a petal has its peak. */
export const SIZE = 420;
export const RADIUS = 158;
export const RINGS: readonly number[] = [0.25, 0.5, 0.75, 1].map((share) => RADIUS * share);
export const SPOKES_DEG: readonly number[] = Array.from({ length: 12 }, (_, i) => 30 * i);
/** Where little arcs outside the circle show what each direction looks like, and their radius. */
export const ICONS_DEG: readonly number[] = [0, 90, 180, 270];
export const ICON_RADIUS = 11;

/** Distances from the centre. A gap's label is above the petals, where no other label is. */
export const GAP_LABEL_AT = 0.62 * RADIUS;
export const PLANTED_AT = RADIUS + 9;
export const ICON_AT = RADIUS + 14;
export const SPOKE_LABEL_AT = RADIUS + 42;

/** Coordinates as attributes carry them. */
export function point(deg: number, r: number): { x: string; y: string } {
  const a = (deg * Math.PI) / 180;
  return { x: (r * Math.cos(a)).toFixed(2), y: (r * Math.sin(a)).toFixed(2) };
}

/** Of d3-shape, whose angles start at the top and go clockwise. */
const turned = (deg: number): number => ((deg + 90) * Math.PI) / 180;

/** A tuning curve around the circle, RADIUS at `peak`. Samples are evenly spaced from 0 degrees. */
export function petalPath(curve: ArrayLike<number>, peak: number = largest(curve)): string {
  const n = curve.length;
  const path = d3line<number>()
    .angle((i) => turned((360 * i) / n))
    .radius((i) => (peak > 0 ? Math.min(RADIUS, (RADIUS * Math.max(0, curve[i])) / peak) : 0))
    .curve(curveLinearClosed);
  path.digits(2);
  return path(Array.from({ length: n }, (_, i) => i)) ?? '';
}

export interface GapPaths {
  wedge: string;
  edges: string[];
  label: { x: string; y: string };
}

/** The sector of a gap, its two straight edges, and where its width is written. */
export function gapPaths({ fromDeg, widthDeg }: Gap): GapPaths {
  const toDeg = fromDeg + widthDeg;
  const sector = d3arc<null>()
    .innerRadius(0)
    .outerRadius(RADIUS)
    .startAngle(turned(fromDeg))
    .endAngle(turned(toDeg));
  sector.digits(2);
  return {
    wedge: sector(null) ?? '',
    edges: [fromDeg, toDeg].map(edgePath),
    label: point(fromDeg + widthDeg / 2, GAP_LABEL_AT),
  };
}

function edgePath(deg: number): string {
  const path = d3line<number>()
    .angle(() => turned(deg))
    .radius((r) => r);
  path.digits(2);
  return path([0, RADIUS]) ?? '';
}

/** An arc whose apex points in a direction, around the origin: what the stimulus looks like. */
export function arcPath(deg: number, r: number): string {
  const [from, to] = [point(deg - 60, r), point(deg + 60, r)];
  return `M${from.x},${from.y}A${r},${r} 0 0 1 ${to.x},${to.y}`;
}
