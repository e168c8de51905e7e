// What every call of a command takes besides its own options, and what it is given of it inside.
import { type Engine, init } from '../core/engine.js';
import { InputError } from '../core/errors.js';
import type { ImageFailure } from '../images/types.js';
import type { StageProgress } from '../pipeline/progress.js';
import type { Platform } from './platform.js';

/** A stage begins, moves, ends; or a line worth a log. */
export type Progress =
  | { event: 'start'; stage: string /** Units that were done before. */; done: number }
  | { event: 'update'; stage: string; done: number; total: number; unit: string; detail: string }
  | { event: 'finish'; stage: string; summary: string }
  | { event: 'log'; text: string };

/** Options of every command. */
export interface CallOptions {
  /** Computes; a shared one made by init() on first use unless given. */
  engine?: Engine;
  /** Stages as they go. */
  onProgress?: (progress: Progress) => void;
  /** Aborted: the step is finished, what is resumable is saved, and the signal's reason is thrown. */
  signal?: AbortSignal;
  /** Receives warnings, each a line; console.warn unless given. */
  warn?: (message: string) => void;
  /** A picture could not be used; it was skipped, and `warn` was told. */
  onFailure?: (failure: ImageFailure) => void;
}

/** Options of every command that draws random numbers. */
export interface SeedOption {
  /** Of every random choice, 0 to 4294967295; 0 unless given. */
  seed?: number;
}

export const CALL_OPTIONS = ['engine', 'onProgress', 'signal', 'warn', 'onFailure'] as const;

/** What a command works with: engine, stages, warnings. */
export interface Call {
  engine: Engine;
  signal: AbortSignal | undefined;
  stages: StageProgress;
  log(text: string): void;
  warn(message: string): void;
  skipped(failure: ImageFailure): void;
}

let shared: Promise<Engine> | undefined;

/** The engine of calls that bring none: one for all, of as many threads as the platform advises. */
export function sharedEngine(platform: Platform): Promise<Engine> {
  shared ??= init({ workers: platform.threads() });
  shared.catch(() => {
    shared = undefined;
  });
  return shared;
}

export async function open(platform: Platform, options: CallOptions): Promise<Call> {
  const { signal, onProgress, onFailure, warn = console.warn } = options;
  signal?.throwIfAborted();
  const engine = options.engine ?? (await sharedEngine(platform));
  return {
    engine,
    signal,
    stages: stagesOf(onProgress, warn),
    log: (text) => onProgress?.({ event: 'log', text }),
    warn,
    skipped: (failure) => {
      warn(`skipped ${failure.reason}`);
      onFailure?.(failure);
    },
  };
}

/** Stages as events; each is of the stage that was started last. */
export function stagesOf(onProgress: CallOptions['onProgress'], warn?: CallOptions['warn']): StageProgress {
  let stage = '';
  return {
    start(name, done = 0) {
      stage = name;
      onProgress?.({ event: 'start', stage, done });
    },
    update(done, total, unit, detail = '') {
      onProgress?.({ event: 'update', stage, done, total, unit, detail });
    },
    finish(summary) {
      onProgress?.({ event: 'finish', stage, summary });
    },
    warn: (message) => warn?.(message),
  };
}

/** The InputError where not one picture could be used. */
export const noneUsable = (images: number, failures: readonly ImageFailure[]): InputError =>
  new InputError(`none of the ${images} images could be used; the first: ${failures[0].reason}`);
