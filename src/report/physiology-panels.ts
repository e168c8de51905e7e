// Panels of a physiology sheet as SVG: lines beside the grey band of random directions, or a map, all to one scale.
import { scaleLinear, scalePoint } from 'd3-scale';
import { area, line } from 'd3-shape';
import { BLACK_INK, type PanelName, WHITE_INK } from '../study/physiology/sheet.js';
import type { ChanceBand, PanelAbout, UnitPanel } from '../study/physiology/types.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';

export const TITLES: Record<PanelName, string> = {
  curves: 'curves',
  lines: 'lines',
  edges: 'edges',
  angles: 'angles, by opening',
  gratingOrientation: 'gratings: orientation',
  gratingFrequency: 'gratings: wavelength',
  gratingPhase: 'gratings: phase',
  hues: 'colour',
  colourEdges: 'edge of opposite hues',
  contrast: 'the same arc in other inks',
  spots: 'spots, by radius',
  textures: 'textures, by grain',
  highLow: 'rough beside smooth',
  curvature: 'curvature by orientation',
  curveToAngle: 'from angle to curve',
};

const SIZE = { width: 250, height: 138, left: 26, right: 244, top: 20, bottom: 104 } as const;

export const PANEL_STYLE = `
.band{fill:var(--soft);fill-opacity:.22;stroke:none}
.l0{stroke:var(--neuron)}.l1{stroke:var(--feature)}.l2{stroke:var(--good)}.l3{stroke:var(--gap)}.l4{stroke:#7a4bb0}
.panel path.line{fill:none;stroke-width:1.6}
.panel .dot{stroke:none;fill:var(--neuron)}
.panel .heat{fill:var(--feature);stroke:none}
.panel .chance{fill:var(--soft);stroke:none}
.panel .key{stroke-width:2.5}
.panel svg text{font-size:9.5px}
.panel svg .title{font-size:11px}
`;

export interface Scale {
  /** Strength at the upper end. */
  top: number;
}

export function panelFigure(
  name: PanelName,
  about: PanelAbout,
  { values, p }: UnitPanel,
  band: ChanceBand,
  scale: Scale,
): Markup {
  const most = Math.max(0, ...values.flat());
  const title = html`<text class="title" x="${SIZE.left}" y="10">${TITLES[name]}</text>`;
  const label = `${TITLES[name]}: at most ${short(most)}; ${chanceText(p)}`;
  const picture = about.y ? heatMap(about, values, band, scale) : lineChart(about, values, band, scale);
  return html`<svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${label}">${title}${picture}</svg>`;
}

/** How seldom random directions answer as strongly. */
export const chanceText = (p: number): string =>
  p >= 0.995
    ? 'every random direction answers as much'
    : `${short(100 * p)} % of random directions answer as much`;

const xText = (axis: string, v: number): string => {
  if (v === BLACK_INK) return 'black';
  if (v === WHITE_INK) return 'white';
  return axis.endsWith('Deg') || axis === 'ink' ? `${Math.round(v)}°` : short(v);
};

/** At most that many of them, evenly. */
function ticks(values: readonly number[], most: number): number[] {
  const step = Math.ceil(values.length / most);
  return values.filter((_, i) => i % step === 0);
}

const UNORDERED: ReadonlySet<string> = new Set(['ink']);

function lineChart(about: PanelAbout, values: number[][], band: ChanceBand, { top }: Scale): Markup {
  const { x: axis, lines } = about;
  const x = scalePoint<number>([...axis.values], [SIZE.left, SIZE.right]);
  const y = scaleLinear([0, top], [SIZE.bottom, SIZE.top]);
  const at = (i: number): number => x(axis.values[i])!;
  const height = (v: number): number => y(Math.min(v, top));
  const shade = area<number>()
    .x((_, i) => at(i))
    .y0((_, i) => height(band.low[i]))
    .y1((_, i) => height(band.high[i]));
  shade.digits(1);
  const path = line<number>()
    .x((_, i) => at(i))
    .y((v) => height(v));
  path.digits(1);
  return html`${y.ticks(3).map((t) => html`<line class="axis" x1="${SIZE.left}" x2="${SIZE.right}" y1="${y(t).toFixed(1)}" y2="${y(t).toFixed(1)}"/><text x="${SIZE.left - 4}" y="${y(t).toFixed(1)}" text-anchor="end" dominant-baseline="middle">${short(t)}</text>`)}
<path class="band" d="${shade(band.low) ?? ''}"/>
${values.map((row, l) =>
  UNORDERED.has(axis.name)
    ? row.map(
        (v, i) => html`<circle class="dot" r="3" cx="${at(i).toFixed(1)}" cy="${height(v).toFixed(1)}"/>`,
      )
    : html`<path class="line l${l}" d="${path(row) ?? ''}"/>`,
)}
${ticks(axis.values, 8).map((v) => html`<text x="${x(v)!.toFixed(1)}" y="${SIZE.bottom + 12}" text-anchor="middle">${xText(axis.name, v)}</text>`)}
${lines.length > 1 && keys(lines)}`;
}

/** What each colour of line is, below the axis. */
function keys(lines: readonly string[]): Markup {
  const step = (SIZE.right - SIZE.left) / lines.length;
  return html`${lines.map((text, i) => {
    const x = SIZE.left + i * step;
    const y = SIZE.height - 3;
    return html`<line class="key l${i}" x1="${x.toFixed(1)}" x2="${(x + 9).toFixed(1)}" y1="${y - 3}" y2="${y - 3}"/><text x="${(x + 12).toFixed(1)}" y="${y}">${text}</text>`;
  })}`;
}

/** Rows from the bottom up; the column on the right is what one in twenty random directions exceeds. */
function heatMap(about: PanelAbout, values: number[][], band: ChanceBand, { top }: Scale): Markup {
  const rows = about.y!.values;
  const columns = about.x.values;
  const right = SIZE.right - 22;
  const [w, h] = [(right - SIZE.left) / columns.length, (SIZE.bottom - SIZE.top) / rows.length];
  const y = (r: number): number => SIZE.bottom - (r + 1) * h;
  const shade = (v: number): string => Math.min(1, v / top).toFixed(2);
  const rowName = (v: number | null): string => (v === null ? 'line' : v === 0 ? 'sharp' : `${short(v)}`);
  return html`${rows.map(
    (
      value,
      r,
    ) => html`<text x="${SIZE.left - 3}" y="${(y(r) + h / 2).toFixed(1)}" text-anchor="end" dominant-baseline="middle">${rowName(value)}</text>
${values[r].map((v, c) => v > 0 && html`<rect class="heat" x="${(SIZE.left + c * w).toFixed(1)}" y="${y(r).toFixed(1)}" width="${(w + 0.2).toFixed(1)}" height="${(h + 0.2).toFixed(1)}" fill-opacity="${shade(v)}"/>`)}
<rect class="chance" x="${right + 6}" y="${y(r).toFixed(1)}" width="14" height="${(h + 0.2).toFixed(1)}" fill-opacity="${shade(band.high[r])}"/>`,
  )}
<rect class="ring" x="${SIZE.left}" y="${SIZE.top}" width="${(right - SIZE.left).toFixed(1)}" height="${SIZE.bottom - SIZE.top}"/>
${ticks(columns, 6).map((v) => html`<text x="${(SIZE.left + (columns.indexOf(v) + 0.5) * w).toFixed(1)}" y="${SIZE.bottom + 12}" text-anchor="middle">${xText(about.x.name, v)}</text>`)}
<text x="${right + 13}" y="${SIZE.bottom + 12}" text-anchor="middle">95 %</text>`;
}
