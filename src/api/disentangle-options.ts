// Options of `disentangle`, and what its tasks are prepared to.
import { UsageError } from '../core/errors.js';
import type { Storage } from '../formats/storage.js';
import type { Model } from '../network/types.js';
import type { DisentangledPart, StudyInParts } from '../pipeline/disentangle-parts.js';
import type { TaskData } from '../study/disentangle/materials.js';
import { METHODS, type Method } from '../study/disentangle/methods.js';
import { PATCH_ATTRIBUTES, USUAL_PATCH_ATTRIBUTES } from '../study/disentangle/patches.js';
import type { DisentangleResult, DisentangleSettings } from '../study/disentangle/result.js';
import { USUAL_ATTRIBUTES, VISION_ATTRIBUTES } from '../study/disentangle/stimuli.js';
import { READOUTS, type ReadoutKind } from '../study/disentangle/types.js';
import type { Call, CallOptions, SeedOption } from './call.js';
import { CITY_OPTIONS, type CityOption } from './city.js';
import { MODEL_OPTION, type ModelOption, SEED_OPTION } from './groups.js';
import type { Checked, Options } from './options.js';
import type { ImagesSpec, OutSpec, Platform, SaeSpec, VectorsSpec } from './platform.js';
import { SHARD_OPTION } from './shard-option.js';

const TASKS = ['vision', 'vectors', 'city'] as const;

/** What is asked for where nothing else is. */
export const USUAL = {
  entities: { vision: 400, vectors: 4000 },
  steps: { vision: 1000, vectors: 1400 },
  batch: { vision: 4, vectors: 16, city: 16 },
};
export const WITHOUT_SAE = ['neurons', 'pca', 'random', 'das'];
export const WITH_SAE = ['neurons', 'random-sae+error', 'sae', 'sae+error', 'das'];

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
  ...SHARD_OPTION,
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
export interface Prepared {
  data: Omit<TaskData, 'probes'>;
  origin: object;
  methods: Method[];
  model: Model | undefined;
  about: Pick<DisentangleResult, 'tap'> & { read: string | null } & Pick<
      DisentangleSettings,
      'model' | 'hidden' | 'size' | 'beside'
    >;
}

/** UsageError: an option of another task. */
export const ofTask = (task: string, other: Readonly<Record<string, unknown>>): void => {
  for (const [name, value] of Object.entries(other))
    if (value !== undefined) throw new UsageError(`disentangle: --${name} is not for the ${task} task`);
};

/** null: none. UsageError: neither a page's address nor a folder. */
export function explorerAddress({ explorer: text }: Asked): string | null {
  if (text === undefined) return null;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1].toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    throw new UsageError(`--explorer '${text}' is neither http, https nor a folder beside the page`);
  return text.split('#')[0];
}

/** What is done with studies that are ready: all of them, or a share; `result` of all parts, in the studies' order. */
export type UseOfStudies<T> = (
  o: Asked,
  call: Call,
  ready: {
    studies: StudyInParts[];
    result(parts: readonly DisentangledPart[]): DisentangleResult;
  },
) => Promise<T>;

const RESULT_FILE = 'disentangle.json';
const PAGE_FILE = 'disentangle.html';

/** disentangle.json and the page. */
export async function written(
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
