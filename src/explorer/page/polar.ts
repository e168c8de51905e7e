// Who covers which orientation: tuning curves as petals around the circle, each a link.
// Angles as everywhere: 0 to the right, clockwise on screen.

import {
  AT,
  arcIconPath,
  ICONS,
  middle,
  petalPath,
  point,
  RADIUS,
  RINGS,
  SIZE,
  SPOKES,
  type Wedge,
  wedgePath,
  width,
} from '../../report/circle.js';
import { lineRadial } from '../../report/shapes.js';
import type { Kind } from '../../units/unit.js';
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
      s('path', { class: 'wedge', d: wedgePath(gap) }),
      [gap.fromDeg, gap.toDeg].map((deg) => s('path', { class: 'wedge-edge', d: lineRadial(deg, RADIUS) })),
    ]),
    RINGS.map((r) => s('circle', { class: 'ring', r: RADIUS * r })),
    SPOKES.map(spoke),
    petals,
    gaps.map((gap) => {
      const { x, y } = point(middle(gap), AT.gap);
      return s('text', { class: 'gap-label', x, y, ...CENTRED }, degrees(width(gap)));
    }),
    planted.map((deg) => {
      const { x, y } = point(deg, AT.planted);
      return s('circle', { class: 'truth', r: 5, cx: x, cy: y }, s('title', {}, `planted at ${deg}°`));
    }),
    ICONS.map(icon),
    front,
  );
  return { svg, petals, front };
}

export const CENTRED = { 'text-anchor': 'middle', 'dominant-baseline': 'middle' } as const;

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
  const text = point(deg, AT.label);
  return [
    s('line', { class: 'axis', x2: end.x, y2: end.y }),
    s('text', { x: text.x, y: text.y, ...CENTRED }, `${deg}°`),
  ];
}

/** A little arc outside the circle: what this direction looks like. */
function icon(deg: number): Child {
  const at = point(deg, AT.icon);
  return s('g', { transform: `translate(${at.x} ${at.y})` }, arcIcon(deg, 11));
}

export const arcIcon = (deg: number, r: number): SVGPathElement =>
  s('path', { class: 'curve', stroke: 'currentColor', d: arcIconPath(deg, r) });
