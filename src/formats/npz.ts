// .npz: a zip of .npy members. Unpacked with fflate under caps; names are checked, never
// used as paths.
import { unzipSync } from 'fflate';
import { InputError } from '../core/errors.js';
import { type Matrix, parseNpy } from './npy.js';

const MAX_ENTRIES = 1024;
const MAX_TOTAL = 4 * 1024 ** 3;
/** DEFLATE reaches 1032:1; real arrays stay far below. */
const MAX_RATIO = 1100;

/** Arrays by name, without the `.npy`. */
export function parseNpz(bytes: Uint8Array, label: string): Map<string, Matrix> {
  const out = new Map<string, Matrix>();
  for (const [name, data] of unzip(bytes, label))
    if (name.endsWith('.npy')) out.set(name.slice(0, -4), parseNpy(data, `${label}:${name}`));
  return out;
}

/** Members of a zip, checked before and after unpacking. */
export function unzip(bytes: Uint8Array, label: string): Map<string, Uint8Array> {
  const fail = (reason: string): never => {
    throw new InputError(`${label}: not a zip that is read here: ${reason}`);
  };
  const sizes = new Map<string, number>();
  let total = 0;
  let files: Record<string, Uint8Array> = {};
  try {
    files = unzipSync(bytes, {
      filter: ({ name, size, originalSize, compression }) => {
        if (sizes.size >= MAX_ENTRIES) fail(`more than ${MAX_ENTRIES} members`);
        if (sizes.has(name)) fail(`two members are named '${name}'`);
        if (/(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[a-zA-Z]:|\0/.test(name)) fail(`member '${name}' points outside`);
        if (compression !== 0 && compression !== 8) fail(`member '${name}' uses compression ${compression}`);
        if (originalSize > Math.max(1, size) * MAX_RATIO)
          fail(`member '${name}' expands more than ${MAX_RATIO} times`);
        total += originalSize;
        if (total > MAX_TOTAL) fail(`more than ${MAX_TOTAL} bytes unpacked`);
        sizes.set(name, originalSize);
        return true;
      },
    });
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    fail((cause as Error).message);
  }
  for (const [name, size] of sizes)
    if (files[name]?.byteLength !== size)
      fail(`member '${name}' has another length than declared (corrupt or encrypted)`);
  return new Map(Object.entries(files));
}
