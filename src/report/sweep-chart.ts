// Charts of the page of a sweep: one mark an SAE, joined along each series.
import { scaleLinear, scaleLog } from 'd3-scale';
import {
  line,
  type SymbolType,
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from 'd3-shape';
import { ticksOf } from './charts.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';

const W = 520;
const H = 360;
const M = { left: 56, right: 16, top: 28, bottom: 44 };

const SHAPES: SymbolType[] = [
  symbolCircle,
  symbolSquare,
  symbolTriangle,
  symbolDiamond,
  symbolStar,
  symbolCross,
  symbolWye,
];

const mark = (series: number, size = 56): string =>
  symbol(SHAPES[series % SHAPES.length], size).digits(1)() ?? '';

/** What an SAE is to a chart. */
export interface Point {
  name: string;
}

export interface Axis<P extends Point> {
  label: string;
  value: (row: P) => number | undefined;
  /** Logarithmic where all values are above 0. */
  log: boolean;
  /** A line that stands for the ideal. */
  ideal?: number;
}

/** SAEs in one colour and shape. `law`: the line through them, instead of one from each to the next. */
export interface Series<P extends Point> {
  name: string;
  rows: readonly P[];
  law?: (x: number) => number;
}

export const key = (names: readonly string[]): Markup =>
  html`<p class="key">${names.map((name, i) => html`<span class="series s${i % 10}"><svg viewBox="-8 -8 16 16" aria-hidden="true"><path class="mark" d="${mark(i, 80)}"/></svg> ${name}</span>`)}</p>`;

/** Points of all series, joined along each in order of the x axis. */
export function chart<P extends Point>(
  series: readonly Series<P>[],
  title: string,
  ax: Axis<P>,
  ay: Axis<P>,
): Markup {
  const shown = (v: number | undefined, axis: Axis<P>): v is number =>
    v !== undefined && Number.isFinite(v) && (v > 0 || !axis.log);
  const drawn = series.map(({ rows, law }) => ({
    law,
    points: rows
      .flatMap((row) => {
        const [x, y] = [ax.value(row), ay.value(row)];
        return shown(x, ax) && shown(y, ay) ? [{ name: row.name, x, y }] : [];
      })
      .sort((a, b) => a.x - b.x),
  }));
  const points = drawn.flatMap((s) => s.points);
  if (!points.length) return html`<figure><p class="note">${title}: no SAE has both values.</p></figure>`;
  const x = scaleOf(
    ax,
    points.map((p) => p.x),
    [M.left, W - M.right],
  );
  const y = scaleOf(
    ay,
    points.map((p) => p.y),
    [H - M.bottom, M.top],
  );
  const path = line<{ x: number; y: number }>()
    .x((p) => x.at(p.x))
    .y((p) => y.at(p.y));
  path.digits(1);
  return html`<figure><svg viewBox="0 0 ${W} ${H}" role="img" aria-label="${title}: ${ay.label} over ${ax.label}; the values are in the table">
<text class="title" x="${M.left}" y="14">${title}</text>
${y.ticks.map((t) => html`<line class="axis" x1="${M.left}" x2="${W - M.right}" y1="${y.at(t).toFixed(1)}" y2="${y.at(t).toFixed(1)}"/><text x="${M.left - 6}" y="${y.at(t).toFixed(1)}" text-anchor="end" dominant-baseline="middle">${short(t)}</text>`)}
${x.ticks.map((t) => html`<line class="axis" y1="${M.top}" y2="${H - M.bottom}" x1="${x.at(t).toFixed(1)}" x2="${x.at(t).toFixed(1)}"/><text x="${x.at(t).toFixed(1)}" y="${H - M.bottom + 15}" text-anchor="middle">${short(t)}</text>`)}
${ay.ideal !== undefined && html`<line class="ring" stroke-dasharray="4 3" x1="${M.left}" x2="${W - M.right}" y1="${y.at(ay.ideal).toFixed(1)}" y2="${y.at(ay.ideal).toFixed(1)}"/>`}
<text x="${(M.left + W - M.right) / 2}" y="${H - 8}" text-anchor="middle">${ax.label}</text>
<text transform="translate(12 ${(M.top + H - M.bottom) / 2}) rotate(-90)" text-anchor="middle">${ay.label}</text>
${drawn.map(({ points: own, law }, i) => {
  // A power law is a straight line on logarithmic axes: two points are the whole of it.
  const ends = law ? own.filter((_, j) => j === 0 || j === own.length - 1) : own;
  const joined = ends.map((p) => ({ x: p.x, y: law ? law(p.x) : p.y }));
  return html`<g class="series s${i % 10}"><path d="${path(joined) ?? ''}"/>${own.map((p) => html`<path class="mark" transform="translate(${x.at(p.x).toFixed(1)} ${y.at(p.y).toFixed(1)})" d="${mark(i)}"><title>${p.name}: ${ax.label} ${short(p.x)}, ${ay.label} ${short(p.y)}</title></path>`)}</g>`;
})}
</svg></figure>`;
}

interface PlotScale {
  at(v: number): number;
  ticks: number[];
}

function scaleOf(
  axis: Pick<Axis<Point>, 'ideal' | 'log'>,
  values: readonly number[],
  range: [number, number],
): PlotScale {
  const all = axis.ideal === undefined ? values : [...values, axis.ideal];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  if (axis.log && low > 0 && high > low) {
    const scale = scaleLog([low, high], range).nice();
    return { at: (v) => scale(v), ticks: ticksOf(scale, true) };
  }
  const pad = high > low ? 0.06 * (high - low) : 0.5;
  const scale = scaleLinear([Math.min(low - pad, low), high + pad], range).nice();
  return { at: (v) => scale(v), ticks: scale.ticks(5) };
}
