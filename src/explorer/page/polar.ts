// Who covers which orientation: tuning curves as petals around the circle, each a link.
// Angles as everywhere: 0 to the right, clockwise on screen.
import { arc, lineClosed, lineRadial } from '../../report/shapes.js';
import type { Kind } from '../format.js';
import { type Child, degrees, s } from './dom.js';

export interface Petal {
  label: string;
  kind: Kind;
  orientationDeg: number;
  /** Any number of samples over the circle; drawn relative to its peak. */
  curve: ArrayLike<number>;
  href?: string;
  /** Drawn with less ink. */
  faint?: boolean;
}

export interface Wedge {
  fromDeg: number;
  toDeg: number;
}

export const RADIUS = 158;
const SIZE = 420;

export interface PolarPicture {
  svg: SVGSVGElement;
  /** Where petals, and what moves, are drawn. */
  petals: SVGGElement;
  front: SVGGElement;
}

/** Rings, spokes, gaps and little arcs; `planted`: orientations known to be there. */
export function polarPicture(
  label: string,
  gaps: readonly Wedge[] = [],
  planted: readonly number[] = [],
): PolarPicture {
  const petals = s('g');
  const front = s('g');
  const svg = s(
    'svg',
    {
      viewBox: `${-SIZE / 2} ${-SIZE / 2} ${SIZE} ${SIZE}`,
      class: 'polar',
      role: 'group',
      'aria-label': label,
    },
    gaps.map((gap) => [
      s('path', { class: 'wedge', d: arc(gap.fromDeg, gap.fromDeg + width(gap), RADIUS) }),
      [gap.fromDeg, gap.toDeg].map((deg) => s('path', { class: 'wedge-edge', d: lineRadial(deg, RADIUS) })),
    ]),
    [0.25, 0.5, 0.75, 1].map((r) => s('circle', { class: 'ring', r: RADIUS * r })),
    Array.from({ length: 12 }, (_, i) => spoke(30 * i)),
    petals,
    gaps.map((gap) => {
      const { x, y } = point(gap.fromDeg + width(gap) / 2, 0.62 * RADIUS);
      return s('text', { class: 'gap-label', x, y, ...CENTRED }, degrees(width(gap)));
    }),
    planted.map((deg) => {
      const { x, y } = point(deg, RADIUS + 9);
      return s('circle', { class: 'truth', r: 5, cx: x, cy: y }, s('title', {}, `planted at ${deg}°`));
    }),
    [0, 90, 180, 270].map(icon),
    front,
  );
  return { svg, petals, front };
}

export const CENTRED = { 'text-anchor': 'middle', 'dominant-baseline': 'middle' } as const;

/** Degrees from one end of a gap to the other, clockwise. */
export const width = ({ fromDeg, toDeg }: Wedge): number =>
  toDeg > fromDeg ? toDeg - fromDeg : toDeg - fromDeg + 360;

export function point(deg: number, r: number): { x: number; y: number } {
  const a = (deg * Math.PI) / 180;
  return { x: Math.round(100 * r * Math.cos(a)) / 100, y: Math.round(100 * r * Math.sin(a)) / 100 };
}

export function petalPath(curve: ArrayLike<number>, peak = largest(curve)): string {
  const n = curve.length;
  return lineClosed(
    Array.from({ length: n }, (_, i) => ({
      deg: (360 * i) / n,
      r: peak > 0 ? RADIUS * Math.min(1, Math.max(0, curve[i]) / peak) : 0,
    })),
  );
}

export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
  return most;
}

export function petal({ label, kind, orientationDeg, curve, href, faint }: Petal): Child {
  const text = `${label}, ${degrees(orientationDeg, 1)}`;
  const path = s(
    'path',
    { class: `petal ${kind.slice(0, -1)}${faint ? ' faint' : ''}`, d: petalPath(curve) },
    s('title', {}, text),
  );
  return href ? s('a', { href, 'aria-label': text, class: 'petal-link' }, path) : path;
}

function spoke(deg: number): Child {
  const end = point(deg, RADIUS);
  const text = point(deg, RADIUS + 42);
  return [
    s('line', { class: 'axis', x2: end.x, y2: end.y }),
    s('text', { x: text.x, y: text.y, ...CENTRED }, `${deg}°`),
  ];
}

/** A little arc outside the circle: what this direction looks like. */
function icon(deg: number): Child {
  const at = point(deg, RADIUS + 14);
  return s('g', { transform: `translate(${at.x} ${at.y})` }, arcIcon(deg, 11));
}

export function arcIcon(deg: number, r: number): SVGPathElement {
  const from = point(deg - 60, r);
  const to = point(deg + 60, r);
  return s('path', {
    class: 'curve',
    stroke: 'currentColor',
    d: `M${from.x},${from.y}A${r},${r} 0 0 1 ${to.x},${to.y}`,
  });
}
