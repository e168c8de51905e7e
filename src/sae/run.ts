// One SAE while it trains: its state, its log, its checkpoints. The trainer feeds it batches.

import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { CurvesaeError, NumericError } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import { LostThreadError } from '../core/team.js';
import type { RunIdentity } from '../formats/state-file.js';
import type { Storage } from '../formats/storage.js';
import type { VectorSource } from '../vectors/types.js';
import type { Architecture } from './architectures/architecture.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { type Copies, openCopies } from './copies/copies.js';
import { doubts } from './doubts.js';
import type { Hyperparameters } from './hyperparameters.js';
import { runIdentity } from './identity.js';
import { initialise, usualStart } from './initial.js';
import { KINDS } from './kinds.js';
import { listParameters, readParameter, sizesOf, transpose } from './memory.js';
import { Meter } from './meter.js';
import type { Preparation } from './prepare.js';
import { architecture } from './registry.js';
import { resampleDead } from './resample.js';
import { afterResampling, learningRate, ramp } from './schedule.js';
import { resolveHyperparameters, type TrainOptions } from './settings.js';
import { openSlices, type SlicesChoice, startSlices } from './slices/open.js';
import type { Slices } from './slices/operations.js';
import { Pace } from './slices/pace.js';
import { allocFor, TrainingStep } from './step.js';
import { streamOf } from './stream.js';
import type { SaeConfig, SaeTensors, TrainProgress } from './types.js';

/** Points of the log over a run. */
const LOG_POINTS = 200;
/** An error this many times the spread of the data, and of the vectors it is an error of, never returns. */
const RUNAWAY = 1e6;
const RUNAWAY_FVU = 1e3;

export interface TrainResult {
  config: SaeConfig;
  /** In the scale of the original activations, as SAELens stores them. */
  tensors: SaeTensors;
  log: TrainProgress[];
  hyperparameters: Hyperparameters;
  scale: number;
  /** What is unusual about the data or the end of the run, each with its remedy. */
  warnings: string[];
  /** Steps done by this call (fewer than asked for after a resume). */
  stepsRun: number;
}

/** Threads that steps may be cut over, and when. */
export interface Threads {
  pool: Pool;
  slices?: SlicesChoice;
}

export class TrainingRun {
  readonly options: TrainOptions;
  readonly log: TrainProgress[] = [];
  /** Steps done. */
  step = 0;
  preparation!: Preparation;
  #first = 0;
  #core: Core;
  #a: Architecture;
  #h: Hyperparameters;
  #training: TrainingStep;
  #identity: RunIdentity;
  #storage: Storage | undefined;
  #meter: Meter;
  #vectors: number;
  #slices: Slices | undefined;
  #copies: Copies | undefined;
  #pace: Pace | undefined;
  /** Parameters are between two steps. */
  #torn = false;
  /** Steps of the checkpoint that is there. */
  #saved: number | undefined;

  private constructor(
    core: Core,
    h: Hyperparameters,
    options: TrainOptions,
    identity: RunIdentity,
    vectors: number,
    slices: Slices | undefined,
    copies: Copies | undefined,
  ) {
    this.#slices = slices;
    this.#copies = copies;
    this.options = options;
    this.#core = core;
    this.#a = architecture(options.architecture);
    this.#h = h;
    this.#identity = identity;
    this.#training = new TrainingStep(
      core,
      this.#a,
      h,
      allocFor(core, this.#a, h, sizesOf(h.dIn, h.dSae)),
      options.batch,
      slices,
      copies,
    );
    this.#vectors = vectors;
    this.#meter = new Meter(options.batch, h.dSae, core.math);
  }

