// Archetypal (RA-)SAE (Fel et al. 2502.12892; METHODS 3.1): TopK whose decoder rows lie in
// the convex hull of archetypes C (points of the data), but for a bounded relaxation:
//   W_dec = exp(m) (W C + Lambda),  W >= 0 with rows of sum 1,  ||Lambda_i|| <= delta
// W, Lambda and m are trained; the constraints are applied after each step.
import type { Core } from '../../core/core.js';
import { Rng } from '../../core/random.js';
import { chooseRows } from '../initial.js';
import { type Parameter, padTo, readParameter, transpose, writeParameter } from '../memory.js';
import type { ObjectiveContext } from './objective.js';
import { PlainObjective } from './plain.js';

export class ArchetypalObjective extends PlainObjective {
  #core: Core;
  #c: ObjectiveContext;
  #archetypes: Float64Array;
  #ready = false;
  #decoderGradient: number;
  /** C packed for W C, C^T packed for the gradient of W. */
  #packed: number;
  #packedTransposed: number;
  #zeros: number;
  #edge: number;

  constructor(c: ObjectiveContext) {
    super(c);
    const { D, F, d } = c.parameters.sizes;
    const { columns, stride } = c.parameters.extra.W;
    this.#core = c.core;
    this.#decoderGradient = c.gradients.weights.hold().wDec.ptr;
    this.#c = c;
    this.#archetypes = new Float64Array(columns * d);
    this.state.archetypes = this.#archetypes;
    this.#packed = c.core.alloc32(padTo(D, 8) * stride);
    this.#packedTransposed = c.core.alloc32(padTo(stride, 8) * D);
    this.#zeros = c.core.alloc32(padTo(Math.max(D, stride), 8));
    this.#edge = c.core.alloc32(8 * F);
  }

  /** Archetypes are vectors of the data less b_dec; each latent begins as one, or as the middle of two. */
  start(rows: Float32Array, seed: number): void {
    const core = this.#core;
    const { d, f } = this.#c.parameters.sizes;
    const { parameters: p } = this.#c;
    const { columns } = p.extra.W;
    const bias = readParameter(core, p.bDec);
    chooseRows(rows.length / d, columns, seed).forEach((row, i) => {
      for (let j = 0; j < d; j++) this.#archetypes[i * d + j] = rows[row * d + j] - bias[j];
    });
    const weights = new Float32Array(f * columns);
    const rng = new Rng(seed, 5);
    for (let i = 0; i < f; i++) {
      if (i < columns) weights[i * columns + i] = 1;
      else for (let half = 0; half < 2; half++) weights[i * columns + rng.below(columns)] += 0.5;
    }
    writeParameter(core, p.extra.W, weights);
    this.constrain();
    // Each latent reads 1 from its own archetype.
    const decoder = readParameter(core, p.wDec);
    const encoder = new Float32Array(decoder.length);
    for (let i = 0; i < f; i++) {
      let squared = 0;
      for (let j = 0; j < d; j++) squared += decoder[i * d + j] ** 2;
      if (squared > 0) for (let j = 0; j < d; j++) encoder[i * d + j] = decoder[i * d + j] / squared;
    }
    writeParameter(core, p.wEnc, encoder);
  }

  /** C into the kernels' layouts, once: the state is filled after the constructor. */
  #prepare(): void {
    if (this.#ready) return;
    this.#ready = true;
    const core = this.#core;
    const { D, d } = this.#c.parameters.sizes;
    const { columns, stride } = this.#c.parameters.extra.W;
    const c = Float32Array.from(this.#archetypes);
    const mark = core.mark();
    const rows = core.alloc32(stride * D);
    const columnsOf = core.alloc32(D * stride);
    for (let i = 0; i < columns; i++) core.f32(rows + 4 * i * D, d).set(c.subarray(i * d, (i + 1) * d));
    const turned = transpose(c, columns, d);
    for (let j = 0; j < d; j++)
      core.f32(columnsOf + 4 * j * stride, columns).set(turned.subarray(j * columns, (j + 1) * columns));
    core.kernels.f32_gemm_pack8({ b: rows, ldb: D, packed: this.#packed, k: stride, n: D });
    core.kernels.f32_gemm_pack8({
      b: columnsOf,
      ldb: stride,
      packed: this.#packedTransposed,
      k: D,
      n: stride,
    });
    core.release(mark);
  }

  finishGradients(): void {
    this.#prepare();
    const core = this.#core;
    const { kernels } = core;
    const { D, F } = this.#c.parameters.sizes;
    const { parameters: p, gradients: g } = this.#c;
    const gDec = this.#decoderGradient;
    const scale = core.math.exp(core.f32(p.extra.m.ptr, 1)[0]);
    const size = F * D;
    // dm = <dW_dec, W_dec>
    const [dw, w] = [core.f32(gDec, size), core.f32(p.wDec.ptr, size)];
    let inner = 0;
    for (let i = 0; i < size; i++) inner += dw[i] * w[i];
    core.f32(g.extra.m.ptr, 1)[0] = inner;
    kernels.f32_scale({ x: gDec, scale, y: g.extra.Lambda.ptr, n: size });
    const { stride } = p.extra.W;
    kernels.f32_gemm_4x8({
      a: g.extra.Lambda.ptr,
      lda: D,
      packed: this.#packedTransposed,
      bias: this.#zeros,
      c: g.extra.W.ptr,
      ldc: stride,
      m: F,
      n: stride,
      k: D,
      edge: this.#edge,
    });
    core.f32(gDec, size).fill(0); // W_dec itself is not trained
  }

  constrain(): void {
    this.#prepare();
    const core = this.#core;
    const { D, F, f } = this.#c.parameters.sizes;
    const { parameters: p, h } = this.#c;
    toStochasticRows(core, p.extra.W);
    for (let i = 0; i < f; i++) {
      const row = core.f32(p.extra.Lambda.ptr + 4 * i * D, D);
      let squared = 0;
      for (let j = 0; j < D; j++) squared += row[j] * row[j];
      const shrink = h.delta! / Math.sqrt(squared);
      if (shrink < 1) for (let j = 0; j < D; j++) row[j] *= shrink;
    }
    const { stride } = p.extra.W;
    core.kernels.f32_gemm_4x8({
      a: p.extra.W.ptr,
      lda: stride,
      packed: this.#packed,
      bias: this.#zeros,
      c: p.wDec.ptr,
      ldc: D,
      m: F,
      n: D,
      k: stride,
      edge: this.#edge,
    });
    const scale = core.math.exp(core.f32(p.extra.m.ptr, 1)[0]);
    const [w, lambda] = [core.f32(p.wDec.ptr, F * D), core.f32(p.extra.Lambda.ptr, F * D)];
    for (let i = 0; i < F * D; i++) w[i] = (w[i] + lambda[i]) * scale;
  }
}

/** max(w, 0) with rows of sum 1; a row of zeros stays. */
function toStochasticRows(core: Core, { ptr, rows, columns, stride }: Parameter): void {
  for (let i = 0; i < rows; i++) {
    const row = core.f32(ptr + 4 * i * stride, columns);
    let total = 0;
    for (let j = 0; j < columns; j++) {
      if (row[j] < 0) row[j] = 0;
      total += row[j];
    }
    if (total > 0) for (let j = 0; j < columns; j++) row[j] /= total;
  }
}
