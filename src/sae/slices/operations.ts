// The parts of a training step that are cut over threads: rows of the batch for encoding and reconstruction,
// latents for weight gradients, Adam and unit rows. No sum is cut, so the bits are those of one thread.
import type { Core } from '../../core/core.js';
import type { Operation, Operations, Team } from '../../core/team.js';
import type { PartLists } from '../encoding/lists.js';
import { padTo } from '../memory.js';
import { addTerm, SQUARES } from './gradient-rows.js';
import type { SaeMember } from './member.js';

const op = <K extends string>(
  operands: readonly K[],
  run: Operation<SaeMember, K>['run'],
): Operation<SaeMember, K> => ({ operands, run });

const RECONSTRUCT = ['start', 'index', 'value', 'wDec', 'bDec', 'x', 'd', 'residual', 'errors'] as const;
const LATENT_GRADIENT = ['start', 'index', 'dr', 'wDec', 'd', 'df'] as const;
type Operands<K extends readonly string[]> = Readonly<Record<K[number], number>>;

function reconstruct({ kernels }: Core, o: Operands<typeof RECONSTRUCT>, from: number, to: number): void {
  const { index, value, wDec, bDec, d } = o;
  const [at, n] = [4 * from * d, to - from];
  const [start, errors] = [o.start + 4 * from, o.errors + 4 * from];
  kernels.f32_sae_decode({ start, index, value, n, wDec, bDec, d, xhat: o.residual + at });
  kernels.f32_sae_residual({ residual: o.residual + at, x: o.x + at, n, d, errors });
}

function latentGradient(
  { kernels }: Core,
  { start, index, dr, wDec, d, df }: Operands<typeof LATENT_GRADIENT>,
  from: number,
  to: number,
): void {
  const [at, n] = [4 * from * d, to - from];
  kernels.f32_sae_latent_grad({ start: start + 4 * from, index, n, dr: dr + at, wDec, d, df });
}

