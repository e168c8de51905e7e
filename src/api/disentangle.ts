// `disentangle`: do features mediate what is known of each attribute? Against neurons, chance and DAS.

import { PUBLIC_GPT2 } from '../../models/public-weights.js';
import { InputError, UsageError } from '../core/errors.js';
import { Rng } from '../core/random.js';
import type { Storage } from '../formats/storage.js';
import type { ImageFailure, ImageRef } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import { cutAt } from '../network/tail.js';
import type { Model } from '../network/types.js';
import { cityStudy, type DisentangledPart, disentangling } from '../pipeline/disentangle.js';
import { type CitySplit, citySplit } from '../study/disentangle/city/city.js';
import { ANSWER } from '../study/disentangle/city/reading.js';
import { labelled, parseLabelSpec } from '../study/disentangle/labels.js';
import type { TaskData, VisionEntities } from '../study/disentangle/materials.js';
import { checkMethod, METHODS, type Method, parseMethod } from '../study/disentangle/methods.js';
import type { Grid } from '../study/disentangle/network-reading.js';
import { checkTask, splitEntities } from '../study/disentangle/pairs.js';
import {
  balanced,
  PATCH_ATTRIBUTES,
  type Patch,
  type PatchAttribute,
  patchAttributes,
  USUAL_PATCH_ATTRIBUTES,
} from '../study/disentangle/patches.js';
import type { DisentangleResult, DisentangleSettings } from '../study/disentangle/result.js';
import {
  checkVisionAttributes,
  curvePictures,
  USUAL_ATTRIBUTES,
  VISION_ATTRIBUTES,
} from '../study/disentangle/stimuli.js';
import type { PatchesPayload, PatchesResult } from '../study/disentangle/tasks.js';
import { READOUTS, type ReadoutKind } from '../study/disentangle/types.js';
import { usualTap, type VisionSetting, visionSetting } from '../study/disentangle/vision.js';
import { hidingOf, hidingText } from '../vectors/hiding.js';
import { picked } from '../vectors/matrix.js';
import { joinMetadata } from '../vectors/metadata.js';
import type { VectorSource } from '../vectors/types.js';
import { CALL_OPTIONS, type Call, type CallOptions, noneUsable, open, type SeedOption } from './call.js';
import { checkWidth, reachableTap } from './checks.js';
import { CITY_OPTIONS, type CityOption, promptSets } from './city.js';
import { MODEL_OPTION, type ModelOption, SEED_OPTION } from './groups.js';
import { type OpenedSae, openSae } from './open-sae.js';
import { type Checked, checked, type Options } from './options.js';
import type { ImagesSpec, OutSpec, Platform, SaeSpec, VectorsSpec } from './platform.js';
import { VERSION } from './version.js';

const TASKS = ['vision', 'vectors', 'city'] as const;

/** What is asked for where nothing else is. */
const USUAL = {
  entities: { vision: 400, vectors: 4000 },
  steps: { vision: 1000, vectors: 1400 },
  batch: { vision: 4, vectors: 16, city: 16 },
};
const WITHOUT_SAE = ['neurons', 'pca', 'random', 'das'];
const WITH_SAE = ['neurons', 'random-sae+error', 'sae', 'sae+error', 'das'];

