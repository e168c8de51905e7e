// `taxonomy`: every unit and feature of a tap in its family, by what it answers to drawings, and a map of them.
import { UsageError } from '../core/errors.js';
import { drawingThumbnail } from '../images/thumbnail.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { type Asked, measurePhysiology, type Physiology } from '../pipeline/physiology.js';
import { profilesOf } from '../study/physiology/responses.js';
import { bestDrawings } from '../study/taxonomy/best.js';
import { countFamilies, neighboursOf, type ProfiledKind, sortUnits } from '../study/taxonomy/taxonomy.js';
import type { SortedUnit, TaxonomyResult } from '../study/taxonomy/types.js';
import { formatUnit, type Kind } from '../units/unit.js';
import { CALL_OPTIONS, type Call, type CallOptions, open, type SeedOption } from './call.js';
import { hidingFor, spatialTap } from './checks.js';
import { tapOf } from './chosen-units.js';
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

export const TAXONOMY_OPTIONS = {
  ...MODEL_OPTION,
  ...IMAGES_OPTION,
  tap: {
    kind: 'text',
    value: 'TAP',
    help: `layer of the units (default: the one that the SAE was trained on, or ${DEFAULTS.tap})`,
  },
  sae: { kind: 'text', value: 'SAE', help: 'also the features of this SAE', object: true },
  ...drawingOption(DEFAULTS.taxonomyOrientations),
  'no-map': { kind: 'switch', help: 'no map of the units' },
  out: { kind: 'text', value: 'DIR', help: 'taxonomy.json and taxonomy.html', required: true, object: true },
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of taxonomy(). `images`: for the percentiles; 100 generated ones unless given. */
export interface TaxonomyCall extends ModelOption, ImagesOption, OutOption, SeedOption, CallOptions {
  /** Layer of the units; the one that the SAE was trained on, or `'mixed3b_5x5'`, unless given. */
  tap?: string;
  /** Also the features of this SAE. */
  sae?: SaeSpec;
  /** Of the drawings over the circle, 16 to 72, a multiple of four; 24 unless given. */
  orientations?: number;
  /** No map; false unless given. In a page there is none. */
  noMap?: boolean;
  /** For the page. */
  commandLine?: string;
}

/** taxonomy.json. */
export type TaxonomyReport = TaxonomyResult;

const RESULT_FILE = 'taxonomy.json';
const PAGE_FILE = 'taxonomy.html';
/** Neighbours that a map keeps together. */
const NEIGHBOURS = 14;

export async function taxonomy(platform: Platform, options: TaxonomyCall): Promise<TaxonomyReport> {
  const o = checked('taxonomy', TAXONOMY_OPTIONS, options, [...CALL_OPTIONS, 'commandLine']);
  const orientations = drawingOrientations(o.orientations);
  const call = await open(platform, options);
  const { engine, signal } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  const sae = o.sae === undefined ? undefined : await openSae(platform, o.sae, { engine, signal });
  try {
    const info = spatialTap(model, tapOf('taxonomy', o.tap, model, sae));
    const hiding = sae && hidingFor(sae, info.name, info.channels);
    return await inStudy(platform, call, model, o, async ({ listed: images, out, pool }) => {
      const measured = await measurePhysiology({
        ...{ engine, pool, model, tap: info.name, images, seed: o.seed, sae, hiding, orientations, signal },
        progress: call.stages,
      });
      try {
        for (const failure of measured.failures) call.skipped(failure);
        const named = (asked: Asked, kind: Kind) => profiled(measured, asked, kind, info.name);
        const kinds = [
          named(measured.units, 'neurons'),
          ...(measured.features ? [named(measured.features, 'features')] : []),
        ];
        const { series } = measured;
        const [units, features = null] = kinds.map((kind) => sortUnits(series, kind));
        const random = sortUnits(series, named(measured.random, 'neurons'));
        const all = [...units, ...(features ?? [])];
        const map = o.noMap ? null : await laidOut(platform, call, { measured, kinds, all, seed: o.seed });
        const report: TaxonomyReport = {
          ...{ tap: info.name, model: model.name, sae: sae?.label ?? null },
          ...{ images: measured.used, vectors: measured.vectors },
          ...{ drawings: measured.responses.length / info.channels, orientations, seed: o.seed },
          families: {
            units: countFamilies(units),
            features: features && countFamilies(features),
            random: { directions: random.length, ...countFamilies(random) },
          },
          ...{ map, units, features },
        };
        await out.write(RESULT_FILE, `${JSON.stringify(report, null, 1)}\n`);
        if (platform.report) {
          const best = bestDrawings(series, kinds, all);
          const shown = best.map(
            (drawing) => drawing && drawingThumbnail(engine.math, drawing, info.field, 48),
          );
          await out.write(PAGE_FILE, await platform.report.taxonomy(report, shown, options.commandLine));
        }
        return report;
      } finally {
        measured.dispose();
      }
    });
  } finally {
    sae?.dispose();
  }
}

function profiled(
  { series, responses, channels }: Physiology,
  { readOuts, percentile999, fires }: Asked,
  kind: Kind,
  tap: string,
): ProfiledKind {
  return {
    profiles: profilesOf(series, responses, channels, readOuts),
    names: fires.map((_, index) => formatUnit({ kind, index }, tap)),
    ...{ percentile999, fires },
  };
}

interface ToLay {
  measured: Physiology;
  kinds: readonly ProfiledKind[];
  /** Units, then features: they are told where they lie. */
  all: readonly SortedUnit[];
  seed: number;
}

/** null, and a warning, where no map can be drawn. */
async function laidOut(
  platform: Platform,
  { engine, stages, warn }: Call,
  { measured, kinds, all, seed }: ToLay,
): Promise<TaxonomyResult['map']> {
  if (!platform.layout) return null;
  stages.start('map');
  const neighbours = neighboursOf(engine, measured.series, kinds, NEIGHBOURS);
  try {
    const { rows } = neighbours;
    const points = rows.length ? await platform.layout(neighbours, seed) : [];
    for (const [i, row] of rows.entries()) all[row].at = points[i];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    warn(`${error.message}; taxonomy.json has no map`);
    stages.finish('none');
    return null;
  }
  stages.finish(`${neighbours.rows.length} points`);
  if (!neighbours.rows.length) return null;
  return { method: 'umap-js', neighbours: NEIGHBOURS, seed };
}
