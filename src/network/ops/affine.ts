// y = x W + b of every token: GPT-2's Conv1D, whose weight is [in, out]. Without parameters of its own it reads
// a table [out, in] of another layer, as GPT-2's unembedding reads its embedding.
import type { Core } from '../../core/core.js';
import { readView } from '../view.js';
import { type BaseLayer, isSequence, type Op, type Parameters, sequenceShape } from './op.js';
import { withRaw } from './weights.js';
import { checkFours, isCount } from './window.js';

export interface AffineLayer extends BaseLayer {
  op: 'affine';
  in: string;
  units: number;
  /** Layer whose table [units, channels] it multiplies with, without bias. */
  tied?: string;
}

const PANEL = 8;
const panels = (n: number): number => Math.ceil(n / PANEL) * PANEL;

export const affine: Op<AffineLayer> = {
  check({ units, tied }, [from]) {
    if (!isSequence(from)) return `reads [${from.dims}], must read a sequence [T,C]`;
    if (!isCount(units)) return `units ${units}: must be a whole number from 1`;
    return (
      (tied === undefined ? checkFours('units', units) : undefined) ?? checkFours('channels', from.channels)
    );
  },
  shape: ({ units }, [from]) => sequenceShape(from.width, units),
  parameters: ({ units, tied }, { channels }) =>
    tied === undefined ? { weight: [channels, units], bias: [units], axes: 'IO' } : undefined,
  scratch: (core, _, { shape }) => core.kernels.f32_affine_4x8_scratch({ m: shape.width, k: shape.channels }),
  forward({ core, parameters, at, span, scratch }, layer) {
    const [from, to] = [at(layer.in), at(layer.out)];
    const [k, n] = [from.shape.channels, layer.units];
    const { weight, isTable } = weightOf(parameters, layer);
    const packed = pack(core, weight, k, n, isTable);
    const bias = core.alloc32(panels(n));
    if (!isTable) core.f32(bias, n).set(parameters.get(layer.out)!.bias);
    const operands = {
      x: from.ptr,
      pixel: from.pixel,
      k,
      packed,
      bias,
      y: to.ptr,
      yPixel: to.pixel,
      n,
      scratch,
    };
    const { f32_affine_4x8 } = core.kernels;
    return () => f32_affine_4x8({ ...operands, m: span.count });
  },
  linear: (layer) => ({ layer }),
  backward: {
    scratch: (core, { units }, { width }) => core.kernels.f32_affine_4x8_scratch({ m: width, k: units }),
    // dx = dy W^T.
    step: (site, layer) =>
      site.into(layer.in, (to) => {
        const { core, span, scratch } = site;
        const grad = site.gradient(layer.out)!;
        const [n, k] = [to.shape.channels, layer.units];
        const { weight, isTable } = weightOf(site.parameters, layer);
        const packed = pack(core, weight, k, n, !isTable);
        const bias = core.alloc32(panels(n));
        const operands = {
          x: grad.ptr,
          pixel: grad.pixel,
          k,
          packed,
          bias,
          y: to.ptr,
          yPixel: to.pixel,
          n,
          scratch,
        };
        const { f32_affine_4x8 } = core.kernels;
        return () => f32_affine_4x8({ ...operands, m: span.count });
      }),
    // dW = x^T dy, db = sums of dy.
    parameters:
      ({ core, at }, layer, before) =>
      (weight, bias) => {
        const [d, x] = [readView(core, before), readView(core, at(layer.in))];
        const [n, k] = [layer.units, x.length / before.shape.width];
        for (let t = 0; t < before.shape.width; t++)
          for (let o = 0; o < n; o++) {
            const g = d[t * n + o];
            bias[o] += g;
            for (let i = 0; i < k; i++) weight[i * n + o] += g * x[t * k + i];
          }
      },
  },
};

function weightOf(
  parameters: Parameters,
  { out, tied }: AffineLayer,
): { weight: Float32Array; isTable: boolean } {
  return { weight: parameters.get(tied ?? out)!.weight, isTable: tied !== undefined };
}

/** [k,n], or a table [n,k], in panels of 8 columns [n/8][k][8]. */
function pack(core: Core, weight: Float32Array, k: number, n: number, isTable: boolean): number {
  const packed = core.alloc32(panels(n) * k);
  const { f32_affine_pack8, f32_gemm_pack8 } = core.kernels;
  withRaw(core, weight, (raw) =>
    isTable
      ? f32_affine_pack8({ table: raw, packed, n, k, scratch: core.alloc(64) })
      : f32_gemm_pack8({ b: raw, ldb: n, packed, k, n }),
  );
  return packed;
}
