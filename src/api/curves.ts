// `curves`: tuning curves, curve detectors and gaps of a tap, and of an SAE's features.
import { DEFAULTS } from '../pipeline/defaults.js';
import { type HiddenStudy, studyTap } from '../pipeline/tap-study.js';
import type { Controls, CurveResult } from '../study/curves/types.js';
import { CALL_OPTIONS, type CallOptions, open, type SeedOption } from './call.js';
import { hidingFor, spatialTap, unitOfTap } from './checks.js';
import {
  CONTROLS_OPTION,
  type ControlsOption,
  CURVE_OPTIONS,
  controlKinds,
  curveOptions,
  IMAGES_OPTION,
  type ImagesOption,
  MODEL_OPTION,
  type ModelOption,
  SEED_OPTION,
  type StimulusOptions,
  TAP_OPTION,
  type TapOption,
} from './groups.js';
import { openSae } from './open-sae.js';
import { checked, type Options } from './options.js';
import type { Platform, SaeSpec } from './platform.js';

export const CURVES_OPTIONS = {
  ...MODEL_OPTION,
  ...TAP_OPTION,
  sae: { kind: 'text', value: 'SAE', help: 'also the features of this SAE', object: true },
  units: { kind: 'list', value: 'UNIT,...', help: 'tuning curves of these units only, e.g. mixed3b:379' },
  ...IMAGES_OPTION,
  ...CURVE_OPTIONS,
  ...CONTROLS_OPTION,
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of curves(). `images`: for the percentiles; 100 generated ones unless given. */
export interface CurvesCall
  extends ModelOption,
    TapOption,
    ImagesOption,
    StimulusOptions,
    ControlsOption,
    SeedOption,
    CallOptions {
  /** Also the features of this SAE. */
  sae?: SaeSpec;
  /** Tuning curves of these units only, as `'mixed3b:379'`. */
  units?: string | readonly string[];
}

export interface CurvesReport extends CurveResult {
  /** With an SAE: what chance gives beside its features. */
  controls?: Controls;
  /** Of an SAE that was trained on hidden neurons (hide): what these are, and what its features show of them. */
  truth?: HiddenStudy;
  /** What was found, in one sentence. */
  verdict: string;
  /** Mean response by unit or feature, 720 numbers: index i is the orientation i / 2 degrees. */
  tuning: Record<string, number[]>;
}

export async function curves(platform: Platform, options: CurvesCall): Promise<CurvesReport> {
  const o = checked('curves', CURVES_OPTIONS, options, CALL_OPTIONS);
  const stimuli = curveOptions(o);
  const controls = controlKinds(o.controls, false);
  const call = await open(platform, options);
  const { engine, signal } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  const info = spatialTap(model, o.tap);
  const units = o.units?.map((text) => unitOfTap(text, model, info));
  const sae = o.sae === undefined ? undefined : await openSae(platform, o.sae, { engine, signal });
  try {
    const hiding = sae && hidingFor(sae, o.tap, info.channels);
    const images = await platform.listImages(o.images ?? `procedural:${DEFAULTS.curveImages}`, o.seed, {
      ...{ signal, warn: call.warn },
    });
    const pool = await platform.pool(engine, model, call.warn);
    try {
      const { study, truth, verdict, tuning, failures } = await studyTap({
        engine,
        pool,
        model,
        tap: o.tap,
        images,
        seed: o.seed,
        options: stimuli,
        controls,
        sae,
        hiding,
        signal,
        progress: call.stages,
      });
      for (const failure of failures) call.skipped(failure);
      const chosen = units
        ? units.map(({ text, index }) => [text, tuning.get(`${o.tap}:${index}`)!] as const)
        : [...tuning];
      return {
        ...study,
        ...(truth && { truth }),
        verdict,
        tuning: Object.fromEntries(chosen.map(([name, curve]) => [name, Array.from(curve)])),
      };
    } finally {
      pool.dispose();
    }
  } finally {
    sae?.dispose();
  }
}
