// Who covers which orientation: tuning curves as petals around the circle. Angles as in
// METHODS 5.1: 0 to the right, clockwise on screen, which is what SVG's y axis gives.

import { html, type Markup } from './html.js';
import { arc, lineClosed, lineRadial } from './shapes.js';

export interface Petal {
  unit: string;
  orientationDeg: number;
  /** 720 values, normalised to its peak when drawn. */
  curve: ArrayLike<number>;
  kind: 'neuron' | 'feature';
}

export interface Wedge {
  fromDeg: number;
  toDeg: number;
}

const SIZE = 420;
const CENTRE = SIZE / 2;
const RADIUS = 158;

export function polarPicture(title: string, petals: Petal[], gaps: Wedge[], truth: number[] = []): Markup {
  const label = `${title}: ${petals.length} curve detectors at ${petals.map((p) => `${p.orientationDeg.toFixed(0)}°`).join(', ') || 'no orientation'}; ${gaps.map((g) => `gap from ${g.fromDeg.toFixed(0)}° to ${g.toDeg.toFixed(0)}°`).join(', ') || 'no wide gap'}`;
  return html`<figure><svg viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-label="${label}">
<g transform="translate(${CENTRE} ${CENTRE})">
${gaps.map(wedge)}
${[0.25, 0.5, 0.75, 1].map((r) => html`<circle class="ring" r="${(RADIUS * r).toFixed(1)}"/>`)}
${Array.from({ length: 12 }, (_, i) => spoke(i * 30))}
${petals.map(petal)}
${gaps.map(gapLabel)}
${truth.map((deg) => html`<circle class="truth" r="5" cx="${point(deg, RADIUS + 9).x}" cy="${point(deg, RADIUS + 9).y}"><title>planted at ${deg}°</title></circle>`)}
${ICONS.map(icon)}
</g></svg><figcaption>${title}</figcaption></figure>`;
}

function point(deg: number, r: number): { x: string; y: string } {
  const a = (deg * Math.PI) / 180;
  return { x: (r * Math.cos(a)).toFixed(2), y: (r * Math.sin(a)).toFixed(2) };
}

function spoke(deg: number): Markup {
  const end = point(deg, RADIUS);
  const text = point(deg, RADIUS + 42);
  return html`<line class="axis" x2="${end.x}" y2="${end.y}"/><text x="${text.x}" y="${text.y}" text-anchor="middle" dominant-baseline="middle">${deg}°</text>`;
}

function petal({ unit, orientationDeg, curve, kind }: Petal): Markup {
  let peak = 0;
  for (let i = 0; i < curve.length; i++) peak = Math.max(peak, curve[i]);
  const points = Array.from({ length: 360 }, (_, i) => ({
    deg: i,
    r: peak > 0 ? (RADIUS * Math.max(0, curve[2 * i])) / peak : 0,
  }));
  return html`<path class="petal ${kind}" d="${lineClosed(points)}"><title>${unit} at ${orientationDeg.toFixed(1)}°</title></path>`;
}

/** Degrees from one end of a gap to the other, clockwise. */
const width = ({ fromDeg, toDeg }: Wedge): number =>
  toDeg > fromDeg ? toDeg - fromDeg : toDeg - fromDeg + 360;

function wedge(gap: Wedge): Markup {
  const { fromDeg } = gap;
  const toDeg = fromDeg + width(gap);
  return html`<path class="wedge" d="${arc(fromDeg, toDeg, RADIUS)}"/>${[fromDeg, toDeg].map((deg) => html`<path class="wedge-edge" d="${lineRadial(deg, RADIUS)}"/>`)}`;
}

/** Above the petals, inside the circle, where no other label is. */
function gapLabel(gap: Wedge): Markup {
  const { x, y } = point(gap.fromDeg + width(gap) / 2, 0.62 * RADIUS);
  return html`<text class="gap-label" x="${x}" y="${y}" text-anchor="middle" dominant-baseline="middle">${width(gap).toFixed(0)}°</text>`;
}

/** Little arcs outside the circle that show what each direction looks like. */
const ICONS = [0, 90, 180, 270];

function icon(deg: number): Markup {
  const r = 11;
  const centre = point(deg, RADIUS + 14);
  const from = point(deg - 60, r);
  const to = point(deg + 60, r);
  return html`<g transform="translate(${centre.x} ${centre.y})"><path class="curve" stroke="currentColor" d="M${from.x},${from.y}A${r},${r} 0 0 1 ${to.x},${to.y}"/></g>`;
}
