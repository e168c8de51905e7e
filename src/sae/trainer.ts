// The training loop: batches, schedules, progress, checkpoints, export.
import { Batches } from '../activations/batches.js';
import type { VectorSource } from '../activations/types.js';
import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { NumericError, UsageError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../formats/hash.js';
import type { Storage } from '../formats/storage.js';
import type { Hyperparameters } from './architectures/architecture.js';
import { type RunIdentity, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { initialise } from './initial.js';
import { allocParameters, listParameters, readParameter, sizesOf, transpose } from './memory.js';
import { architecture } from './registry.js';
import { learningRate, ramp } from './schedule.js';
import { TrainingStep } from './step.js';
import type { SaeConfig, SaeTensors, TrainProgress } from './types.js';

/** Vectors that the starting value of b_dec is taken from. */
const INITIAL_VECTORS = 8192;
/** Points of the log over a run. */
const LOG_POINTS = 200;
/** Timers and signals get their turn this often. */
const YIELD_MS = 40;

export interface TrainOptions {
  architecture: string;
  dSae: number;
  batch: number;
  steps: number;
  seed: number;
  k?: number;
  auxK?: number;
  auxCoefficient?: number;
  l1?: number;
  lr?: number;
  deadAfter?: number;
}

export interface TrainHooks {
  onProgress?: (progress: TrainProgress) => void;
  /** Aborted: the step is finished, a checkpoint written, the signal's reason thrown. */
  signal?: AbortSignal;
  /** Where checkpoints go; without it none are written. */
  storage?: Storage;
  /** Steps between checkpoints. */
  checkpointEvery?: number;
  /** Continue from the checkpoint in `storage`, if there is one. */
  resume?: boolean;
}

export interface TrainResult {
  config: SaeConfig;
  /** In the scale of the original activations, as SAELens stores them. */
  tensors: SaeTensors;
  log: TrainProgress[];
  hyperparameters: Hyperparameters;
  scale: number;
  /** Steps done by this call (fewer than asked for after a resume). */
  stepsRun: number;
}

/** The options with the architecture's defaults; UsageError for values that cannot be. */
export function resolveHyperparameters(options: TrainOptions, dIn: number): Hyperparameters {
  const a = architecture(options.architecture);
  const { dSae, steps, batch } = options;
  for (const key of ['k', 'auxK', 'auxCoefficient', 'l1'] as const)
    if (options[key] !== undefined && !a.uses.has(key))
      throw new UsageError(`architecture ${a.name} has no setting '${key}'`);
  if (!Number.isSafeInteger(dSae) || dSae < 1)
    throw new UsageError(`d_sae must be a whole number above 0, not ${dSae}`);
  const given = Object.fromEntries(
    (['k', 'auxK', 'auxCoefficient', 'l1', 'lr', 'deadAfter'] as const)
      .filter((key) => options[key] !== undefined)
      .map((key) => [key, options[key]]),
  );
  const h: Hyperparameters = { dIn, dSae, ...a.defaults({ dIn, dSae, steps, batch }), ...given };
  if (a.uses.has('k')) {
    if (!Number.isSafeInteger(h.k) || h.k < 1) throw new UsageError(`k must be at least 1, not ${h.k}`);
    if (h.k > dSae)
      throw new UsageError(`k ${h.k} is larger than d_sae ${dSae}; choose a smaller k or a wider SAE`);
  }
  if (!(h.lr > 0)) throw new UsageError(`the learning rate must be above 0, not ${h.lr}`);
  return h;
}

export async function trainSae(
  engine: Engine,
  source: VectorSource,
  options: TrainOptions,
  hooks: TrainHooks = {},
): Promise<TrainResult> {
  const core = engine.acquire();
  try {
    return await train(engine, core, source, options, hooks);
  } finally {
    core.dispose();
  }
}

async function train(
  engine: Engine,
  core: Core,
  source: VectorSource,
  options: TrainOptions,
  hooks: TrainHooks,
): Promise<TrainResult> {
  const a = architecture(options.architecture);
  const { batch, steps, seed, dSae } = options;
  const h = resolveHyperparameters(options, source.d);
  const batches = new Batches(source, batch, seed);
  const identity = await identify(engine, source, options, h);
  const parameters = allocParameters(core, sizesOf(source.d, dSae));
  const step = new TrainingStep(core, a, h, parameters, batch);

  const restored =
    hooks.resume && hooks.storage ? await readCheckpoint(core, hooks.storage, step, identity) : undefined;
  const scale = restored?.scale ?? (await dataScale(source));
  if (!restored) initialise(core, parameters, a, seed, await firstVectors(source, scale));
  const log = restored?.log ?? [];
  const first = restored?.step ?? 0;
  const logEvery = Math.max(1, Math.floor(steps / LOG_POINTS));
  const meter = new Meter(batch);
  let yielded = Date.now();

  const save = async (done: number) => {
    if (hooks.storage) await writeCheckpoint(core, hooks.storage, step, { step: done, scale, log }, identity);
  };
  for (let t = first; t < steps; t++) {
    await fillBatch(core, step.x, parameters.sizes.D, batches, t, scale);
    const losses = step.gradientsOf(ramp(h.l1, t, steps, h.l1Warmup), t * batch);
    const norm = step.apply(learningRate(h.lr, t, steps, h.lrWarmup, h.lrDecay), t + 1);
    if (!Number.isFinite(losses.loss) || !Number.isFinite(norm)) throw diverged(core, step, t, losses.loss);
    meter.add(losses);
    const due = (t + 1) % logEvery === 0 || t + 1 === steps;
    if (due) log.push(meter.take(t + 1, steps, step.deadLatents((t + 1) * batch).length));
    if (due) hooks.onProgress?.(log[log.length - 1]);
    const stop = hooks.signal?.aborted && t + 1 < steps;
    if (stop || (hooks.checkpointEvery && (t + 1) % hooks.checkpointEvery === 0)) await save(t + 1);
    if (stop) hooks.signal!.throwIfAborted();
    if (Date.now() - yielded > YIELD_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      yielded = Date.now();
    }
  }
  const config: SaeConfig = { architecture: a.name, dIn: source.d, dSae, ...(a.uses.has('k') && { k: h.k }) };
  return {
    config,
    tensors: fold(core, step, scale),
    log,
    hyperparameters: h,
    scale,
    stepsRun: steps - first,
  };
}

/** Identity of the run that these options make on this data: settings, data and numerics. */
export async function runHash(engine: Engine, source: VectorSource, options: TrainOptions): Promise<string> {
  return (await identify(engine, source, options, resolveHyperparameters(options, source.d))).configHash;
}

async function identify(
  engine: Engine,
  source: VectorSource,
  options: TrainOptions,
  h: Hyperparameters,
): Promise<RunIdentity> {
  const { build, buildId } = engine.info();
  const { architecture: name, batch, steps, seed } = options;
  const config = canonicalJson({
    ...h,
    architecture: name,
    batch,
    steps,
    seed,
    data: source.hash,
    numerics: build === 'relaxed' ? 'relaxed' : 'exact',
  });
  return { config, configHash: await sha256(config), buildId };
}

/** s with mean ||s x||^2 = D; 1 for data that are all zero. */
async function dataScale(source: VectorSource): Promise<number> {
  let sum = 0;
  for (let shard = 0; shard < source.shards.length; shard++) {
    const x = await source.load(shard);
    for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  }
  return sum > 0 ? Math.fround(Math.sqrt((source.d * source.count) / sum)) : 1;
}

async function firstVectors(source: VectorSource, scale: number): Promise<Float32Array> {
  const n = Math.min(INITIAL_VECTORS, source.count);
  // Evenly spaced over the set: neighbours come from one image.
  const out = new Float32Array(n * source.d);
  let before = 0;
  let i = 0;
  for (let shard = 0; shard < source.shards.length && i < n; shard++) {
    const x = await source.load(shard);
    for (; i < n; i++) {
      const row = Math.floor((i * source.count) / n) - before;
      if (row >= source.shards[shard]) break;
      for (let j = 0; j < source.d; j++) out[i * source.d + j] = x[row * source.d + j] * scale;
    }
    before += source.shards[shard];
  }
  return out;
}

async function fillBatch(
  core: Core,
  x: number,
  stride: number,
  batches: Batches,
  step: number,
  scale: number,
): Promise<void> {
  await batches.read(step, (i, vector) => {
    const row = core.f32(x + 4 * i * stride, vector.length);
    for (let j = 0; j < vector.length; j++) row[j] = vector[j] * scale;
  });
}

/** The SAE for unscaled data: W_enc * s, W_dec / s, b_dec / s; b_enc stays. */
function fold(core: Core, step: TrainingStep, s: number): SaeTensors {
  const { wEnc, wDec, bEnc, bDec, sizes } = step.parameters;
  const { d, f } = sizes;
  return {
    W_enc: { shape: [d, f], data: transpose(readParameter(core, wEnc), f, d).map((v) => v * s) },
    b_enc: { shape: [f], data: readParameter(core, bEnc) },
    W_dec: { shape: [f, d], data: readParameter(core, wDec).map((v) => v / s) },
    b_dec: { shape: [d], data: readParameter(core, bDec).map((v) => v / s) },
  };
}

function diverged(core: Core, step: TrainingStep, t: number, loss: number): NumericError {
  const bad = listParameters(step.gradients).find((g) => !core.f32(g.ptr, g.size).every(Number.isFinite));
  return new NumericError(
    `training stopped at step ${t + 1}: loss ${loss}${bad ? `, NaN or Inf in the gradient of ${bad.name}` : ''} ` +
      `(batch ${t}); the last checkpoint is kept: use a smaller --lr`,
  );
}

/** Means over the steps since the last log point. */
class Meter {
  #n = 0;
  #loss = 0;
  #l0 = 0;
  #fvu = 0;
  #since = Date.now();

  constructor(readonly batch: number) {}

  add({ loss, l0, fvu }: { loss: number; l0: number; fvu: number }): void {
    this.#n++;
    this.#loss += loss;
    this.#l0 += l0;
    this.#fvu += fvu;
  }

  take(step: number, steps: number, dead: number): TrainProgress {
    const n = this.#n;
    const now = Date.now();
    const seconds = Math.max(0.001, (now - this.#since) / 1000);
    const point = {
      step,
      steps,
      loss: this.#loss / n,
      l0: this.#l0 / n,
      fvu: this.#fvu / n,
      dead,
      vectorsPerSecond: Math.round((n * this.batch) / seconds),
    };
    this.#n = this.#loss = this.#l0 = this.#fvu = 0;
    this.#since = now;
    return point;
  }
}
