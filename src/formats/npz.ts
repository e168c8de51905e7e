// .npz: a zip of .npy members. Names are labels, never paths.
import { type Matrix, parseNpy } from './npy.js';
import { unzip } from './zip.js';

/** Arrays by name, without the `.npy`. */
export function parseNpz(bytes: Uint8Array, label: string): Map<string, Matrix> {
  const out = new Map<string, Matrix>();
  for (const [name, data] of unzip(bytes, label))
    if (name.endsWith('.npy')) out.set(name.slice(0, -4), parseNpy(data, `${label}:${name}`));
  return out;
}
