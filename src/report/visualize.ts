// visualize.html: each picture that was made for a unit, how strongly it fires it, and beside it what photographs have.
import { sha256Base64 } from '../core/hash.js';
import type { CropsOfUnits } from '../study/examples/crops.js';
import { Crops, type EncodeJpeg } from './crops.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';
import { STYLE } from './style.js';

const OWN_STYLE = `
.made{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem}
.made section{margin:0}
.made h2{overflow-wrap:anywhere}
.two{display:grid;grid-template-columns:1fr 1fr;gap:.6rem;align-items:start}
.two img{display:block;width:100%;aspect-ratio:1;border-radius:8px;image-rendering:auto}
.two figcaption{font-size:.85rem;color:var(--soft);margin:.3rem 0}
.two .crops i:first-child{grid-column:1/-1;border-radius:8px}
.none{aspect-ratio:1;display:grid;place-items:center;text-align:center;border:1px dashed var(--line);border-radius:8px;color:var(--soft);font-size:.85rem;padding:.6rem}
`;

/** A picture as visualize.json has it. */
export interface Made {
  unit: string;
  file: string;
  objective: string;
  before: number;
  after: number;
  strength: number | null;
  seed: number;
  steps: number;
}

export interface VisualizePage {
  model: { name: string; sha256: string };
  version: string;
  images: readonly Made[];
  /** Of the units that are one neuron or one feature; undefined: no photographs were looked at. */
  photographs:
    | { images: number; crops: CropsOfUnits; percentile999: ReadonlyMap<string, number> }
    | undefined;
  commandLine?: string;
}

export async function writeVisualize(page: VisualizePage, encode: EncodeJpeg): Promise<string> {
  const { images, model, photographs, commandLine, version } = page;
  const crops = await Crops.of(photographs?.crops, encode);
  const style = STYLE + crops.style + OWN_STYLE;
  // 'self' is nothing where a page is opened from a disk.
  const csp = `default-src 'none'; style-src 'sha256-${await sha256Base64(style)}'; img-src 'self' file: data:; base-uri 'none'; form-action 'none'`;
  const head = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>What units of ${model.name} look for</title>
<style>`;
  const body = html`</style></head><body><main>
<h1>What does each unit look for?</h1>
<p class="lead">${lead(images)}</p>
<p class="soft">Pictures made to fire units of <b>${model.name}</b>, from noise.${photographs ? html` Beside each, what the unit sees where it fires most on ${photographs.images} photographs: the best one large, one place of a photograph.` : ' No photographs were given (--images): nothing is beside them.'}</p>
<section><h2>How to read it</h2><p>The strength of a picture is the unit's value on it over the 99.9th percentile of its values on the photographs: 1 is what one place in a thousand reaches. In brackets that of the noise it began with, which is what a picture that nobody made for it does. A picture says what could fire a unit most, not what does: the photographs say that. Where the two show different things, believe neither alone.</p></section>
<div class="made">${images.map((image) => card(image, crops, photographs))}</div>
<section><h2>Provenance</h2><dl><dt>network</dt><dd>${model.name}, <code>${model.sha256}</code></dd><dt>version</dt><dd>${version}</dd></dl>${commandLine !== undefined && html`<pre>${commandLine}</pre>`}</section>
</main></body></html>
`;
  return head.text + style + body.text;
}

function lead(images: readonly Made[]): string {
  const strengths = images
    .flatMap(({ strength }) => (strength === null ? [] : [strength]))
    .sort((a, b) => a - b);
  const pictures = `${images.length} picture${images.length === 1 ? '' : 's'}`;
  if (!strengths.length) return `${pictures}; how strongly they fire, in units of photographs, is not known.`;
  const beyond = strengths.filter((s) => s >= 1).length;
  return `${beyond} of ${strengths.length === images.length ? pictures : `the ${strengths.length} of ${pictures} whose photographs are known`} fire their unit more strongly than one place in a thousand of its photographs does; the middle one ${short(strengths[strengths.length >> 1])} times as strongly.`;
}

function card(
  { unit, file, objective, before, after, strength, seed, steps }: Made,
  crops: Crops,
  photographs: VisualizePage['photographs'],
): Markup {
  const percentile = photographs?.percentile999.get(unit);
  const of = (value: number): string =>
    strength && after > 0 ? short((Math.max(0, value) * strength) / after) : '0';
  const best = photographs?.crops.units.get(unit)?.spots[0]?.value;
  const row = crops.row(unit);
  return html`<section><h2>${unit}</h2><div class="two"><figure><a href="${file}"><img src="${file}" loading="lazy" alt="made to fire ${unit}"></a><figcaption>${strength === null ? html`Value ${short(after)} (noise ${short(before)})` : html`<b>${short(strength)}</b> times the 99.9th percentile (noise ${of(before)})`}</figcaption></figure>
<figure>${row ?? html`<div class="none">${photographs ? (percentile === 0 ? 'no photograph fires it' : 'no single unit of a tap: no photographs') : 'no photographs given'}</div>`}${best !== undefined && html`<figcaption>Its best photograph: ${percentile ? html`<b>${short(best / percentile)}</b> times` : short(best)}</figcaption>`}</figure></div>
<p class="soft">${objective}, ${steps} steps, seed ${seed}</p></section>`;
}