export const DISENTANGLE_OPTIONS = {
  task: {
    kind: 'choice',
    of: TASKS,
    help: 'vision: drawn curves, changed at a tap; vectors: any matrix with labels of its rows; city: prompts before a language model',
    required: true,
  },
  methods: {
    kind: 'list',
    value: 'M,...',
    help: `${METHODS.join(', ')}, das-K (default ${WITH_SAE.join(',')}; without an SAE ${WITHOUT_SAE.join(',')})`,
  },
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'disentangle.json, disentangle.html and each mask; repeating the command takes what is finished',
    required: true,
    object: true,
  },
  sae: { kind: 'text', value: 'SAE', help: 'the SAE of methods sae and random-sae', object: true },
  attributes: {
    kind: 'list',
    value: 'A,...',
    help: `vision: of ${Object.keys(VISION_ATTRIBUTES).join(', ')} (default ${USUAL_ATTRIBUTES.join(',')}; of patches ${Object.keys(PATCH_ATTRIBUTES).join(', ')}, default ${USUAL_PATCH_ATTRIBUTES.join(',')}); vectors: NAME=FIELD:REGEX of the metadata, as year=id:^..`,
  },
  ...MODEL_OPTION,
  images: {
    kind: 'list',
    value: 'DIR|GLOB',
    help: 'vision: photographs whose patches are the entities, instead of drawn curves',
    object: true,
    paths: true,
  },
  tap: {
    kind: 'text',
    value: 'TAP',
    help: 'vision, city: where is changed (default the tap of the SAE); city: of several, with commas, all',
  },
  read: { kind: 'text', value: 'TAP', help: 'vision: where is read (default the next block)' },
  readout: {
    kind: 'choice',
    of: READOUTS,
    help: 'how attributes are read: by logistic regression, or as the nearest entity that was learnt from has them (default probes)',
  },
  beside: {
    kind: 'choice',
    of: ['mean', 'base'],
    help: 'vision: what the other branches of a block hold, their mean over pictures or their own values',
    default: 'mean',
  },
  ...CITY_OPTIONS,
  in: { kind: 'text', value: 'FILE|STORE', help: 'vectors: the matrix', object: true },
  meta: { kind: 'text', value: 'FILE', help: 'vectors: a record for each row, JSON lines or CSV' },
  group: {
    kind: 'text',
    value: 'FIELD',
    help: 'vectors: rows of one value of it stay on one side of the split',
  },
  fewest: {
    kind: 'integer',
    value: 'N',
    help: 'vectors: values of an attribute that fewer rows have are left out',
    min: 2,
    default: 20,
  },
  entities: {
    kind: 'integer',
    value: 'N',
    help: `pictures (default ${USUAL.entities.vision}; patches 1200), or at most so many rows (${USUAL.entities.vectors})`,
    min: 16,
    max: 1_000_000,
  },
  pairs: {
    kind: 'integer',
    value: 'N',
    help: 'held-out pairs that each mask is judged on',
    min: 10,
    max: 100_000,
    default: 200,
  },
  seeds: {
    kind: 'integer',
    value: 'N',
    help: 'masks of each method and attribute',
    min: 1,
    max: 100,
    default: 3,
  },
  steps: {
    kind: 'integer',
    value: 'N',
    help: `of training (default ${USUAL.steps.vision}; vectors ${USUAL.steps.vectors})`,
    min: 1,
    max: 1_000_000,
  },
  batch: {
    kind: 'integer',
    value: 'N',
    help: `pairs a step (default ${USUAL.batch.vision}; vectors ${USUAL.batch.vectors}, city ${USUAL.batch.city})`,
    min: 1,
    max: 4096,
  },
  rate: { kind: 'number', value: 'R', help: 'of Adam', min: 1e-6, max: 1, default: 1e-3 },
  explorer: {
    kind: 'text',
    value: 'URL',
    help: "where explore shows the SAE's run, or a folder of explore --export: the page links units to it",
  },
  ...SEED_OPTION,
} as const satisfies Options;

export interface DisentangleCall extends ModelOption, CityOption, SeedOption, CallOptions {
  /** `'vision'`: drawn curves, changed at a tap; `'vectors'`: any matrix with labels of its rows; `'city'`: prompts before a language model. */
  task: (typeof TASKS)[number];
  /** `'neurons'`, `'pca'`, `'random'`, `'sae'`, `'sae+error'`, `'random-sae'`, `'random-sae+error'`, `'das'`, `'das-16'`, `'truth'`. */
  methods?: string | readonly string[];
  /** Folder of disentangle.json, disentangle.html and each mask. */
  out: OutSpec;
  /** The SAE of methods sae and random-sae. */
  sae?: SaeSpec;
  /** Vision: `'orientation'`, `'curvature'`, ...; vectors: `'NAME=FIELD:REGEX'` of the metadata. */
  attributes?: string | readonly string[];
  /** Vision: photographs whose patches are the entities; drawn curves unless given. */
  images?: ImagesSpec;
  /** Vision and city: where is changed; the tap of the SAE unless given. */
  tap?: string;
  /** Vision: where is read; the next block unless given. */
  read?: string;
  /** How attributes are read: `'probes'` (logistic regression) unless given, or as the nearest entity has them. */
  readout?: ReadoutKind;
  /** Vision: what the other branches of the tap's block hold; their mean over pictures unless given. */
  beside?: 'mean' | 'base';
  /** Vectors: the matrix, [n][d]. */
  in?: VectorsSpec;
  /** Vectors: a file with a record for each row. */
  meta?: string;
  /** Vectors: rows of one value of this field stay on one side of the split. */
  group?: string;
  /** Vectors: values of an attribute that fewer rows have are left out; 20 unless given. */
  fewest?: number;
  /** Pictures, 400 unless given; rows at most, 4000 unless given. */
  entities?: number;
  /** Held-out pairs that each mask is judged on, 200 unless given. */
  pairs?: number;
  /** Masks of each method and attribute, 3 unless given. */
  seeds?: number;
  /** Of training, 1000 unless given; 1400 of vectors. */
  steps?: number;
  /** Pairs a step, 4 unless given; 16 of vectors and prompts. */
  batch?: number;
  /** Of Adam, 0.001 unless given. */
  rate?: number;
  /** Where `explore` shows the SAE's run, or a folder of an exported site: the page links units to it. */
  explorer?: string;
  /** Of a page's footer. */
  commandLine?: string;
}

