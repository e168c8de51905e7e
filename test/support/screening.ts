// A screening problem on a core: quantised rows for the kernels, exact values to hold them against.
import type { Core } from '../../src/index.js';
import type { Guarded } from './guarded.js';

export interface Problem {
  d: number;
  f: number;
  /** A multiple of 8. */
  n: number;
  x: Float32Array;
  w: Float32Array;
  bias: Float32Array;
  thresholds: Float32Array;
}

/** pre-activations [n/8][f][8] of the f32 kernel. */
export function encode(g: Guarded, core: Core, { d, f, n, x, w, bias }: Problem): Float32Array {
  const panels = new Float32Array(n * d);
  for (let s = 0; s < n; s++)
    for (let j = 0; j < d; j++) panels[((s >> 3) * d + j) * 8 + (s & 7)] = x[s * d + j];
  const pre = g.alloc(4 * n * f);
  core.kernels.f32_sae_encode_4x8({
    panels: g.f32(panels),
    panelCount: n >> 3,
    wEnc: g.f32(w),
    bias: g.f32(bias),
    out: pre,
    d,
    f,
    block: 8,
    scratch: g.alloc(32 * d),
  });
  return core.f32(pre, n * f).slice();
}

export function quantized(g: Guarded, core: Core, p: Problem) {
  const { d, f, n } = p;
  const [x16, ix, w16, iw] = [g.alloc(2 * n * d), g.alloc(4 * n), g.alloc(2 * f * d), g.alloc(4 * f)];
  core.kernels.i16_quantize_rows({ x: g.f32(p.x), n, d, group: 8, out: x16, inverse: ix });
  core.kernels.i16_quantize_rows({ x: g.f32(p.w), n: f, d, group: 4, out: w16, inverse: iw });
  const [bias, beta] = [g.f32(p.bias), g.alloc(4 * f, 'beta')];
  core.kernels.i16_sae_beta({ bias, thresholds: g.f32(p.thresholds), n: f, d, beta });
  return { x16, ix, w16, iw, bias, beta };
}
