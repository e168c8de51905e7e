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
import {
  GradientRows,
  type GradientSource,
  SQUARES,
  TERM_WORDS,
  ROWS as TILE,
} from './slices/gradient-rows.js';
import type { Slices } from './slices/operations.js';

/** Floats of a matrix from which making rows twice costs no more than memory does (docs/lab/sae.md). */
const LARGE = 2 << 20;

/** Terms of a step at most: prefixes (16), AuxK, multi-k. */
const MOST_TERMS = 24;

/** Latents [from, to) of `lists`; rows dr, xc [samples][D]. */
export interface WeightTerm {
  lists: LatentLists;
  from: number;
  to: number;
  dr: number;
  xc: number;
}

/** Adam's numbers of a step (f32_adam). */
export interface AdamRates {
  scale: number;
  rate: number;
  correction: number;
  b1: number;
  b2: number;
  eps: number;
}

export class WeightGradients {
  #core: Core;
  #p: SaeParameters;
  #slices: Slices;
  #unitRows: boolean;
  #held: { wDec: Parameter; wEnc: Parameter } | undefined;
  #rows: GradientRows;
  /** i32 [MOST_TERMS][TERM_WORDS] */
  #terms: number;
  #count = 0;
  /** Sums of squares, SQUARES floats each, of both matrices: where several threads make them. */
  #squares: { enc: number; dec: number } | undefined;

  /** `unitRows`: the part of W_dec's gradient along its rows, which have norm 1, is taken out. */
  constructor(core: Core, p: SaeParameters, slices: Slices, unitRows: boolean) {
    this.#core = core;
    this.#p = p;
    this.#slices = slices;
    this.#unitRows = unitRows;
    this.#rows = new GradientRows(core, p);
    this.#terms = core.alloc32(MOST_TERMS * TERM_WORDS);
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
    this.#count = 0;
    if (!this.#held) return;
    for (const { ptr, size } of Object.values(this.#held)) this.#core.f32(ptr, size).fill(0);
  }

  /** What a term points to must stay as it is until the step is applied, unless the matrices are held. */
  add({ lists, from, to, dr, xc }: WeightTerm): void {
    const { D, F } = this.#p.sizes;
    const { first, sample, value, df } = lists;
    if (this.#held) {
      const [gDec, gEnc] = [this.#held.wDec.ptr, this.#held.wEnc.ptr];
      const entries = this.#core.i32(first, F + 1)[F];
      const operands = { first, sample, value, df, from, to, dr, xc, d: D, gDec, gEnc };
      this.#slices.run('addTerm', operands, F, { work: 2 * entries * D });
      return;
    }
    if (this.#count === MOST_TERMS) throw new RangeError(`more than ${MOST_TERMS} terms of a gradient`);
    const at = this.#terms + 4 * TERM_WORDS * this.#count++;
    this.#core.i32(at, TERM_WORDS).set([first, sample, value, df, from, to, dr, xc]);
  }

  /** After the last term. */
  finish(): void {
    const { D, F } = this.#p.sizes;
    if (this.#held && this.#unitRows)
      this.#slices.run('project', { g: this.#held.wDec.ptr, w: this.#p.wDec.ptr, d: D }, F, {
        work: 2 * F * D,
      });
  }

  /** All rows in order, as many at a time as there are: latents first .. first + count - 1, [count][D] each. */
  visit(each: (first: number, count: number, wDec: number, wEnc: number) => void): void {
    this.#rows.visit(this.#source, 0, this.#p.sizes.F, each);
  }

  /** Sums of squares of both matrices, f64 over SQUARES floats in order. */
  squares(): { encoder: number; decoder: number } {
    const core = this.#core;
    const { D: d, F: f } = this.#p.sizes;
    const parts = Math.ceil((f * d) / SQUARES);
    if (this.#slices.members > 1) this.#squares ??= { enc: core.alloc32(parts), dec: core.alloc32(parts) };
    const { enc, dec } = this.#squares ?? { enc: 0, dec: 0 };
    const results = this.#slices.run('norm', { ...this.#source, d, f, enc, dec }, f, this.#tiles());
    const whole = results.find(([, , all]) => all === 1);
    if (whole) return { encoder: whole[0], decoder: whole[1] };
    let [encoder, decoder] = [0, 0];
    const [e, w] = [core.f32(enc, parts), core.f32(dec, parts)];
    for (let i = 0; i < parts; i++) {
      encoder += e[i];
      decoder += w[i];
    }
    return { encoder, decoder };
  }

  /** Adam on both matrices; decoder rows get norm 1 again where they have it. */
  adam(moments1: SaeParameters, moments2: SaeParameters, rates: AdamRates): void {
    const { D: d, F } = this.#p.sizes;
    const [wDec, mDec, vDec] = [this.#p, moments1, moments2].map((g) => g.wDec.ptr);
    const [wEnc, mEnc, vEnc] = [this.#p, moments1, moments2].map((g) => g.wEnc.ptr);
    const unit = this.#unitRows ? 1 : 0;
    const pointers = { wDec, wEnc, mDec, mEnc, vDec, vEnc };
    this.#slices.run('adam', { ...this.#source, d, unit, ...pointers, ...rates }, F, this.#tiles());
  }

  /** Slices of whole tiles of rows, so that sums of squares are those of the whole matrix. */
  #tiles(): { align: number; work: number } {
    const { D, F } = this.#p.sizes;
    return { align: TILE, work: 4 * F * D };
  }

  get #source(): GradientSource {
    const held = this.#held;
    return {
      ...{ heldDec: held?.wDec.ptr ?? 0, heldEnc: held?.wEnc.ptr ?? 0 },
      ...{ terms: this.#terms, count: this.#count, project: this.#unitRows ? 1 : 0 },
    };
  }
}

export class Gradients {
  readonly weights: WeightGradients;
  readonly bEnc: Parameter;
  readonly bDec: Parameter;
  readonly extra: Record<string, Parameter>;
  #core: Core;
  #p: SaeParameters;
  #slices: Slices;

  constructor(core: Core, p: SaeParameters, slices: Slices, unitRows: boolean) {
    this.#core = core;
    this.#p = p;
    this.#slices = slices;
    this.weights = new WeightGradients(core, p, slices, unitRows);
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
    const { encoder, decoder } = this.weights.squares();
    let sum = encoder + decoder;
    for (const g of this.#vectors()) sum += kernels.f32_sum_squares({ x: g.ptr, n: g.size, sum: 0 });
    return Math.sqrt(sum);
  }

  /** Adam on all parameters. */
  adam(moments1: SaeParameters, moments2: SaeParameters, rates: AdamRates): void {
    this.weights.adam(moments1, moments2, rates);
    const [p, m, v] = [this.#p, moments1, moments2].map((group) => listParameters(group).slice(2));
    this.#vectors().forEach((g, i) => {
      const operands = { p: p[i].ptr, m: m[i].ptr, v: v[i].ptr, g: g.ptr, ...rates };
      this.#slices.run('adamFloats', operands, g.size, { align: 4, work: g.size });
    });
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