/** disentangle.json. `report`: the page's file in `out`; null where pages are not drawn (in a browser). */
export type DisentangleReport = DisentangleResult & { report: string | null };

export type Asked = Checked<typeof DISENTANGLE_OPTIONS, DisentangleCall>;

/** What is trained on, and what the result says of it. */
interface Prepared {
  data: Omit<TaskData, 'probes'>;
  origin: object;
  methods: Method[];
  model: Model | undefined;
  about: Pick<DisentangleResult, 'tap'> & { read: string | null } & Pick<
      DisentangleSettings,
      'model' | 'hidden' | 'size' | 'beside'
    >;
}

/** SHA-256 of GPT-2 small's weights, as the paper used them. */
const PUBLISHED_WEIGHTS = PUBLIC_GPT2.files.find(({ keep }) => keep === 'gpt2.safetensors')!.hex;

const RESULT_FILE = 'disentangle.json';
const PAGE_FILE = 'disentangle.html';

export async function disentangle(platform: Platform, options: DisentangleCall): Promise<DisentangleReport> {
  const o = checked('disentangle', DISENTANGLE_OPTIONS, options, [...CALL_OPTIONS, 'commandLine']);
  const methods = methodsOf(o);
  const call = await open(platform, options);
  const { engine, signal } = call;
  const sae = o.sae === undefined ? undefined : await openSae(platform, o.sae, { engine, signal });
  try {
    if (o.task === 'city')
      return await disentangleCity(platform, call, { ...o, commandLine: options.commandLine }, methods, sae);
    ofTask(o.task, { prompts: o.prompts, tokenizer: o.tokenizer });
    const prepared =
      o.task === 'vision'
        ? await prepareVision(platform, call, o, methods, sae)
        : await prepareVectors(platform, call, o, methods, sae);
    const { data, origin, model, about } = prepared;
    checkTask(data.attributes, data.split);
    await platform.ensureFolder(o.out);
    const out = platform.storage(o.out);
    const { steps = USUAL.steps[o.task], batch = USUAL.batch[o.task], rate, seed, seeds, pairs } = o;
    const pool = await platform.pool(engine, model, call.warn);
    let part: DisentangledPart;
    try {
      part = await disentangling({
        ...{ engine, pool, out, signal, data, origin, methods, seed, seeds, pairs },
        progress: call.stages,
        readout: o.readout,
        options: { steps, batch, rate },
      });
    } finally {
      pool.dispose();
    }
    const { baseline, rows, summary, attributes } = part;
    const { tap, read, ...facts } = about;
    const result: DisentangleResult = {
      ...{ task: o.task, tap, baseline, rows, readout: { read, attributes }, summary },
      settings: {
        ...{ model: facts.model, sae: sae?.label ?? null, hidden: facts.hidden },
        ...{ size: facts.size, beside: facts.beside, readout: o.readout ?? 'probes' },
        explorer: o.explorer === undefined ? null : explorerAddress(o.explorer),
        entities: { train: data.split.train.length, test: data.split.test.length },
        ...{ seeds, steps, batch, rate, pairs, seed },
      },
      version: VERSION,
    };
    return await written(platform, out, result, options.commandLine);
  } finally {
    sae?.dispose();
  }
}

