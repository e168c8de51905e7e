// Tuning curves and photograph statistics in one file, with what they were made from: they are what a curve
// study costs.
import { InputError } from '../../core/errors.js';
import { verified } from '../../formats/checksums.js';
import { encodeSafetensors, parseSafetensors } from '../../formats/safetensors.js';
import type { Storage } from '../../formats/storage.js';
import type { ActivationStatistics } from './statistics.js';
import type { Responses, TuningCurves } from './tuning.js';

export const TUNING_FILE = 'tuning.safetensors';

/** Of a tap's units and, where there is an SAE, of its features. */
export interface MeasuredTap {
  tuning: TuningCurves;
  statistics: { units: ActivationStatistics; features?: ActivationStatistics };
  /** Files of older versions lack it. */
  evidence?: {
    /** The tap's own, from which curves of any read-out follow. */
    responses: Responses;
    /** Line over arc (lineOverArc). */
    lines: { units: Float32Array; features?: Float32Array };
    /** Which way photographs run at their places, [places][2]: direction in degrees, coherence; NaN where flat. */
    structure: Float32Array;
  };
}

/** What the file holds. */
export interface MeasuredCurves extends MeasuredTap {
  statistics: { units: ActivationStatistics; features: ActivationStatistics };
}

export function encodeCurves({ tuning, statistics, evidence }: MeasuredCurves): Uint8Array {
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
      ...(evidence && evidenceTensors(evidence)),
    },
    { vectors: String(statistics.units.vectors) },
  );
}

const evidenceTensors = ({ responses, lines, structure }: NonNullable<MeasuredCurves['evidence']>) => ({
  responses: { shape: [responses.orientations, responses.radii, responses.d], data: responses.vectors },
  'responses.lines': { shape: [responses.lines.length / responses.d, responses.d], data: responses.lines },
  'units.line': { shape: [lines.units.length], data: lines.units },
  ...(lines.features && { 'features.line': { shape: [lines.features.length], data: lines.features } }),
  'places.structure': { shape: [structure.length / 2, 2], data: structure },
});

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
  const responses = tensors.get('responses');
  return {
    tuning: { units: rows('units.tuning'), features: rows('features.tuning') },
    statistics: { units: of('units'), features: of('features') },
    ...(responses && {
      evidence: {
        responses: {
          orientations: responses.shape[0],
          radii: responses.shape[1],
          d: responses.shape[2],
          vectors: responses.f32(),
          lines: named('responses.lines').f32(),
        },
        lines: { units: named('units.line').f32(), features: tensors.get('features.line')?.f32() },
        structure: named('places.structure').f32(),
      },
    }),
  };
}
