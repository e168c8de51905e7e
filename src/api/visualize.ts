// `visualize`: pictures of what units, features and directions look for.
import { InputError, UsageError } from '../core/errors.js';
import { imageInput } from '../network/ops/image.js';
import { isPreRelu, tapChannels, parseUnit as unitOf } from '../network/taps.js';
import type { Model } from '../network/types.js';
import { type PhotographsOf, photographsOf, type UnitAt } from '../pipeline/photographs-of.js';
import { type OnPicture, pictures, type Strengths, type VisualizedImage } from '../pipeline/pictures.js';
import { activationStatistics } from '../study/curves/statistics.js';
import type { PictureJob } from '../study/visualize/pictures.js';
import { PICTURE_DEFAULTS } from '../study/visualize/types.js';
import { parseObjective, type Vocabulary } from '../study/visualize/units.js';
import { parseUnit } from '../units/unit.js';
import { CALL_OPTIONS, type Call, type CallOptions, noneUsable, open, type SeedOption } from './call.js';
import { hidingFor, reachableTap } from './checks.js';
import { IMAGES_OPTION, type ImagesOption, MODEL_OPTION, type ModelOption, SEED_OPTION } from './groups.js';
import { type OpenedSae, openSae } from './open-sae.js';
import { type Checked, checked, type Options } from './options.js';
import type { OutSpec, Platform, SaeSpec, VectorsSpec } from './platform.js';
import { inStudy, saeForTasks } from './study.js';
import { VERSION } from './version.js';

export const VISUALIZE_OPTIONS = {
  ...MODEL_OPTION,
  sae: { kind: 'text', value: 'SAE', help: 'the SAE whose features f0, f1, ... are', object: true },
  units: {
    kind: 'list',
    value: 'UNIT,...',
    help: 'mixed3b:379, f12, d3; less of one as -f12, several together as f12-0.5*f7',
    required: true,
  },
  tap: { kind: 'text', value: 'TAP', help: 'of --directions, and of an SAE that does not say it' },
  directions: {
    kind: 'text',
    value: 'FILE',
    help: 'a matrix whose rows are d0, d1, ..., directions of --tap',
    object: true,
  },
  activations: {
    kind: 'text',
    value: 'STORE',
    help: "photographs' vectors: how strongly each picture fires, over the unit's 99.9th percentile there",
    object: true,
  },
  images: {
    ...IMAGES_OPTION.images,
    help: 'photographs to show beside the pictures; without --activations, to measure how strongly these fire',
  },
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'pictures, visualize.json and visualize.html',
    required: true,
    object: true,
  },
  objective: {
    kind: 'choice',
    of: ['neuron', 'channel'],
    help: 'at the middle of the picture, or the mean over all of it',
    default: 'neuron',
  },
  'after-relu': {
    kind: 'switch',
    help: 'units, features and directions read behind the ReLU, as Lucid has them (a channel always is)',
  },
  'plain-relu': { kind: 'switch', help: 'no redirected ReLU in the first 16 steps' },
  'no-transforms': { kind: 'switch', help: 'the picture is not moved, turned and scaled at random' },
  batch: { kind: 'integer', value: 'N', help: 'pictures of each unit', min: 1, max: 64, default: 1 },
  diversity: {
    kind: 'number',
    value: 'W',
    help: 'how much the pictures of a batch are kept unlike each other; 100 is usual',
    min: 0,
    default: 0,
  },
  size: {
    kind: 'integer',
    value: 'N',
    help: 'side of the pictures in pixels',
    min: 16,
    max: 1024,
    default: PICTURE_DEFAULTS.size,
  },
  steps: {
    kind: 'integer',
    value: 'N',
    help: 'steps of Adam',
    min: 1,
    max: 1_000_000,
    default: PICTURE_DEFAULTS.steps,
  },
  rate: {
    kind: 'number',
    value: 'R',
    help: 'size of a step',
    min: 1e-6,
    max: 10,
    default: PICTURE_DEFAULTS.rate,
  },
  ...SEED_OPTION,
} as const satisfies Options;

