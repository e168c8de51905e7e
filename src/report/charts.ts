// Charts of the report as SVG text: training curves, histogram, small tuning curves.
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { DENSITY_LOG10 } from '../sae/density.js';
import type { TrainProgress } from '../sae/types.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';
import {
  BELOW_Y,
  BESIDE_X,
  curvePaths,
  DENSITY_BARS,
  densityBars,
  largest,
  PLOT,
  powerOfTen,
  TITLE_Y,
} from './plot-geometry.js';

const svg = (label: string): Markup =>
  html`<svg viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" aria-label="${label}">`;

const heading = (title: Markup | string): Markup =>
  html`<text class="title" x="${PLOT.left}" y="${TITLE_Y}">${title}</text>`;

/** A number beside the frame, and one below it. */
const beside = (y: number, text: string): Markup =>
  html`<text x="${BESIDE_X}" y="${y.toFixed(1)}" text-anchor="end" dominant-baseline="middle">${text}</text>`;
const below = (x: number, text: string | number): Markup =>
  html`<text x="${x.toFixed(1)}" y="${BELOW_Y}" text-anchor="middle">${text}</text>`;

/** A line across the frame with its number. */
const levelLine = (y: number, text: string, right: number = PLOT.right): Markup =>
  html`<line class="axis" x1="${PLOT.left}" x2="${right}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/>${beside(y, text)}`;

type Key = 'loss' | 'l0' | 'fvu' | 'gamma' | 'dead';

/** One panel of the training log. Logarithmic where every value is above 0. */
export function trainingChart(log: readonly TrainProgress[], key: Key, title: string): Markup {
  const last = short(log[log.length - 1][key]);
  return panel(
    [log],
    key,
    html`${title} <tspan>${last}</tspan>`,
    `${title} over training, ends at ${last}`,
    () => 'curve feature',
  );
}

/** Several runs in one panel, each with its label at its end where there is room. */
export function trainingLines(
  lines: readonly { label: string; log: readonly TrainProgress[] }[],
  key: Key,
  title: string,
): Markup {
  const ends = lines.map(({ label, log }) => `${label} ends at ${short(log[log.length - 1][key])}`);
  return panel(
    lines.map((l) => l.log),
    key,
    html`${title}`,
    `${title} over training: ${ends.join(', ')}`,
    () => 'curve',
    lines.map((l) => l.label),
  );
}

/** Space for labels at the ends of lines, and the least distance between two of them. */
const LABEL_WIDTH = 40;
const LABEL_HEIGHT = 11;

function panel(
  logs: readonly (readonly TrainProgress[])[],
  key: Key,
  title: Markup,
  description: string,
  classOf: (i: number) => string,
  labels?: readonly string[],
): Markup {
  const values = logs.flatMap((log) => log.map((p) => p[key]));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const logarithmic = low > 0 && high / low > 4;
  const right = PLOT.right - (labels ? LABEL_WIDTH : 0);
  const x = scaleLinear([0, Math.max(...logs.map((log) => log[log.length - 1].step))], [PLOT.left, right]);
  const y = logarithmic
    ? scaleLog([low, high], [PLOT.bottom, PLOT.top]).nice()
    : scaleLinear([Math.min(0, low), high > low ? high : low + 1], [PLOT.bottom, PLOT.top]).nice();
  const path = line<TrainProgress>()
    .x((p) => x(p.step))
    .y((p) => y(p[key]));
  path.digits(1);
  const taken: number[] = [];
  const label = (text: string, at: number): Markup | undefined => {
    if (taken.some((v) => Math.abs(v - at) < LABEL_HEIGHT)) return undefined;
    taken.push(at);
    return html`<text x="${right + 5}" y="${at.toFixed(1)}" dominant-baseline="middle">${text}</text>`;
  };
  return html`<figure>${svg(description)}
${heading(title)}
${ticksOf(y, logarithmic).map((t) => levelLine(y(t), short(t), right))}
${x.ticks(4).map((t) => below(x(t), t))}
${logs.map((log, i) => html`<path class="${classOf(i)}" d="${path(log) ?? ''}">${labels && html`<title>${labels[i]}</title>`}</path>`)}
${labels?.map((text, i) => label(text, y(logs[i][logs[i].length - 1][key])))}</svg></figure>`;
}

export function ticksOf(
  y: { ticks(count?: number): number[]; domain(): number[] },
  logarithmic: boolean,
): number[] {
  const ticks = y.ticks(4);
  if (!logarithmic || ticks.length <= 5) return ticks;
  // d3 lists every digit of a decade: keep 1, 2 and 5.
  const round = ticks.filter((t) => /^[125]0*$|^0\.0*[125]$/.test(Number(t.toPrecision(1)).toString()));
  return round.length > 6 ? round.filter((t) => /1/.test(t.toString())) : round;
}

/** Histogram of log10 density over `vectors` vectors; latents that never fire stand apart at the left. */
export function densityHistogram(
  densities: ArrayLike<number>,
  vectors: number,
  kind: 'neuron' | 'feature',
  title: string,
): Markup {
  const { from, bars, silent } = densityBars(densities, vectors);
  const x = scaleLinear([from - 1, 0], [PLOT.left, PLOT.right]);
  const y = scaleLinear([0, Math.max(1, ...bars, silent)], [PLOT.bottom, PLOT.top]);
  const bar = (low: number, high: number, n: number) =>
    html`<rect class="bar ${kind}" x="${(x(low) + 0.5).toFixed(1)}" width="${Math.max(0.5, x(high) - x(low) - 1).toFixed(1)}" y="${y(n).toFixed(1)}" height="${(y(0) - y(n)).toFixed(1)}"/>`;
  return html`<figure>${svg(`${title}: ${silent} of ${densities.length} never active`)}
${heading(title)}
${y.ticks(4).map((t) => levelLine(y(t), String(t)))}
${bars.map((n, i) => n > 0 && bar(from + i / DENSITY_BARS, from + (i + 1) / DENSITY_BARS, n))}
${silent > 0 && bar(from - 0.85, from - 0.5, silent)}
${below(x(from - 0.68), '0')}
${Array.from({ length: -from + 1 }, (_, i) => below(x(from + i), powerOfTen(from + i)))}
</svg></figure>`;
}

