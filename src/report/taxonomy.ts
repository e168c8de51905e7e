// taxonomy.html: the units and features of a tap by family, beside random directions, and a map of them.
import { sha256Base64 } from '../core/hash.js';
import { FAMILIES, type Family, RULE } from '../study/taxonomy/rule.js';
import type { SortedUnit, TaxonomyResult } from '../study/taxonomy/types.js';
import { parseUnit } from '../units/unit.js';
import { percent } from './example-text.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';
import { SERIES_STYLE, STYLE } from './style.js';

const OWN_STYLE = `
.map{max-width:56rem}
.map .dot{fill:var(--c);stroke:var(--card);stroke-width:.6}
.swatch{display:inline-block;width:.75rem;height:.75rem;border-radius:50%;background:var(--c);margin-right:.45rem;vertical-align:-.06rem;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.members{display:grid;grid-template-columns:repeat(auto-fill,minmax(5.2rem,1fr));gap:.6rem;margin:.6rem 0 0}
.members figure{text-align:center}
.members img{width:3rem;height:3rem;border:1px solid var(--line);image-rendering:pixelated}
.members figcaption{font-size:.74rem;overflow-wrap:anywhere}
td .swatch{margin-left:0}
`;

/** Members of a family that are shown with their drawing. */
const SHOWN = 24;
const MAP = 640;
const EDGE = 12;

/** `s3`: the colour of each family, the same on the map, in the table and in headings. */
const colourOf = (family: Family): string => `s${COLOURS[family]}`;
const COLOURS: Record<Family, number> = {
  curve: 1,
  line: 0,
  angle: 3,
  Gabor: 5,
  'colour contrast': 7,
  'centre-surround': 4,
  'brightness gradient': 6,
  'high-low frequency': 9,
  texture: 2,
  other: 8,
};

