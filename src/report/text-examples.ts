// examples.html of a network that reads text: for each unit the tokens at which it fires, each in what stands around it,
// its strength as the depth of its colour. No script, no request.
import { sha256Base64 } from '../core/hash.js';
import type { Example, ExamplesResult, Place, UnitExamples } from '../study/examples/types.js';
import { firingFacts, levelText, percent } from './example-text.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';
import { STYLE } from './style.js';

const TEXT_STYLE = `
.unit{content-visibility:auto;contain-intrinsic-size:auto 40rem}
.unit h3{margin:.8rem 0 .2rem;font-size:.9rem;color:var(--soft)}
.quotes{list-style:none;margin:0;padding:0;font-family:ui-monospace,monospace;font-size:.82rem;line-height:1.5}
.quotes li{display:flex;gap:.8rem;border-bottom:1px solid var(--line);padding:.15rem 0}
.quotes b{flex:0 0 4.5rem;font-weight:400;text-align:right;font-variant-numeric:tabular-nums;color:var(--soft)}
.quotes span{white-space:pre-wrap;overflow-wrap:anywhere}
.quotes mark{color:inherit;border-radius:3px;background:color-mix(in srgb,var(--feature) 25%,transparent)}
.quotes .strong mark{background:color-mix(in srgb,var(--feature) 60%,transparent)}
`;

/** Units that fire, in their order; the others are in examples.json. */
const MOST_UNITS = 400;

export async function writeTextExamples(result: ExamplesResult, commandLine?: string): Promise<string> {
  const style = STYLE + TEXT_STYLE;
  const csp = `default-src 'none'; style-src 'sha256-${await sha256Base64(style)}'; base-uri 'none'; form-action 'none'`;
  const units = Object.entries(result.units);
  const firing = units.filter(([, unit]) => unit.fires > 0);
  const shown = firing.slice(0, MOST_UNITS);
  const { model, sae, tap, images, size, random, places } = result;
  const head = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Where units of ${tap} fire</title>
<style>`;
  const body = html`</style></head><body><main>
<h1>Where does each unit fire?</h1>
<p class="lead">${firing.length} of ${units.length} units of <b>${tap}</b> of <b>${model.name}</b>${sae !== null && html`, and features of an SAE (${sae.architecture}, ${sae.dIn} to ${sae.dSae}) that reads it`}, fire on ${images} windows of ${size} tokens.</p>
${firing.length > shown.length && html`<p class="note">The first ${shown.length} are shown; the others are in examples.json, or by <code>--units</code>.</p>`}
<section><h2>How to read it</h2><p>The marked token is where the unit fires; a neuron fires where its value is above 0. The strongest places flatter a unit: a level holds tokens between two quantiles of its activation, drawn at random, one of a window, and beside it stands how much of the activation the level carries. A unit means one thing where its levels show what its top shows. The first token of a window is left out.</p></section>
<section><h2>What chance shows</h2><p>Tokens that were drawn from all, whatever the unit.</p>${quotes(random, undefined)}</section>
<section><h2>Units</h2><p>${shown.map(([name]) => html`<a href="#unit-${name}">${name}</a> `)}</p></section>
${shown.map(([name, unit]) => card(name, unit, images))}
<section><h2>Provenance</h2><dl><dt>network</dt><dd>${model.name}, <code>${model.sha256}</code></dd><dt>version</dt><dd>${result.version}</dd><dt>seed</dt><dd>${result.seed}</dd><dt>places</dt><dd>${places}</dd></dl>${commandLine !== undefined && html`<pre>${commandLine}</pre>`}</section>
</main></body></html>
`;
  return head.text + style + body.text;
}

const card = (name: string, unit: UnitExamples, images: number): Markup =>
  html`<section class="unit" id="unit-${name}"><h2><a href="#unit-${name}">${name}</a></h2>
<p class="soft">It ${firingFacts(unit, images).replace('pictures', 'windows')}: a random token fires it with ${percent(unit.density)}.</p>
<h3>strongest</h3>${quotes(unit.top, unit.max)}
${unit.levels.map((level) => html`<h3>${levelText(level, unit.fires)}</h3>${quotes(level.examples, unit.max)}`)}</section>`;

const quotes = (examples: readonly (Place | Example)[], max: number | undefined): Markup =>
  html`<ul class="quotes">${examples.map((e) => {
    const value = 'value' in e ? e.value : undefined;
    const strong = value !== undefined && max !== undefined && value > max / 2;
    return html`<li${strong && html` class="strong"`}><b>${value === undefined ? '' : short(value)}</b><span>${e.text!.before}<mark>${e.text!.token}</mark>${e.text!.after}</span></li>`;
  })}</ul>`;
