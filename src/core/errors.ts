// Typed errors. Every message is one line: what, where, what to do. The command
// line maps a kind to its exit code (DESIGN: 1 internal, 2 usage, 3 bad input,
// 4 partial result, 130 interrupted).

/** Controls, marks that reorder text, lone surrogates, line separators: a name out of a file must not steer a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const LONGEST_MESSAGE = 4000;

const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length)}...` : text;

/**
 * A name or value out of a file as messages print it: one line without control characters, cut to
 * `length`. Objects and lists are only named: a file may hold one whose text cannot be made.
 */
export function shown(value: unknown, length = 100): string {
  if (typeof value === 'string') return cut(value, length).replace(UNPRINTABLE, '\ufffd');
  if (Array.isArray(value)) return 'a list';
  return value !== null && typeof value === 'object' ? 'an object' : String(value);
}

/** Base of every error this package throws on purpose. */
export class CurvesaeError extends Error {
  /** Exit code of the command line for this kind of error. */
  readonly exitCode: number = 1;
  constructor(message: string, options?: ErrorOptions) {
    super(shown(message.replace(/\s*\n\s*/g, ' '), LONGEST_MESSAGE), options);
    this.name = nameOf(new.target);
  }
}

/** Wrong usage: unknown flag, tap, unit, architecture; values out of range. */
export class UsageError extends CurvesaeError {
  override readonly exitCode: number = 2;
}

/** A file or data that is missing, truncated, corrupt or does not fit. */
export class InputError extends CurvesaeError {
  override readonly exitCode: number = 3;
}

/** Some of what belongs together is not there yet: the message lists it. */
export class IncompleteError extends CurvesaeError {
  override readonly exitCode: number = 4;
}

/** Stopped by the user after the step in progress was saved. */
export class InterruptedError extends CurvesaeError {
  override readonly exitCode: number = 130;
}

/** Memory could not be had. The message says how much was needed and what the limit is. */
export class MemoryLimitError extends CurvesaeError {}

/** No room left to write to. The message says how much is used, how much is free and what to do. */
export class StorageFullError extends CurvesaeError {}

/** A NaN or Inf where a number must be: names step, batch and tensor. */
export class NumericError extends CurvesaeError {}

/** An engine or runtime that lacks what is asked for (SIMD, relaxed SIMD, workers). */
export class UnsupportedError extends CurvesaeError {}

const KINDS = {
  UsageError,
  InputError,
  IncompleteError,
  InterruptedError,
  MemoryLimitError,
  StorageFullError,
  NumericError,
  UnsupportedError,
  CurvesaeError,
};

/** Not the class's own name: minifiers shorten that. A kind within a kind has the name of that one. */
function nameOf(kind: unknown): string {
  const found = Object.entries(KINDS).find(([, k]) => k === kind);
  return found ? found[0] : nameOf(Object.getPrototypeOf(kind));
}

/** An error as plain data: structured cloning between threads forgets its class and may refuse its cause. */
export interface ErrorData {
  name: string;
  message: string;
  stack?: string;
}

export function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  return { name: error.name, message: error.message, stack: error.stack };
}

/** The error that errorData() was given, of its own class. */
export function errorFromData({ name, message, stack }: ErrorData): Error {
  const error = Object.hasOwn(KINDS, name)
    ? new KINDS[name as keyof typeof KINDS](message)
    : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** Levenshtein distance, for "did you mean". */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}

/** The known names closest to an unknown one, nearest first. */
export function closest(name: string, known: Iterable<string>, count = 3): string[] {
  const asked = name.slice(0, 200).toLowerCase();
  return [...known]
    .map((k) => ({ k, d: distance(asked, k.toLowerCase()) - (k.startsWith(asked) ? 2 : 0) }))
    .sort((x, y) => x.d - y.d || (x.k < y.k ? -1 : 1))
    .slice(0, count)
    .map((x) => x.k);
}

/** A UsageError for an unknown name, listing the closest known ones. */
export function unknownName(what: string, name: string, known: Iterable<string>): UsageError {
  return new UsageError(`unknown ${what} '${name}'; closest: ${closest(name, known).join(', ')}`);
}
