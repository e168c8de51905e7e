// Charts of the pages: tuning curves, histograms, weights.
import { short } from '../../report/numbers.js';
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
} from '../../report/plot-geometry.js';
import type { Kind } from '../../units/unit.js';
import { degrees, h, s } from './dom.js';
import { linear } from './linear.js';

const one = (kind: Kind): string => kind.slice(0, -1);

function frame(title: string, label: string, ...children: Parameters<typeof s>[2][]): HTMLElement {
  return h(
    'figure',
    {},
    s(
      'svg',
      { viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, role: 'img', 'aria-label': label },
      s('text', { class: 'title', x: PLOT.left, y: TITLE_Y }, title),
      ...children,
    ),
  );
}

function horizontalTicks(y: (v: number) => number, ticks: number[], text: (v: number) => string) {
  return ticks.map((t) => [
    s('line', { class: 'axis', x1: PLOT.left, x2: PLOT.right, y1: y(t), y2: y(t) }),
    s('text', { x: BESIDE_X, y: y(t), 'text-anchor': 'end', 'dominant-baseline': 'middle' }, text(t)),
  ]);
}

/** A tuning curve over the circle, with its half width marked. */
export function tuningChart(kind: Kind, curve: ArrayLike<number>, orientationDeg: number): HTMLElement {
  const n = curve.length;
  const peak = largest(curve);
  const x = linear([0, 360], [PLOT.left, PLOT.right]);
  const y = linear([0, peak || 1], [PLOT.bottom, PLOT.top]).nice();
  const points = Array.from({ length: n + 1 }, (_, i) => [(360 * i) / n, curve[i % n]] as [number, number]);
  const paths = curvePaths(points, x, y);
  return frame(
    'response to a curve by its orientation',
    `tuning curve, orientation ${degrees(orientationDeg, 1)}, peak ${short(peak)}`,
    horizontalTicks(y, y.ticks(4), short),
    [0, 90, 180, 270, 360].map((t) => s('text', { x: x(t), y: BELOW_Y, 'text-anchor': 'middle' }, `${t}°`)),
    peak > 0 &&
      s('line', { class: 'marker', x1: x(orientationDeg), x2: x(orientationDeg), y1: PLOT.top, y2: y(0) }),
    s('path', { class: `area ${one(kind)}`, d: paths.area }),
    s('path', { class: `curve ${one(kind)}`, d: paths.line }),
  );
}

/** Bars of counts. `bounds[i]` is the lower end of bar i, one more than there are bars. */
export function histogram(
  kind: Kind,
  title: string,
  counts: ArrayLike<number>,
  bounds: readonly number[],
  ticks: readonly { at: number; text: string }[],
): HTMLElement {
  const x = linear([bounds[0], bounds[counts.length]], [PLOT.left, PLOT.right]);
  const most = largest(counts) || 1;
  const y = linear([0, most], [PLOT.bottom, PLOT.top]);
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i];
  return frame(
    title,
    `${title}: ${total} in ${counts.length} bars, the highest ${most}`,
    horizontalTicks(y, y.ticks(4).filter(Number.isInteger), short),
    Array.from(counts, (count, i) =>
      count > 0
        ? s('rect', {
            class: `bar ${one(kind)}`,
            x: x(bounds[i]) + 0.5,
            width: Math.max(0.5, x(bounds[i + 1]) - x(bounds[i]) - 1),
            y: y(count),
            height: y(0) - y(count),
          })
        : undefined,
    ),
    s('line', { class: 'axis', x1: PLOT.left, x2: PLOT.right, y1: y(0), y2: y(0) }),
    ticks.map((t) => s('text', { x: x(t.at), y: BELOW_Y, 'text-anchor': 'middle' }, t.text)),
  );
}

/** Histogram of log10 density; units that never fire stand apart at the left. */
export function densityChart(kind: Kind, densities: Float32Array, vectors: number): HTMLElement {
  const { from, bars, silent } = densityBars(densities, vectors);
  const bounds = Array.from({ length: bars.length + 3 }, (_, i) => from + (i - 2) / DENSITY_BARS);
  return histogram(kind, kind, [silent, 0, ...bars], bounds, [
    { at: from - 1.5 / DENSITY_BARS, text: '0' },
    ...Array.from({ length: -from }, (_, i) => ({ at: from + i + 1, text: powerOfTen(from + i + 1) })),
  ]);
}

/** Values of one unit above 0. `range`: upper end of the last of the bins. */
export function valueChart(kind: Kind, counts: ArrayLike<number>, range: number): HTMLElement {
  let used = counts.length;
  while (used > 1 && counts[used - 1] === 0) used--;
  const step = range / counts.length;
  const bounds = Array.from({ length: used + 1 }, (_, i) => i * step);
  const x = linear([0, used * step], [0, 1]);
  const ticks = x.ticks(5).map((at) => ({ at, text: short(at) }));
  return histogram(kind, 'activations above 0', Array.from(counts).slice(0, used), bounds, ticks);
}

/** A sketch of a tuning curve: 0..255 per sample. */
export function sketch(kind: Kind, values: ArrayLike<number>, label: string): SVGSVGElement {
  const [w, height] = [96, 30];
  const n = values.length;
  const at = (i: number): string =>
    `${((w * i) / n).toFixed(1)},${(height - 2 - ((height - 4) * values[i % n]) / 255).toFixed(1)}`;
  const points = Array.from({ length: n + 1 }, (_, i) => at(i)).join('L');
  return s(
    'svg',
    {
      viewBox: `0 0 ${w} ${height}`,
      class: 'sketch',
      role: 'img',
      'aria-label': label,
      preserveAspectRatio: 'none',
    },
    s('path', { class: `area ${one(kind)}`, d: `M0,${height - 2}L${points}L${w},${height - 2}Z` }),
    s('path', { class: `curve ${one(kind)}`, d: `M${points}`, 'vector-effect': 'non-scaling-stroke' }),
  );
}
