// Who covers which orientation: tuning curves as petals around the circle, as text.

import type { Gap } from '../study/curves/gaps.js';
import { html, type Markup } from './html.js';
import { largest } from './plot-geometry.js';
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
} from './polar-geometry.js';

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
  gaps: Gap[],
  truth: readonly number[] = [],
): Markup {
  const label = `${title}: ${petals.length} curve detectors at ${petals.map((p) => `${p.orientationDeg.toFixed(0)}°`).join(', ') || 'no orientation'}; ${gaps.map((g) => `gap from ${g.fromDeg.toFixed(0)}° to ${g.toDeg.toFixed(0)}°`).join(', ') || 'no wide gap'}`;
  return html`<figure><svg viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-label="${label}">
<g transform="translate(${CENTRE} ${CENTRE})">
${gaps.map(wedge)}
${RINGS.map((r) => html`<circle class="ring" r="${r.toFixed(1)}"/>`)}
${SPOKES_DEG.map(spoke)}
${petals.map(petal)}
${gaps.map(gapLabel)}
${truth.map(planted)}
${ICONS_DEG.map(icon)}
</g></svg><figcaption>${title}</figcaption></figure>`;
}

function spoke(deg: number): Markup {
  const end = point(deg, RADIUS);
  const text = point(deg, SPOKE_LABEL_AT);
  return html`<line class="axis" x2="${end.x}" y2="${end.y}"/><text x="${text.x}" y="${text.y}" text-anchor="middle" dominant-baseline="middle">${deg}°</text>`;
}

function petal({ unit, orientationDeg, curve, kind }: Petal): Markup {
  const everyDegree = Float32Array.from({ length: 360 }, (_, i) => curve[2 * i]);
  return html`<path class="petal ${kind}" d="${petalPath(everyDegree, largest(curve))}"><title>${unit} at ${orientationDeg.toFixed(1)}°</title></path>`;
}

function wedge(gap: Gap): Markup {
  const { wedge, edges } = gapPaths(gap);
  return html`<path class="wedge" d="${wedge}"/>${edges.map((edge) => html`<path class="wedge-edge" d="${edge}"/>`)}`;
}

function gapLabel(gap: Gap): Markup {
  const { x, y } = gapPaths(gap).label;
  return html`<text class="gap-label" x="${x}" y="${y}" text-anchor="middle" dominant-baseline="middle">${gap.widthDeg.toFixed(0)}°</text>`;
}

function planted(deg: number): Markup {
  const { x, y } = point(deg, PLANTED_AT);
  return html`<circle class="truth" r="5" cx="${x}" cy="${y}"><title>planted at ${deg}°</title></circle>`;
}

function icon(deg: number): Markup {
  const { x, y } = point(deg, ICON_AT);
  return html`<g transform="translate(${x} ${y})"><path class="curve" stroke="currentColor" d="${arcPath(deg, ICON_RADIUS)}"/></g>`;
}
