// Loss of the Gated SAE (Rajamanoharan et al. 2404.16014; METHODS 3.4), its gradients:
//   c = (x - b_dec) W;  pi = c + b_gate;  f = 1[pi > 0] ReLU(exp(r_mag) c + b_mag)
//   loss = ||x - (f W_dec + b_dec)||^2 + lambda sum ReLU(pi) + ||x - (ReLU(pi) sg(W_dec) + sg(b_dec))||^2
// The step has no gradient, so b_gate learns from the last two terms alone; the decoder
// from the first alone. The centring x - b_dec is differentiated in both.
import type { Core } from '../../core/core.js';
import type { BlockEncoder, Selection } from '../encoder.js';
import {
  type BlockLosses,
  denseBlock,
  type Objective,
  type ObjectiveContext,
  type StepState,
} from './objective.js';
import { SparseProducts } from './sparse.js';

export class GatedObjective implements Objective {
  readonly block: number;
  readonly encoder: BlockEncoder;
  readonly encoderSums: number;
  readonly state = {};
  #core: Core;
  #c: ObjectiveContext;
  #products: SparseProducts;
  #selection: Selection & { rule: 'gated' };
  /** d loss / d pi, then d loss / d c, of each entry. */
  #dc: number;
  #auxiliaryGradient: number;

  constructor(c: ObjectiveContext) {
    const { core, parameters, gradients, batch } = c;
    const { D, F } = parameters.sizes;
    this.#core = core;
    this.#c = c;
    this.block = denseBlock(batch, F);
    this.#selection = {
      rule: 'gated',
      bGate: parameters.bEnc.ptr,
      scale: core.alloc32(F),
      bMag: parameters.extra.b_mag.ptr,
      onlyActive: false,
    };
    this.encoder = c.encoders.make(this.#selection, this.block, true);
    this.#products = new SparseProducts(c, this.block, this.encoder.capacity);
    this.encoderSums = core.alloc32(F);
    this.#dc = core.alloc32(this.encoder.capacity);
    this.#auxiliaryGradient = core.alloc32(this.block * D);
    gradients.weights.hold();
  }

  get errors(): number {
    return this.#products.errors;
  }

  get residual(): number {
    return this.#products.residual;
  }

  begin(): void {
    const core = this.#core;
    const { F } = this.#c.parameters.sizes;
    const r = core.f32(this.#c.parameters.extra.r_mag.ptr, F);
    const scale = core.f32(this.#selection.scale, F);
    for (let i = 0; i < F; i++) scale[i] = core.math.exp(r[i]);
    core.f32(this.encoderSums, F).fill(0);
  }

  blockGradients(x: number, n: number, s: StepState, fired: number): BlockLosses {
    const core = this.#core;
    const { kernels } = core;
    const { parameters, gradients, batch } = this.#c;
    const products = this.#products;
    const entries = this.encoder.encode(x, n);
    const { lists, gates, centred } = this.encoder;

    // The auxiliary reconstruction first: its residual's buffer becomes the main one's.
    const ofGates = { scale: 2 / batch, dr: this.#auxiliaryGradient, df: this.#dc };
    const auxiliary = products.reconstructBack(lists, { value: gates, ...ofGates }, entries, x, n);
    const each = s.l1 / batch;
    const pi = core.f32(gates, entries);
    const dc = core.f32(this.#dc, entries);
    let penalty = 0;
    for (let i = 0; i < entries; i++) {
      penalty += pi[i];
      dc[i] += each;
    }

    const { value } = lists;
    const squared = products.reconstructBack(lists, { value, scale: s.scale }, entries, x, n);
    products.biasGradient(n);
    kernels.f32_gated_grad({
      index: lists.index,
      value: lists.value,
      df: products.df,
      dpi: this.#dc,
      n: entries,
      scale: this.#selection.scale,
      bMag: parameters.extra.b_mag.ptr,
      gGate: gradients.bEnc.ptr,
      gMag: gradients.extra.b_mag.ptr,
      gScale: gradients.extra.r_mag.ptr,
    });
    products.accumulate(lists, lists.value, this.#dc, entries, n, centred, this.encoderSums);
    const active = kernels.i32_count_active({
      index: lists.index,
      value: lists.value,
      n: entries,
      counts: fired,
    });
    return { squared, active, extra: auxiliary / batch + each * penalty };
  }
}
