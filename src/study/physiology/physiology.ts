// Sheets of units from what they and random directions answer to the drawings.
import type { CoreMath } from '../../core/math.js';
import { measureCurve } from '../curves/measures.js';
import { toSamples } from '../curves/tuning.js';
import type { Sorted } from '../taxonomy/rule.js';
import type { Series } from './battery.js';
import { gridsOf, type Panel, type PanelName, panelsOf } from './sheet.js';
import type { ChanceBand, PanelAbout, PhysiologyResult, UnitPhysiology } from './types.js';

/** Read-outs: their responses [drawings][count], and what each is divided by. */
export interface Responding {
  values: Float32Array;
  count: number;
  percentile999: ArrayLike<number>;
}

/** Panels of each read-out in strengths; activations of one that never fires. */
function strengths(series: readonly Series[], { values, count, percentile999 }: Responding): Panel[][] {
  return Array.from({ length: count }, (_, u) => {
    const scale = percentile999[u] > 0 ? percentile999[u] : 1;
    return panelsOf(gridsOf(series, values, u, count)).map((panel) => ({
      ...panel,
      values: panel.values.map((line) => line.map((v) => v / scale)),
    }));
  });
}

export interface SheetUnit {
  name: string;
  percentile999: number;
  fires: number;
  sorted: Sorted;
}

/** `asked`: the units in the order of `units`. */
export function sheets(
  math: CoreMath,
  series: readonly Series[],
  units: readonly SheetUnit[],
  asked: Float32Array,
  random: Responding,
): Pick<PhysiologyResult, 'panels' | 'units' | 'random'> {
  const own = strengths(series, {
    ...{ values: asked, count: units.length },
    percentile999: units.map((u) => u.percentile999),
  });
  const firing = strengths(series, random).filter((_, u) => random.percentile999[u] > 0);
  const chance = own[0].map(({ name }, i) => ({ name, ...bandOf(firing.map((panels) => panels[i])) }));
  return {
    panels: record(own[0].map((panel) => [panel.name, about(panel)])),
    units: Object.fromEntries(
      units.map((unit, u) => [
        unit.name,
        {
          family: unit.sorted.family,
          strength: unit.percentile999 > 0 ? unit.sorted.strength : null,
          ...{ percentile999: unit.percentile999, fires: unit.fires },
          curve: curveOf(math, own[u]),
          panels: record(
            own[u].map(({ name, values }, i) => [
              name,
              { values: values.map((line) => Array.from(line)), p: shareAbove(values, chance[i].tops) },
            ]),
          ),
        } satisfies UnitPhysiology,
      ]),
    ),
    random: {
      directions: firing.length,
      panels: record(chance.map(({ name, low, high, largest }) => [name, { low, high, largest }])),
    },
  };
}

const record = <T>(entries: (readonly [PanelName, T])[]): Record<PanelName, T> =>
  Object.fromEntries(entries) as Record<PanelName, T>;

const about = ({ axes: { x, y, lines } }: Panel): PanelAbout => ({
  x,
  y: y ? { name: y.name, values: y.values.map((v) => (Number.isFinite(v) ? v : null)) } : null,
  lines,
});

function curveOf(math: CoreMath, panels: readonly Panel[]): UnitPhysiology['curve'] {
  const [dark, light] = panels.find(({ name }) => name === 'curves')!.values;
  const { orientationDeg, peak, resultant, echo, fwhmDeg } = measureCurve(math, toSamples(dark));
  const top = light.reduce((a, b) => Math.max(a, b));
  return { orientationDeg, peak, resultant, echo, fwhmDeg, reversed: peak > 0 ? top / peak : null };
}

const TAIL = 0.05;

/** Of one panel of all random directions; `tops`: the largest of each. */
function bandOf(panels: readonly Panel[]): ChanceBand & { tops: number[] } {
  const tops = panels.map(({ values }) => largestOf(values)).sort((a, b) => a - b);
  const isMap = panels[0]?.axes.y !== undefined;
  const lines = panels[0]?.values ?? [];
  const points = isMap ? lines.length : (lines[0]?.length ?? 0);
  const [low, high]: [number[], number[]] = [[], []];
  for (let i = 0; i < points; i++) {
    const all = panels.flatMap(({ values }) => (isMap ? Array.from(values[i]) : values.map((v) => v[i])));
    all.sort((a, b) => a - b);
    low.push(at(all, TAIL));
    high.push(at(all, 1 - TAIL));
  }
  return { low, high, largest: at(tops, 1 - TAIL), tops };
}

const largestOf = (values: Panel['values']): number =>
  values.reduce((top, line) => line.reduce((a, b) => Math.max(a, b), top), 0);

const at = (ascending: readonly number[], share: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0;

function shareAbove(values: Panel['values'], tops: readonly number[]): number {
  const own = largestOf(values);
  return (1 + tops.filter((top) => top >= own).length) / (tops.length + 1);
}
