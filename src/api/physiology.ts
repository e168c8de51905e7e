// `physiology`: what units and features answer to drawings of many kinds, on one sheet each.
import { InputError } from '../core/errors.js';
import { drawingThumbnail } from '../images/thumbnail.js';
import { tapInfo } from '../network/taps.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { type Asked, measurePhysiology, type Physiology } from '../pipeline/physiology.js';
import type { Encoder } from '../study/curves/tuning.js';
import { type SheetUnit, sheets } from '../study/physiology/physiology.js';
import { profilesOf } from '../study/physiology/responses.js';
import { strongestDrawings } from '../study/physiology/strongest.js';
import type { PhysiologyResult, Thumbnails } from '../study/physiology/types.js';
import { answersOf } from '../study/taxonomy/answers.js';
import { sorted } from '../study/taxonomy/rule.js';
import { CALL_OPTIONS, type CallOptions, open, type SeedOption } from './call.js';
import { hidingFor, spatialTap } from './checks.js';
import { type Chosen, chosenUnits, tapOf } from './chosen-units.js';
import {
  drawingOption,
  drawingOrientations,
  IMAGES_OPTION,
  type ImagesOption,
  MODEL_OPTION,
  type ModelOption,
  type OutOption,
  SEED_OPTION,
} from './groups.js';
import { openSae } from './open-sae.js';
import { checked, type Options } from './options.js';
import type { Platform, SaeSpec } from './platform.js';
import { inStudy } from './study.js';

export const PHYSIOLOGY_OPTIONS = {
  ...MODEL_OPTION,
  ...IMAGES_OPTION,
  tap: {
    kind: 'text',
    value: 'TAP',
    help: `layer of the units (default: the one that the SAE was trained on, or ${DEFAULTS.tap})`,
  },
  sae: { kind: 'text', value: 'SAE', help: 'the SAE whose features f0, f1, ... are', object: true },
  units: { kind: 'list', value: 'UNIT,...', help: 'mixed3b:379, f12', required: true },
  ...drawingOption(DEFAULTS.sheetOrientations),
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'physiology.json and physiology.html',
    required: true,
    object: true,
  },
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of physiology(). `images`: for the percentiles; 100 generated ones unless given. */
export interface PhysiologyCall extends ModelOption, ImagesOption, OutOption, SeedOption, CallOptions {
  /** Layer of the units; the one that the SAE was trained on, or `'mixed3b_5x5'`, unless given. */
  tap?: string;
  /** The SAE whose features f0, f1, ... are. */
  sae?: SaeSpec;
  /** `'mixed3b:379'`, `'f12'`. */
  units: string | readonly string[];
  /** Of the drawings over the circle, 16 to 72, a multiple of four; 36 unless given. */
  orientations?: number;
  /** For the page. */
  commandLine?: string;
}

/** physiology.json. */
export type PhysiologyReport = PhysiologyResult;

const RESULT_FILE = 'physiology.json';
const PAGE_FILE = 'physiology.html';
/** A page of more would be too long to open. */
const MOST_UNITS = 64;

export async function physiology(platform: Platform, options: PhysiologyCall): Promise<PhysiologyReport> {
  const o = checked('physiology', PHYSIOLOGY_OPTIONS, options, [...CALL_OPTIONS, 'commandLine']);
  const orientations = drawingOrientations(o.orientations);
  const call = await open(platform, options);
  const { engine, signal } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  const sae = o.sae === undefined ? undefined : await openSae(platform, o.sae, { engine, signal });
  try {
    const info = spatialTap(model, tapOf('physiology', o.tap, model, sae));
    const hiding = sae && hidingFor(sae, info.name, info.channels);
    const units = chosenUnits('physiology', o.units, model, info, sae);
    if (units.length > MOST_UNITS)
      throw new InputError(`physiology: ${units.length} units; a page holds ${MOST_UNITS}, ask for fewer`);
    return await inStudy(platform, call, model, o, async ({ listed: images, out, pool }) => {
      const measured = await measurePhysiology({
        ...{ engine, pool, model, tap: info.name, images, seed: o.seed, sae, hiding, orientations, signal },
        progress: call.stages,
      });
      try {
        for (const failure of measured.failures) call.skipped(failure);
        const { answers, ...sheet } = sheetUnits(measured, units);
        const report: PhysiologyReport = {
          ...{ tap: info.name, model: model.name, sae: sae?.label ?? null },
          ...{ images: measured.used, vectors: measured.vectors },
          ...{ drawings: measured.responses.length / info.channels, seed: o.seed },
          ...sheets(engine.math, measured.series, sheet.units, answers, {
            values: readAll(measured.random.readOuts, measured),
            count: measured.random.readOuts.features,
            percentile999: measured.random.percentile999,
          }),
        };
        await out.write(RESULT_FILE, `${JSON.stringify(report, null, 1)}\n`);
        if (!platform.report) return report;
        const { field } = tapInfo(model.description, info.name);
        const thumbnails: Thumbnails = new Map(
          units.map(({ name }, u) => {
            const best = strongestDrawings(measured.series, { values: answers, count: units.length }, u);
            return [name, new Map([...best].map(([p, d]) => [p, drawingThumbnail(engine.math, d, field)]))];
          }),
        );
        await out.write(PAGE_FILE, await platform.report.physiology(report, thumbnails, options.commandLine));
        return report;
      } finally {
        measured.dispose();
      }
    });
  } finally {
    sae?.dispose();
  }
}

/** Vectors read at a time. */
const CHUNK = 256;

/** [drawings][read-outs] */
function readAll(readOuts: Encoder, { responses, channels: d }: Physiology): Float32Array {
  const n = responses.length / d;
  const out = new Float32Array(n * readOuts.features);
  for (let first = 0; first < n; first += CHUNK) {
    const count = Math.min(CHUNK, n - first);
    out.set(
      readOuts.encode(responses.subarray(first * d, (first + count) * d), count),
      first * readOuts.features,
    );
  }
  return out;
}

/** What the chosen answer, [drawings][units], with their families and facts. */
function sheetUnits(
  measured: Physiology,
  units: readonly Chosen[],
): { answers: Float32Array; units: SheetUnit[] } {
  const { series, responses, channels } = measured;
  const kindOf = ({ kind }: Chosen): Asked => (kind === 'features' ? measured.features! : measured.units);
  const readOuts = joined(measured, units);
  const found = answersOf(series, profilesOf(series, responses, channels, readOuts), units.length);
  return {
    answers: readAll(readOuts, measured),
    units: units.map((unit, u) => {
      const { percentile999, fires } = kindOf(unit);
      const own = { percentile999: percentile999[unit.index], fires: fires[unit.index] };
      return { name: unit.name, ...own, sorted: sorted(found[u], own.percentile999, own.fires) };
    }),
  };
}

/** The chosen units and features as read-outs in their order. */
function joined({ units, features }: Physiology, chosen: readonly Chosen[]): Encoder {
  return {
    features: chosen.length,
    encode: (x, n) => {
      const own = units.readOuts.encode(x, n);
      const theirs = chosen.some(({ kind }) => kind === 'features') ? features!.readOuts.encode(x, n) : own;
      const out = new Float32Array(n * chosen.length);
      for (const [j, { kind, index }] of chosen.entries()) {
        const [from, width] =
          kind === 'features' ? [theirs, features!.readOuts.features] : [own, units.readOuts.features];
        for (let i = 0; i < n; i++) out[i * chosen.length + j] = from[i * width + index];
      }
      return out;
    },
  };
}