export interface VisualizeCall extends ModelOption, SeedOption, CallOptions {
  /** The SAE whose features f0, f1, ... are. */
  sae?: SaeSpec;
  /** `'mixed3b:379'`, `'f12'`, `'d3'`; less of one as `'-f12'`, several together as `'f12-0.5*f7'`. */
  units: string | readonly string[];
  /** Of `directions`, and of an SAE that does not say it. */
  tap?: string;
  /** A matrix whose rows are d0, d1, ..., [n][channels of the tap]. */
  directions?: VectorsSpec;
  /** Vectors of photographs, of the units' tap: for `strength`. */
  activations?: VectorsSpec;
  /** Photographs to show beside the pictures; without `activations`, for `strength` too. */
  images?: ImagesOption['images'];
  /** Folder of the pictures, visualize.json and, in Node, visualize.html. */
  out: OutSpec;
  /** At the middle of the picture (`'neuron'`, unless given), or the mean over all of it. */
  objective?: 'neuron' | 'channel';
  /** Units behind their ReLU, as Lucid; false unless given. A channel is always read there. */
  afterRelu?: boolean;
  /** No redirected ReLU in the first 16 steps; false unless given. */
  plainRelu?: boolean;
  /** The picture stays as it is; false unless given. */
  noTransforms?: boolean;
  /** Pictures of each unit, 1 unless given. */
  batch?: number;
  /** How much the pictures of a batch are kept unlike each other; 0 unless given, 100 in Lucid. */
  diversity?: number;
  /** Side in pixels, 128 unless given. */
  size?: number;
  /** Steps of Adam, 512 unless given. */
  steps?: number;
  /** Size of a step, 0.05 unless given. */
  rate?: number;
  /** For the page. */
  commandLine?: string;
  /** Each picture as it grows: RGB, [size][size][3]. */
  onPicture?: OnPicture;
}

/** visualize.json. */
export interface VisualizeReport {
  images: VisualizedImage[];
}

type Asked = Checked<typeof VISUALIZE_OPTIONS, VisualizeCall>;

const RESULT_FILE = 'visualize.json';
const PAGE_FILE = 'visualize.html';

export async function visualize(platform: Platform, options: VisualizeCall): Promise<VisualizeReport> {
  const o = checked('visualize', VISUALIZE_OPTIONS, options, [...CALL_OPTIONS, 'onPicture', 'commandLine']);
  if (o.diversity > 0 && o.batch < 2)
    throw new UsageError('visualize: --diversity compares the pictures of a batch; give --batch 2 or more');
  const call = await open(platform, options);
  const { engine, signal } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  imageInput(model.description);
  const sae = o.sae === undefined ? undefined : await openSae(platform, o.sae, { engine, signal });
  try {
    const words = await vocabulary(platform, call, model, sae, o);
    const units = [...new Set(o.units)];
    const jobs = units.map((unit): PictureJob => ({ unit, ...jobOf(unit, words, o) }));
    for (const { objective } of jobs) for (const { tap } of objective.terms) reachableTap(model, tap);
    await platform.ensureFolder(o.out);
    const storage = platform.storage(o.out);
    const photographs = await photographed(platform, call, model, sae, words, o);
    const images = await pictures(
      {
        ...{ model, storage, signal, onPicture: options.onPicture },
        buildId: engine.info().buildId,
        strengths:
          o.activations === undefined && photographs
            ? photographs.percentile999
            : await strengthsOf(platform, o, sae, words),
        pool: () => platform.pool(engine, model, call.warn),
        progress: call.stages,
        log: (message) => call.log(message),
      },
      jobs,
    );
    const report: VisualizeReport = { images };
    const page = await platform.report?.visualize({
      ...{ model, images, photographs, version: VERSION },
      commandLine: options.commandLine,
    });
    if (page !== undefined) await storage.write(PAGE_FILE, page);
    await storage.write(RESULT_FILE, `${JSON.stringify(report, null, 1)}\n`);
    return report;
  } finally {
    sae?.dispose();
  }
}

