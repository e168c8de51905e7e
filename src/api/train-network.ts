// `model train`: a small network trained from a seed, on shapes that are drawn or on pictures with a class each.
import { STEM, stemDescription } from '../../models/stem.js';
import { UsageError } from '../core/errors.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { trainNetworkInto } from '../pipeline/train-network.js';
import { classesOf } from '../study/train-network/classes.js';
import { picturesData, shapesData } from '../study/train-network/data.js';
import type { HeldOutScore, NetworkData, NetworkPoint } from '../study/train-network/types.js';
import { CALL_OPTIONS, type Call, type CallOptions, open, type SeedOption } from './call.js';
import type { OutOption } from './groups.js';
import { SEED_OPTION } from './groups.js';
import { type Checked, checked, type Options } from './options.js';
import type { ImagesSpec, Platform } from './platform.js';

const { network } = DEFAULTS;

export const MODEL_TRAIN_OPTIONS = {
  images: {
    kind: 'list',
    value: 'shapes|DIR|GLOB',
    paths: true,
    help: 'shapes, which are drawn (default), or photographs: a folder with a subfolder a class, or any with --labels',
    object: true,
  },
  labels: {
    kind: 'text',
    value: 'FILE.csv',
    help: 'classes of the photographs: columns file and class, a name or a number each',
  },
  steps: {
    kind: 'integer',
    value: 'N',
    help: 'training steps',
    min: 1,
    max: 10_000_000,
    default: network.steps,
  },
  batch: {
    kind: 'integer',
    value: 'B',
    help: 'pictures per step',
    min: 1,
    max: 65536,
    default: network.batch,
  },
  lr: { kind: 'number', value: 'LR', help: 'largest learning rate', min: 0, max: 10, default: network.lr },
  warmup: {
    kind: 'number',
    value: 'S',
    help: 'share of the run over which the learning rate rises; then it falls as a cosine',
    min: 0,
    max: 1,
    default: network.warmup,
  },
  'weight-decay': {
    kind: 'number',
    value: 'D',
    help: 'share of the weights that a step takes away, times the learning rate',
    min: 0,
    max: 10,
    default: network.weightDecay,
  },
  'held-out': {
    kind: 'integer',
    value: 'N',
    help: 'shapes held out; of photographs one in ten of every class is',
    min: 1,
    max: 1_000_000,
    default: network.heldOut,
  },
  'shuffle-labels': { kind: 'switch', help: 'a control: every picture has a class of chance' },
  'checkpoint-every': {
    kind: 'integer',
    value: 'N',
    help: 'steps between checkpoints',
    min: 1,
    default: network.checkpointEvery,
  },
  out: {
    kind: 'text',
    value: 'DIR',
    help: `folder of ${STEM}.safetensors and training.json; repeating the command goes on, or reuses what is finished`,
    required: true,
    object: true,
  },
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of model.train(). `out`: a folder; one of another training is refused. */
export interface ModelTrainCall extends OutOption, SeedOption, CallOptions {
  /** `'shapes'`, which are drawn, unless given; or pictures, whose class is the folder that they are in. */
  images?: ImagesSpec;
  /** CSV of the pictures' classes, with columns `file` and `class`, in place of folders. */
  labels?: string;
  /** Training steps; 1500 unless given. */
  steps?: number;
  /** Pictures per step; 64 unless given. */
  batch?: number;
  /** Largest learning rate; 0.002 unless given. */
  lr?: number;
  /** Share of the run over which the learning rate rises, 0 to 1; 0.05 unless given. */
  warmup?: number;
  /** Share of the weights that a step takes away, times the learning rate; 0.01 unless given. */
  weightDecay?: number;
  /** Shapes held out; 1080 unless given. Of pictures one in ten of every class is. */
  heldOut?: number;
  /** A control: every picture has a class of chance. */
  shuffleLabels?: boolean;
  /** Steps between checkpoints; 100 unless given. Never changes a bit. */
  checkpointEvery?: number;
  /** Every point of the training log as it is made. */
  onPoint?: (point: NetworkPoint) => void;
}

export interface ModelTrainReport {
  /** The weights: any command takes them as `model`. */
  model: string;
  architecture: string;
  sha256: string;
  /** Numbers in all weights and biases. */
  parameters: number;
  classes: readonly string[];
  steps: number;
  log: NetworkPoint[];
  heldOut: HeldOutScore;
  seconds: number;
  /** It was finished already. */
  reused: boolean;
}

export async function modelTrain(platform: Platform, options: ModelTrainCall): Promise<ModelTrainReport> {
  const o = checked('model.train', MODEL_TRAIN_OPTIONS, options, [...CALL_OPTIONS, 'onPoint']);
  if (!(o.lr > 0)) throw new UsageError('model.train: lr must be above 0');
  const call = await open(platform, options);
  const { engine, signal, stages } = call;
  const data = await dataOf(platform, call, o);
  await platform.ensureFolder(o.out);
  const storage = platform.storage(o.out);
  const description = stemDescription(data.classes.length);
  const { steps, batch, lr, warmup, weightDecay, seed } = o;
  const pool = await platform.pool(engine, undefined, call.warn);
  try {
    call.log(
      `${STEM}, ${data.classes.length} classes; ${steps} steps of ${batch} of ${data.count === undefined ? 'drawn shapes' : `${data.count} pictures`}, ${data.heldOut.length} held out`,
    );
    stages.start('train');
    const { log, heldOut, seconds, reused, ...record } = await trainNetworkInto({
      ...{ engine, pool, name: STEM, description, data, storage, signal },
      options: { steps, batch, lr, warmup, weightDecay, seed },
      checkpointEvery: o.checkpointEvery,
      progress: stages,
      onPoint: options.onPoint,
      onFailure: call.skipped,
    });
    const share = `${heldOut.accuracy.toFixed(3)} of held-out pictures right (chance ${heldOut.chance.toFixed(3)})`;
    stages.finish(reused ? 'reused' : share);
    return {
      model: `${storage.label}/${STEM}.safetensors`,
      architecture: record.architecture,
      sha256: record.sha256,
      parameters: record.parameters,
      classes: record.classes,
      ...{ steps, log, heldOut, seconds, reused },
    };
  } finally {
    pool.dispose();
  }
}

/** UsageError: labels of shapes, which have theirs. */
async function dataOf(
  platform: Platform,
  { signal, warn, skipped }: Call,
  { images, labels, seed, heldOut, shuffleLabels }: Checked<typeof MODEL_TRAIN_OPTIONS, ModelTrainCall>,
): Promise<NetworkData> {
  const isShapes = images === undefined || images === 'shapes' || String(images) === 'shapes';
  if (isShapes) {
    if (labels !== undefined)
      throw new UsageError('labels are of photographs; shapes have their own: give --images');
    return shapesData(seed, heldOut, shuffleLabels);
  }
  const spec = labels === undefined ? inFolders(images) : images;
  const refs = await platform.listImages(spec, seed, { signal, warn });
  const text = labels === undefined ? undefined : await platform.readFile(labels, 256 << 20, 'give a CSV');
  const { pictures, without } = classesOf(
    refs,
    text && { text: new TextDecoder().decode(text), label: labels! },
  );
  for (const failure of without) skipped(failure);
  const named = await platform.nameImages(pictures.map((p) => p.ref));
  const known = pictures.map((p, i) => ({ ...p, ref: named.images[i] }));
  return picturesData(known, named.hash, seed, shuffleLabels);
}

/** A folder whose subfolders are classes, as the pattern of what is in them. */
const inFolders = (images: ImagesSpec): ImagesSpec => {
  const one = Array.isArray(images) && images.length === 1 ? images[0] : images;
  return typeof one === 'string' && !/[*?{}]|\.\w+$/.test(one)
    ? `${one.replace(/[/\\]+$/, '')}/*/**`
    : images;
};
