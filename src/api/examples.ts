// `examples`: where each neuron and feature fires, from its strongest places to those where it nearly does.
import { UsageError } from '../core/errors.js';
import { numericsOf } from '../core/features.js';
import { imageInput } from '../network/ops/image.js';
import { tokensInput } from '../network/ops/tokens.js';
import { beforeRelu } from '../network/taps.js';
import type { Model, TapInfo } from '../network/types.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { collectExamples, type ExamplesJob } from '../pipeline/examples.js';
import { examplesShare } from '../pipeline/shards/examples.js';
import { parseShare } from '../pipeline/shards/share.js';
import { drawSheets } from '../pipeline/sheets.js';
import { randomText, sheetText } from '../report/example-text.js';
import { fieldsOf, placeOf } from '../study/examples/fields.js';
import { Quotes } from '../study/examples/quotes.js';
import type { SheetPlan } from '../study/examples/sheet.js';
import { randomSpots, type Spot, spotsOf, type UnitSpots } from '../study/examples/spots.js';
import type { ExamplesResult, UnitExamples } from '../study/examples/types.js';
import { formatUnit, type Unit } from '../units/unit.js';
import { CALL_OPTIONS, type Call, type CallOptions, noneUsable, open, type SeedOption } from './call.js';
import { hidingFor, reachableTap } from './checks.js';
import { type Chosen, chosenUnits, tapOf } from './chosen-units.js';
import {
  IMAGES_OPTION,
  type ImagesOption,
  MODEL_OPTION,
  type ModelOption,
  type OutOption,
  SEED_OPTION,
} from './groups.js';
import { type OpenedSae, openSae } from './open-sae.js';
import { type Checked, checked, type Options } from './options.js';
import type { Platform, SaeSpec } from './platform.js';
import { recordedCall, type ShardReport, shardReport } from './shard-call.js';
import { SHARD_OPTION, type ShardOption } from './shard-option.js';
import { namedPictures } from './shard-pictures.js';
import { saeForTasks } from './study.js';
import { textInput, textWindows, tokenizerFor, WINDOW_OPTIONS, type WindowOption } from './texts.js';
import { VERSION } from './version.js';

export const EXAMPLES_OPTIONS = {
  ...MODEL_OPTION,
  ...IMAGES_OPTION,
  ...WINDOW_OPTIONS,
  tap: {
    kind: 'text',
    value: 'TAP',
    help: `layer to read (default: the one that the SAE was trained on, or ${DEFAULTS.tap})`,
  },
  sae: { kind: 'text', value: 'SAE', help: 'also the features of this SAE', object: true },
  units: { kind: 'list', value: 'UNIT,...', help: 'only these: mixed3b:379, f12 (default: all)' },
  each: { kind: 'integer', value: 'N', help: 'examples of each row', min: 1, max: 64, default: 8 },
  levels: {
    kind: 'integer',
    value: 'N',
    help: 'levels of activation, of equally many places',
    min: 1,
    max: 20,
    default: 5,
  },
  'no-near-misses': {
    kind: 'switch',
    help: 'not where a unit is silent but nearly fires: of wide SAEs they take longer than all else',
  },
  'no-sheets': { kind: 'switch', help: 'no contact sheets and no page, examples.json alone' },
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'examples.json, examples.html, sheets/; what is resumed',
    required: true,
    object: true,
  },
  ...SHARD_OPTION,
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of examples(). */
export interface ExamplesCall
  extends ModelOption,
    ImagesOption,
    WindowOption,
    OutOption,
    SeedOption,
    CallOptions {
  /** Layer to read; the one that the SAE was trained on, or `'mixed3b_5x5'`, unless given. */
  tap?: string;
  /** Also the features of this SAE. */
  sae?: SaeSpec;
  /** Only these, as `'mixed3b:379'` and `'f12'`; all unless given. */
  units?: string | readonly string[];
  /** Examples of each row, 1 to 64; 8 unless given. */
  each?: number;
  /** Levels of activation, 1 to 20; 5 unless given. */
  levels?: number;
  /** Near misses are not looked for; false unless given. */
  noNearMisses?: boolean;
  /** examples.json alone; false unless given. In a page never anything else. */
  noSheets?: boolean;
  /** For the page's provenance. */
  commandLine?: string;
}

