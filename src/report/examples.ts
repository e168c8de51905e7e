// examples.html: every unit with its contact sheet. No script, no request beyond the sheets that lie beside it.
import { sha256Base64 } from '../core/hash.js';
import type { ExamplesResult, UnitExamples } from '../study/examples/types.js';
import { firingFacts, levelText, percent } from './example-text.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';
import { STYLE } from './style.js';

const EXAMPLES_STYLE = `
.units{display:flex;flex-wrap:wrap;gap:.3rem .5rem;font-size:.85rem;font-variant-numeric:tabular-nums}
.units a,.units span{padding:.1rem .45rem;border:1px solid var(--line);border-radius:6px;color:inherit;text-decoration:none}
.units a:hover,.units a:focus{border-color:var(--feature)}
.units span{color:var(--soft)}
.unit{content-visibility:auto;contain-intrinsic-size:auto 70rem}
.unit h2 a{color:inherit;text-decoration:none}
.sheet{overflow-x:auto}
.sheet img{display:block;width:100%;min-width:34rem;max-width:48rem;height:auto;border-radius:8px}
td:first-child{font-variant-numeric:tabular-nums}
`;

/** Files by unit as they are linked, relative to the page; `random`: of random places. */
export interface Sheets {
  units: ReadonlyMap<string, string>;
  random: string | undefined;
}

export async function writeExamples(
  result: ExamplesResult,
  sheets: Sheets,
  commandLine?: string,
): Promise<string> {
  const style = STYLE + EXAMPLES_STYLE;
  // 'self' is nothing where a page is opened from a disk.
  const csp = `default-src 'none'; style-src 'sha256-${await sha256Base64(style)}'; img-src 'self' file:; base-uri 'none'; form-action 'none'`;
  const units = Object.entries(result.units);
  const firing = units.filter(([, unit]) => unit.fires > 0);
  const head = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Where units of ${result.tap} fire</title>
<style>`;
  const body = html`</style></head><body><main>
<h1>Where does each unit fire?</h1>
<p class="lead">${firing.length} of ${units.length} units of <b>${result.tap}</b> of <b>${result.model.name}</b>${result.sae !== null && html`, and features of an SAE (${result.sae.architecture}, ${result.sae.dIn} to ${result.sae.dSae}) that reads it`}, fire on ${result.images} pictures.</p>
${result.numerics === 'relaxed' && html`<p class="warn">Computed with the relaxed build: the last digits may differ from engine to engine.</p>`}
${result.failures.length > 0 && html`<p class="warn">Partial result: ${result.failures.length} pictures could not be used; the first: ${result.failures[0].reason}</p>`}
${reading(result)}
${chance(result, sheets, firing)}
<section><h2>Units</h2><p class="units">${units.map(([name, unit]) => (unit.fires ? html`<a href="#${anchor(name)}">${name}</a>` : html`<span title="never fires">${name}</span>`))}</p></section>
${firing.map(([name, unit]) => card(name, unit, result, sheets.units.get(name)))}
<section><h2>Provenance</h2><dl><dt>network</dt><dd>${result.model.name}, <code>${result.model.sha256}</code></dd><dt>version</dt><dd>${result.version}</dd><dt>seed</dt><dd>${result.seed}</dd><dt>places</dt><dd>${result.places}</dd></dl>${commandLine !== undefined && html`<pre>${commandLine}</pre>`}</section>
</main></body></html>
`;
  return head.text + style + body.text;
}

const anchor = (name: string): string => `unit-${name}`;

const reading = (result: ExamplesResult): Markup => html`<section><h2>How to read a sheet</h2>
<p>Each part of a picture is the receptive field of the place that fires, computed from the network; grey where the field leaves the picture. The small square is the place. Beside the strongest picture: the same one under what the unit does on all of it.</p>
<p>The strongest places flatter a unit. A level holds the places between two quantiles of its activation, drawn at random, one of a picture; beside it stands how much of the unit's activation the level carries. A unit means one thing where its levels show what its top shows.</p>
${Object.values(result.units).some((u) => u.nearMisses !== null) && html`<p>Near misses: places where the unit is silent though its value before the threshold is a peak of its own there, the largest first. The number below is that value.</p>`}</section>`;

function chance(
  result: ExamplesResult,
  sheets: Sheets,
  firing: readonly (readonly [string, UnitExamples])[],
): Markup {
  const densities = firing.map(([, unit]) => unit.density).sort((a, b) => a - b);
  const middle = densities[densities.length >> 1];
  return html`<section><h2>What chance shows</h2><p>Places that were drawn from all places of all pictures, whatever the unit. ${middle !== undefined && html`Such a place fires a unit as often as the unit's density says: ${percent(middle)}${densities.length > 1 && ` in the middle of the ${densities.length} units here, from ${percent(densities[0])} to ${percent(densities[densities.length - 1])}`}.`}</p>
${picture(sheets.random, `${result.random.length} random places`)}</section>`;
}

const picture = (file: string | undefined, text: string): Markup | false =>
  file !== undefined &&
  html`<div class="sheet" tabindex="0"><a href="${file}"><img src="${file}" loading="lazy" alt="${text}"></a></div>`;

const card = (
  name: string,
  unit: UnitExamples,
  { images }: ExamplesResult,
  sheet: string | undefined,
): Markup => html`<section class="unit" id="${anchor(name)}"><h2><a href="#${anchor(name)}">${name}</a></h2>
<p class="soft">It ${firingFacts(unit, images)}: a random place fires it with ${percent(unit.density)}.</p>
${picture(sheet, `contact sheet of ${name}: ${unit.levels.map((level) => levelText(level, unit.fires)).join('; ')}`)}
<div class="scroll"><table><thead><tr><th scope="col">level</th><th scope="col">places</th><th scope="col">of places</th><th scope="col">of activation</th></tr></thead><tbody>
${unit.levels.map((level) => html`<tr><td>${short(level.from)} to ${short(level.to)}</td><td>${level.fires}</td><td>${percent(level.fires / unit.fires)}</td><td>${percent(level.share)}</td></tr>`)}
</tbody></table></div></section>`;