  /**
   * A new run, or the one that `storage` has a checkpoint of where `resume` is set. Its steps are cut over this
   * thread and `threads`, to the same bits. dispose() gives memory and threads back.
   */
  static async open(
    engine: Engine,
    source: VectorSource,
    options: TrainOptions,
    storage?: Storage,
    resume = false,
    threads?: Threads,
  ): Promise<TrainingRun> {
    const h = resolveHyperparameters(options, source.d);
    const identity = await runIdentity(engine.info(), source, options);
    const stream = streamOf(source);
    const { pool, slices: choice } = threads ?? {};
    const size = { ...h, ...options };
    const slices = choice === 'copies' ? undefined : await openSlices(engine, pool, size, choice);
    const copies = slices ? undefined : openCopies(pool, size, choice !== undefined && choice !== 'auto');
    const core = slices?.core ?? engine.acquire();
    try {
      const run = new TrainingRun(core, h, options, identity, source.count, slices, copies);
      run.#storage = storage;
      const restored =
        resume && storage
          ? await readCheckpoint(core, storage, run.#training, run.#meter, identity)
          : undefined;
      run.preparation = restored?.preparation ?? (await stream.prepared(h));
      run.#training.describe(run.preparation);
      if (restored) {
        run.step = restored.step;
        run.#saved = restored.step;
        run.log.push(...restored.log);
      } else {
        const rows = await stream.rows(h);
        const bDec = h.bDecInit ?? usualStart(run.#a);
        const median = bDec === 'median' ? await stream.median(h) : undefined;
        initialise(core, run.#training.parameters, run.#a, { seed: options.seed, rows, bDec, median });
        run.#training.start(rows, options.seed);
      }
      run.#first = run.step;
      const others = slices ?? copies;
      if (others && (choice ?? 'auto') === 'auto') run.#pace = new Pace(others);
      if (pool && !run.done) {
        const { spec } = run.#training;
        if (slices) await startSlices(slices, pool, spec, choice);
        else await copies?.start(pool, pool.width - 1, spec);
      }
      return run;
    } catch (error) {
      await (slices ?? copies)?.close();
      core.dispose();
      throw error;
    }
  }

  get done(): boolean {
    return this.step >= this.options.steps;
  }

  /** Room for the batch, [B][stride] floats. */
  get batch(): { rows: Float32Array; stride: number } {
    const { D } = this.#training.parameters.sizes;
    return { rows: this.#core.f32(this.#training.x, this.options.batch * D), stride: D };
  }

  /** One step on the batch. Returns the new point of the log, where one is due. NumericError: it diverged. */
  async advance(): Promise<TrainProgress | undefined> {
    const t = this.step;
    const { steps, batch, seed } = this.options;
    const h = this.#h;
    const step = this.#training;
    let lr = learningRate(h.lr, t, steps, h.lrWarmup, h.lrDecay);
    if (h.resample) lr *= afterResampling(this.#core.math, t, steps, h.resample);
    const l1 = ramp(h.l1 ?? 0, t, steps, h.l1Warmup);
    const whole = async () => {
      const losses = this.#copies
        ? await step.gradientsAhead(l1, t * batch, t, steps)
        : this.#wholly(() => step.gradientsOf(l1, t * batch, t, steps));
      this.#torn = true;
      const norm = step.apply(lr, t + 1);
      this.#torn = false;
      return { losses, norm };
    };
    const { losses, norm } = await (this.#pace ? this.#pace.step(whole) : whole());
    if (!Number.isFinite(losses.loss) || !Number.isFinite(norm))
      throw this.#diverged(`loss ${losses.loss}`, step.gradients.read(), 'the gradient of ');
    if (h.resample) resampleDead(this.#core, step, h, { step: t + 1, steps, batch, seed });
    if (t + 1 === steps) this.#checkFinite();
    this.step = t + 1;
    this.#meter.add(losses, step.fired);
    const due = this.step % Math.max(1, Math.floor(steps / LOG_POINTS)) === 0 || this.step === steps;
    if (!due) return undefined;
    const { meanSquared } = this.#meter;
    const point = this.#meter.take(this.step, steps, step.deadLatents(this.step * batch).length);
    if (point.fvu > RUNAWAY_FVU && meanSquared > RUNAWAY * this.preparation.spread) {
      this.step = t; // the step that does not count
      throw this.#stopped(`it diverged, FVU ${point.fvu.toPrecision(3)}`);
    }
    this.log.push(point);
    return point;
  }

  /** A part of a step that changes no parameter; where a thread is lost, as if it had never begun. */
  #wholly<T>(part: () => T): T {
    const putBack = this.#slices && this.#training.remember();
    try {
      return part();
    } catch (error) {
      if (error instanceof LostThreadError) putBack?.();
      throw error;
    }
  }

  /** The error of a step whose threads were lost, after a checkpoint of the step before where that is still whole. */
  async lost(error: LostThreadError): Promise<CurvesaeError> {
    if (!this.#torn) await this.save();
    const kept =
      this.#saved === undefined
        ? 'no checkpoint was written before; start again'
        : `the checkpoint of step ${this.#saved} is kept; the same call with resume goes on from there`;
    return new CurvesaeError(`training stopped at step ${this.step + 1}: ${error.message}; ${kept}`, {
      cause: error,
    });
  }

  /** Writes a checkpoint. NumericError: a weight is no number any more, and the checkpoint before stays. */
  async save(): Promise<void> {
    if (!this.#storage) return;
    this.#checkFinite();
    const { step, preparation, log } = this;
    await writeCheckpoint(
      this.#core,
      this.#storage,
      this.#training,
      this.#meter,
      { step, preparation, log },
      this.#identity,
    );
    this.#saved = step;
  }

  result(): TrainResult {
    const h = this.#h;
    const a = this.#a;
    const config: SaeConfig = { architecture: a.name, dIn: h.dIn, dSae: h.dSae };
    if (h.k !== undefined && a.kind === 'topk') config.k = h.k;
    return {
      config,
      tensors: this.#fold(),
      log: this.log,
      hyperparameters: h,
      scale: this.preparation.scale,
      warnings: this.warnings,
      stepsRun: this.step - this.#first,
    };
  }

  /**
   * The SAE for the vectors as they are: W_enc * s, W_dec / s, b_dec / s + c, c what was subtracted. Biases
   * of latents stay where b_dec is subtracted from the input, and lose s W_enc^T c where it is not.
   */
  #fold(): SaeTensors {
    const core = this.#core;
    const { scale: s, centre } = this.preparation;
    const { wEnc, wDec, bEnc, bDec, sizes, extra } = this.#training.result();
    const { d, f } = sizes;
    const vector = (data: Float32Array) => ({ shape: [f], data });
    const tensors: SaeTensors = {
      W_enc: { shape: [d, f], data: inPlace(transpose(readParameter(core, wEnc), f, d), (v) => v * s) },
      [bEnc.name]: vector(this.#foldBias(readParameter(core, bEnc), readParameter(core, wEnc))),
      W_dec: { shape: [f, d], data: inPlace(readParameter(core, wDec), (v) => v / s) },
      b_dec: { shape: [d], data: readParameter(core, bDec).map((v, j) => v / s + (centre?.[j] ?? 0)) },
    };
    const { objective } = this.#training;
    for (const name of KINDS[this.#a.kind])
      if (extra[name]) tensors[name] = vector(readParameter(core, extra[name]));
    for (const [name, data] of Object.entries(objective.exported?.() ?? {})) tensors[name] = vector(data);
    return tensors;
  }

  /** wEnc [f][d] */
  #foldBias(bias: Float32Array, wEnc: Float32Array): Float32Array {
    const { scale, centre } = this.preparation;
    if (!centre || this.#a.centresInput) return bias;
    const d = centre.length;
    return bias.map((b, f) => b - scale * centre.reduce((sum, c, j) => sum + wEnc[f * d + j] * c, 0));
  }

  /** Of the data from the start on; of the result once the run is done. */
  get warnings(): string[] {
    const { warnings } = this.preparation;
    const last = this.log.at(-1);
    return this.done && last ? [...warnings, ...doubts(this.#h, last)] : [...warnings];
  }

  #checkFinite(): void {
    const core = this.#core;
    const tensors = listParameters(this.#training.parameters).map(({ name, ptr, size }) => ({
      name,
      data: core.f32(ptr, size),
    }));
    if (firstBad(tensors)) throw this.#diverged('a weight overflowed', tensors, '');
  }

  /** Names step, batch and the first tensor with a NaN or Inf, and what is left to go on from. */
  #diverged(what: string, tensors: readonly Tensor[], of: string): NumericError {
    return this.#stopped(`${what}${blame(tensors, of)}`);
  }

  #stopped(why: string): NumericError {
    const { batch } = this.options;
    const seen = this.step * batch;
    const epoch = Math.floor(seen / this.#vectors);
    const inEpoch = Math.floor((seen - epoch * this.#vectors) / batch);
    return new NumericError(
      `training stopped at step ${this.step + 1} (epoch ${epoch + 1}, batch ${inEpoch + 1}): ${why}; ` +
        (this.#saved === undefined
          ? 'no checkpoint was written before'
          : `the checkpoint of step ${this.#saved} is kept`) +
        '; start again with a smaller --lr',
    );
  }

  async dispose(): Promise<void> {
    await this.#slices?.close();
    await this.#copies?.close();
    this.#core.dispose();
  }
}

/** As map(), without a second array of hundreds of megabytes. */
function inPlace(data: Float32Array, f: (v: number) => number): Float32Array {
  for (let i = 0; i < data.length; i++) data[i] = f(data[i]);
  return data;
}

interface Tensor {
  name: string;
  data: Float32Array;
}

const firstBad = (tensors: readonly Tensor[]): Tensor | undefined =>
  tensors.find(({ data }) => !data.every(Number.isFinite));

/** The first tensor that holds a NaN or Inf or, of finite elements, has no finite norm in f32. */
function blame(tensors: readonly Tensor[], of: string): string {
  const bad = firstBad(tensors);
  if (bad) return `, NaN or Inf in ${of}${bad.name}`;
  const huge = tensors.find(({ data }) => !Number.isFinite(Math.fround(data.reduce((s, v) => s + v * v, 0))));
  return huge ? `, overflow in the norm of ${of}${huge.name}` : '';
}
