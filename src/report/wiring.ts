// The weights from early curves and lines to curves: by relative orientation, and as a grid of patches.
import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import type { CurveWiring, WiredUnit, Wiring } from '../study/circuit/types.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';
import { gridPicture } from './patches.js';
import { BELOW_Y, BESIDE_X, PLOT, TITLE_Y } from './plot-geometry.js';

const KINDS = { curve: 'early curves', line: 'lines' } as const;

export function wiringSection({ curves, early, side, grid }: CurveWiring, tap: string, from: string): Markup {
  if (!curves.length || !early.length)
    return html`<section><h2>Curve circuits</h2><p>${curves.length ? `No unit of ${from} prefers one direction of arcs or lines.` : `No unit of ${tap} has the shape of a curve detector.`}</p></section>`;
  return html`<section><h2>Curve circuits</h2>
<p>The ${curves.length} units of <b>${tap}</b> that have the shape of a curve detector, and the expanded weights to them from ${early.map(({ kind, units }) => `${units.length} ${KINDS[kind]}`).join(' and ')} of <b>${from}</b>, over the largest of each curve's.</p>
<div class="pair">${early.map(profileChart)}</div>
${early.map(({ kind, units, aligned, p, shuffles }) => html`<p class="soft">${KINDS[kind]}: mean weight times the cosine of ${kind === 'line' ? 'twice the' : 'the'} relative orientation is ${short(aligned)} over ${units.length} x ${curves.length} pairs; p = ${short(p)} by ${shuffles} shuffles of the orientations of ${KINDS[kind]}.</p>`)}
<p>Columns are the curves, rows the earlier units, both by orientation; each square is a patch of ${side} x ${side} weights. Orange excites, blue inhibits.</p>
${grid.length < early.reduce((n, { units }) => n + units.length, 0) && html`<p class="soft">Of each kind those that write to the curves most.</p>`}
${gridFigure(side, grid, early, curves)}</section>`;
}

function profileChart({ kind, profile }: Wiring): Markup {
  const { relativeDeg, mean, p5, p95 } = profile;
  const edge = kind === 'line' ? 90 : 180;
  // The first bin is the last one's neighbour on the circle.
  const closed = <T>(v: readonly T[]): T[] => [...v, v[0]];
  const degrees = [...relativeDeg, edge];
  const values = [...mean, ...p5, ...p95].flatMap((v) => v ?? []);
  const x = scaleLinear([-edge, edge], [PLOT.left, PLOT.right]);
  const y = scaleLinear([Math.min(0, ...values), Math.max(0, ...values)], [PLOT.bottom, PLOT.top]).nice();
  type Point = { deg: number; low: number | null; value: number | null; high: number | null };
  const [low, value, high] = [closed(p5), closed(mean), closed(p95)];
  const points = degrees.map((deg, i): Point => ({ deg, low: low[i], value: value[i], high: high[i] }));
  const curve = line<Point>()
    .defined((p) => p.value !== null)
    .x((p) => x(p.deg))
    .y((p) => y(p.value!));
  const band = area<Point>()
    .defined((p) => p.low !== null)
    .x((p) => x(p.deg))
    .y0((p) => y(p.low!))
    .y1((p) => y(p.high!));
  curve.digits(1);
  band.digits(1);
  return html`<figure><svg viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" aria-label="mean weight from ${KINDS[kind]} by relative orientation: ${relativeDeg.map((d, i) => `${d} degrees ${mean[i] === null ? 'none' : short(mean[i]!)}`).join(', ')}">
<text class="title" x="${PLOT.left}" y="${TITLE_Y}">weight from ${KINDS[kind]}, by relative orientation</text>
${y.ticks(4).map((t) => html`<line class="ring" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(t).toFixed(1)}" y2="${y(t).toFixed(1)}"/><text x="${BESIDE_X}" y="${y(t).toFixed(1)}" text-anchor="end" dominant-baseline="middle">${short(t)}</text>`)}
<path class="shuffled" d="${band(points) ?? ''}"><title>5th to 95th percentile of shuffled orientations</title></path>
<line class="axis" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(0).toFixed(1)}" y2="${y(0).toFixed(1)}"/><path class="curve neuron" d="${curve(points) ?? ''}"/>
${[-edge, -edge / 2, 0, edge / 2, edge].map((d) => html`<text x="${x(d).toFixed(1)}" y="${BELOW_Y}" text-anchor="middle">${d}°</text>`)}</svg></figure>`;
}

/** Room for labels, and how much a weight is enlarged. */
const MARGIN = { left: 118, top: 52, right: 34 };
const ZOOM = 4;

function gridFigure(
  side: number,
  grid: CurveWiring['grid'],
  early: readonly Wiring[],
  curves: readonly WiredUnit[],
): Markup {
  const { url, width, height } = gridPicture(
    grid.map(({ patches }) => patches),
    side,
  );
  const known = new Map(early.flatMap(({ units }) => units).map((unit) => [unit.unit, unit]));
  const rows = grid.map(({ unit }) => known.get(unit)!);
  // Between the kinds.
  const first = grid.filter(({ unit }) => early[0].units.some((u) => u.unit === unit)).length;
  const cell = ZOOM * (side + 1);
  const [w, h] = [MARGIN.left + ZOOM * width + MARGIN.right, MARGIN.top + ZOOM * height + 4];
  const text = ({ unit, orientationDeg }: WiredUnit) =>
    `${unit.slice(unit.lastIndexOf(':') + 1)} · ${orientationDeg.toFixed(0)}°`;
  const row = (u: WiredUnit, i: number) =>
    html`<text x="${MARGIN.left - 5}" y="${MARGIN.top + cell * i + cell / 2}" text-anchor="end" dominant-baseline="middle">${text(u)}</text>`;
  const column = (u: WiredUnit, i: number) => {
    const [x, y] = [MARGIN.left + cell * i + cell / 2, MARGIN.top - 5];
    return html`<text transform="translate(${x} ${y}) rotate(-60)">${text(u)}</text>`;
  };
  return html`<div class="scroll" tabindex="0"><svg class="wired" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-label="expanded weights from ${rows.length} earlier units to ${curves.length} curves, by orientation">
<image href="${url}" x="${MARGIN.left}" y="${MARGIN.top}" width="${ZOOM * width}" height="${ZOOM * height}"/>${early.length > 1 && html`<line class="between" x1="${MARGIN.left - 40}" x2="${MARGIN.left + ZOOM * width}" y1="${MARGIN.top + cell * first - ZOOM / 2}" y2="${MARGIN.top + cell * first - ZOOM / 2}"/>`}${curves.map(column)}${rows.map(row)}</svg></div>`;
}
