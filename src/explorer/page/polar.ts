// Who covers which orientation: tuning curves as petals around the circle, each a link.
import {
  arcPath,
  gapPaths,
  ICON_AT,
  ICON_RADIUS,
  ICONS_DEG,
  PLANTED_AT,
  petalPath,
  point,
  RADIUS,
  RINGS,
  SIZE,
  SPOKE_LABEL_AT,
  SPOKES_DEG,
} from '../../report/polar-geometry.js';
import type { Gap } from '../../study/curves/gaps.js';
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
  gaps: readonly Gap[] = [],
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
    gaps
      .map(gapPaths)
      .map(({ wedge, edges }) => [
        s('path', { class: 'wedge', d: wedge }),
        edges.map((d) => s('path', { class: 'wedge-edge', d })),
      ]),
    RINGS.map((r) => s('circle', { class: 'ring', r })),
    SPOKES_DEG.map(spoke),
    petals,
    gaps.map((gap) =>
      s('text', { class: 'gap-label', ...gapPaths(gap).label, ...CENTRED }, degrees(gap.widthDeg)),
    ),
    planted.map((deg) => {
      const { x, y } = point(deg, PLANTED_AT);
      return s('circle', { class: 'truth', r: 5, cx: x, cy: y }, s('title', {}, `planted at ${deg}°`));
    }),
    ICONS_DEG.map(icon),
    front,
  );
  return { svg, petals, front };
}

const CENTRED = { 'text-anchor': 'middle', 'dominant-baseline': 'middle' } as const;

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
  const text = point(deg, SPOKE_LABEL_AT);
  return [s('line', { class: 'axis', x2: end.x, y2: end.y }), s('text', { ...text, ...CENTRED }, `${deg}°`)];
}

function icon(deg: number): Child {
  const at = point(deg, ICON_AT);
  return s('g', { transform: `translate(${at.x} ${at.y})` }, arcIcon(deg, ICON_RADIUS));
}

/** A little arc: what this direction looks like. */
export const arcIcon = (deg: number, r: number): SVGPathElement =>
  s('path', { class: 'curve', stroke: 'currentColor', d: arcPath(deg, r) });
