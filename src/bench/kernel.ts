// What a kernel's benchmark is: a size, a count of the work, operands in a core's memory.
import type { Core } from '../core/core.js';
import { Rng } from '../core/random.js';

export interface KernelBench {
  /** The size in words. */
  size: string;
  /** Of one call: floating point operations, or bytes read and written where it moves data. */
  flop?: number;
  bytes?: number;
  /** Allowed difference between a naive or relaxed form and ours, of the largest value. */
  tolerance?: number;
  /** Operands in memory; the same for every build. */
  prepare(core: Core): PreparedKernel;
}

export interface PreparedKernel {
  /** One call. */
  run(): void;
  /** What it wrote. */
  output(): ArrayLike<number>;
}

/** n values in [-1, 1). */
export function uniform(n: number, seed: number): Float32Array {
  const rng = new Rng(seed);
  return Float32Array.from({ length: n }, () => 2 * rng.uniform() - 1);
}

/** n values in (0, 1]. */
export const positive = (n: number, seed: number): Float32Array =>
  uniform(n, seed).map((v) => (1 - v) / 2 + 1e-6);

/** A run and its output, as f32 at an address. */
export const writes = (core: Core, ptr: number, n: number, run: () => unknown): PreparedKernel => ({
  run: run as () => void,
  output: () => core.f32(ptr, n),
});

/** Operands of a dense NHWC tensor that is read: `channels` floats a pixel, `width` pixels a row. */
export const source = (src: number, width: number, channels: number) => ({
  src,
  srcPixel: 4 * channels,
  srcRow: 4 * channels * width,
});

/** The same of one that is written. */
export const destination = (dst: number, width: number, channels: number) => ({
  dst,
  dstPixel: 4 * channels,
  dstRow: 4 * channels * width,
});

/** d, latents, samples and entries a sample of the benchmarks of an SAE step. */
export const [D, F, B, K] = [192, 3072, 64, 32];

/** Lists per sample with `k` random entries of `f` latents each: start i32[n+1], index, value. */
export function lists(core: Core, n: number, k: number, f: number, seed: number) {
  const rng = new Rng(seed);
  const index = new Int32Array(n * k);
  for (let b = 0; b < n; b++) {
    // Every list in order of index, without repeats: one latent of each of k equal ranges.
    for (let i = 0; i < k; i++) index[b * k + i] = Math.floor(((i + rng.uniform()) * f) / k);
  }
  const value = positive(n * k, seed + 1);
  return {
    entries: n * k,
    start: core.put(Int32Array.from({ length: n + 1 }, (_, b) => b * k)),
    index: core.put(index),
    value: core.put(value),
  };
}
