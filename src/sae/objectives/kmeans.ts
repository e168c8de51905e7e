// Spherical ("gain-shape") k-means as a dictionary of one active latent (Coates & Ng 2012):
// the nearest unit centroid by inner product reconstructs x with the best length.
//   i = argmax (x - b_dec) . c_i,  f = max(0, (x - b_dec) . c_i),  xhat = f c_i + b_dec
// No gradients: each batch adds sum f (x - b_dec) to a fading sum per centroid, whose
// direction is the centroid. W_enc = W_dec^T = the centroids: a topk SAE of k = 1.
import type { BlockEncoder } from '../encoder.js';
import { chooseRows } from '../initial.js';
import { padTo, readParameter, writeParameter } from '../memory.js';
import type { BlockLosses, Objective, ObjectiveContext, StepState } from './objective.js';
import { SparseProducts } from './sparse.js';

/** What a sum keeps of itself per batch. */
const MEMORY = 0.99;

export class KmeansObjective implements Objective {
  readonly block: number;
  readonly encoder: BlockEncoder;
  readonly encoderSums: number;
  readonly state: { sums: Float64Array };
  #c: ObjectiveContext;
  #products: SparseProducts;

  constructor(c: ObjectiveContext) {
    const { core, parameters, gradients, batch, selection } = c;
    const { F, f, d } = parameters.sizes;
    this.#c = c;
    this.block = padTo(batch, 8);
    this.encoder = c.encoders.make(selection, this.block, true);
    this.#products = new SparseProducts(c, this.block, this.encoder.capacity);
    this.encoderSums = core.alloc32(F);
    gradients.weights.hold();
    this.state = { sums: new Float64Array(f * d) };
  }

  get errors(): number {
    return this.#products.errors;
  }

  get residual(): number {
    return this.#products.residual;
  }

  /** Centroids are vectors of the data. */
  start(rows: Float32Array, seed: number): void {
    const { core, parameters } = this.#c;
    const { f, d } = parameters.sizes;
    const bias = readParameter(core, parameters.bDec);
    const centroids = readParameter(core, parameters.wDec);
    chooseRows(rows.length / d, f, seed).forEach((row, i) => {
      let squared = 0;
      for (let j = 0; j < d; j++) squared += (rows[row * d + j] - bias[j]) ** 2;
      if (squared > 0)
        for (let j = 0; j < d; j++) centroids[i * d + j] = (rows[row * d + j] - bias[j]) / Math.sqrt(squared);
    });
    writeParameter(core, parameters.wDec, centroids);
    writeParameter(core, parameters.wEnc, centroids);
  }

  begin(): void {}

  blockGradients(x: number, n: number, _s: StepState, fired: number): BlockLosses {
    const { core, gradients, parameters } = this.#c;
    const entries = this.encoder.encode(x, n);
    const { lists, centred } = this.encoder;
    const squared = this.#products.reconstruct(lists, lists.value, entries, x, n);
    const latents = this.#products.byLatent(lists, lists.value, lists.value, entries, n, this.encoderSums);
    const { weights } = gradients;
    weights.add({ lists: latents, from: 0, to: parameters.sizes.F, dr: centred, xc: centred });
    // Both hold sum f (x - b_dec) per centroid, which is no gradient.
    const added = readParameter(core, weights.hold().wDec);
    weights.begin();
    const { sums } = this.state;
    for (let i = 0; i < sums.length; i++) sums[i] = MEMORY * sums[i] + added[i];
    core.f32(this.encoderSums, parameters.sizes.F).fill(0);
    core.kernels.i32_count_active({ index: lists.index, value: lists.value, n: entries, counts: fired });
    return { squared, active: entries, extra: 0 };
  }

  resampled(latent: number): void {
    const { d } = this.#c.parameters.sizes;
    this.state.sums.fill(0, latent * d, (latent + 1) * d);
  }

  constrain(): void {
    const { core, parameters } = this.#c;
    const { f, d } = parameters.sizes;
    const rows = readParameter(core, parameters.wDec);
    const { sums } = this.state;
    for (let i = 0; i < f; i++) {
      let squared = 0;
      for (let j = 0; j < d; j++) squared += sums[i * d + j] * sums[i * d + j];
      // A centroid that nothing was assigned to stays where it is.
      if (squared > 0) for (let j = 0; j < d; j++) rows[i * d + j] = sums[i * d + j] / Math.sqrt(squared);
    }
    writeParameter(core, parameters.wDec, rows);
    writeParameter(core, parameters.wEnc, rows);
  }
}