/** What the units that are one neuron or one feature do on the photographs; undefined: none were given. */
async function photographed(
  platform: Platform,
  call: Call,
  model: Model,
  sae: OpenedSae | undefined,
  words: Vocabulary,
  o: Asked,
): Promise<PhotographsOf | undefined> {
  if (o.images === undefined) return undefined;
  const { engine, signal } = call;
  const units = [...new Set(o.units)].flatMap((name): UnitAt[] => {
    const unit = /^(f\d{1,9}|[A-Za-z]\w*:\d{1,9})$/.test(name) ? parseUnit(name) : undefined;
    if (!unit) return []; // a sum, less of one, a direction
    if (unit.kind === 'features') return [{ ...unit, name, tap: words.sae!.tap }];
    const { tap, index } = unitOf(name, model.description);
    return isPreRelu(tap) ? [] : [{ kind: 'neurons', index, name, tap }];
  });
  return inStudy(platform, call, model, o, async ({ listed, out, pool }) => {
    const { hash: imagesHash, images } = await platform.nameImages(listed);
    const job = { engine, pool, model, images, imagesHash, out, progress: call.stages, signal, seed: o.seed };
    const read = sae && {
      ...(await saeForTasks(sae)),
      ...{ hidden: words.sae!.hidden?.hiding, tap: words.sae!.tap },
    };
    const found = await photographsOf(job, read, units);
    for (const failure of found.failures) call.skipped(failure);
    if (found.failures.length === images.length) throw noneUsable(images.length, found.failures);
    return found;
  });
}

async function vocabulary(
  platform: Platform,
  { engine }: Call,
  model: Model,
  sae: OpenedSae | undefined,
  { tap, directions }: Asked,
): Promise<Vocabulary> {
  const words: Vocabulary = { math: engine.math, description: model.description };
  if (tap !== undefined) reachableTap(model, tap);
  if (sae) {
    const at = tap ?? sae.tap;
    const neurons = reachableTap(model, at).channels;
    const hiding = hidingFor(sae, at, neurons);
    words.sae = {
      config: sae.config,
      tensors: sae.tensors,
      tap: at,
      ...(hiding && { hidden: { hiding, neurons } }),
    };
  }
  if (directions === undefined) return words;
  if (tap === undefined) throw new UsageError('visualize: --directions are of a tap; name it with --tap');
  const matrix = await platform.openMatrix(directions);
  const [rows, width] = matrix.shape;
  const channels = tapChannels(model.description, tap);
  if (width !== channels)
    throw new InputError(`directions of ${width} values do not fit tap ${tap} of ${channels} channels`);
  words.directions = { tap, rows, width, data: await matrix.rows(0, rows) };
  return words;
}

function jobOf(unit: string, words: Vocabulary, o: Asked): Omit<PictureJob, 'unit'> {
  const where = o.objective === 'neuron' ? 'centre' : 'everywhere';
  const objective = parseObjective(unit, words, { where, afterRelu: o.afterRelu });
  if (o.diversity > 0) objective.diversity = { tap: objective.terms[0].tap, weight: o.diversity };
  const { size, steps, rate, batch, seed } = o;
  const redirected = o.plainRelu ? 0 : PICTURE_DEFAULTS.redirected;
  return { objective, options: { size, steps, rate, batch, seed, transforms: !o.noTransforms, redirected } };
}

async function strengthsOf(
  platform: Platform,
  { activations, units }: Asked,
  sae: OpenedSae | undefined,
  { description }: Vocabulary,
): Promise<Strengths> {
  if (activations === undefined) return new Map();
  const { manifest, source } = await platform.openVectors(activations);
  const all = source('all');
  const encoder =
    sae?.config.dIn === all.d ? { features: sae.config.dSae, encode: sae.encode.bind(sae) } : undefined;
  const { units: neurons, features } = await activationStatistics(all, encoder);
  const tap = manifest?.recipe.tap;
  const known = new Map<string, number>();
  for (const unit of units) {
    if (/^f\d+$/.test(unit) && features) known.set(unit, features.percentile999[Number(unit.slice(1))]);
    const match = /^([^:]+):(\d+)$/.exec(unit);
    if (match && match[1] === tap && tapChannels(description, tap) === all.d)
      known.set(unit, neurons.percentile999[Number(match[2])]);
  }
  return known;
}