const MOST_COLUMNS = 50;
const DENSITY_WIDTH = DENSITY_LOG10[1] - DENSITY_LOG10[0];

/** How often latents fire over training: darker where more of them fire that often; the row at 0 never does. */
export function densityChart(log: readonly TrainProgress[]): Markup | undefined {
  const points = log.flatMap((p) => (p.density ? [{ step: p.step, ...p.density }] : []));
  if (points.length < 2) return undefined;
  const every = Math.ceil(points.length / MOST_COLUMNS);
  const shown = points.filter((_, i) => i % every === 0 || i === points.length - 1);
  const first = Math.min(...shown.map((p) => p.latents.findIndex((n) => n > 0)).filter((i) => i >= 0));
  const from = DENSITY_LOG10[Number.isFinite(first) ? Math.min(first, 16) : 16];
  const x = scaleLinear([0, points[points.length - 1].step], [PLOT.left, PLOT.right]);
  const y = scaleLinear([from - 0.75, 0], [PLOT.bottom, PLOT.top]);
  const most = Math.max(1, ...shown.flatMap((p) => p.latents));
  const cell = (i: number, low: number, high: number, share: number) => {
    const left = x(i ? shown[i - 1].step : 0);
    return html`<rect class="cell" x="${left.toFixed(1)}" width="${(x(shown[i].step) - left + 0.2).toFixed(1)}" y="${y(high).toFixed(1)}" height="${(y(low) - y(high)).toFixed(1)}" fill-opacity="${Math.sqrt(share).toFixed(2)}"/>`;
  };
  const all = points[0].silent + points[0].latents.reduce((sum, n) => sum + n, 0);
  const { silent } = points[points.length - 1];
  const decades = Array.from({ length: Math.floor(-from) + 1 }, (_, i) => -i);
  return html`<figure>${svg(`how often features fire, over training; ${silent} never at the end`)}
${heading('how often features fire')}
${shown.map((p, i) => [
  ...p.latents.flatMap((n, b) =>
    n > 0 ? [cell(i, DENSITY_LOG10[b], DENSITY_LOG10[b] + DENSITY_WIDTH, n / most)] : [],
  ),
  ...(p.silent > 0 ? [cell(i, from - 0.75, from - 0.45, p.silent / all)] : []),
])}
${decades.map((v) => beside(y(v), powerOfTen(v)))}
${beside(y(from - 0.6), '0')}
${x.ticks(4).map((t) => below(x(t), t))}
</svg></figure>`;
}

/** `mixed3b_5x5:59` is `neuron 59` where its tap is known from the page. */
const shortName = (unit: string, kind: 'neuron' | 'feature'): string =>
  kind === 'neuron' ? `neuron ${unit.slice(unit.lastIndexOf(':') + 1)}` : unit;

/** One tuning curve, small. */
export function tuningThumbnail(
  unit: string,
  /** null: no direction more than others. */
  orientationDeg: number | null,
  curve: ArrayLike<number>,
  kind: 'neuron' | 'feature',
  natural?: readonly number[],
): Markup {
  const [w, h] = [140, 66];
  const points = Array.from({ length: 180 }, (_, i) => [i * 2, curve[i * 4]] as [number, number]);
  const x = scaleLinear([0, 360], [2, w - 2]);
  const y = scaleLinear([0, largest(curve) || 1], [h - 14, 16]);
  const paths = curvePaths(points, x, y);
  const seen = natural && naturalLine(natural, x, [h - 14, 16]);
  return html`<svg viewBox="0 0 ${w} ${h}" role="img" aria-label="tuning curve of ${unit}, ${orientationDeg === null ? 'no single orientation' : `orientation ${orientationDeg.toFixed(1)} degrees`}">
<text class="title" x="2" y="10">${shortName(unit, kind)}</text><text x="${w - 2}" y="10" text-anchor="end">${orientationDeg !== null && `${orientationDeg.toFixed(0)}°`}</text>
<line class="axis" x1="2" x2="${w - 2}" y1="${h - 14}" y2="${h - 14}"/>
<path class="area ${kind}" d="${paths.area}"/><path class="curve ${kind}" d="${paths.line}"/>${seen && html`<path class="natural" d="${seen}"/>`}
<text x="2" y="${h - 2}">0°</text><text x="${w / 2}" y="${h - 2}" text-anchor="middle">180°</text><text x="${w - 2}" y="${h - 2}" text-anchor="end">360°</text></svg>`;
}

/** A natural tuning curve, one value a direction, closed over 360 degrees and scaled to its largest. */
function naturalLine(natural: readonly number[], x: (v: number) => number, height: [number, number]): string {
  const points = [...natural, natural[0]].map((v, i): [number, number] => [(360 * i) / natural.length, v]);
  return curvePaths(points, x, scaleLinear([0, largest(natural) || 1], height)).line;
}
