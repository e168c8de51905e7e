// One training step: gradients of a batch, clipping, Adam, the decoder's constraint.
// Every sum has one fixed order, so a step is a function of its state and batch alone.
import type { Core } from '../core/core.js';
import { Team } from '../core/team.js';
import type { Architecture } from './architectures/architecture.js';
import type { Copies } from './copies/copies.js';
import { Gradients } from './gradients.js';
import type { Hyperparameters } from './hyperparameters.js';
import { allocParameters, listParameters, padTo, type SaeParameters } from './memory.js';
import type { Objective } from './objectives/objective.js';
import { columnMean } from './objectives/sparse.js';
import type { Preparation } from './prepare.js';
import { StepEncoders } from './slices/encoders.js';
import type { StepSpec } from './slices/member.js';
import { OPERATIONS, type Slices } from './slices/operations.js';
import { addSimilar, noSums, type Similar, type Sums, similarOf } from './sums.js';

export interface StepLosses {
  /** The training loss, penalty and auxiliary term included. */
  loss: number;
  /** Over the batch; `spread` about the mean of the whole set where prepare() told it. */
  sums: Sums;
}

/** A batch with less than this share of the set's spread is constant but for rounding. */
const CONSTANT_SHARE = 1e-6;

/** Parameters of an architecture, zero. */
export const allocFor = (
  core: Core,
  a: Architecture,
  h: Hyperparameters,
  sizes: SaeParameters['sizes'],
): SaeParameters => allocParameters(core, sizes, a.extras?.(h), a.encoderBias);

export class TrainingStep {
  readonly parameters: SaeParameters;
  readonly gradients: Gradients;
  readonly moments1: SaeParameters;
  readonly moments2: SaeParameters;
  /** Running average of the parameters, where the run keeps one. */
  readonly average: SaeParameters | undefined;
  /** The batch, [B][D], scaled; padding stays zero. */
  readonly x: number;
  /** Vectors seen when each latent last fired. */
  readonly lastFired: Float64Array;
  readonly objective: Objective;
  /** What other threads are told of this step. */
  readonly spec: StepSpec;
  #core: Core;
  #slices: Slices;
  #encoders: StepEncoders;
  #a: Architecture;
  #h: Hyperparameters;
  #batch: number;
  #fired: number;
  #row: number;
  #inner: number;
  #squares: number;
  #similar: Similar;
  /** Of the set, as it is trained on: its mean, f32[D], and mean squared distance from it; see prepare(). */
  #mean: number | undefined;
  #spread = 0;
  /** What was subtracted from the vectors, scaled: similarities are of the vectors as they were. */
  #offset: Float64Array | undefined;

  /** `slices`: the threads that it is cut over, whose core is `core`; this one unless given. `copies`: threads that encode for it. */
  constructor(
    core: Core,
    a: Architecture,
    h: Hyperparameters,
    parameters: SaeParameters,
    batch: number,
    slices: Slices = Team.alone(core, OPERATIONS),
    copies?: Copies,
  ) {
    const { sizes } = parameters;
    const encoders = new StepEncoders(core, parameters, slices, copies);
    this.#encoders = encoders;
    this.spec = encoders.member.spec;
    this.#slices = slices;
    this.#core = core;
    this.#a = a;
    this.#h = h;
    this.#batch = batch;
    this.parameters = parameters;
    this.gradients = new Gradients(core, parameters, slices, a.unitDecoder);
    this.moments1 = allocFor(core, a, h, sizes);
    this.moments2 = allocFor(core, a, h, sizes);
    this.average = h.ema > 0 ? allocFor(core, a, h, sizes) : undefined;
    this.lastFired = new Float64Array(sizes.f);
    this.x = core.alloc32(padTo(batch, 8) * sizes.D);
    this.objective = a.objective({
      ...{ core, slices, encoders },
      h,
      selection: a.selection(h),
      centresInput: a.centresInput,
      parameters,
      gradients: this.gradients,
      batch,
    });
    this.#fired = core.alloc32(sizes.F);
    this.#row = core.alloc32(sizes.D);
    this.#inner = core.alloc32(batch);
    this.#squares = core.alloc32(batch);
    this.#similar = similarOf(batch);
  }

