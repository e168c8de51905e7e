// An SAE's parameters in a core's memory, and the buffers of one block of samples.
//
// Padded sizes: D to a multiple of 4, F to a multiple of 4, samples to a multiple of 8.
// Padding is zero and stays zero: a padded latent has pre-activation 0 and never fires.
// layout: W_enc TRANSPOSED [F][D], W_dec [F][D], both row-major; b_enc [F]; b_dec [D].
import type { Core } from '../core/core.js';

export const padTo = (n: number, to: number): number => Math.ceil(n / to) * to;

export interface Sizes {
  d: number;
  f: number;
  /** padded */
  D: number;
  F: number;
}

export const sizesOf = (dIn: number, dSae: number): Sizes => ({
  d: dIn,
  f: dSae,
  D: padTo(dIn, 4),
  F: padTo(dSae, 4),
});

/** A parameter tensor and how it lies in memory. */
export interface Parameter {
  name: string;
  rows: number;
  columns: number;
  /** Floats per row in memory. */
  stride: number;
  ptr: number;
  /** Floats in memory, padding included. */
  size: number;
}

export interface ParameterSpec {
  name: string;
  rows: number;
  columns: number;
}

export function allocParameter(core: Core, { name, rows, columns }: ParameterSpec): Parameter {
  const stride = padTo(columns, 4);
  const size = padTo(rows, 4) * stride;
  return { name, rows, columns, stride, ptr: core.alloc32(size), size };
}

export interface SaeParameters {
  sizes: Sizes;
  wEnc: Parameter; // [F][D]
  wDec: Parameter; // [F][D]
  bEnc: Parameter; // [1][F]; the gated architecture's b_gate
  bDec: Parameter; // [1][D]
  extra: Record<string, Parameter>;
}

export function allocParameters(
  core: Core,
  sizes: Sizes,
  extras: readonly ParameterSpec[] = [],
  encoderBias = 'b_enc',
): SaeParameters {
  const { d, f } = sizes;
  return {
    sizes,
    wEnc: allocParameter(core, { name: 'W_enc', rows: f, columns: d }),
    wDec: allocParameter(core, { name: 'W_dec', rows: f, columns: d }),
    bEnc: allocParameter(core, { name: encoderBias, rows: 1, columns: f }),
    bDec: allocParameter(core, { name: 'b_dec', rows: 1, columns: d }),
    extra: Object.fromEntries(extras.map((spec) => [spec.name, allocParameter(core, spec)])),
  };
}

export const listParameters = (p: SaeParameters): Parameter[] => [
  p.wEnc,
  p.wDec,
  p.bEnc,
  p.bDec,
  ...Object.values(p.extra),
];

/** Packed copy [rows][columns], without padding. */
export function readParameter(core: Core, { rows, columns, stride, ptr }: Parameter): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) out.set(core.f32(ptr + 4 * r * stride, columns), r * columns);
  return out;
}

export function writeParameter(
  core: Core,
  { rows, columns, stride, ptr }: Parameter,
  data: Float32Array,
): void {
  for (let r = 0; r < rows; r++)
    core.f32(ptr + 4 * r * stride, columns).set(data.subarray(r * columns, (r + 1) * columns));
}

/** [rows][columns] -> [columns][rows]. */
export function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c];
  return out;
}