export async function writeTaxonomy(
  result: TaxonomyResult,
  drawings: readonly (string | undefined)[],
  commandLine?: string,
): Promise<string> {
  const style = STYLE + SERIES_STYLE + OWN_STYLE;
  const csp = `default-src 'none'; img-src data:; style-src 'sha256-${await sha256Base64(style)}'; base-uri 'none'; form-action 'none'`;
  const { tap, model, sae, images, vectors, seed } = result;
  const units = [...result.units, ...(result.features ?? [])];
  const head = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Families of ${tap}</title>
<style>`;
  const body = html`</style></head><body><main>
<h1>Which families are there?</h1>
<p class="lead">${lead(result)}</p>
<p class="soft">${result.units.length} units of <b>${tap}</b> of <b>${model}</b>${sae !== null && html`, ${result.features!.length} features of ${sae}`}, by their answers to ${result.drawings} drawings; percentiles by ${vectors} places of ${images} pictures.</p>
<section><h2>Families, beside chance</h2>
<div class="scroll">${table(result)}</div>
<p class="soft">Random: directions that nothing chose, each as rare on the pictures as one of the units, sorted by the same rule. Where a family is no more frequent among the units than there, its count says nothing of the units. The rule and its confusions on units of known family are in docs/taxonomy.md.</p></section>
${mapSection(result, units)}
${FAMILIES.map((family) => familySection(family, units, drawings))}
<section><h2>Provenance</h2><p class="soft">${result.orientations} orientations, seed ${seed}.</p>${commandLine !== undefined && html`<pre>${commandLine}</pre>`}</section>
</main></body></html>
`;
  return head.text + style + body.text;
}

/** The families that units have more of than chance, by as many as a random draw of so many would seldom give. */
function lead({ families: { units, random }, units: all, tap }: TaxonomyResult): string {
  const { directions } = random;
  const more = FAMILIES.filter((family) => family !== 'other')
    .map((family) => {
      const [p, q] = [units[family] / all.length, random[family] / directions];
      const pooled = (units[family] + random[family]) / (all.length + directions);
      const error = Math.sqrt(pooled * (1 - pooled) * (1 / all.length + 1 / directions));
      return { family, p, q, z: error > 0 ? (p - q) / error : 0 };
    })
    .filter(({ z }) => z > 2)
    .sort((a, b) => b.z - a.z);
  if (!more.length)
    return `No family is clearly more frequent among the units of ${tap} than among random directions.`;
  const list = more.map(({ family, p, q }) => `${family} ${percent(p)} against ${percent(q)}`);
  return `More frequent among the units of ${tap} than among random directions (by two standard errors): ${list.join('; ')}.`;
}

function table({ units, features, families }: TaxonomyResult): Markup {
  const cell = (n: number, of: number) => html`<td>${n}</td><td>${percent(n / of)}</td>`;
  return html`<table><tr><th>family</th><th>units</th><th></th>${!!features && html`<th>features</th><th></th>`}<th>random</th><th></th></tr>
${FAMILIES.map((family) => html`<tr><td><i class="swatch ${colourOf(family)}"></i>${family}</td>${cell(families.units[family], units.length)}${!!features && cell(families.features![family], features.length)}${cell(families.random[family], families.random.directions)}</tr>`)}</table>`;
}

function mapSection({ map, features }: TaxonomyResult, units: readonly SortedUnit[]): Markup | false {
  if (!map) return false;
  const place = (v: number): string => (EDGE + v * (MAP - 2 * EDGE)).toFixed(1);
  return html`<section><h2>Map</h2>
<p class="key">${FAMILIES.map((family) => html`<span><i class="swatch ${colourOf(family)}"></i>${family}</span>`)}</p>
<svg class="map" viewBox="0 0 ${MAP} ${MAP}" role="img" aria-label="${units.length} units${features ? ' and features' : ''} by similarity of their answers, coloured by family">
${units.map((unit) => !!unit.at && mark(unit, place(unit.at[0]), place(unit.at[1])))}
</svg>
<p class="soft">${features ? 'Circles are units, diamonds features. ' : ''}Those that answer alike to the drawings lie near each other (UMAP of ${map.neighbours} neighbours by cosine, seed ${map.seed}). A map is a drawing: distances between groups and their sizes mean little, and no number here follows from it. ${units.filter(({ at }) => !at).length} that answer to no drawing are left out.</p></section>`;
}

function mark(unit: SortedUnit, x: string, y: string): Markup {
  const title = html`<title>${describe(unit)}</title>`;
  return parseUnit(unit.unit)?.kind === 'features'
    ? html`<rect class="dot ${colourOf(unit.family)}" x="-3.4" y="-3.4" width="6.8" height="6.8" transform="translate(${x} ${y}) rotate(45)">${title}</rect>`
    : html`<circle class="dot ${colourOf(unit.family)}" r="4.6" cx="${x}" cy="${y}">${title}</circle>`;
}

const describe = ({ unit, family, strength, margin, orientationDeg }: SortedUnit): string =>
  `${unit}: ${family}${orientationDeg === null ? '' : `, ${orientationDeg.toFixed(0)}°`}, strength ${short(strength)}${margin === null ? '' : `, ${short(margin)} times the next family`}`;

function familySection(
  family: Family,
  units: readonly SortedUnit[],
  drawings: readonly (string | undefined)[],
): Markup | false {
  const members = units
    .map((unit, i) => ({ unit, drawing: drawings[i] }))
    .filter(({ unit }) => unit.family === family)
    .sort((a, b) => (b.unit.margin ?? b.unit.strength) - (a.unit.margin ?? a.unit.strength));
  if (!members.length) return false;
  const rest = members.slice(SHOWN);
  return html`<section><h2><i class="swatch ${colourOf(family)}"></i>${family} (${members.length})</h2>
${family === 'other' && html`<p class="soft">${otherText(members.map(({ unit }) => unit))}</p>`}
<div class="members">${members.slice(0, SHOWN).map(({ unit, drawing }) => html`<figure title="${describe(unit)}">${drawing !== undefined && html`<img alt="its strongest drawing" src="${drawing}">`}<figcaption>${unit.unit.replace(/^.*:/, '')}${unit.orientationDeg !== null && html` ${unit.orientationDeg.toFixed(0)}°`}</figcaption></figure>`)}</div>
${rest.length > 0 && html`<p class="soft">and ${rest.length} more: ${rest.map(({ unit }) => unit.unit.replace(/^.*:/, '')).join(', ')}</p>`}</section>`;
}

function otherText(units: readonly SortedUnit[]): string {
  const rare = units.filter(({ fires }) => fires < RULE.fires).length;
  const weak = units.filter(({ fires, strength }) => fires >= RULE.fires && strength < RULE.strength).length;
  return `${rare} fire at fewer than ${RULE.fires} places of the pictures; ${weak} no drawing drives to a quarter of what these do; ${units.length - rare - weak} meet no family's rule.`;
}