/** disentangle.json and the page. */
async function written(
  platform: Platform,
  out: Storage,
  result: DisentangleResult,
  commandLine = 'curvesae',
): Promise<DisentangleReport> {
  const report: DisentangleReport = { ...result, report: platform.report ? PAGE_FILE : null };
  await out.write(RESULT_FILE, `${JSON.stringify(report, null, 1)}\n`);
  if (platform.report) await out.write(PAGE_FILE, await platform.report.disentangle(result, commandLine));
  return report;
}

/** Of several taps: rows say theirs, and each attribute stands by itself at each of them. */
function byTap(parts: readonly (readonly [tap: string, part: DisentangledPart])[]): DisentangledPart {
  const [[, first]] = parts;
  if (parts.length === 1) return first;
  const at = (name: string, tap: string): string => `${name} at ${tap}`;
  return {
    // A no-op is one at every tap.
    baseline: first.baseline,
    rows: parts.flatMap(([tap, { rows }]) => rows.map((row) => ({ ...row, tap }))),
    summary: parts.flatMap(([tap, { summary }]) =>
      summary.map((own) => ({ ...own, attribute: at(own.attribute, tap), tap })),
    ),
    attributes: Object.fromEntries(
      Object.keys(first.attributes).flatMap((name) =>
        parts.map(([tap, { attributes }]) => [at(name, tap), attributes[name]]),
      ),
    ),
  };
}

async function disentangleCity(
  platform: Platform,
  call: Call,
  o: Asked & { commandLine?: string },
  methods: Method[],
  sae: OpenedSae | undefined,
): Promise<DisentangleReport> {
  ofTask('city', { in: o.in, meta: o.meta, group: o.group, read: o.read, attributes: o.attributes });
  ofTask('city', { entities: o.entities, steps: o.steps, images: o.images, readout: o.readout });
  const { engine, signal } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  const taps = o.tap?.split(',') ?? (sae?.tap === undefined ? [] : [sae.tap]);
  if (!taps.length)
    throw new UsageError(
      'disentangle: the city task needs --tap, as blocks.5.hook_resid_post, or an SAE of one',
    );
  if (new Set(taps).size !== taps.length) throw new UsageError(`--tap ${o.tap}: names a tap twice`);
  for (const tap of taps) {
    const { channels: d } = reachableTap(model, tap);
    cutAt(model.description, tap);
    if (sae) checkWidth(`tap ${tap}`, d, sae.config.dIn);
    for (const method of methods) checkMethod(method, { d, sae: sae !== undefined, truth: false });
  }
  const asked = { ...o, batch: o.batch ?? USUAL.batch.city };
  const { sets, files } = await promptSets(platform, model, asked);
  const split = citySplit(
    sets.map(({ pairs }) => pairs),
    asked.batch,
    o.seed,
  );
  const pairs = (batches: CitySplit['train']) => batches.reduce((n, batch) => n + batch.pairs.length, 0);
  await platform.ensureFolder(o.out);
  const out = platform.storage(o.out);
  const pool = await platform.pool(engine, model, call.warn);
  const { epochs, patch, position, rate, seed, seeds } = o;
  try {
    const parts: [tap: string, part: DisentangledPart][] = [];
    for (const tap of taps) {
      if (taps.length > 1) call.log(tap);
      const part = await cityStudy({
        ...{ engine, pool, out, signal, methods, seed, seeds, progress: call.stages },
        data: { tap, at: position, sets, ...(sae && { sae: { config: sae.config, tensors: sae.tensors } }) },
        origin: { weights: model.sha256 },
        options: { epochs, batch: asked.batch, rate, patch },
      });
      parts.push([tap, part]);
    }
    const { baseline, rows, summary, attributes } = byTap(parts);
    const result: DisentangleResult = {
      ...{
        task: o.task,
        tap: taps.join(','),
        baseline,
        rows,
        readout: { read: ANSWER, attributes },
        summary,
      },
      settings: {
        ...{
          model: model.name,
          sae: sae?.label ?? null,
          hidden: null,
          size: null,
          beside: null,
          readout: null,
        },
        explorer: o.explorer === undefined ? null : explorerAddress(o.explorer),
        entities: { train: pairs(split.train), test: pairs(split.test) },
        ...{
          seeds,
          steps: epochs * split.train.length,
          batch: asked.batch,
          rate,
          pairs: pairs(split.test),
          seed,
        },
        city: {
          prompts: Object.fromEntries(
            sets.map(({ name, prompts, pairs: own }, i) => [
              name,
              { file: files[i], prompts: prompts.length, tokens: prompts[0].length, pairs: own.length },
            ]),
          ),
          ...{ position, epochs, patch, published: model.sha256 === PUBLISHED_WEIGHTS },
        },
      },
      version: VERSION,
    };
    return await written(platform, out, result, o.commandLine);
  } finally {
    pool.dispose();
  }
}

