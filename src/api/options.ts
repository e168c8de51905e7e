// Options of the commands as data: one table per command gives the command line its parsing and
// help, and both it and the library their defaults and checks.
import { UsageError, unknownName } from '../core/errors.js';

/**
 * One option. Its key in a table is its long flag; the library's name is the same in camelCase.
 * `paths`: names may hold commas. `object`: the library also takes what a flag cannot say (bytes, a Blob, an opened model).
 */
export type Option =
  | {
      kind: 'text';
      help: string;
      value: string;
      required?: boolean;
      default?: string;
      object?: true;
      /** What the flag means without a value. */
      bare?: string;
    }
  | { kind: 'list'; help: string; value: string; required?: boolean; object?: true; paths?: true }
  | { kind: 'numbers'; help: string; value: string }
  | { kind: 'integer' | 'number'; help: string; value: string; min?: number; max?: number; default?: number }
  | { kind: 'choice'; help: string; of: readonly string[]; required?: boolean; default?: string }
  | { kind: 'switch'; help: string };

export type Options = Record<string, Option>;

export type ValueOf<O extends Option> = O extends { kind: 'switch' }
  ? boolean
  : O extends { kind: 'list' }
    ? O extends { required: true }
      ? string[]
      : string[] | undefined
    : O extends { kind: 'numbers' }
      ? number[] | undefined
      : O extends { kind: 'integer' | 'number' }
        ? O extends { default: number }
          ? number
          : number | undefined
        : O extends { kind: 'choice'; of: readonly (infer C)[] }
          ? O extends { required: true } | { default: string }
            ? C
            : C | undefined
          : O extends { required: true } | { default: string }
            ? string
            : string | undefined;

export type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** What a table's options are after checked(): with defaults; an option that takes objects as it was given. */
export type Checked<T extends Options, Given> = {
  [K in keyof T & string as CamelCase<K>]: T[K] extends { object: true }
    ? CamelCase<K> extends keyof Given
      ? T[K] extends { default: string }
        ? NonNullable<Given[CamelCase<K>]>
        : Given[CamelCase<K>]
      : ValueOf<T[K]>
    : ValueOf<T[K]>;
};

/** `d-sae` -> `dSae`. */
export const camelCase = (flag: string): string =>
  flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/**
 * The options of a call with the table's defaults. UsageError naming the option: unknown, missing,
 * of another type or out of range. `others`: names that the call takes besides.
 */
export function checked<const T extends Options, G extends object>(
  command: string,
  table: T,
  given: G,
  others: readonly string[] = [],
): Checked<T, G> {
  if (given === null || typeof given !== 'object')
    throw new UsageError(`${command}: takes one object of options, not ${describe(given)}`);
  const known = new Map(Object.entries<Option>(table).map(([flag, option]) => [camelCase(flag), option]));
  for (const name of Object.keys(given))
    if (!known.has(name) && !others.includes(name))
      throw unknownName(`option of ${command}()`, name, [...known.keys(), ...others]);
  const values: Record<string, unknown> = {};
  for (const [name, option] of known) {
    const value = (given as Record<string, unknown>)[name];
    if (value !== undefined) values[name] = givenValue(`${command}: ${name}`, option, value);
    else if ('required' in option && option.required)
      throw new UsageError(`${command}: needs the option ${name}: ${option.help}`);
    else values[name] = option.kind === 'switch' ? false : 'default' in option ? option.default : undefined;
  }
  return values as Checked<T, G>;
}

function givenValue(name: string, option: Option, value: unknown): unknown {
  const wrong = (what: string): never => {
    throw new UsageError(`${name} must be ${what}, not ${describe(value)}`);
  };
  switch (option.kind) {
    case 'switch':
      return typeof value === 'boolean' ? value : wrong('true or false');
    case 'choice':
      if (typeof value !== 'string') return wrong(option.of.join(' or '));
      if (!option.of.includes(value)) throw unknownName(`value of ${name}`, value, option.of);
      return value;
    case 'integer':
    case 'number':
      return typeof value === 'number' && inRange(option, value) ? value : wrong(rangeOf(option));
    case 'numbers': {
      const list = Array.isArray(value) ? value : [value];
      return list.every((v) => Number.isFinite(v)) ? list : wrong('a list of numbers');
    }
    case 'list': {
      if (option.object) return value;
      const list = Array.isArray(value) ? value : [value];
      return list.every((v) => typeof v === 'string' && v !== '') ? list : wrong('a list of texts');
    }
    case 'text':
      if (option.object && typeof value !== 'string') return value;
      return typeof value === 'string' && value !== '' ? value : wrong('a text');
  }
}

export function inRange(option: Extract<Option, { kind: 'integer' | 'number' }>, value: number): boolean {
  return (
    Number.isFinite(value) &&
    (option.kind === 'number' || Number.isInteger(value)) &&
    value >= (option.min ?? -Infinity) &&
    value <= (option.max ?? Infinity)
  );
}

/** `a whole number from 1 to 256`. */
export function rangeOf(option: Extract<Option, { kind: 'integer' | 'number' }>): string {
  const what = option.kind === 'integer' ? 'a whole number' : 'a number';
  if (option.min !== undefined && option.max !== undefined)
    return `${what} from ${option.min} to ${option.max}`;
  if (option.min !== undefined) return `${what} of at least ${option.min}`;
  return what;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 100)}'`;
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? 'a list' : `a ${value.constructor?.name ?? 'object'}`;
}
