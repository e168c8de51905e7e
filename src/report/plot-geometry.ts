// The small plots that the report and the explorer draw, each in its own way: their frame, the
// paths of a tuning curve, the bars of a density. Lengths are in SVG units.
import { area, line } from 'd3-shape';

/** Size of a plot, and the edges of its frame within it. */
export const PLOT = { width: 340, height: 190, left: 46, right: 330, top: 24, bottom: 162 } as const;

/** Baselines of the title and of the numbers below the frame; where numbers beside it end. */
export const TITLE_Y = 14;
export const BELOW_Y = PLOT.height - 10;
export const BESIDE_X = PLOT.left - 6;

/** 0 where none is above it. */
export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
  return most;
}

type Scale = (v: number) => number;

/** The line through points, and the area between them and 0. */
export function curvePaths(
  points: readonly [number, number][],
  x: Scale,
  y: Scale,
): { line: string; area: string } {
  const shape = area<[number, number]>()
    .x((p) => x(p[0]))
    .y0(y(0))
    .y1((p) => y(p[1]));
  const edge = line<[number, number]>()
    .x((p) => x(p[0]))
    .y((p) => y(p[1]));
  shape.digits(1);
  edge.digits(1);
  return { line: edge([...points]) ?? '', area: shape([...points]) ?? '' };
}

/** Bars per decade of a density. */
export const DENSITY_BARS = 5;

export interface DensityBars {
  /** log10 of the lower end of the first bar, a whole number; the last bar ends at 0. */
  from: number;
  /** How many units fire that often; what is rarer than the first bar counts in it. */
  bars: number[];
  /** How many never fire. */
  silent: number;
}

/** `densities`: fractions of `vectors` vectors on which each unit fires. */
export function densityBars(densities: ArrayLike<number>, vectors: number): DensityBars {
  const from = Math.floor(Math.log10(1 / Math.max(10, vectors)));
  const bars = new Array<number>(-from * DENSITY_BARS).fill(0);
  let silent = 0;
  for (let i = 0; i < densities.length; i++) {
    if (!(densities[i] > 0)) silent++;
    else {
      const at = Math.floor((Math.log10(densities[i]) - from) * DENSITY_BARS);
      bars[Math.min(bars.length - 1, Math.max(0, at))]++;
    }
  }
  return { from, bars, silent };
}

/** `1e-3`, and `1` for 0: what stands at a power of ten. */
export const powerOfTen = (exponent: number): string => (exponent === 0 ? '1' : `1e${exponent}`);
