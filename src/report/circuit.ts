// circuit.html: what drives each unit, what it does, and how curves are wired. No script, no request.
import { sha256Base64 } from '../core/hash.js';
import type {
  Agreement,
  CircuitResult,
  Driver,
  Effect,
  UnitCircuit,
  UnitDrives,
} from '../study/circuit/types.js';
import type { CropsOfUnits } from '../study/examples/crops.js';
import { Crops, type EncodeJpeg } from './crops.js';
import { percent } from './example-text.js';
import { html, type Markup } from './html.js';
import { movementChart } from './movement.js';
import { short } from './numbers.js';
import { patchPicture } from './patches.js';
import { STYLE } from './style.js';
import { wiringSection } from './wiring.js';

const OWN_STYLE = `
.drivers{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.9rem 1.1rem;margin:.5rem 0 1rem}
.drivers h4{margin:0 0 .3rem;font-size:.95rem}
.patches{display:flex;gap:.5rem;align-items:end}
.patches figure{width:4.4rem}
.patches img,.wired image{image-rendering:pixelated}
.patches img{display:block;width:4.4rem;height:4.4rem;border:1px solid var(--line)}
.drivers figcaption,.drivers p{font-size:.8rem;color:var(--soft);margin:.2rem 0 0;font-variant-numeric:tabular-nums}
.pair figure{max-width:26rem}
section .crops{grid-template-columns:repeat(5,1fr);max-width:27rem;margin:.35rem 0}
h3{font-size:1rem;margin:1.1rem 0 .3rem}
.chance{fill:var(--soft);fill-opacity:.13}
.shuffled{fill:var(--soft);fill-opacity:.2}
.bar.more{fill:#c44a0a}.bar.less{fill:#2563a8}
.between{stroke:var(--ink);stroke-width:1.5}
.wired{max-width:none;width:auto}
.unit{content-visibility:auto;contain-intrinsic-size:auto 60rem}
`;

export async function writeCircuit(
  result: CircuitResult,
  units: CropsOfUnits | undefined,
  encode: EncodeJpeg,
  commandLine?: string,
): Promise<string> {
  const crops = await Crops.of(units, encode);
  const style = STYLE + crops.style + OWN_STYLE;
  const csp = `default-src 'none'; style-src 'sha256-${await sha256Base64(style)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const { tap, from, to, model, sae, images, curves } = result;
  const entries = Object.entries(result.units);
  const head = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Circuits of ${tap}</title>
<style>`;
  const body = html`</style></head><body><main>
<h1>What drives them, and what do they do?</h1>
<p class="lead">${lead(result)}</p>
<p class="soft">Units of <b>${tap}</b> of <b>${model.name}</b>${sae !== null && html`, and features of ${sae}`}; drivers in <b>${from}</b>${result.fromSae !== null && html` by the features of ${result.fromSae}`}; moved: ${to === null ? 'nothing later that this network computes' : html`<b>${to}</b>${result.toSae !== null && html` by the features of ${result.toSae}`}`}. ${images} pictures.</p>
${result.numerics === 'relaxed' && html`<p class="warn">Computed with the relaxed build: the last digits may differ from engine to engine.</p>`}
${result.failures.length > 0 && html`<p class="warn">Partial result: ${result.failures.length} pictures could not be used; the first: ${result.failures[0].reason}</p>`}
${entries.length > 0 && reading()}
${curves !== null && wiringSection(curves, tap, from)}
${entries.map(([name, unit]) => card(name, unit, result, crops))}
<section><h2>Provenance</h2><dl><dt>network</dt><dd>${model.name}, <code>${model.sha256}</code></dd><dt>version</dt><dd>${result.version}</dd><dt>seed</dt><dd>${result.seed}</dd></dl>${commandLine !== undefined && html`<pre>${commandLine}</pre>`}</section>
</main></body></html>
`;
  return head.text + style + body.text;
}

function lead({ units, curves, from }: CircuitResult): string {
  const driven = Object.values(units).flatMap(({ drives }) => drives?.agreement ?? []);
  const said: string[] = [];
  if (driven.length) {
    const mean = (of: (a: Agreement) => number) => driven.reduce((sum, a) => sum + of(a), 0) / driven.length;
    said.push(
      `What gradient times activation says of the drivers of ${driven.length === 1 ? 'this unit' : `these ${driven.length} units`} agrees with taking them away by r = ${short(mean((a) => a.attribution))} on average (shuffled drivers: ${short(mean((a) => a.shuffled))} in one of twenty).`,
    );
  }
  for (const { kind, p, profile } of curves?.early ?? []) {
    const at = (deg: number) => profile.mean[profile.relativeDeg.indexOf(deg)];
    const [same, across] = [at(0), at(kind === 'line' ? -90 : -180)];
    if (same === null || across === null) continue;
    said.push(
      `Curves get a mean weight of ${short(same)} from ${kind === 'line' ? 'lines' : 'early curves'} of ${from} of their own orientation, ${short(across)} from those ${kind === 'line' ? 'across' : 'opposite'} (p = ${short(p)}).`,
    );
  }
  if (!said.length && !Object.values(units).some(({ drives }) => drives))
    return 'None of the units fires on these pictures.';
  return said.join(' ');
}