/** examples.json. */
export type ExamplesReport = ExamplesResult;

type Asked = Checked<typeof EXAMPLES_OPTIONS, ExamplesCall>;

const RESULT_FILE = 'examples.json';
const PAGE_FILE = 'examples.html';

export async function examples(platform: Platform, options: ExamplesCall): Promise<ExamplesReport> {
  return prepared(platform, options, async (o, call, work) => {
    const unlock = await work.job.out.lock();
    try {
      return await report(platform, o, options.commandLine, work, call.skipped);
    } finally {
      await unlock();
    }
  });
}

/** A shard of the pictures; merge() draws the result of all. */
export async function examplesShard(
  platform: Platform,
  options: ExamplesCall & Required<ShardOption>,
): Promise<ShardReport> {
  const share = parseShare(options.shard);
  return prepared(platform, options, async (o, call, { job }) => {
    const { units, noSheets } = o;
    const asked = { units: units ?? null, noSheets };
    const recorded = recordedCall(platform, options);
    const { folder, record, failures, reused } = await examplesShare(job, share, recorded, asked);
    for (const failure of failures) call.skipped(failure);
    return shardReport(folder.label, record, failures, reused);
  });
}

/** Everything is checked, listed and opened; closed after `use`. */
async function prepared<T>(
  platform: Platform,
  options: ExamplesCall,
  use: (o: Asked, call: Call, work: Work) => Promise<T>,
): Promise<T> {
  const o = checked('examples', EXAMPLES_OPTIONS, options, [...CALL_OPTIONS, 'commandLine']);
  const call = await open(platform, options);
  const { engine, signal, stages: progress } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  const isText = tokensInput(model.description) !== undefined;
  if (isText && o.images !== undefined)
    throw new UsageError(`${model.name} reads text, not pictures: give --texts FILE in place of --images`);
  if (!isText && o.texts !== undefined) textInput(model);
  const sae = o.sae === undefined ? undefined : await openSae(platform, o.sae, { engine, signal });
  try {
    const info = reachableTap(model, tapOf('examples', o.tap, model, sae));
    const hidden = sae && hidingFor(sae, info.name, info.channels);
    const units = allUnits(o, model, info, sae);
    if (sae?.weightsSha256 !== undefined && sae.weightsSha256 !== model.sha256)
      call.warn(`the SAE was trained on other weights (of ${sae.metadata.model_name}) than ${model.name}`);
    const listed = isText
      ? await textWindows(platform, model, o)
      : await platform.listImages(o.images ?? 'procedural', o.seed, { signal, warn: call.warn });
    const quotes = isText ? new Quotes(await tokenizerFor(platform, model, o)) : undefined;
    await platform.ensureFolder(o.out);
    const out = platform.storage(o.out);
    const pool = await platform.pool(engine, model, call.warn);
    try {
      const { hash: imagesHash, images } = await namedPictures(platform, o, listed);
      const job: ExamplesJob = {
        ...{ engine, pool, model, images, imagesHash, out, progress, signal },
        ...{ tap: info.name, each: o.each, levels: o.levels, seed: o.seed },
        before: o.noNearMisses ? undefined : beforeRelu(model.description, info.name),
        near: !o.noNearMisses && !isText,
        ...(isText && { size: o.context }),
        ...(sae && { sae: { ...(await saeForTasks(sae)), hidden } }),
      };
      return await use(o, call, { job, info, units, sae, quotes });
    } finally {
      pool.dispose();
    }
  } finally {
    sae?.dispose();
  }
}

function allUnits({ units }: Asked, model: Model, info: TapInfo, sae: OpenedSae | undefined): Chosen[] {
  if (units) return chosenUnits('examples', units, model, info, sae);
  const named = (unit: Unit): Chosen => ({ ...unit, name: formatUnit(unit, info.name) });
  const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  return [
    ...count(info.channels).map((index) => named({ kind: 'neurons', index })),
    ...count(sae?.config.dSae ?? 0).map((index) => named({ kind: 'features', index })),
  ];
}

