// .npz: a zip of .npy members. Names are labels, never paths.
import { shown } from '../core/errors.js';
import { Allowance } from './limits.js';
import { type Matrix, parseNpy } from './npy.js';
import { unzip } from './zip.js';

/** Arrays by name, without the `.npy`. */
export function parseNpz(bytes: Uint8Array, label: string): Map<string, Matrix> {
  const out = new Map<string, Matrix>();
  const allowance = new Allowance(bytes.byteLength, label);
  for (const [name, data] of unzip(bytes, label, allowance))
    if (name.endsWith('.npy'))
      out.set(name.slice(0, -4), parseNpy(data, `${label}:${shown(name)}`, allowance));
  return out;
}
