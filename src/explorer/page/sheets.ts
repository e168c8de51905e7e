// Sheets of what several pages draw: tuning curves around the circle.
import type { Detector } from '../../study/curves/types.js';
import { CURVE_SAMPLES } from '../../study/facts/format.js';
import { parseUnit } from '../../units/unit.js';
import type { Table } from './data.js';
import { type Sheet, sheetOf } from './download.js';

/** Index of a detector among the units of its kind. */
export const indexOf = (d: Detector): number => parseUnit(d.unit)?.index ?? 0;

export interface Tuning {
  unit: string;
  /** Any number of samples over the circle. */
  curve: ArrayLike<number>;
}

/** Tuning curves of detectors, from the table of their kind; none where it has none. */
export function tuningsOf(
  table: Table,
  detectors: readonly Detector[],
): (Tuning & { orientationDeg: number; index: number })[] {
  const curves = table.column('petals');
  if (!curves) return [];
  return detectors.map((d, i) => ({
    ...{ unit: d.unit, index: indexOf(d), orientationDeg: d.orientationDeg },
    curve: curves.subarray(i * CURVE_SAMPLES, (i + 1) * CURVE_SAMPLES),
  }));
}

/** A row for each direction of each curve. */
export function curvesSheet(curves: readonly Tuning[]): Sheet {
  const each = <T>(of: (curve: Tuning, i: number) => T): T[] =>
    curves.flatMap((c) => Array.from({ length: c.curve.length }, (_, i) => of(c, i)));
  return sheetOf({
    unit: each((c) => c.unit),
    degrees: each((c, i) => (360 * i) / c.curve.length),
    response: each((c, i) => c.curve[i]),
  });
}