/** UsageError: neither a page's address nor a folder. */
function explorerAddress(text: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1].toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    throw new UsageError(`--explorer '${text}' is neither http, https nor a folder beside the page`);
  return text.split('#')[0];
}

function methodsOf({ methods, sae }: Asked): Method[] {
  const names = methods ?? (sae === undefined ? WITHOUT_SAE : WITH_SAE);
  return [...new Set(names)].map(parseMethod);
}

const ofTask = (task: string, other: Readonly<Record<string, unknown>>): void => {
  for (const [name, value] of Object.entries(other))
    if (value !== undefined) throw new UsageError(`disentangle: --${name} is not for the ${task} task`);
};

async function prepareVision(
  platform: Platform,
  call: Call,
  o: Asked,
  methods: Method[],
  sae: OpenedSae | undefined,
): Promise<Prepared> {
  ofTask('vision', { in: o.in, meta: o.meta, group: o.group });
  const { engine, signal } = call;
  const seeing = o.images === undefined ? drawn(o) : photographed(platform, call, o, o.images);
  const model = await platform.openModel(o.model, engine.math, { signal });
  const tap = o.tap ?? sae?.tap ?? usualTap(model);
  reachableTap(model, tap);
  const { channels: d, ...setting } = visionSetting(model, tap, o.read);
  const hiding = hidingOf(sae?.metadata.hidden);
  if (hiding && (hiding.kind !== 'rotate' || hiding.width !== d))
    throw new InputError(
      `${sae!.label}: was trained on hidden neurons (${hidingText(hiding)}); disentangle turns back those of 'rotate ${d}' alone`,
    );
  if (sae) checkWidth(`tap ${tap}`, d, sae.config.dIn);
  for (const method of methods)
    checkMethod(method, { d, sae: sae !== undefined, truth: hiding !== undefined });
  const { pictures, attributes, groups } = await seeing(model, setting);
  const split = splitEntities(pictures.length, o.seed, groups);
  const entities = {
    ...{ kind: 'vision' as const, ...setting, pictures, hiding },
    grid: gridOf(o, attributes),
    beside: o.beside === 'base' ? { hold: 'base' as const } : { hold: 'mean' as const, over: split.train },
  };
  return {
    ...{ methods, model, origin: { weights: model.sha256 } },
    data: { entities, attributes, split, ...(sae && { sae: { config: sae.config, tensors: sae.tensors } }) },
    about: {
      ...{ tap, read: setting.read, model: model.name, size: setting.size, beside: o.beside },
      hidden: hiding ? hidingText(hiding) : null,
    },
  };
}

/** Patches are told by their middle; position is told by quarters of the map. */
const gridOf = ({ images }: Asked, attributes: readonly { name: string }[]): Grid =>
  images !== undefined ? 'middle' : attributes.some(({ name }) => name === 'position') ? 2 : 1;

/** Entities of the vision task; what is wrong with its options is found before a network is opened. */
type Seeing = (
  model: Model,
  setting: Pick<VisionSetting, 'size' | 'apex'>,
) => Promise<Pick<VisionEntities, 'pictures'> & Pick<TaskData, 'attributes'> & { groups?: string[] }>;

function drawn(o: Asked): Seeing {
  const names = checkVisionAttributes(o.attributes ?? USUAL_ATTRIBUTES, VISION_ATTRIBUTES, 'drawn curves');
  return async () => curvePictures(names, o.entities ?? USUAL.entities.vision, o.seed);
}

const USUAL_PATCHES = 1200;
/** Places that are cut for each that is taken: rare combinations of values are to be among them. */
const MORE_PLACES = 6;
const STREAM_BALANCE = 66;

