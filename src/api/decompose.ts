// `decompose`: what neurons are made of, feature by feature.

import type { CoreMath } from '../core/math.js';
import { partCrops } from '../pipeline/crops.js';
import { type Decomposed, decomposeTap } from '../pipeline/decompose.js';
import { measureCurve } from '../study/curves/measures.js';
import { plantedPairs, pointedTo } from '../study/decompose/planted.js';
import type { DecomposedUnit, DecomposeResult, Decomposition } from '../study/decompose/types.js';
import { formatUnit } from '../units/unit.js';
import { type Hiding, hidingMatrix, pairsOf } from '../vectors/hiding.js';
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
import { neuronsNamed } from './hidden-truth.js';
import { type OpenedSae, openSae } from './open-sae.js';
import { checked, type Options } from './options.js';
import type { Platform, SaeSpec } from './platform.js';
import { inStudy, saeForTasks } from './study.js';

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
    const units =
      hiding?.kind === 'pairs'
        ? neuronsNamed(o.units, info.channels)
        : o.units?.map((text) => unitOfTap(text, model, info).index);
    if (sae.weightsSha256 !== undefined && sae.weightsSha256 !== model.sha256)
      call.warn(`the SAE was trained on other weights (of ${sae.metadata.model_name}) than ${model.name}`);
    return await inStudy(platform, call, model, o, async ({ listed, out, pool }) => {
      const { hash: imagesHash, images } = await platform.nameImages(listed);
      const job = { engine, pool, model, tap, images, seed: o.seed, sae, hiding, units, curves, signal };
      const found = await decomposeTap({ ...job, progress: call.stages });
      for (const failure of found.failures) call.skipped(failure);
      const truth =
        hiding?.kind === 'pairs' ? truthOf(engine.math, tap, hiding, info.channels, sae) : undefined;
      const report = reportOf(engine.math, { tap, model: model.name, sae: sae.label }, found, truth);
      await out.write(RESULT_FILE, `${JSON.stringify(report, null, 1)}\n`);
      if (platform.report) {
        const crops = await partCrops(
          {
            ...{ engine, pool, model, images, imagesHash, out, tap, info, signal },
            ...{ progress: call.stages, seed: o.seed },
            sae: { ...(await saeForTasks(sae)), hidden: hiding },
          },
          report.units,
        );
        const pictures = { tuning: found.tuning, crops };
        await out.write(
          PAGE_FILE,
          await platform.report.decomposition(report, pictures, options.commandLine),
        );
      }
      return report;
    });
  } finally {
    sae.dispose();
  }
}

function reportOf(
  math: CoreMath,
  about: Pick<DecomposeResult, 'tap' | 'model' | 'sae'>,
  { units, control, tuning, vectors, used }: Decomposed,
  truth: Truth | undefined,
): DecomposeResult {
  const orientationOf = (curve: Float32Array | undefined): number | null => {
    if (!curve) return null;
    const { peak, resultant, orientationDeg } = measureCurve(math, curve);
    return peak > 0 && resultant >= DIRECTED ? orientationDeg : null;
  };
  const all = units.map(
    ({ index, decomposition: { parts, ...whole } }): DecomposedUnit => ({
      unit: truth ? `hidden:${index}` : `${about.tap}:${index}`,
      ...whole,
      orientationDeg: orientationOf(tuning.units[index]),
      ...(truth && { planted: truth.pairs[index] }),
      parts: parts.map(({ feature, ...part }) => ({
        feature: formatUnit({ kind: 'features', index: feature }),
        ...part,
        orientationDeg: orientationOf(tuning.features[feature]),
        ...(truth && { neuron: truth.pointed[feature] }),
      })),
    }),
  );
  const fire = all.filter(({ fires }) => fires > 0);
  return {
    ...about,
    ...{ vectors, images: used },
    planted: truth ? plantedPairs(fire.map(({ planted, parts }) => ({ pair: planted!, parts }))) : null,
    units: all.sort((a, b) => b.polysemanticity - a.polysemanticity),
    control: controlOf(control),
  };
}

/** Of sums of two neurons: their names by unit, and by feature that of the neuron it points to. */
interface Truth {
  pairs: [string, string][];
  pointed: (string | null)[];
}

function truthOf(
  math: CoreMath,
  tap: string,
  hiding: Hiding,
  neurons: number,
  { tensors }: OpenedSae,
): Truth {
  const matrix = hidingMatrix(math, neurons, hiding);
  const name = (n: number): string => `${tap}:${n}`;
  return {
    pairs: pairsOf(matrix, neurons).map(([a, b]) => [name(a), name(b)]),
    pointed: Array.from(pointedTo(tensors.W_dec.data, matrix, neurons), (n) => (n < 0 ? null : name(n))),
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
