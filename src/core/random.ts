// Seeded random numbers from integer arithmetic only: xoshiro128** (Blackman &
// Vigna 2018), seeded by splitmix32. The state is four u32 and can be saved.
import type { CoreMath } from './math.js';

export type RngState = [number, number, number, number];

/** splitmix32's finaliser: a bijection of 32 bits, as a signed integer; neighbours come out unlike each other. */
export function mixed(z: number): number {
  let t = z ^ (z >>> 16);
  t = Math.imul(t, 0x21f0aaad);
  t ^= t >>> 15;
  t = Math.imul(t, 0x735a2d97);
  return t ^ (t >>> 15);
}

export class Rng {
  #s: Uint32Array;

  /** @param seed any integer; `stream` gives independent generators for one seed. */
  constructor(seed: number | RngState, stream = 0) {
    this.#s = new Uint32Array(4);
    if (Array.isArray(seed)) {
      this.#s.set(seed);
      return;
    }
    let z = (seed ^ Math.imul(stream + 1, 0x9e3779b9)) >>> 0;
    for (let i = 0; i < 4; i++) {
      z = (z + 0x9e3779b9) >>> 0;
      this.#s[i] = mixed(z);
    }
  }

  get state(): RngState {
    return Array.from(this.#s) as RngState;
  }

  /** 32 random bits. */
  u32(): number {
    const s = this.#s;
    const m = Math.imul(s[1], 5);
    const result = Math.imul((m << 7) | (m >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return ((this.u32() >>> 5) * 67108864 + (this.u32() >>> 6)) / 9007199254740992;
  }

  /** Uniform integer in [0, n), unbiased (rejection). n <= 2^32. */
  below(n: number): number {
    const limit = 4294967296 - (4294967296 % n);
    for (;;) {
      const r = this.u32();
      if (r < limit) return r % n;
    }
  }

  /** Standard normal (Box-Muller, one value per call so that the state is only the four words). */
  normal(math: CoreMath): number {
    const u = 1 - this.uniform();
    return Math.sqrt(-2 * math.log(u)) * math.cos(2 * Math.PI * this.uniform());
  }

  /** Fisher-Yates in place. */
  shuffle<T extends { length: number; [i: number]: number }>(a: T): T {
    for (let i = a.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const t = a[i];
      a[i] = a[j];
      a[j] = t;
    }
    return a;
  }
}
