// What stands for a pool or a normalisation where a network is taken as linear: each channel's own mean over the window,
// times its gain.
import type { LinearForm } from '../op.js';
import type { Windowed } from '../window.js';
import type { ConvLayer } from './layer.js';

/** Outside of the map are zeros, which count. */
export function averages(
  { in: name, out, size, stride, padding }: Windowed & { in: string; out: string },
  gain: Float32Array,
): LinearForm {
  const n = gain.length;
  const taps = size * size;
  const weight = new Float32Array(n * n * taps);
  for (let c = 0; c < n; c++) weight.fill(gain[c] / taps, (c * n + c) * taps, (c * n + c + 1) * taps);
  const layer: ConvLayer = { op: 'conv', in: name, out, size, stride, padding, filters: n, relu: false };
  return { layer, parameters: { weight, bias: new Float32Array(n) } };
}