const reading = (): Markup => html`<section><h2>How to read it</h2>
<p>A driver's share is gradient times activation, summed over the earlier layer, at the unit's strongest places, over the unit's value before its ReLU; in brackets at places drawn from all that fire it. Taken away: how much the unit really loses where the driver is set to 0 everywhere. Beside them what a random direction of the earlier layer gets.</p>
<p>The left patch holds expanded weights, with everything between taken as linear (ReLUs pass, pools are means, normalisations factors); the right one shows where gradient times activation comes from. Orange excites, blue inhibits; the middle of a patch is the unit's own place.</p>
<p>What it does: the unit is taken away from the pictures that fire it most, or added in the middle of others as strongly as it fires at its top. Grey: the largest change, on average, by random directions of the same length at the same places (dark), and by other units: taken away from the same pictures, and counted by the length of this one, or added in its place.</p></section>`;

function card(name: string, unit: UnitCircuit, { to, from }: CircuitResult, crops: Crops): Markup {
  const { fires, max, drives } = unit;
  return html`<section class="unit" id="unit-${name}"><h2>${name}</h2>
${drives ? html`<p class="soft">Fires at ${fires} places, up to ${short(max)}.</p>${crops.row(name)}${drivenBy(drives, from, crops)}` : html`<p class="soft">It never fires on these pictures.</p>`}
${unit.ablate !== null && unit.add !== null && html`<h3>What it does</h3><div class="pair">${effects('taken away', unit.ablate, to)}${effects('added', unit.add, to)}</div>`}</section>`;
}

function drivenBy(drives: UnitDrives, from: string, crops: Crops): Markup {
  const { value, explained, carry, chance, agreement, places, sampled } = drives;
  return html`<h3>What drives it</h3>
<p class="soft">At its ${places} strongest places (and ${sampled} drawn from all) its value is ${short(value)} before the ReLU; ${from} adds ${percent(explained)} of that, to first order, and biases the rest. ${carry} drivers carry 90 % of what is added. A random direction of ${from} has a share of ${percent(chance.mean)} on average, ${percent(chance.p95)} in one of twenty. ${agreement !== null && html`Over ${agreement.drivers} drivers taken away, the loss agrees with gradient times activation by r = ${short(agreement.attribution)} and with expanded weights times activation by r = ${short(agreement.weights)}; shuffled drivers reach ${short(agreement.shuffled)} in one of twenty.`}</p>
${list('excite', drives.exciting, drives, crops)}${list('inhibit', drives.inhibiting, drives, crops)}`;
}

function list(
  verb: string,
  drivers: readonly Driver[],
  { side, exciting, inhibiting }: UnitDrives,
  crops: Crops,
): Markup | false {
  if (!drivers.length) return false;
  const all = [...exciting, ...inhibiting];
  const most = (of: (d: Driver) => readonly number[]) =>
    all.flatMap(of).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const [weights, attribution] = [most((d) => d.weights), most((d) => d.attribution)];
  const figure = (d: Driver) => html`<div><h4>${d.unit}</h4><div class="patches">
<figure><img src="${patchPicture(d.weights, side, weights)}" alt="expanded weights, ${side} x ${side}"><figcaption>weights</figcaption></figure>
<figure><img src="${patchPicture(d.attribution, side, attribution)}" alt="gradient times activation, ${side} x ${side}"><figcaption>on data</figcaption></figure></div>
<p><b>${percent(d.share)}</b> (${percent(d.sampleShare)}); taken away ${percent(d.ablation)}</p>${crops.row(d.unit)}</div>`;
  return html`<h4>These ${verb} it</h4><div class="drivers">${drivers.map(figure)}</div>`;
}

const effects = (how: string, { classes, later, pictures }: Effect, to: string | null): Markup =>
  html`<div>${classes !== null && movementChart(`classes, ${how} on ${pictures} pictures`, classes)}${later !== null && movementChart(`${to}, ${how} on ${pictures} pictures`, later)}</div>`;
