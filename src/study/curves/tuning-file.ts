// Tuning curves and photograph statistics in one file: they are what a curve study costs.
import { InputError } from '../../core/errors.js';
import { verified } from '../../formats/checksums.js';
import { encodeSafetensors, parseSafetensors } from '../../formats/safetensors.js';
import type { Storage } from '../../formats/storage.js';
import type { ActivationStatistics } from './statistics.js';
import type { TuningCurves } from './tuning.js';

export const TUNING_FILE = 'tuning.safetensors';

/** Of a tap's units and of an SAE's features. */
export interface MeasuredCurves {
  tuning: TuningCurves;
  statistics: { units: ActivationStatistics; features: ActivationStatistics };
}

export function encodeCurves({ tuning, statistics }: MeasuredCurves): Uint8Array {
  const join = (rows: Float32Array[]) => {
    const data = new Float32Array(rows.reduce((n, r) => n + r.length, 0));
    let at = 0;
    for (const row of rows) {
      data.set(row, at);
      at += row.length;
    }
    return { shape: [rows.length, rows[0]?.length ?? 0], data };
  };
  const vector = (data: Float32Array) => ({ shape: [data.length], data });
  return encodeSafetensors(
    {
      'units.tuning': join(tuning.units),
      'features.tuning': join(tuning.features),
      'units.percentile999': vector(statistics.units.percentile999),
      'features.percentile999': vector(statistics.features.percentile999),
      'units.density': vector(statistics.units.density),
      'features.density': vector(statistics.features.density),
    },
    { vectors: String(statistics.units.vectors) },
  );
}

/** What a finished stage measured. InputError where it is not there or not whole. */
export async function readCurves(stage: Storage): Promise<MeasuredCurves> {
  const folder = await verified(stage, 'repeat curvesae run, which measures again');
  const label = `${folder.label}/${TUNING_FILE}`;
  const { tensors, metadata } = parseSafetensors(await folder.read(TUNING_FILE), label);
  const named = (name: string) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new InputError(`${label}: lacks '${name}'; remove the folder and run again`);
    return tensor;
  };
  const rows = (name: string): Float32Array[] => {
    const t = named(name);
    const data = t.f32();
    return Array.from({ length: t.shape[0] }, (_, i) => data.subarray(i * t.shape[1], (i + 1) * t.shape[1]));
  };
  const of = (group: string): ActivationStatistics => ({
    percentile999: named(`${group}.percentile999`).f32(),
    density: named(`${group}.density`).f32(),
    vectors: Number(metadata.vectors),
  });
  return {
    tuning: { units: rows('units.tuning'), features: rows('features.tuning') },
    statistics: { units: of('units'), features: of('features') },
  };
}
