// The vocabulary of the benchmark. The suite in this folder times our own kernels and works
// and runs in Node, in a page and from `curvesae bench`; the repository's bench/ adds the
// peers and the naive kernels, and prints the same rows.
import type { Engine } from '../core/engine.js';
import type { Build } from '../core/features.js';
import type { Pool } from '../core/pool.js';
import type { Model } from '../network/types.js';

/** One implementation of a work. */
export interface Impl {
  impl: string;
  version: string;
  build: string;
  threads: number;
  batch: number;
  /** One repetition; may be async. */
  run(): unknown;
  /** What run() made, as numbers to compare. */
  output?(): Promise<ArrayLike<number>> | ArrayLike<number>;
  dispose?(): unknown;
  /** Allowed difference from the first implementation; by default that of the work. */
  tolerance?: number;
  /** At most this many timed repetitions in all: for peers that take seconds. */
  maxRuns?: number;
}

/** The same work by several implementations; the first one is the judge of the outputs. */
export interface Work {
  work: string;
  /** Largest |a - b| over the largest |b| allowed between outputs. */
  tolerance: number;
  impls: Impl[];
  about?: About;
}

/** What a chart needs to know of a work beyond its times. */
export interface About {
  /** The name by which --only takes it; set by the suite. */
  group?: string;
  /** Of one repetition: floating point operations, or bytes where the work moves data. */
  flop?: number;
  bytes?: number;
  /** The kernel whose work this is. */
  kernel?: string;
  /** A point of a curve: cost as `axis` grows; `units` = images, vectors or pixels done by one repetition. */
  series?: { name: string; axis: string; at: number; units: number; unit: string };
}

/**
 * Times in milliseconds of one repetition. speedOfOurs = this implementation's best time over
 * the best time of the first `curvesae` row of the same work: above 1, ours is faster.
 */
export interface Row {
  work: string;
  impl: string;
  version: string;
  build: string;
  threads: number;
  batch: number;
  bestMs: number;
  medianMs: number;
  speedOfOurs: number;
}

/** A build of the kernels to time: the three of the package, and in bench/ the naive one. */
export interface Variant {
  build: Build | 'naive';
  engine: Engine;
}

/** The register loop is a ceiling of builds with vectors; in the scalar one its 48 chains do not fit registers. */
export const hasCeiling = (build: string): boolean => build === 'simd' || build === 'relaxed';

/** What a platform gives the suite. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** The smallest difference between two readings, in milliseconds. */
  step(): number;
}

export interface Environment {
  version: string;
  /** One-thread engines; the first is the default build, whose rows the others are compared with. */
  variants: Variant[];
  timing: Timing;
  /** performance.now() unless given. */
  clock?: Clock;
  say(text: string): void;
  signal?: AbortSignal;
  /** A pool of `workers` threads, over a model where tasks need one; absent where a platform has none. */
  pool?(workers: number, model: Model | undefined): Promise<Pool>;
  /** Threads of the machine. */
  cores: number;
  /** Milliseconds of import + init + first stem forward in a fresh runtime, `runs` times. */
  startup?(runs: number): Promise<number[]>;
}

export interface Timing {
  rounds: number;
  /** Of one implementation in one round. */
  milliseconds: number;
}

export type WorkFactory = (environment: Environment) => Promise<Work[]> | AsyncIterable<Work>;

export interface Machine {
  cpu: string;
  cores: number;
  runtime: string;
  /** ISO. */
  date: string;
}

/** A size that is promised: bytes of WebAssembly memory against its limit. */
export interface MemoryUse {
  what: string;
  bytes: number;
  limit: number;
}

/** Two register loops together against two workers on a real work, in the same minute. */
export interface Scaling {
  work: string;
  threads: number;
  speedup: number;
  /** Of the register loops on as many threads. */
  ceiling: number;
  /** speedup / ceiling. */
  efficiency: number;
}

/** What --json writes. */
export interface BenchResult {
  version: string;
  machine: Machine;
  rows: Row[];
  about: Record<string, About>;
  /** GFLOP/s of the register loop of multiplications and additions, per build. */
  peak: Record<string, number>;
  memory: MemoryUse[];
  scaling: Scaling[];
}