  /** What the vectors of the set are like (prepare.ts). Without it, each batch stands for itself. */
  describe({ mean, spread, centre, scale }: Preparation): void {
    const { D } = this.parameters.sizes;
    const row = new Float32Array(D);
    row.set(mean);
    this.#mean = this.#core.put(row);
    this.#spread = spread;
    this.#offset = centre && Float64Array.from(centre, (c) => scale * c);
  }

  /** After the parameters got their starting values. */
  start(rows: Float32Array, seed: number): void {
    this.objective.start?.(rows, seed);
    this.#constrain();
    if (this.average) this.#follow(1);
  }

  /** Gradients of the batch in this.x. `l1`: sparsity coefficient of this step; `seen`: vectors before it. */
  gradientsOf(l1: number, seen: number, step = 0, steps = 1): StepLosses {
    const work = this.#gradients(l1, seen, step, steps);
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
    }
  }

  /** The same, each block of samples encoded on threads that have copies first. */
  async gradientsAhead(l1: number, seen: number, step: number, steps: number): Promise<StepLosses> {
    const work = this.#gradients(l1, seen, step, steps);
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      await this.#encoders.ahead(value.x, value.n);
    }
  }

  /** Stops before each block. */
  *#gradients(
    l1: number,
    seen: number,
    step: number,
    steps: number,
  ): Generator<{ x: number; n: number }, StepLosses> {
    const core = this.#core;
    const k = core.kernels;
    const { D, F } = this.parameters.sizes;
    const B = this.#batch;
    this.gradients.begin();
    this.#encoders.begin();
    columnMean(core, this.x, B, D, this.#row);
    const total = k.f32_squared_distance({ x: this.x, centre: this.#row, n: B, d: D });
    const unit = this.#unit(total);
    // d loss / d xhat = scale * (xhat - x)
    const scale = 2 / unit;
    const state = { step, steps, l1, scale, dead: this.deadLatents(seen) };
    core.i32(this.#fired, F).fill(0);
    this.objective.begin(state);
    let [weighted, extra] = [0, 0];
    const sums = { ...noSums(), vectors: B, spread: this.#distances() ?? total };
    for (let at = 0; at < B; at += this.objective.block) {
      const n = Math.min(this.objective.block, B - at);
      const x = this.x + 4 * at * D;
      yield { x, n };
      const r = this.objective.blockGradients(x, n, state, this.#fired);
      sums.squared += r.squared;
      weighted += r.weighted ?? r.squared;
      sums.active += r.active;
      extra += r.extra;
      this.#compare(at, n, sums);
    }
    const fired = core.i32(this.#fired, F);
    for (let f = 0; f < this.lastFired.length; f++) if (fired[f] > 0) this.lastFired[f] = seen + B;
    this.#inputBias();
    this.gradients.weights.finish();
    this.objective.finishGradients?.();
    return { loss: weighted / unit + extra, sums };
  }

  /**
   * What squared errors are divided by in the loss. That of predicting the batch's mean; for a batch of
   * one vector, or of equal ones, that is 0, and the set's own takes its place, or 1 a vector.
   */
  #unit(total: number): number {
    if (!this.#a.normalisedLoss) return this.#batch;
    const usual = this.#batch * this.#spread;
    if (total > 0 && total >= CONSTANT_SHARE * usual) return total;
    return usual > 0 ? usual : this.#batch;
  }

  /** Sum of ||x - mean||^2 over the batch, of the set's mean; undefined where that is not known. */
  #distances(): number | undefined {
    if (this.#mean === undefined) return undefined;
    const { D } = this.parameters.sizes;
    return this.#core.kernels.f32_squared_distance({ x: this.x, centre: this.#mean, n: this.#batch, d: D });
  }

  /** Adds the samples of a block: xhat = x + r, so r . x and ||r||^2 tell the rest. */
  #compare(at: number, n: number, sums: Sums): void {
    const core = this.#core;
    const { D } = this.parameters.sizes;
    const x = this.x + 4 * at * D;
    const { residual, errors } = this.objective;
    const operands = { x, a: residual, d: D, inner: this.#inner, squares: this.#squares };
    this.#slices.run('compare', operands, n, { work: 2 * n * D });
    const [rx, xx, rr] = [this.#inner, this.#squares, errors].map((p) => core.f32(p, n));
    const offset = this.#offset;
    const own = offset?.reduce((sum, o) => sum + o * o, 0) ?? 0;
    const [rows, residuals] = [core.f32(x, n * D), core.f32(residual, n * D)];
    const similar = this.#similar;
    for (let s = 0; s < n; s++) {
      let [whole, along] = [xx[s], rx[s]];
      if (offset) {
        // Of x + offset, whose residual is the same.
        let [ox, or] = [0, 0];
        for (let j = 0; j < offset.length; j++) {
          ox += offset[j] * rows[s * D + j];
          or += offset[j] * residuals[s * D + j];
        }
        whole = whole + 2 * ox + own;
        along += or;
      }
      similar.xx[s] = whole;
      similar.xh[s] = whole + along;
      similar.hh[s] = Math.max(0, rr[s] + 2 * along + whole);
    }
    addSimilar(sums, similar, n);
  }

  /** xc = x - b_dec: the encoder's side of b_dec's gradient is -sum_f dc[f] W_enc[f]. */
  #inputBias(): void {
    if (!this.#a.centresInput) return;
    const core = this.#core;
    const { D, F } = this.parameters.sizes;
    core.f32(this.#row, D).fill(0);
    core.kernels.f32_row_combine({
      a: this.objective.encoderSums,
      x: this.parameters.wEnc.ptr,
      n: F,
      d: D,
      y: this.#row,
    });
    const gradient = core.f32(this.gradients.bDec.ptr, D);
    const back = core.f32(this.#row, D);
    for (let j = 0; j < D; j++) gradient[j] -= back[j];
  }

  /** What gradientsOf() changes beside gradients, to be put back by the call that it returns. */
  remember(): () => void {
    const kept = [this.lastFired, ...Object.values(this.objective.state)].map((v) => [v, v.slice()]);
    return () => {
      for (const [v, old] of kept) v.set(old);
    };
  }

  /** Vectors of the last batch on which each latent fired; a view that lives until the next step. */
  get fired(): Int32Array {
    return this.#core.i32(this.#fired, this.lastFired.length);
  }

  deadLatents(seen: number): Int32Array {
    const dead: number[] = [];
    for (let f = 0; f < this.lastFired.length; f++)
      if (seen - this.lastFired[f] >= this.#h.deadAfter) dead.push(f);
    return Int32Array.from(dead);
  }

  /**
   * Clip, Adam (step counts from 1), constraints, running average. Returns the gradient's norm before
   * clipping; where that is not finite, nothing is changed.
   */
  apply(lr: number, step: number): number {
    const core = this.#core;
    const { clip, beta1, beta2, epsilon, ema } = this.#h;
    const norm = this.gradients.norm();
    if (!Number.isFinite(norm)) return norm;
    const scale = clip > 0 && norm > clip ? clip / norm : 1;
    const rate = lr / (1 - core.math.pow(beta1, step));
    const correction = 1 / Math.sqrt(1 - core.math.pow(beta2, step));
    const rates = { scale, rate, correction, b1: beta1, b2: beta2, eps: epsilon };
    this.gradients.adam(this.moments1, this.moments2, rates);
    this.objective.constrain?.();
    // Young averages follow faster, or the starting values would outlive a short run.
    if (this.average) this.#follow(Math.max(1 - ema, 1 / (step + 1)));
    return norm;
  }

  #constrain(): void {
    const { wDec, sizes } = this.parameters;
    if (this.#a.unitDecoder) this.#core.kernels.f32_row_normalize({ x: wDec.ptr, n: sizes.F, d: sizes.D });
    this.objective.constrain?.();
  }

  #follow(rate: number): void {
    const average = listParameters(this.average!);
    listParameters(this.parameters).forEach((p, i) => {
      const operands = { x: p.ptr, rate, y: average[i].ptr };
      this.#slices.run('follow', operands, p.size, { align: 4, work: p.size });
    });
  }

  /** What is exported: the running average, its decoder rows of norm 1 again, or the parameters. */
  result(): SaeParameters {
    if (!this.average) return this.parameters;
    const { wDec, sizes } = this.average;
    if (this.#a.unitDecoder) this.#core.kernels.f32_row_normalize({ x: wDec.ptr, n: sizes.F, d: sizes.D });
    return this.average;
  }
}