export const OPERATIONS = {
  /**
   * Samples into the member's own lists: where they are, and what GrowingLists counts. x 0: the rows are centred
   * already; otherwise rows = x - row, whole panels, so that the last slice fills up its own.
   */
  encode: op(
    ['encoder', 'x', 'row', 'rows', 'd', 'k', 'guess'] as const,
    (member, { encoder, x, row, rows, d, k, guess }, from, to, results) => {
      const [at, n] = [4 * from * d, to - from];
      if (x) member.core.kernels.f32_row_subtract({ x: x + at, row, n: padTo(n, 8), d, out: rows + at });
      const lists = member.encoder(encoder).pass(rows + at, n, k, guess);
      results.set([lists.listed, lists.found, lists.samples]);
      results.set([lists.start, lists.index, lists.value, lists.gates], 3);
    },
  ),

  /** The same of the k largest among listed latents. */
  encodeDead: op(
    ['k', 'block', 'rows', 'd', 'list', 'bias', 'length'] as const,
    (member, { k, block, rows, d, list, bias, length }, from, to, results) => {
      const dead = member.dead(k, block);
      dead.encode(rows + 4 * from * d, to - from, list, bias, length);
      const { lists } = dead;
      results.set([lists.listed, lists.found, lists.samples]);
      results.set([lists.start, lists.index, lists.value, 0], 3);
    },
  ),

  /** residual = f W_dec + bias - x of samples, and the squared errors. */
  reconstruct: op(RECONSTRUCT, ({ core }, o, from, to) => reconstruct(core, o, from, to)),

  /** df = dr . W_dec[index] of each entry of samples. */
  latentGradient: op(LATENT_GRADIENT, ({ core }, o, from, to) => latentGradient(core, o, from, to)),

  /** Both in one turn, dr = scale * residual in between. */
  reconstructBack: op([...RECONSTRUCT, 'scale', 'dr', 'df'] as const, ({ core }, o, from, to) => {
    reconstruct(core, o, from, to);
    const { residual, scale, dr, d } = o;
    const at = 4 * from * d;
    core.kernels.f32_scale({ x: residual + at, scale, y: dr + at, n: (to - from) * d });
    latentGradient(core, o, from, to);
  }),

  /** x . a and x . x of samples. */
  compare: op(['x', 'a', 'd', 'inner', 'squares'] as const, ({ core }, o, from, to) => {
    const { d } = o;
    const [at, n] = [4 * from * d, to - from];
    core.kernels.f32_row_inner({ a: o.a + at, b: o.x + at, n, d, out: o.inner + 4 * from });
    core.kernels.f32_row_inner({ a: o.x + at, b: o.x + at, n, d, out: o.squares + 4 * from });
  }),

  /** Adds a term to held gradients of latents. */
  addTerm: op(
    ['first', 'sample', 'value', 'df', 'from', 'to', 'dr', 'xc', 'd', 'gDec', 'gEnc'] as const,
    ({ core }, { d, gDec, gEnc, ...term }, begin, end) => {
      const from = Math.max(begin, term.from);
      const to = Math.min(end, term.to);
      const at = 4 * from * d;
      if (from < to) addTerm(core, { ...term, from, to }, d, gDec + at, gEnc + at);
    },
  ),

  /** y[f] += a[f] x[f] of latents' rows. */
  addRows: op(['a', 'x', 'd', 'y'] as const, ({ core }, { a, x, d, y }, from, to) => {
    const at = 4 * from * d;
    core.kernels.f32_row_axpy({ a: a + 4 * from, x: x + at, n: to - from, d, y: y + at });
  }),

  rowNorms: op(['x', 'd', 'norms'] as const, ({ core }, { x, d, norms }, from, to) =>
    core.kernels.f32_row_norms({ x: x + 4 * from * d, n: to - from, d, norms: norms + 4 * from }),
  ),

  /** Takes the part along unit rows w out of g. */
  project: op(['g', 'w', 'd'] as const, ({ core }, { g, w, d }, from, to) => {
    const at = 4 * from * d;
    core.kernels.f32_row_project({ g: g + at, w: w + at, n: to - from, d });
  }),

  /**
   * Squares of both weight gradients of latents. Of all latents: their sums and 1, in results; of some: the sums
   * of SQUARES floats each, to be added in order, and 0.
   */
  norm: op(
    [...(['heldDec', 'heldEnc', 'terms', 'count', 'project'] as const), 'd', 'f', 'enc', 'dec'] as const,
    (member, o, from, to, results) => {
      const { kernels } = member.core;
      const whole = from === 0 && to === o.f;
      let [encoder, decoder] = [0, 0];
      member.gradients.visit(o, from, to, (first, count, wDec, wEnc) => {
        const n = count * o.d;
        if (whole) {
          encoder = kernels.f32_sum_squares({ x: wEnc, n, sum: encoder });
          decoder = kernels.f32_sum_squares({ x: wDec, n, sum: decoder });
          return;
        }
        const [enc, dec] = [o.enc, o.dec].map((p) => member.core.f32(p, Math.ceil((o.f * o.d) / SQUARES)));
        for (let i = 0, at = (first * o.d) / SQUARES; i < n; i += SQUARES, at++) {
          const m = Math.min(SQUARES, n - i);
          enc[at] = kernels.f32_sum_squares({ x: wEnc + 4 * i, n: m, sum: 0 });
          dec[at] = kernels.f32_sum_squares({ x: wDec + 4 * i, n: m, sum: 0 });
        }
      });
      results.set([encoder, decoder, whole ? 1 : 0]);
    },
  ),

  /** Adam on latents' rows of both matrices, and decoder rows of norm 1 where `unit` is 1. */
  adam: op(
    [
      ...(['heldDec', 'heldEnc', 'terms', 'count', 'project'] as const),
      ...(['d', 'wDec', 'wEnc', 'mDec', 'mEnc', 'vDec', 'vEnc', 'unit'] as const),
      ...(['scale', 'rate', 'correction', 'b1', 'b2', 'eps'] as const),
    ] as const,
    (member, o, from, to) => {
      const { kernels } = member.core;
      const { scale, rate, correction, b1, b2, eps } = o;
      const rates = { scale, rate, correction, b1, b2, eps };
      member.gradients.visit(o, from, to, (first, count, gDec, gEnc) => {
        const [at, n] = [4 * first * o.d, count * o.d];
        kernels.f32_adam({ p: o.wEnc + at, m: o.mEnc + at, v: o.vEnc + at, g: gEnc, n, ...rates });
        kernels.f32_adam({ p: o.wDec + at, m: o.mDec + at, v: o.vDec + at, g: gDec, n, ...rates });
        if (o.unit) kernels.f32_row_normalize({ x: o.wDec + at, n: count, d: o.d });
      });
    },
  ),

  /** Adam on n floats of another parameter. */
  adamFloats: op(
    ['p', 'm', 'v', 'g', 'scale', 'rate', 'correction', 'b1', 'b2', 'eps'] as const,
    ({ core }, { p, m, v, g, ...rates }, from, to) => {
      const at = 4 * from;
      core.kernels.f32_adam({ p: p + at, m: m + at, v: v + at, g: g + at, n: to - from, ...rates });
    },
  ),

  /** y += rate (x - y) of n floats: the running average. */
  follow: op(['x', 'rate', 'y'] as const, ({ core }, { x, rate, y }, from, to) =>
    core.kernels.f32_lerp({ x: x + 4 * from, rate, y: y + 4 * from, n: to - from }),
  ),
} satisfies Operations<SaeMember>;

/** The threads of a step. */
export type Slices = Team<SaeMember, typeof OPERATIONS>;

/** What operations on lists answer, as the lists that they made. */
export const partsOf = (results: readonly Float64Array[]): PartLists[] =>
  results.map(([listed, found, samples, start, index, value, gates]) => ({
    ...{ listed, found, samples },
    ...{ start, index, value, gates },
  }));
