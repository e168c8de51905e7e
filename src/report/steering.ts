// The picture of how well steering works: what the nearest documents carry against how far a query was steered, and against how like
// the query it still is; random directions beside it. One SVG that carries its own style.
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import type { Carried, SteeringReport, SteeringRow } from '../study/search/evaluate.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';
import { SERIES_STYLE } from './style.js';

const W = 360;
const H = 250;
const M = { left: 44, right: 18, top: 30, bottom: 40 };

const STYLE = `:root{color-scheme:light dark;--card:#fff;--ink:#1d2126;--soft:#5c6570;--line:#e3e0d8}
@media(prefers-color-scheme:dark){:root{--card:#1b1f24;--ink:#e8e6e1;--soft:#9aa3ad;--line:#2d333a}}
text{fill:var(--soft);font:11px system-ui,sans-serif}.title{fill:var(--ink);font-weight:600}.axis{stroke:var(--line)}
.chance path{stroke-dasharray:3 3}.chance .mark{fill:var(--card);stroke:var(--c)}.before{stroke:var(--ink);stroke-dasharray:1 3}
${SERIES_STYLE}.key text{fill:var(--ink);font-weight:400}`;

interface Panel {
  title: string;
  value: (carried: Carried) => number | null;
  x: (row: SteeringRow) => number;
  xLabel: string;
  log: boolean;
}

const PANELS: Panel[] = [
  { title: 'feature fires', value: (c) => c.feature, x: (r) => r.level, xLabel: 'strength', log: true },
  { title: 'of its category', value: (c) => c.category, x: (r) => r.level, xLabel: 'strength', log: true },
  {
    title: 'feature fires',
    value: (c) => c.feature,
    x: (r) => r.fidelity,
    xLabel: 'cosine to the query',
    log: false,
  },
];

/** steering.svg. */
export async function drawSteering(report: SteeringReport): Promise<string> {
  const panels = PANELS.filter(({ value }) => report.rows.some((row) => value(row.after) !== null));
  const methods = [...new Set(report.rows.map(({ method }) => method))];
  const label = `Of the ${report.top} documents nearest to a steered query, how many carry the feature; ${report.queries} queries`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${W * panels.length} ${H + 30}" role="img"><title>${label}</title><style>${STYLE}</style>
<rect width="100%" height="100%" fill="var(--card)"/>
${panels.map((panel, i) => html`<g transform="translate(${i * W} 0)">${drawn(panel, report, methods)}</g>`)}
<g class="key series" transform="translate(${M.left} ${H + 12})">${methods.map((method, i) => html`<g class="s${i}" transform="translate(${i * 90} 0)"><circle class="mark" r="4" cy="-4"/><text x="8">${method}</text></g>`)}<text x="${methods.length * 90}">dashed: as far in a random direction; dotted: unsteered</text></g>
</svg>
`.text;
}

function drawn(panel: Panel, { rows, top }: SteeringReport, methods: readonly string[]): Markup {
  const xs = rows.map(panel.x);
  const [low, high] = [Math.min(...xs), Math.max(...xs)];
  const range: [number, number] = [M.left + 6, W - M.right];
  const domain: [number, number] = [low, high > low ? high : low + 1];
  const x = panel.log ? scaleLog(domain, range) : scaleLinear(domain, range);
  const y = scaleLinear([0, 1], [H - M.bottom, M.top]);
  const before = panel.value(rows[0].before) ?? 0;
  const path = line<[number, number]>()
    .x((p) => x(p[0]))
    .y((p) => y(p[1]))
    .digits(1);
  const ticks = panel.log ? [...new Set(xs)] : x.ticks(4);
  const series = (method: string, key: 'after' | 'random'): Markup => {
    const points = rows
      .filter((row) => row.method === method)
      .map((row): [number, number] => [panel.x(row), panel.value(row[key]) ?? 0]);
    return html`<g class="series s${methods.indexOf(method)}${key === 'random' ? ' chance' : ''}"><path d="${path(points) ?? ''}"/>${points.map((p) => html`<circle class="mark" r="3.4" cx="${x(p[0]).toFixed(1)}" cy="${y(p[1]).toFixed(1)}"><title>${method}${key === 'random' ? ', random' : ''}: ${short(p[1])} at ${short(p[0])}</title></circle>`)}</g>`;
  };
  return html`<text class="title" x="${M.left}" y="16">${panel.title} (share of the nearest ${top})</text>
${y.ticks(5).map((t) => html`<line class="axis" x1="${M.left}" x2="${W - M.right}" y1="${y(t).toFixed(1)}" y2="${y(t).toFixed(1)}"/><text x="${M.left - 6}" y="${(y(t) + 4).toFixed(1)}" text-anchor="end">${short(t)}</text>`)}
${ticks.map((t) => html`<text x="${x(t).toFixed(1)}" y="${H - M.bottom + 16}" text-anchor="middle">${short(t)}</text>`)}
<text x="${(M.left + W - M.right) / 2}" y="${H - 8}" text-anchor="middle">${panel.xLabel}</text>
<line class="before" x1="${M.left}" x2="${W - M.right}" y1="${y(before).toFixed(1)}" y2="${y(before).toFixed(1)}"/>
${methods.flatMap((method) => [series(method, 'random'), series(method, 'after')])}`;
}
