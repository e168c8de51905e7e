// What a command is, and what it is given.
import type { CallOptions } from '../api/call.js';
import type { Options } from '../api/options.js';
import type { CommonValues, Values } from './flags.js';

export interface Context {
  common: CommonValues;
  /** Engine of --build and --workers, progress, interruption and warnings for a call of the library. */
  call(): Promise<CallOptions & { engine: NonNullable<CallOptions['engine']> }>;
  /** The same without starting an engine. */
  hooks: Omit<CallOptions, 'engine'> & { signal: AbortSignal };
  /** 4 where a picture could not be used, 0 otherwise. */
  exitCode(): number;
  /** What the first Ctrl-C says from now on, where there is nothing to finish. */
  onInterrupt(text: string): void;
  /**
   * Writes the JSON document with --json, otherwise the text: stdout carries nothing else. `made`: the path of
   * what the command made, which is all that --quiet says.
   */
  print(json: unknown, text: () => string, made?: string): void;
  /** The command line that repeats this run. */
  commandLine: string;
}

export interface Command<T extends Options = Options, Old extends Options = Options> {
  summary: string;
  /** Arguments after the command's name, for the help text. */
  usage: string;
  flags: T;
  /** Spellings of before that are still taken; absent from the help text. */
  old?: Old;
  /** Resolves to the exit code: 0 done, 4 partial. Errors carry their own. */
  run(context: Context, values: Values<T & Old> & CommonValues, positionals: string[]): Promise<number>;
}

/** Keeps the flags' literal types for `run`. */
export function command<const T extends Options, const Old extends Options = Record<never, never>>(
  definition: Command<T, Old>,
): Command {
  return definition as unknown as Command;
}
