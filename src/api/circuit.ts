// `circuit`: what drives units and features, what they do, and how curves are wired.
import { UsageError } from '../core/errors.js';
import { numericsOf } from '../core/features.js';
import { imageInput } from '../network/ops/image.js';
import { studyCircuits } from '../pipeline/circuit.js';
import type { CircuitJob, NamedSae } from '../pipeline/circuit-job.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { checkWay, tapAfter, tapBefore } from '../study/circuit/path.js';
import type { CircuitResult } from '../study/circuit/types.js';
import { CALL_OPTIONS, type CallOptions, noneUsable, open, type SeedOption } from './call.js';
import { checkNotHidden, checkWidth, spatialTap } from './checks.js';
import { chosenUnits, givenTap } from './chosen-units.js';
import {
  IMAGES_OPTION,
  type ImagesOption,
  MODEL_OPTION,
  type ModelOption,
  type OutOption,
  SEED_OPTION,
} from './groups.js';
import { type OpenedSae, openSae } from './open-sae.js';
import { checked, type Options } from './options.js';
import type { Platform, SaeSpec } from './platform.js';
import { inStudy, saeForTasks } from './study.js';
import { VERSION } from './version.js';

export const CIRCUIT_OPTIONS = {
  ...MODEL_OPTION,
  ...IMAGES_OPTION,
  tap: {
    kind: 'text',
    value: 'TAP',
    help: `layer of the units (default: the one that --sae was trained on, or ${DEFAULTS.tap})`,
  },
  sae: { kind: 'text', value: 'SAE', help: 'the SAE whose features f0, f1, ... may be units', object: true },
  units: { kind: 'list', value: 'UNIT,...', help: 'mixed3b:379, f12; needed without --curves' },
  from: {
    kind: 'text',
    value: 'TAP',
    help: 'layer of what drives them (default: the nearest before that all of their block is computed from)',
  },
  'from-sae': {
    kind: 'text',
    value: 'SAE',
    help: 'drivers are the features of this SAE of --from',
    object: true,
  },
  to: {
    kind: 'text',
    value: 'TAP',
    help: 'later layer that they move (default: the nearest that all behind is computed from)',
  },
  'to-sae': {
    kind: 'text',
    value: 'SAE',
    help: 'what is moved are the features of this SAE of --to',
    object: true,
  },
  curves: {
    kind: 'switch',
    help: 'also the weights from early curves and lines to all curves of the tap, by orientation',
  },
  each: {
    kind: 'integer',
    value: 'N',
    help: 'strongest pictures of each unit, and others, to measure on',
    min: 1,
    max: 64,
    default: 12,
  },
  out: { kind: 'text', value: 'DIR', help: 'circuit.json and circuit.html', required: true, object: true },
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of circuit(). */
export interface CircuitCall extends ModelOption, ImagesOption, OutOption, SeedOption, CallOptions {
  /** Layer of the units; the one that `sae` was trained on, or `'mixed3b_5x5'`, unless given. */
  tap?: string;
  /** The SAE whose features may be units. */
  sae?: SaeSpec;
  /** As `'mixed3b:379'` and `'f12'`; needed without `curves`. */
  units?: string | readonly string[];
  /** Layer of what drives them; the nearest before that all of their block is computed from unless given. */
  from?: string;
  /** Drivers are the features of this SAE of `from`. */
  fromSae?: SaeSpec;
  /** Later layer that they move; the nearest that all behind is computed from unless given. */
  to?: string;
  /** What is moved are the features of this SAE of `to`. */
  toSae?: SaeSpec;
  /** Also the weights from early curves and lines to all curves of the tap; false unless given. */
  curves?: boolean;
  /** Strongest pictures of each unit, and others, 1 to 64; 12 unless given. */
  each?: number;
  /** For the page. */
  commandLine?: string;
}

/** circuit.json. */
export type CircuitReport = CircuitResult;

const RESULT_FILE = 'circuit.json';
const PAGE_FILE = 'circuit.html';

export async function circuit(platform: Platform, options: CircuitCall): Promise<CircuitReport> {
  const o = checked('circuit', CIRCUIT_OPTIONS, options, [...CALL_OPTIONS, 'commandLine']);
  if (!o.units?.length && !o.curves)
    throw new UsageError('circuit needs --units UNIT,... or --curves: whose circuits');
  const call = await open(platform, options);
  const { engine, signal } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  const { size } = imageInput(model.description);
  const opened: OpenedSae[] = [];
  const named = async (spec: SaeSpec | undefined): Promise<OpenedSae | undefined> => {
    if (spec === undefined) return undefined;
    const sae = await openSae(platform, spec, { engine, signal });
    opened.push(sae);
    checkNotHidden('circuit', sae.label, sae.metadata);
    if (sae.weightsSha256 !== undefined && sae.weightsSha256 !== model.sha256)
      call.warn(
        `${sae.label} was trained on other weights (of ${sae.metadata.model_name}) than ${model.name}`,
      );
    return sae;
  };
  try {
    const [sae, fromSae, toSae] = [await named(o.sae), await named(o.fromSae), await named(o.toSae)];
    const tap = spatialTap(model, givenTap('circuit', o.tap, model, sae, 'tap') ?? DEFAULTS.tap);
    const from = spatialTap(
      model,
      givenTap('circuit', o.from, model, fromSae, 'from') ?? tapBefore(model, tap.name),
    );
    checkWay(model, from.name, tap.name);
    const later = givenTap('circuit', o.to, model, toSae, 'to') ?? tapAfter(model, tap.name);
    const to = later === undefined ? undefined : spatialTap(model, later);
    if (to) checkWay(model, tap.name, to.name);
    for (const [reader, info] of [
      [sae, tap],
      [fromSae, from],
      [toSae, to],
    ] as const)
      if (reader) checkWidth('circuit', info!.channels, reader.config.dIn);
    const units = o.units?.length ? chosenUnits('circuit', o.units, model, tap, sae) : [];
    return await inStudy(platform, call, model, o, async ({ listed, out, pool }) => {
      const { hash: imagesHash, images } = await platform.nameImages(listed);
      const job: CircuitJob = {
        ...{ engine, pool, model, images, imagesHash, out, progress: call.stages, signal },
        ...{ tap: tap.name, from: from.name, to: to?.name, units, curves: o.curves },
        ...{ each: o.each, size, seed: o.seed },
        ...{ sae: await read(sae), fromSae: await read(fromSae), toSae: await read(toSae) },
      };
      const found = await studyCircuits(job, platform.report !== undefined);
      for (const { name, reason } of found.failures) call.skipped({ name, reason });
      if (found.failures.length === images.length) throw noneUsable(images.length, found.failures);
      const result: CircuitResult = {
        version: VERSION,
        model: { name: model.name, architecture: model.description.architecture, sha256: model.sha256 },
        ...{ tap: tap.name, from: from.name, to: to?.name ?? null },
        ...{ sae: sae?.label ?? null, fromSae: fromSae?.label ?? null, toSae: toSae?.label ?? null },
        numerics: numericsOf(engine.info().build),
        ...{ seed: o.seed, images: images.length - found.failures.length },
        units: Object.fromEntries(found.units),
        curves: found.curves,
        failures: found.failures.map(({ name, reason }) => ({ name, reason })),
        page: platform.report ? PAGE_FILE : null,
      };
      const page = await platform.report?.circuit(result, found.crops, options.commandLine);
      if (page !== undefined) await out.write(PAGE_FILE, page);
      await out.write(RESULT_FILE, `${JSON.stringify(result)}\n`);
      return result;
    });
  } finally {
    for (const sae of opened) sae.dispose();
  }
}

const read = async (sae: OpenedSae | undefined): Promise<NamedSae | undefined> => sae && saeForTasks(sae);
