// What a command is, and what it is given.
import type { Engine } from '../core/engine.js';
import type { CommonValues, Flags, Values } from './flags.js';
import type { Progress } from './progress.js';

export interface Context {
  common: CommonValues;
  progress: Progress;
  /** Aborted by the first Ctrl-C (or SIGTERM): finish the step, save, throw InterruptedError. */
  signal: AbortSignal;
  /** What the first Ctrl-C says from now on, where there is nothing to finish. */
  onInterrupt(text: string): void;
  /** Writes the JSON document with --json, the text otherwise. stdout carries nothing else. */
  print(json: unknown, text: () => string): void;
  /** The engine of --build and --workers, started on first use. */
  engine(): Promise<Engine>;
  /** The command line that repeats this run. */
  commandLine: string;
}

export interface Command<T extends Flags = Flags> {
  summary: string;
  /** Arguments after the command's name, for the help text. */
  usage: string;
  flags: T;
  /** What to do to go on after Ctrl-C, where it is not `run the same command again`. */
  interrupted?(values: Values<T> & CommonValues): string;
  /** Resolves to the exit code: 0 done, 4 partial. Errors carry their own. */
  run(context: Context, values: Values<T> & CommonValues, positionals: string[]): Promise<number>;
}

/** Keeps the flags' literal types for `run`. */
export function command<const T extends Flags>(definition: Command<T>): Command {
  return definition as unknown as Command;
}
