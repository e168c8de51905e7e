// `decompose`: what neurons are made of, feature by feature.

import type { CoreMath } from '../core/math.js';
import { type Decomposed, decomposeTap } from '../pipeline/decompose.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { measureCurve } from '../study/curves/measures.js';
import type { DecomposeResult, Decomposition } from '../study/decompose/types.js';
import { formatUnit } from '../units/unit.js';
import { CALL_OPTIONS, type CallOptions, open, type SeedOption } from './call.js';
import { hidingFor, spatialTap, unitOfTap } from './checks.js';
import {
  CURVE_OPTIONS,
  curveOptions,
  IMAGES_OPTION,
  type ImagesOption,
  MODEL_OPTION,
  type ModelOption,
  type OutOption,
  SEED_OPTION,
  type StimulusOptions,
} from './groups.js';
import { openSae } from './open-sae.js';
import { checked, type Options } from './options.js';
import type { Platform, SaeSpec } from './platform.js';

export const DECOMPOSE_OPTIONS = {
  ...MODEL_OPTION,
  ...IMAGES_OPTION,
  tap: {
    kind: 'text',
    value: 'TAP',
    help: 'layer of the neurons (default: the one that the SAE was trained on)',
  },
  sae: {
    kind: 'text',
    value: 'SAE',
    help: 'the SAE whose features write to them',
    required: true,
    object: true,
  },
  units: {
    kind: 'list',
    value: 'UNIT,...',
    help: 'these neurons, e.g. mixed3b:379 (default: all of the tap)',
  },
  ...CURVE_OPTIONS,
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'decompose.json and decompose.html',
    required: true,
    object: true,
  },
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of decompose(). */
export interface DecomposeCall
  extends ModelOption,
    ImagesOption,
    StimulusOptions,
    OutOption,
    SeedOption,
    CallOptions {
  /** Layer of the neurons; the one that the SAE was trained on unless given. */
  tap?: string;
  /** The SAE whose features write to them. */
  sae: SaeSpec;
  /** Neurons, as `'mixed3b:379'`; all of the tap unless given. */
  units?: string | readonly string[];
  /** For the page. */
  commandLine?: string;
}

/** decompose.json. */
export type DecomposeReport = DecomposeResult;

const RESULT_FILE = 'decompose.json';
const PAGE_FILE = 'decompose.html';
/** Resultant below which a tuning curve has no direction of its own. */
const DIRECTED = 0.5;

export async function decompose(platform: Platform, options: DecomposeCall): Promise<DecomposeReport> {
  const o = checked('decompose', DECOMPOSE_OPTIONS, options, [...CALL_OPTIONS, 'commandLine']);
  const curves = curveOptions(o);
  const call = await open(platform, options);
  const { engine, signal } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  const sae = await openSae(platform, o.sae, { engine, signal });
  try {
    const tap = o.tap ?? sae.tap;
    const info = spatialTap(model, tap);
    const hiding = hidingFor(sae, tap, info.channels);
    const units = o.units?.map((text) => unitOfTap(text, model, info).index);
    if (sae.weightsSha256 !== undefined && sae.weightsSha256 !== model.sha256)
      call.warn(`the SAE was trained on other weights (of ${sae.metadata.model_name}) than ${model.name}`);
    const images = await platform.listImages(o.images ?? `procedural:${DEFAULTS.curveImages}`, o.seed, {
      ...{ signal, warn: call.warn },
    });
    await platform.ensureFolder(o.out);
    const out = platform.storage(o.out);
    const pool = await platform.pool(engine, model, call.warn);
    try {
      const job = { engine, pool, model, tap, images, seed: o.seed, sae, hiding, units, curves, signal };
      const found = await decomposeTap({ ...job, progress: call.stages });
      for (const failure of found.failures) call.skipped(failure);
      const report = reportOf(engine.math, { tap, model: model.name, sae: sae.label }, found);
      await out.write(RESULT_FILE, `${JSON.stringify(report, null, 1)}\n`);
      const page = await platform.report?.decomposition(report, found.tuning, options.commandLine);
      if (page !== undefined) await out.write(PAGE_FILE, page);
      return report;
    } finally {
      pool.dispose();
    }
  } finally {
    sae.dispose();
  }
}

function reportOf(
  math: CoreMath,
  about: Pick<DecomposeResult, 'tap' | 'model' | 'sae'>,
  { units, control, tuning, vectors, used }: Decomposed,
): DecomposeResult {
  const orientationOf = (curve: Float32Array | undefined): number | null => {
    if (!curve) return null;
    const { peak, resultant, orientationDeg } = measureCurve(math, curve);
    return peak > 0 && resultant >= DIRECTED ? orientationDeg : null;
  };
  return {
    ...about,
    ...{ vectors, images: used },
    units: units
      .map(({ index, decomposition: { parts, ...whole } }) => ({
        unit: `${about.tap}:${index}`,
        ...whole,
        orientationDeg: orientationOf(tuning.units[index]),
        parts: parts.map(({ feature, ...part }) => ({
          feature: formatUnit({ kind: 'features', index: feature }),
          ...part,
          orientationDeg: orientationOf(tuning.features[feature]),
        })),
      }))
      .sort((a, b) => b.polysemanticity - a.polysemanticity),
    control: controlOf(control),
  };
}

function controlOf(control: readonly Decomposition[]): DecomposeResult['control'] {
  const counts = control.map((c) => c.polysemanticity).sort((a, b) => a - b);
  const at = (share: number) => counts[Math.min(counts.length - 1, Math.floor(share * counts.length))];
  const explained = control.flatMap((c) => (c.explained === null ? [] : [c.explained]));
  return {
    axes: control.length,
    polysemanticity: { mean: mean(counts), p5: at(0.05), p95: at(0.95) },
    explained: explained.length ? mean(explained) : null,
  };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
