// Who covers which orientation: tuning curves as petals around the circle. Angles as in
// METHODS 5.1: 0 to the right, clockwise on screen, which is what SVG's y axis gives.

import {
  AT,
  arcIconPath,
  ICONS,
  largest,
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
} from './circle.js';
import { html, type Markup } from './html.js';
import { lineRadial } from './shapes.js';

export interface Petal {
  unit: string;
  orientationDeg: number;
  /** 720 values, normalised to its peak when drawn. */
  curve: ArrayLike<number>;
  kind: 'neuron' | 'feature';
}

const CENTRE = SIZE / 2;

export function polarPicture(
  title: string,
  petals: Petal[],
  gaps: Wedge[],
  truth: readonly number[] = [],
): Markup {
  const label = `${title}: ${petals.length} curve detectors at ${petals.map((p) => `${p.orientationDeg.toFixed(0)}°`).join(', ') || 'no orientation'}; ${gaps.map((g) => `gap from ${g.fromDeg.toFixed(0)}° to ${g.toDeg.toFixed(0)}°`).join(', ') || 'no wide gap'}`;
  return html`<figure><svg viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-label="${label}">
<g transform="translate(${CENTRE} ${CENTRE})">
${gaps.map(wedge)}
${RINGS.map((r) => html`<circle class="ring" r="${(RADIUS * r).toFixed(1)}"/>`)}
${SPOKES.map(spoke)}
${petals.map(petal)}
${gaps.map(gapLabel)}
${truth.map((deg) => html`<circle class="truth" r="5" cx="${point(deg, AT.planted).x}" cy="${point(deg, AT.planted).y}"><title>planted at ${deg}°</title></circle>`)}
${ICONS.map(icon)}
</g></svg><figcaption>${title}</figcaption></figure>`;
}

function spoke(deg: number): Markup {
  const end = point(deg, RADIUS);
  const text = point(deg, AT.label);
  return html`<line class="axis" x2="${end.x}" y2="${end.y}"/><text x="${text.x}" y="${text.y}" text-anchor="middle" dominant-baseline="middle">${deg}°</text>`;
}

function petal({ unit, orientationDeg, curve, kind }: Petal): Markup {
  // A point a degree: the report's file stays small.
  const whole = Float32Array.from({ length: 360 }, (_, i) => curve[2 * i]);
  return html`<path class="petal ${kind}" d="${petalPath(whole, largest(curve))}"><title>${unit} at ${orientationDeg.toFixed(1)}°</title></path>`;
}

function wedge(gap: Wedge): Markup {
  return html`<path class="wedge" d="${wedgePath(gap)}"/>${[gap.fromDeg, gap.toDeg].map((deg) => html`<path class="wedge-edge" d="${lineRadial(deg, RADIUS)}"/>`)}`;
}

/** Above the petals, inside the circle, where no other label is. */
function gapLabel(gap: Wedge): Markup {
  const { x, y } = point(middle(gap), AT.gap);
  return html`<text class="gap-label" x="${x}" y="${y}" text-anchor="middle" dominant-baseline="middle">${width(gap).toFixed(0)}°</text>`;
}

function icon(deg: number): Markup {
  const centre = point(deg, AT.icon);
  return html`<g transform="translate(${centre.x} ${centre.y})"><path class="curve" stroke="currentColor" d="${arcIconPath(deg, 11)}"/></g>`;
}
