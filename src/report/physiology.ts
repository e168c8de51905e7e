// physiology.html: a sheet for each unit, what it answers to drawings of many kinds, beside random directions.
import { sha256Base64 } from '../core/hash.js';
import type { PanelName } from '../study/physiology/sheet.js';
import type { PhysiologyResult, Thumbnails, UnitPhysiology } from '../study/physiology/types.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';
import { chanceText, PANEL_STYLE, panelFigure, type Scale } from './physiology-panels.js';
import { STYLE } from './style.js';

const OWN_STYLE = `
main{max-width:84rem}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(18rem,1fr));gap:.9rem 1.1rem;margin:.8rem 0 0}
.panel{display:grid;grid-template-columns:1fr 3.2rem;gap:.1rem .6rem;align-items:center}
.panel img{width:3.2rem;height:3.2rem;border:1px solid var(--line);image-rendering:pixelated}
.panel figcaption{grid-column:1/-1;font-size:.78rem}
.unit{content-visibility:auto;contain-intrinsic-size:auto 60rem}
.unit h2{margin-bottom:.2rem}
`;

export async function writePhysiology(
  result: PhysiologyResult,
  thumbnails: Thumbnails,
  commandLine?: string,
): Promise<string> {
  const style = STYLE + PANEL_STYLE + OWN_STYLE;
  const csp = `default-src 'none'; img-src data:; style-src 'sha256-${await sha256Base64(style)}'; base-uri 'none'; form-action 'none'`;
  const { tap, model, sae, images, vectors, drawings, random, seed } = result;
  const scale: Scale = { top: topOf(result) };
  const names = Object.keys(result.units);
  const head = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Physiology of ${names.length === 1 ? names[0] : `${names.length} units of ${tap}`}</title>
<style>`;
  const body = html`</style></head><body><main>
<h1>What does each unit answer to?</h1>
<p class="soft">${names.length} ${names.length === 1 ? 'unit' : 'units'} of <b>${tap}</b> of <b>${model}</b>${sae !== null && html`, with the features of ${sae}`}, asked with ${drawings} drawings.</p>
<section><h2>How to read it</h2>
<p>All panels have one scale, from 0 to ${short(scale.top)}: the activation over the unit's own 99.9th percentile on ${images} pictures (${vectors} places), so that 1 is as strong as its strongest 0.1 % of places. Drawings lie on the middle of what the unit sees; where a drawing has a place, it is the largest answer over a few. Angles are the direction of the outward normal, clockwise on screen; lengths are pixels. The small picture is the drawing of the panel that the unit answers to most.</p>
<p>Grey is what chance gives: the middle nine in ten of ${random.directions} random directions of the tap, each as rare on the pictures as one of its units. In maps the grey column is what one in twenty of them exceeds. Below each panel: how many of them answer to any of its drawings as much as the unit to its best.</p>
<p>Echo: the tuning curve opposite to its peak over the peak. Reversed: how much of the peak white arcs on black keep.</p></section>
${names.map((name) => card(name, result, thumbnails.get(name), scale))}
<section><h2>Provenance</h2><p class="soft">Seed ${seed}.</p>${commandLine !== undefined && html`<pre>${commandLine}</pre>`}</section>
</main></body></html>
`;
  return head.text + style + body.text;
}

/** The largest answer or upper edge of a band, one scale for all. */
function topOf({ units, random }: PhysiologyResult): number {
  let top = 1;
  for (const { panels } of Object.values(units))
    for (const { values } of Object.values(panels)) for (const row of values) top = Math.max(top, ...row);
  for (const { high } of Object.values(random.panels)) top = Math.max(top, ...high);
  return Math.ceil(2 * top) / 2;
}

function card(
  name: string,
  result: PhysiologyResult,
  pictures: ReadonlyMap<PanelName, string> | undefined,
  scale: Scale,
): Markup {
  const unit = result.units[name];
  const panels = Object.keys(result.panels) as PanelName[];
  return html`<section class="unit"><h2>${name}: ${unit.family}</h2>
<p class="soft">${facts(unit)}</p>
<div class="panels">${panels.map((panel) => {
    const picture = pictures?.get(panel);
    const own = unit.panels[panel];
    return html`<figure class="panel">${panelFigure(panel, result.panels[panel], own, result.random.panels[panel], scale)}${picture !== undefined ? html`<img alt="the drawing that it answers to most" src="${picture}">` : html`<span class="soft">silent</span>`}<figcaption>${chanceText(own.p)}</figcaption></figure>`;
  })}</div></section>`;
}

function facts({ strength, percentile999, fires, curve }: UnitPhysiology): string {
  const strong =
    strength === null
      ? 'Never fires on the pictures: the panels show activations'
      : `Its best drawing reaches ${short(strength)} of its 99.9th percentile (${short(percentile999)}); fires at ${fires} places`;
  const { peak, orientationDeg, resultant, echo, fwhmDeg, reversed } = curve;
  const tuned = !(peak > 0)
    ? 'deaf to black arcs on white'
    : `tuning curve at ${orientationDeg.toFixed(0)}°, peak ${short(peak)}, resultant ${resultant.toFixed(2)}, echo ${echo.toFixed(2)}, half width ${fwhmDeg.toFixed(0)}°, reversed ${short(reversed ?? 0)}`;
  return `${strong}; ${tuned}.`;
}