interface Work {
  job: ExamplesJob;
  info: TapInfo;
  units: Chosen[];
  sae: OpenedSae | undefined;
  /** Of text. */
  quotes: Quotes | undefined;
}

async function report(
  platform: Platform,
  o: Asked,
  commandLine: string | undefined,
  { job, info, units, sae, quotes }: Work,
  skipped: (failure: { name: string; reason: string }) => void,
): Promise<ExamplesReport> {
  const { model, images, out } = job;
  const { sets, failures, hash } = await collectExamples(job);
  for (const { name, reason } of failures) skipped({ name, reason });
  if (failures.length === images.length) throw noneUsable(images.length, failures);
  const size = job.size ?? imageInput(model.description).size;
  const bad = new Set(failures.map(({ picture }) => picture));
  const used = Array.from(images.keys()).filter((i) => !bad.has(i));
  const positions = quotes ? size - 1 : info.height * info.width;
  const fields = fieldsOf(model.description, info);
  const random = randomSpots(used, positions, o.each, o.seed);
  const place = (field: number) => (spot: Omit<Spot, 'value'>) => ({
    image: images[spot.picture].name,
    ...(quotes?.placeOf(images[spot.picture], spot.position) ?? placeOf(info, size, field, spot.position)),
  });
  const result: ExamplesResult = {
    version: VERSION,
    model: { name: model.name, architecture: model.description.architecture, sha256: model.sha256 },
    tap: info.name,
    sae: sae ? { architecture: sae.config.architecture, dIn: sae.config.dIn, dSae: sae.config.dSae } : null,
    numerics: numericsOf(job.engine.info().build),
    ...{ seed: o.seed, images: used.length, places: used.length * positions, size },
    units: {},
    random: random.map(place(info.field)),
    failures: failures.map(({ name, reason }) => ({ name, reason })),
    page: null,
  };
  const plans: SheetPlan[] = [];
  for (const { kind, index, name } of units) {
    const field = kind === 'neurons' ? fields[index] : info.field;
    const spots = spotsOf(sets[kind]!, index, o);
    const at = place(field);
    const examples = (list: Spot[]) => list.map((spot) => ({ ...at(spot), value: spot.value }));
    const unit = unitExamples(spots, examples, result.places);
    result.units[name] = unit;
    if (!unit.fires) continue;
    const rows = [spots.top, ...spots.levels.map((level) => level.spots)];
    if (spots.near?.length) rows.push(spots.near);
    plans.push({ name, field, rows, text: sheetText(name, unit, result), map: { kind, index } });
  }
  if (platform.report && !o.noSheets && quotes) {
    result.page = PAGE_FILE;
    await out.write(PAGE_FILE, await platform.report.textExamples(result, commandLine));
  } else if (platform.report && !o.noSheets) {
    const { sheet: draw, examples: page } = platform.report;
    const chance = { name: 'random', field: info.field, rows: [random], text: randomText(result) };
    const files = await drawSheets({ ...job, info, hash, draw, ending: 'jpg' }, [chance, ...plans]);
    for (const { name } of plans) result.units[name].sheet = files.get(name)!;
    result.page = PAGE_FILE;
    await out.write(
      PAGE_FILE,
      await page(result, { units: files, random: files.get('random') }, commandLine),
    );
  }
  await out.write(RESULT_FILE, `${JSON.stringify(result)}\n`);
  return result;
}

const unitExamples = (
  { fires, images, max, top, levels, near }: UnitSpots,
  examples: (spots: Spot[]) => UnitExamples['top'],
  places: number,
): UnitExamples => ({
  ...{ fires, density: fires / places, images, max, top: examples(top) },
  levels: levels.map(({ spots, ...range }) => ({ ...range, examples: examples(spots) })),
  nearMisses: near && examples(near),
  sheet: null,
});
