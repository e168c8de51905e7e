// The page of the disentangling study: for each attribute a bar a method between no-op and DAS, with intervals; the
// numbers; the coordinates that masks take. One self-contained file, as report.ts.
import { scaleLinear } from 'd3-scale';
import { sha256Base64 } from '../core/hash.js';
import { publishedLines } from '../study/disentangle/city/published.js';
import type {
  CitySettings,
  DisentangleResult,
  DisentangleSummary,
  Estimate,
  ReadAttribute,
} from '../study/disentangle/result.js';
import { againstEnds, estimateText } from '../study/disentangle/text.js';
import { html, type Markup } from './html.js';
import { SERIES_STYLE, STYLE } from './style.js';

export const W = 520;
const BAR = 16;
const GAP = 8;
const M = { left: 138, right: 60, top: 26, bottom: 34 };

export const DISENTANGLE_STYLE = `
.bars .mark{stroke:none;fill-opacity:.8}
.bars .whisker{stroke:var(--ink);stroke-width:1.4}
.bars .noop{stroke:var(--gap);stroke-dasharray:4 3;stroke-width:1.4}
.bars .name{fill:var(--ink)}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(25rem,100%),1fr));gap:1.4rem}
td.features{white-space:normal;text-align:left}
`;

export async function writeDisentangle(result: DisentangleResult, commandLine: string): Promise<string> {
  const style = STYLE + SERIES_STYLE + DISENTANGLE_STYLE;
  const csp = `default-src 'none'; style-src 'sha256-${await sha256Base64(style)}'; img-src data: blob:; base-uri 'none'; form-action 'none'`;
  const { tap, readout, settings, summary } = result;
  const title =
    tap === null
      ? 'What separates the labels of these vectors?'
      : `What separates attributes in ${tap.replaceAll(',', ', ')}?`;
  const attributes = Object.entries(readout.attributes);
  const head = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title>
<style>`;
  const body = html`</style></head><body><main>
<h1>${title}</h1>
<p class="lead">${lead(result)}</p>
<p class="soft">A mask chooses coordinates (neurons, directions, features) that are taken from a source and leaves the rest to the base${settings.city ? ', two prompts of one attribute. Cause: share of held-out pairs about the attribute that are then answered as the source is. Isolate: share of pairs about the other that are still answered as the base is' : "; both differ in every attribute. Cause: share of held-out pairs in which the attribute then has the source's value. Isolate: mean share in which another attribute keeps the base's"}. Disentangle: the mean of both. Masks are hard, of ${settings.seeds === 1 ? 'one seed' : `${settings.seeds} seeds; intervals are 95 % over seeds, each with pairs of its own`}.</p>
<section><h2>Disentangle score</h2><p class="note">Dashed: what needs no knowledge, the better of changing nothing (the no-op) and patching everything. A bar that ends there has learnt nothing. DAS learns its directions and is the skyline that masks alone can reach.</p>
<div class="two">${attributes.map(([name, read]) => bars(name, read, result))}</div></section>
<section><h2>All numbers</h2>${attributes.map(([name, read]) => table(name, read, summary))}</section>
${lossy(result)}
${chosen(result)}
${besides(result)}
${provenance(result, commandLine)}
</main></body></html>
`;
  return head.text + style + body.text;
}

/** The paper's numbers of the city task, or why there are none. */
function besides(result: DisentangleResult): Markup | false {
  const lines = publishedLines(result);
  return (
    lines.length > 0 &&
    html`<section><h2>Beside the paper</h2>${lines.map((line) => html`<p class="note">${line[0].toUpperCase()}${line.slice(1)}.</p>`)}</section>`
  );
}

function provenance(
  { tap, task, readout, settings, summary, version }: DisentangleResult,
  commandLine: string,
): Markup {
  const {
    model,
    size,
    sae,
    hidden,
    beside,
    readout: readoutKind,
    entities,
    steps,
    batch,
    rate,
    pairs,
    seed,
    city,
  } = settings;
  const held = beside === 'mean' ? 'the mean over pictures' : "the base's own values";
  const facts: [string, string | false][] = [
    [
      'task',
      tap === null
        ? task
        : `${task}, ${tap} of ${model} read at ${readout.read}${city ? '' : `, pictures of ${size} px`}`,
    ],
    ['SAE', sae ?? false],
    ['hidden', hidden ?? false],
    ['beside the tap', beside !== null && held],
    [
      'read by',
      readoutKind !== null &&
        (readoutKind === 'nearest' ? 'the nearest entity learnt from, by cosine' : 'logistic regression'),
    ],
    ['prompts', city !== undefined && cityText(city)],
    [city ? 'pairs of prompts' : 'entities', `${entities.train} to learn from, ${entities.test} held out`],
    ['training', `${steps} steps of ${batch} pairs, Adam ${rate}, temperature 10 to 0.1`],
    ['pairs', String(pairs)],
    ['seed', String(seed)],
    ['version', version],
    ['seconds', seconds(summary)],
  ];
  return html`<section><h2>Provenance</h2><dl>${facts.map(([name, value]) => value !== false && html`<dt>${name}</dt><dd>${value}</dd>`)}</dl><pre>${commandLine}</pre></section>`;
}

function cityText({ prompts, position, epochs, patch }: CitySettings): string {
  const sets = Object.entries(prompts).map(
    ([name, p]) => `${name}: ${p.prompts} of ${p.tokens} tokens in ${p.pairs} pairs (${p.file})`,
  );
  return `${sets.join('; ')}; changed at token ${position}; ${epochs} epochs; patched: ${patch === 'every' ? 'every prompt' : 'the first prompt of a batch, of methods with an SAE'}`;
}

/** The best method of each attribute, skyline and controls apart. */
function lead({ summary, readout }: DisentangleResult): string {
  const parts = Object.entries(readout.attributes).map(([name, { noop }]) => {
    const own = summary.filter(({ attribute, method }) => attribute === name && !method.startsWith('das'));
    if (!own.length) return `${name}: no method but DAS`;
    const best = own.reduce((a, b) => (b.disentangle.mean > a.disentangle.mean ? b : a));
    const sky = summary.find(({ attribute, method }) => attribute === name && method === 'das');
    return `${name}: ${best.method} ${best.disentangle.mean.toFixed(2)}${sky ? `, DAS ${sky.disentangle.mean.toFixed(2)}` : ''}, no-op ${noop.disentangle.toFixed(2)}`;
  });
  return `${parts.join('; ')}.`;
}

/** A bar a method of one attribute, with its interval; dashed what needs no knowledge. */
export function bars(
  name: string,
  { noop, full, accuracy, chance }: ReadAttribute,
  { summary, settings }: DisentangleResult,
): Markup {
  const own = summary.filter(({ attribute }) => attribute === name);
  const height = M.top + own.length * (BAR + GAP) + M.bottom;
  const x = scaleLinear([0, 1], [M.left, W - M.right]);
  const at = (v: number) => x(Math.min(1, Math.max(0, v))).toFixed(1);
  const floor = height - M.bottom;
  return html`<figure class="bars"><svg viewBox="0 0 ${W} ${height}" role="img" aria-label="${name}: disentangle score of each method; the values are in the table">
<text class="title" x="${M.left}" y="14">${name}</text>
${x.ticks(5).map((t) => html`<line class="axis" x1="${at(t)}" x2="${at(t)}" y1="${M.top - 6}" y2="${floor}"/><text x="${at(t)}" y="${floor + 14}" text-anchor="middle">${t}</text>`)}
${own.map(({ method, disentangle }, i) => {
  const y = M.top + i * (BAR + GAP);
  const middle = y + BAR / 2;
  return html`<g class="series s${i % 10}"><rect class="mark" x="${M.left}" y="${y}" width="${(x(disentangle.mean) - M.left).toFixed(1)}" height="${BAR}"><title>${method}: ${estimateText(disentangle)}</title></rect></g><text class="name" x="${M.left - 6}" y="${middle}" text-anchor="end" dominant-baseline="middle">${method}</text>${whisker(disentangle, at, middle)}<text x="${W - M.right + 8}" y="${middle}" dominant-baseline="middle">${estimateText(disentangle)}</text>`;
})}
<line class="noop" x1="${at(Math.max(noop.disentangle, full.disentangle))}" x2="${at(Math.max(noop.disentangle, full.disentangle))}" y1="${M.top - 6}" y2="${floor}"/>
</svg><figcaption>${settings.city ? 'prompts answered' : 'read-out'} ${accuracy.toFixed(2)} right, chance ${chance.toFixed(2)}</figcaption></figure>`;
}

const whisker = ({ mean, half }: Estimate, at: (v: number) => string, y: number): Markup | false =>
  half !== null &&
  html`<line class="whisker" x1="${at(mean - half)}" x2="${at(mean + half)}" y1="${y}" y2="${y}"/>`;

function table(
  name: string,
  { noop, full, classes }: ReadAttribute,
  summary: readonly DisentangleSummary[],
): Markup {
  const fixed = (v: number) => v.toFixed(2);
  const end = (what: string, { cause, isolate, disentangle }: ReadAttribute['noop']) =>
    html`<tr><td>${what}</td><td>${fixed(cause)}</td><td>${fixed(isolate)}</td><td>${fixed(disentangle)}</td><td></td><td></td><td></td><td></td></tr>`;
  return html`<h3>${name}</h3><p class="note">${classes.length} values: ${classes.slice(0, 12).join(', ')}${classes.length > 12 && ', ...'}</p>
<div class="scroll"><table><thead><tr><th scope="col">method</th><th scope="col">cause</th><th scope="col">isolate</th><th scope="col">disentangle</th><th scope="col">soft mask</th><th scope="col">selected</th><th scope="col">against the ends</th><th scope="col">s</th></tr></thead><tbody>
${end('no-op', noop)}${end('full patch', full)}
${summary
  .filter(({ attribute }) => attribute === name)
  .map(
    (s) =>
      html`<tr><td>${s.method}</td><td>${estimateText(s.cause)}</td><td>${estimateText(s.isolate)}</td><td>${estimateText(s.disentangle)}</td><td>${estimateText(s.soft)}</td><td>${Math.round(s.selected)} of ${s.of}</td><td>${againstEnds(s, { noop, full })}</td><td>${s.seconds.toFixed(1)}</td></tr>`,
  )}
</tbody></table></div>`;
}

/** What an SAE without its error costs before anything is chosen. */
function lossy({ rows }: DisentangleResult): Markup | false {
  const own = rows.filter(({ nothing, seed }) => nothing !== null && seed === rows[0].seed);
  if (!own.length) return false;
  return html`<section><h2>What reconstruction alone does</h2><p class="note">An SAE without its error changes the vectors even where no feature is interchanged: scores below the no-op hold that damage. Seed ${rows[0].seed}.</p>
<div class="scroll"><table><thead><tr><th scope="col">method</th><th scope="col">attribute</th><th scope="col">nothing taken: cause</th><th scope="col">isolate</th><th scope="col">everything taken: cause</th><th scope="col">isolate</th></tr></thead><tbody>
${own.map((r) => html`<tr><td>${r.method}</td><td>${r.attribute}</td><td>${r.nothing!.cause.toFixed(2)}</td><td>${r.nothing!.isolate.toFixed(2)}</td><td>${r.everything!.cause.toFixed(2)}</td><td>${r.everything!.isolate.toFixed(2)}</td></tr>`)}
</tbody></table></div></section>`;
}

/** Coordinates are of one meaning over seeds only where the basis is one: neurons, features, principal components. */
function chosen({ summary, tap, settings }: DisentangleResult): Markup | false {
  const shown = summary.filter(({ method }) => /^(neurons|truth|pca|sae)/.test(method));
  if (!shown.length) return false;
  const unit = ({ method, tap: own }: DisentangleSummary, j: number): string => {
    const where = own ?? tap;
    if (method.startsWith('sae')) return `f${j}`;
    if (method === 'pca') return `component ${j}`;
    return where !== null && (settings.hidden === null || method === 'truth') ? `${where}:${j}` : `${j}`;
  };
  const { explorer } = settings;
  const linked = (s: DisentangleSummary, j: number): Markup | string => {
    const kind = s.method.startsWith('sae') ? 'features' : s.method === 'neurons' ? 'neurons' : undefined;
    if (explorer === null || kind === undefined) return unit(s, j);
    return html`<a href="${explorer}#/${kind}/${j}">${unit(s, j)}</a>`;
  };
  return html`<section><h2>What the masks take</h2><p class="note">Coordinates that the masks of all seeds take, the first 40 by number; of an SAE, features as <code>curvesae visualize</code>, <code>examples</code> and <code>explore</code> name them. There is no sparsity penalty: a coordinate that matters little may be taken.</p>
<div class="scroll"><table class="words"><thead><tr><th scope="col">attribute</th><th scope="col">method</th><th scope="col">by all seeds</th><th scope="col">which</th></tr></thead><tbody>
${shown.map(
  (s) =>
    html`<tr><td>${s.attribute}</td><td>${s.method}</td><td>${s.always.length}</td><td class="features">${s.always
      .slice(0, 40)
      .map((j, i) => html`${i > 0 && ', '}${linked(s, j)}`)}${s.always.length > 40 && ', ...'}</td></tr>`,
)}
</tbody></table></div></section>`;
}

function seconds(summary: readonly DisentangleSummary[]): string {
  const by = new Map<string, number>();
  for (const { method, seconds: s } of summary) by.set(method, (by.get(method) ?? 0) + s);
  return [...by].map(([method, s]) => `${method} ${s.toFixed(1)}`).join(', ');
}
