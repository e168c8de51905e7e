// Gradients of a training step. Those of the two weight matrices are sums over lists of active
// latents, one or more terms of:
//   gW_dec[f] += sum over f's entries of value * dr[sample]
//   gW_enc[f] += sum over f's entries of df * xc[sample]
// Where the matrices are large and the lists of a whole batch are there, the sums are made for a few
// rows at a time, whenever they are wanted: once for the norm, once for Adam. The rows stay in the
// cache, and the matrices, a quarter of what training would take, never exist. Otherwise (dense
// latents, several blocks of samples, losses that add to the matrices directly) they are held. The
// bits are the same.
import type { Core } from '../core/core.js';
import {
  allocParameter,
  listParameters,
  type Parameter,
  readParameter,
  type SaeParameters,
} from './memory.js';
import type { LatentLists } from './objectives/latent-lists.js';

/** Rows made at a time: with any width whole blocks of f32_sum_squares, so that the norm has the same bits. */
const ROWS = 64;

/** Floats of a matrix from which making rows twice costs no more than memory does (docs/lab/sae.md). */
const LARGE = 2 << 20;

/** Latents [from, to) of `lists`; rows dr, xc [samples][D]. */
export interface WeightTerm {
  lists: LatentLists;
  from: number;
  to: number;
  dr: number;
  xc: number;
}

export class WeightGradients {
  #core: Core;
  #p: SaeParameters;
  #unitRows: boolean;
  #held: { wDec: Parameter; wEnc: Parameter } | undefined;
  #rows: { wDec: number; wEnc: number } | undefined;
  #terms: WeightTerm[] = [];

  /** `unitRows`: the part of W_dec's gradient along its rows, which have norm 1, is taken out. */
  constructor(core: Core, p: SaeParameters, unitRows: boolean) {
    this.#core = core;
    this.#p = p;
    this.#unitRows = unitRows;
  }

