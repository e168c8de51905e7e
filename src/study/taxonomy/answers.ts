// A read-out's answers to a battery in few numbers: of each series the largest, the drawing that gave it, and how
// much it depends on orientation.

import type { Series, SeriesName } from '../physiology/battery.js';
import { gridOf, type Profiles } from '../physiology/responses.js';

export interface Answer {
  /** Largest response of the series. */
  best: number;
  /** Values of the axes there, places left out. */
  at: Readonly<Record<string, number>>;
  /** 1 - mean over orientations / best, the other axes as they are there; 0 of a series without orientations. */
  tuned: number;
}

export type Answers = Readonly<Record<SeriesName, Answer>>;

/** Of each of `count` read-outs. */
export function answersOf(all: readonly Series[], profiles: Profiles, count: number): Answers[] {
  return Array.from(
    { length: count },
    (_, u) =>
      Object.fromEntries(
        all.map((series) => [series.name, answerOf(series, profiles.get(series.name)!, u, count)]),
      ) as Record<SeriesName, Answer>,
  );
}

function answerOf(series: Series, values: Float32Array, u: number, count: number): Answer {
  const axes = series.axes.filter((a) => !a.place);
  const { kept } = gridOf(series);
  let top = 0;
  for (let k = 1; k < kept; k++) if (values[k * count + u] > values[top * count + u]) top = k;
  const best = values[top * count + u];
  const at: Record<string, number> = {};
  let rest = top;
  for (const { name, values: v } of [...axes].reverse()) {
    at[name] = v[rest % v.length];
    rest = Math.floor(rest / v.length);
  }
  return { best, at, tuned: tuning(axes, values, { top, u, count }) };
}

/** Orientation is the first axis of a series that has it. */
function tuning(
  axes: Series['axes'],
  values: Float32Array,
  { top, u, count }: { top: number; u: number; count: number },
): number {
  const best = values[top * count + u];
  if (axes[0]?.name !== 'orientationDeg' || !(best > 0)) return 0;
  const n = axes[0].values.length;
  const step = axes.slice(1).reduce((product, { values: v }) => product * v.length, 1);
  let sum = 0;
  for (let o = 0; o < n; o++) sum += values[(o * step + (top % step)) * count + u];
  return 1 - sum / n / best;
}