/** Patches of one photograph stay on one side of the split. */
function photographed(platform: Platform, call: Call, o: Asked, images: ImagesSpec): Seeing {
  const names = checkVisionAttributes<PatchAttribute>(
    o.attributes ?? USUAL_PATCH_ATTRIBUTES,
    PATCH_ATTRIBUTES,
    'patches of photographs',
  );
  const { engine, signal, stages } = call;
  const count = o.entities ?? USUAL_PATCHES;
  return async (model, { size, apex }) => {
    const refs = await platform.listImages(images, o.seed, { signal, warn: call.warn });
    const most = Math.ceil((MORE_PLACES * count) / refs.length);
    const found: Patch[] = [];
    const from: number[] = [];
    const failures: ImageFailure[] = [];
    const pool = await platform.pool(engine, model, call.warn);
    stages.start('patches');
    try {
      const cut = { side: imageInput(model.description).size, size, apex, most, seed: o.seed };
      await pool.mapOrdered<ImageRef, PatchesResult>(
        refs,
        (ref, index) => ({
          name: 'disentangle-patches',
          payload: { ref, index, ...cut } satisfies PatchesPayload,
        }),
        (result, index) => {
          if ('failure' in result) {
            failures.push(result.failure);
            call.skipped(result.failure);
          } else
            for (const patch of result.patches) {
              found.push(patch);
              from.push(index);
            }
          stages.update(index + 1, refs.length, 'photographs');
        },
        { ahead: 2, signal },
      );
    } finally {
      pool.dispose();
    }
    if (failures.length === refs.length) throw noneUsable(refs.length, failures);
    if (found.length < 16)
      throw new InputError(
        `only ${found.length} places of ${refs.length} photographs can be told apart (one orientation, clear sides, grey or coloured); give more photographs`,
      );
    const chosen = balanced(found, names, count, new Rng(o.seed, STREAM_BALANCE));
    const patches = chosen.map((i) => found[i]);
    stages.finish(
      `${patches.length} of ${found.length} places in ${refs.length - failures.length} photographs`,
    );
    return {
      pictures: patches.map(({ pixels }) => ({ pixels })),
      attributes: patchAttributes(names, patches),
      groups: chosen.map((i) => String(from[i])),
    };
  };
}

async function prepareVectors(
  platform: Platform,
  call: Call,
  o: Asked,
  methods: Method[],
  sae: OpenedSae | undefined,
): Promise<Prepared> {
  ofTask('vectors', { tap: o.tap, read: o.read, images: o.images });
  if (o.in === undefined || o.meta === undefined || o.attributes === undefined)
    throw new UsageError('disentangle: the vectors task needs --in, --meta and --attributes');
  const specs = o.attributes.map(parseLabelSpec);
  const source = (await platform.openVectors(o.in)).source('all');
  const { d } = source;
  if (sae) checkWidth('--in', d, sae.config.dIn);
  for (const method of methods) checkMethod(method, { d, sae: sae !== undefined, truth: false });
  const fields = [...specs.map(({ field }) => field), ...(o.group === undefined ? [] : [o.group])];
  const metadata = await platform.readMetadata(o.meta, { fields });
  const joined = joinMetadata(metadata, { count: source.count, label: String(o.in) });
  const { rows, attributes, groups, unlabelled, rare } = labelled(joined, specs, {
    ...{ fewest: o.fewest, seed: o.seed, group: o.group },
    most: o.entities ?? USUAL.entities.vectors,
  });
  if (unlabelled) call.warn(`${unlabelled} of ${source.count} rows lack a label and were left out`);
  if (rare) call.log(`${rare} rows have a value that fewer than ${o.fewest} have, and were left out`);
  const split = splitEntities(rows.length, o.seed, groups);
  const x = await rowsOf(source, rows);
  return {
    ...{ methods, model: undefined, origin: {} },
    data: {
      ...{ entities: { kind: 'vectors', d, x }, attributes, split },
      ...(sae && { sae: { config: sae.config, tensors: sae.tensors } }),
    },
    about: { tap: null, read: null, model: null, hidden: null, size: null, beside: null },
  };
}

/** Rows of a source, named rising, [rows][d]. */
async function rowsOf(source: VectorSource, rows: Int32Array): Promise<Float32Array> {
  const { d } = source;
  const out = new Float32Array(rows.length * d);
  let [first, at] = [0, 0];
  for (let shard = 0; shard < source.shards.length && at < rows.length; shard++) {
    const end = first + source.shards[shard];
    const here = rows.subarray(at).filter((row) => row < end);
    if (here.length)
      out.set(
        picked(
          await source.load(shard),
          here.map((row) => row - first),
          d,
        ),
        at * d,
      );
    at += here.length;
    first = end;
  }
  return out;
}