  /** From now on both matrices exist as a whole. For constructors: before the first step. */
  hold(): { wDec: Parameter; wEnc: Parameter } {
    this.#held ??= {
      wDec: allocParameter(this.#core, this.#p.wDec),
      wEnc: allocParameter(this.#core, this.#p.wEnc),
    };
    return this.#held;
  }

  /** Not worth making twice. */
  get small(): boolean {
    return this.#p.wDec.size < LARGE;
  }

  get held(): boolean {
    return this.#held !== undefined;
  }

  begin(): void {
    this.#terms = [];
    if (!this.#held) return;
    for (const { ptr, size } of Object.values(this.#held)) this.#core.f32(ptr, size).fill(0);
  }

  /** What a term points to must stay as it is until the step is applied, unless the matrices are held. */
  add(term: WeightTerm): void {
    if (!this.#held) this.#terms.push(term);
    else this.#sum(term, 0, this.#p.sizes.F, this.#held.wDec.ptr, this.#held.wEnc.ptr);
  }

  /** After the last term. */
  finish(): void {
    if (this.#held && this.#unitRows) this.#project(this.#held.wDec.ptr, 0, this.#p.sizes.F);
  }

  /** All rows in order, as many at a time as there are: latents first .. first + count - 1, [count][D] each. */
  visit(each: (first: number, count: number, wDec: number, wEnc: number) => void): void {
    const { D, F } = this.#p.sizes;
    if (this.#held) {
      each(0, F, this.#held.wDec.ptr, this.#held.wEnc.ptr);
      return;
    }
    const core = this.#core;
    this.#rows ??= { wDec: core.alloc32(ROWS * D), wEnc: core.alloc32(ROWS * D) };
    const { wDec, wEnc } = this.#rows;
    for (let first = 0; first < F; first += ROWS) {
      const count = Math.min(ROWS, F - first);
      core.f32(wDec, count * D).fill(0);
      core.f32(wEnc, count * D).fill(0);
      for (const term of this.#terms) this.#sum(term, first, first + count, wDec, wEnc);
      if (this.#unitRows) this.#project(wDec, first, count);
      each(first, count, wDec, wEnc);
    }
  }

  /** Adds a term's latents among [first, end), whose rows begin at wDec and wEnc. */
  #sum(
    { lists, from, to, dr, xc }: WeightTerm,
    first: number,
    end: number,
    wDec: number,
    wEnc: number,
  ): void {
    const { D } = this.#p.sizes;
    const begin = Math.max(first, from);
    const at = 4 * (begin - first) * D;
    this.#core.kernels.f32_sae_weight_grad({
      first: lists.first,
      sample: lists.sample,
      value: lists.value,
      df: lists.df,
      from: begin,
      to: Math.min(end, to),
      dr,
      xc,
      d: D,
      gDec: wDec + at,
      gEnc: wEnc + at,
    });
  }

  #project(rows: number, first: number, count: number): void {
    const { D } = this.#p.sizes;
    this.#core.kernels.f32_row_project({ g: rows, w: this.#p.wDec.ptr + 4 * first * D, n: count, d: D });
  }
}

export class Gradients {
  readonly weights: WeightGradients;
  readonly bEnc: Parameter;
  readonly bDec: Parameter;
  readonly extra: Record<string, Parameter>;
  #core: Core;
  #p: SaeParameters;

  constructor(core: Core, p: SaeParameters, unitRows: boolean) {
    this.#core = core;
    this.#p = p;
    this.weights = new WeightGradients(core, p, unitRows);
    this.bEnc = allocParameter(core, p.bEnc);
    this.bDec = allocParameter(core, p.bDec);
    this.extra = Object.fromEntries(
      Object.entries(p.extra).map(([name, spec]) => [name, allocParameter(core, spec)]),
    );
  }

  begin(): void {
    this.weights.begin();
    for (const g of this.#vectors()) this.#core.f32(g.ptr, g.size).fill(0);
  }

  /** Norm of the whole gradient. */
  norm(): number {
    const { kernels } = this.#core;
    const { D } = this.#p.sizes;
    let [encoder, decoder] = [0, 0];
    this.weights.visit((_, count, wDec, wEnc) => {
      encoder = kernels.f32_sum_squares({ x: wEnc, n: count * D, sum: encoder });
      decoder = kernels.f32_sum_squares({ x: wDec, n: count * D, sum: decoder });
    });
    let sum = encoder + decoder;
    for (const g of this.#vectors()) sum += kernels.f32_sum_squares({ x: g.ptr, n: g.size, sum: 0 });
    return Math.sqrt(sum);
  }

  /** Pieces of all gradients: of parameter number `parameter` (listParameters), floats `at` .. `at + size` at `ptr`. */
  visit(each: (parameter: number, at: number, size: number, ptr: number) => void): void {
    const { D } = this.#p.sizes;
    this.weights.visit((first, count, wDec, wEnc) => {
      each(0, first * D, count * D, wEnc);
      each(1, first * D, count * D, wDec);
    });
    this.#vectors().forEach((g, i) => {
      each(2 + i, 0, g.size, g.ptr);
    });
  }

  /** Copies of all gradients, without padding, in the order of listParameters. */
  read(): { name: string; data: Float32Array }[] {
    const core = this.#core;
    const all = listParameters(this.#p).map((p) => ({ ...p, data: new Float32Array(p.rows * p.columns) }));
    this.visit((parameter, at, size, ptr) => {
      const { columns, stride, rows, data } = all[parameter];
      const first = at / stride;
      const count = Math.min(rows - first, size / stride);
      data.set(readParameter(core, { ...all[parameter], rows: count, ptr }), first * columns);
    });
    return all.map(({ name, data }) => ({ name, data }));
  }

  #vectors(): Parameter[] {
    return [this.bEnc, this.bDec, ...Object.values(this.extra)];
  }
}
