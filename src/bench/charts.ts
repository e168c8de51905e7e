// Charts of the benchmark's page as SVG text: bars in groups, and cost over size.
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { html, type Markup } from '../report/html.js';
import { short } from '../report/numbers.js';

export interface Bar {
  label: string;
  value: number;
  /** A thin mark: the median beside the best. */
  mark?: number;
  text: string;
  /** Colour, 0 .. 9. */
  series: number;
}

export interface BarGroup {
  label: string;
  note?: string;
  bars: Bar[];
}

const W = 760;
const LEFT = 178;
const RIGHT = 172;
const BAR = 15;
const GAP = 14;
const HEAD = 17;

/** Horizontal bars from 0, groups one below the other on one scale; `reference`: a line across all. */
export function barChart(
  groups: BarGroup[],
  title: string,
  reference?: { value: number; label: string },
): Markup {
  const top = reference ? 22 : 6;
  let y = top;
  const places = groups.map((g) => {
    const at = y;
    y += HEAD + g.bars.length * BAR + GAP;
    return at;
  });
  const height = y;
  const most = Math.max(
    reference?.value ?? 0,
    ...groups.flatMap((g) => g.bars.map((b) => Math.max(b.value, b.mark ?? 0))),
  );
  const x = scaleLinear([0, most || 1], [LEFT, W - RIGHT]);
  const px = (v: number): string => x(v).toFixed(1);
  const bar = (b: Bar, at: number): Markup =>
    html`<g class="series s${b.series}"><title>${b.label}: ${b.text}</title><text class="name" x="${LEFT - 8}" y="${at + 11}" text-anchor="end">${b.label}</text><rect class="fill" x="${LEFT}" y="${at + 2}" width="${Math.max(1, x(b.value) - LEFT).toFixed(1)}" height="${BAR - 4}" rx="2"/>${b.mark !== undefined && html`<line class="median" x1="${px(b.mark)}" x2="${px(b.mark)}" y1="${at + 1}" y2="${at + BAR - 1}"/>`}<text class="value" x="${(Math.max(x(b.value), x(b.mark ?? 0)) + 6).toFixed(1)}" y="${at + 11}">${b.text}</text></g>`;
  return html`<figure><svg viewBox="0 0 ${W} ${height}" role="img" aria-label="${title}">
${reference && html`<line class="limit" x1="${px(reference.value)}" x2="${px(reference.value)}" y1="14" y2="${height - GAP}"/><text x="${px(reference.value)}" y="10" text-anchor="middle">${reference.label}</text>`}
${groups.map((g, i) => html`<text class="title" x="0" y="${places[i] + 12}">${g.label}${g.note !== undefined && html`<tspan class="aside" dx="8">${g.note}</tspan>`}</text>${g.bars.map((b, j) => bar(b, places[i] + HEAD + j * BAR))}`)}
</svg></figure>`;
}

export interface Curve {
  label: string;
  series: number;
  /** x, best, median. */
  points: [number, number, number][];
}

const CW = 340;
const CH = 210;
const M = { left: 50, right: 14, top: 26, bottom: 40 };

/** Curves over a logarithmic or (few small numbers) linear axis; bests joined, medians as hollow marks. */
export function curveChart(
  curves: Curve[],
  title: string,
  xLabel: string,
  yLabel: string,
  linear = false,
): Markup {
  const points = curves.flatMap((c) => c.points);
  const xs = [...new Set(points.map((p) => p[0]))].sort((a, b) => a - b);
  const most = Math.max(...points.map((p) => Math.max(p[1], p[2])));
  const [low, high] = [xs[0], xs[xs.length - 1]];
  const range = [M.left + 6, CW - M.right];
  const x = linear
    ? scaleLinear([low, high === low ? low + 1 : high], range)
    : scaleLog([low, high === low ? low + 1 : high], range);
  const y = scaleLinear([0, most], [CH - M.bottom, M.top]).nice(4);
  const path = line<[number, number, number]>()
    .x((p) => x(p[0]))
    .y((p) => y(p[1]));
  path.digits(1);
  return html`<figure><svg viewBox="0 0 ${CW} ${CH}" role="img" aria-label="${title}">
<text class="title" x="0" y="14">${title}</text>
${y.ticks(4).map((t) => html`<line class="axis" x1="${M.left}" x2="${CW - M.right}" y1="${y(t).toFixed(1)}" y2="${y(t).toFixed(1)}"/><text x="${M.left - 6}" y="${y(t).toFixed(1)}" text-anchor="end" dominant-baseline="middle">${short(t)}</text>`)}
${xs.map((v) => html`<text x="${x(v).toFixed(1)}" y="${CH - 24}" text-anchor="middle">${v}</text>`)}
<text x="${(M.left + CW - M.right) / 2}" y="${CH - 8}" text-anchor="middle">${xLabel}</text><text class="aside" x="${CW - M.right}" y="14" text-anchor="end">${yLabel}</text>
${curves.map((c) => html`<g class="series s${c.series}"><path d="${path(c.points) ?? ''}"/>${c.points.map((p) => html`<circle class="mark" r="3.4" cx="${x(p[0]).toFixed(1)}" cy="${y(p[1]).toFixed(1)}"><title>${c.label}, ${p[0]}: best ${short(p[1])}, median ${short(p[2])}</title></circle><circle class="hollow" r="2.6" cx="${x(p[0]).toFixed(1)}" cy="${y(p[2]).toFixed(1)}"/>`)}</g>`)}
</svg></figure>`;
}

export const BENCH_STYLE = `
.series .fill{fill:var(--c);fill-opacity:.82}
.series .name,.series .value{fill:var(--soft);font-weight:400;font-variant-numeric:tabular-nums;paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.series.s1 .name,.series.s1 .value{fill:var(--ink);font-weight:600}
.series .median{stroke:var(--ink);stroke-width:1.2;stroke-opacity:.55}
.series .hollow{fill:none;stroke:var(--c);stroke-opacity:.55}
.limit{stroke:var(--gap);stroke-dasharray:4 3;stroke-opacity:.75}
svg .aside{fill:var(--soft);font-weight:400;font-size:11px}
.key i.sw{background:var(--c);opacity:.82}
td.ours{font-weight:700}
td.ok{color:var(--good)}td.bad{color:var(--gap)}
.wide{min-width:36rem}
h3{font-size:1rem;margin:1.1rem 0 .3rem}
summary{cursor:pointer;font-weight:600}
.rows td:first-child,.rows th:nth-child(2),.rows td:nth-child(2),.rows th:nth-child(3),.rows td:nth-child(3){white-space:normal;text-align:left}
.rows tr.again td:first-child{color:transparent}
.rows tr.first td{border-top:1px solid var(--soft)}
`;
