// decompose.html: the neurons of a tap, most polysemantic first, each with the features that write to it.
import { sha256Base64 } from '../core/hash.js';
import type {
  DecomposedPart,
  DecomposedUnit,
  DecomposeResult,
  PlantedPairs,
} from '../study/decompose/types.js';
import type { CropsOfUnits } from '../study/examples/crops.js';
import { parseUnit } from '../units/unit.js';
import { tuningThumbnail } from './charts.js';
import { Crops, type EncodeJpeg } from './crops.js';
import { percent } from './example-text.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';
import { STYLE } from './style.js';

const OWN_STYLE = `
.parts{display:flex;flex-wrap:wrap;gap:.4rem .8rem;align-items:start;margin:0}
.parts figure{width:11.5rem;margin:0}
.parts figcaption{font-size:.85rem;color:var(--soft);font-variant-numeric:tabular-nums}
.parts figcaption b{color:var(--ink)}
.parts .crops{grid-template-columns:repeat(4,1fr);margin:.3rem 0 0}
.unit{content-visibility:auto;contain-intrinsic-size:auto 14rem}
.unit h2{margin-bottom:.2rem}
`;

/** Parts of a neuron that are drawn. */
const DRAWN = 8;

export interface DecompositionPictures {
  /** Tuning curves of the units and of the features, 720 numbers each. */
  tuning: { units: readonly Float32Array[]; features: readonly Float32Array[] };
  /** Of the first units and their largest parts. */
  crops: CropsOfUnits;
}

export async function writeDecomposition(
  result: DecomposeResult,
  pictures: DecompositionPictures,
  encode: EncodeJpeg,
  commandLine?: string,
): Promise<string> {
  const crops = await Crops.of(pictures.crops, encode);
  const style = STYLE + crops.style + OWN_STYLE;
  const csp = `default-src 'none'; style-src 'sha256-${await sha256Base64(style)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const { tap, model, sae, units, control, planted, vectors, images } = result;
  const { mean, p5, p95 } = control.polysemanticity;
  const head = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>What neurons of ${tap} are made of</title>
<style>`;
  const body = html`</style></head><body><main>
<h1>What is each neuron made of?</h1>
<p class="lead">${lead(units)}</p>
<p class="soft">Neurons of <b>${tap}</b> of <b>${model}</b>, by the features of ${sae}, over ${vectors} vectors of ${images} pictures.</p>
<section><h2>How to read it</h2>
<p>A neuron's activation is the sum of what features add, each its decoder weight times its activation, of the bias, and of what the SAE misses. A share is a feature's part of the neuron's activation on all the vectors that fire it; in brackets, on the top one in a hundred of these. Polysemanticity: how many features of different tuning carry 90 % of what features add. Features are of one tuning where their tuning curves correlate by .9, or their decoder rows point the same way.</p>
<p>What chance gives: ${control.axes} axes of a random rotation, which nothing in the network prefers, take ${mean.toFixed(1)} features on average (${p5} to ${p95} for nine in ten)${control.explained !== null && html`, with ${percent(control.explained)} of their variance explained`}. A neuron that takes as many is no unit of meaning.</p></section>
${planted !== null && plantedSection(planted)}
${units.map((unit) => card(unit, pictures.tuning, crops))}
<section><h2>Provenance</h2>${commandLine !== undefined && html`<pre>${commandLine}</pre>`}</section>
</main></body></html>
`;
  return head.text + style + body.text;
}

function lead(units: readonly DecomposedUnit[]): string {
  const firing = units.filter(({ fires }) => fires > 0);
  const one = firing.filter(({ polysemanticity }) => polysemanticity === 1).length;
  const most = firing[0];
  if (!most) return 'None of the neurons fires on these pictures.';
  return `${one} of the ${firing.length} neurons that fire are carried by features of one tuning; the most polysemantic, ${most.unit}, takes ${most.polysemanticity}.`;
}

const plantedSection = ({ units, both, one, none, share, chance }: PlantedPairs): Markup =>
  html`<section><h2>What is known of them</h2><p>These neurons are sums of two neurons of the network each, which no unit of this layer shows by itself. Of ${units} that fire, the two largest parts point to the two in ${both}, to one of them in ${one}, to neither in ${none}; the parts that point to them carry ${percent(share)} of the activation on average. To the two neurons of another sum they point in ${short(chance.both)} of ${units}, to one of them in ${short(chance.one)}, with ${percent(chance.share)} of the activation.</p></section>`;

function card(unit: DecomposedUnit, tuning: DecompositionPictures['tuning'], crops: Crops): Markup {
  const index = parseUnit(unit.unit)!.index;
  const curve = tuning.units[index];
  return html`<section class="unit"><h2>${unit.unit}</h2>
<p class="soft">${unit.fires ? html`${unit.polysemanticity} ${unit.polysemanticity === 1 ? 'kind of feature carries' : 'kinds of features carry'} 90 %; ${unit.explained === null ? 'it never varies' : html`${percent(unit.explained)} of its variance explained`}; fires on ${unit.fires} vectors, from ${short(unit.levels[0])} to ${short(unit.levels[unit.levels.length - 1])}.` : 'It never fires here.'}</p>
${unit.planted !== undefined && html`<p class="soft">It is the sum of ${unit.planted[0]} and ${unit.planted[1]}.</p>`}
<div class="parts"><figure>${drawn(unit.unit, unit.orientationDeg, curve, 'neuron')}<figcaption><b>the neuron</b></figcaption>${(unit.planted ?? [unit.unit]).map((name) => crops.row(name))}</figure>
${unit.parts.slice(0, DRAWN).map((part) => figure(part, tuning.features, crops))}</div>
${unit.parts.length > DRAWN && html`<p class="soft">and ${unit.parts.length - DRAWN} smaller parts</p>`}</section>`;
}

const figure = (part: DecomposedPart, features: readonly Float32Array[], crops: Crops): Markup =>
  html`<figure>${drawn(part.feature, part.orientationDeg, features[parseUnit(part.feature)!.index], 'feature')}<figcaption><b>${percent(part.share)}</b> (top ${percent(part.topShare)}), weight ${short(part.weight)}${typeof part.neuron === 'string' && html`, points to ${part.neuron}`}</figcaption>${crops.row(part.feature)}</figure>`;

function drawn(
  unit: string,
  orientationDeg: number | null,
  curve: Float32Array | undefined,
  kind: 'neuron' | 'feature',
): Markup {
  if (curve?.some((v) => v > 0)) return tuningThumbnail(unit, orientationDeg, curve, kind);
  return html`<p class="soft">${unit}: deaf to curves</p>`;
}
