// The page of families: each a small tree, as wide as its depth, most frequent above. One self-contained file.
import { sha256Base64 } from '../core/hash.js';
import type { FamiliesResult, NamedFamily } from '../study/families/result.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';
import { STYLE } from './style.js';

const PAGE_STYLE = `
.family svg{max-width:none;width:auto}
.family line{stroke:var(--line);stroke-width:1.5}
.family circle{fill:var(--feature);fill-opacity:.8}
.family text{font-size:12px;fill:var(--ink)}
.family text.root{font-weight:650}
`;
const [ROW, STEP, LEFT] = [19, 150, 14];
/** Rows drawn of one family, and families drawn: a page is read by people. */
const [MOST_ROWS, MOST_FAMILIES] = [60, 300];

/** `names`: of features as the result writes them. */
export async function writeFamilies(
  result: FamiliesResult,
  names: ReadonlyMap<string, string>,
): Promise<string> {
  const { families, saes, documents, consistency } = result;
  const shownFamilies = [...families]
    .sort((a, b) => b.children.length - a.children.length)
    .slice(0, MOST_FAMILIES);
  const body = html`<main>
<h1>Families of features</h1>
<p class="lead">${families.length} families on ${documents} documents.</p>
<section><h2>Against chance</h2><div class="scroll"><table>
<tr><th>SAE</th><th>features</th><th>pairs</th><th>families</th><th>by chance: pairs</th><th>families</th></tr>
${saes.map((s) => html`<tr><td>${s.sae}</td><td>${s.candidates}</td><td>${s.pairs}</td><td>${s.families}</td><td>${s.chance?.pairs ?? '-'}</td><td>${s.chance?.families ?? '-'}</td></tr>`)}
</table></div><p class="note">By chance: every feature fires as often and as strongly, on documents drawn at random.</p>
${consistency !== null && html`<p>Paths of splitting through the capacities agree with the direct step by ${short(consistency.mean ?? 0)} (Jaccard; by chance ${short(consistency.chance ?? 0)}).</p>`}
</section>
<p class="note">In brackets, and by the size of its dot: the share of documents that fire a feature. R: how much more the parent fires with its children than these with one another.${families.length > MOST_FAMILIES && ` The ${MOST_FAMILIES} largest families are drawn.`}</p>
${shownFamilies.map((family) => section(family, names))}
</main>`;
  const style = STYLE + PAGE_STYLE;
  const csp = `default-src 'none'; style-src 'sha256-${await sha256Base64(style)}'; base-uri 'none'; form-action 'none'`;
  const head = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Families of features</title>
<style>`;
  return `${head.text}${style}</style></head><body>${body.text}</body></html>\n`;
}

function section(family: NamedFamily, names: ReadonlyMap<string, string>): Markup {
  const { parent, children, score, similarity, round } = family;
  const name = (f: string) => (names.has(f) ? `${f} ${names.get(f)}` : f);
  const facts = `${children.length} children, R ${score === null ? '-' : short(score)} (by activation ${similarity === null ? '-' : short(similarity)}), round ${round + 1}`;
  return html`<section class="family"><h2>${name(parent)}</h2><p class="soft">${facts}</p><div class="scroll">${tree(family, name)}</div></section>`;
}

function tree({ parent, edges, density }: NamedFamily, name: (f: string) => string): Markup {
  const depth = new Map([[parent, 0]]);
  const row = new Map([[parent, 0]]);
  const drawn = edges.slice(0, MOST_ROWS);
  drawn.forEach(([from, to], i) => {
    depth.set(to, depth.get(from)! + 1);
    row.set(to, i + 1);
  });
  const x = (f: string) => LEFT + STEP * 0.2 * depth.get(f)!;
  const y = (f: string) => ROW * (row.get(f)! + 0.7);
  const radius = (f: string) => Math.max(2, Math.min(7, 2 + 20 * Math.sqrt(density[f])));
  const width = LEFT + STEP * 0.2 * Math.max(...depth.values()) + 420;
  const height = ROW * (drawn.length + 1.6);
  return html`<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Tree of ${parent}">
${drawn.map(([from, to]) => html`<line x1="${x(from)}" y1="${y(from)}" x2="${x(from)}" y2="${y(to)}"/><line x1="${x(from)}" y1="${y(to)}" x2="${x(to)}" y2="${y(to)}"/>`)}
${[...depth.keys()].map((f) => html`<circle cx="${x(f)}" cy="${y(f)}" r="${radius(f).toFixed(1)}"/><text class="${f === parent ? 'root' : ''}" x="${x(f) + 11}" y="${y(f) + 4}">${name(f)} (${short(100 * density[f])} %)</text>`)}
${edges.length > MOST_ROWS ? html`<text x="${LEFT}" y="${height - 2}">and ${edges.length - MOST_ROWS} more</text>` : ''}
</svg>`;
}
