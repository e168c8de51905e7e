// What this engine can run, asked of the engine itself by WebAssembly.validate.
import { UnsupportedError } from './errors.js';

export type Build = 'scalar' | 'simd' | 'relaxed';
export const BUILDS: readonly Build[] = ['scalar', 'simd', 'relaxed'];

/** exact: the bits of every engine (simd and scalar). relaxed: the last bits may differ. Part of every identity. */
export type Numerics = 'exact' | 'relaxed';
export const numericsOf = (build: Build): Numerics => (build === 'relaxed' ? 'relaxed' : 'exact');

const bytes = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g)!, (h) => Number.parseInt(h, 16));
const PREFIX = '0061736d010000000105016000017b030201000a';

// (module (func (result v128) i32.const 0 i8x16.splat))
const SIMD = bytes(`${PREFIX}08010600${'4100fd0f'}0b`);
// (module (func (result v128) v128 zero three times, f32x4.relaxed_madd))
const ZERO = '4100fd0f';
const RELAXED = bytes(`${PREFIX}13011100${ZERO}${ZERO}${ZERO}fd85020b`);

let known: Record<Build, boolean> | undefined;

/** Bytes of the number 1 as this machine lays it out. */
const ONE = new Uint8Array(Uint16Array.of(1).buffer);

/**
 * UnsupportedError on a machine that stores the large end of a number first (s390x): WebAssembly's memory and every file here
 * have the small end first, and typed arrays over them would read other numbers without a word.
 */
export function checkByteOrder(one: Uint8Array = ONE): void {
  if (one[0] !== 1)
    throw new UnsupportedError(
      'this machine is big-endian, and numbers would be read the wrong way round; use a little-endian one (x86-64, ARM64, RISC-V)',
    );
}

/** Which builds this engine accepts. */
export function supportedBuilds(): Record<Build, boolean> {
  known ??= { scalar: true, simd: WebAssembly.validate(SIMD), relaxed: WebAssembly.validate(RELAXED) };
  return known;
}
