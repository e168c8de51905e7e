// The command line's side of a table of options: parsing, and the help text.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  type CamelCase,
  camelCase,
  inRange,
  type Option,
  type Options,
  rangeOf,
  type ValueOf,
} from '../api/options.js';
import { SEED_OPTION } from '../api/seed-option.js';
import { UsageError, unknownName } from '../core/errors.js';
import { splitPaths } from './paths.js';

export type Values<T extends Options> = { [K in keyof T]: ValueOf<T[K]> };

/** Flags of every command. */
export const COMMON = {
  json: { kind: 'switch', help: 'one JSON document on stdout' },
  quiet: { kind: 'switch', help: 'no progress, no log' },
  ...SEED_OPTION,
  workers: {
    kind: 'integer',
    value: 'N',
    help: 'threads (default: CURVESAE_WORKERS, or all cores); never changes a result',
    min: 1,
    max: 256,
  },
  build: { kind: 'choice', of: ['scalar', 'simd', 'relaxed'], help: 'instruction set (default: simd)' },
  help: { kind: 'switch', help: 'show this help' },
} as const satisfies Options;

export type CommonValues = Values<typeof COMMON>;

/** Parses `args` against the command's flags and the common ones. Throws UsageError naming flag and remedy. */
export function parse<T extends Options>(
  command: string,
  flags: T,
  args: string[],
): { values: Values<T> & CommonValues; positionals: string[] } {
  const table: Options = { ...COMMON, ...flags };
  const options = Object.fromEntries(
    Object.entries(table).map(([name, flag]) => [
      name,
      {
        type: flag.kind === 'switch' ? ('boolean' as const) : ('string' as const),
        multiple: flag.kind === 'list' || flag.kind === 'numbers',
      },
    ]),
  );
  const { tokens, positionals } = parseArgs({
    args: args.map((arg, i) => withBareValue(table, arg, args[i + 1])),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (!flag)
      throw unknownName(
        `flag of '${command}'`,
        token.rawName,
        Object.keys(table).map((n) => `--${n}`),
      );
    values[token.name] = checkedValue(token.name, flag, token.value, values[token.name]);
  }
  for (const [name, flag] of Object.entries(table)) {
    if (values[name] !== undefined) continue;
    if ('required' in flag && flag.required && !values.help)
      throw new UsageError(
        `'${command}' needs --${name} ${flag.kind === 'choice' ? flag.of.join('|') : flag.value}: ${flag.help}; see curvesae ${command} --help`,
      );
    values[name] = flag.kind === 'switch' ? false : 'default' in flag ? flag.default : undefined;
  }
  return { values: values as Values<T> & CommonValues, positionals };
}

/** `--truth` before another flag or at the end is `--truth=store`, where a flag has a value of its own. */
function withBareValue(table: Options, arg: string, next: string | undefined): string {
  const name = arg.slice(2);
  const flag = arg.startsWith('--') && Object.hasOwn(table, name) ? table[name] : undefined;
  if (flag?.kind !== 'text' || flag.bare === undefined) return arg;
  return next === undefined || next.startsWith('--') ? `${arg}=${flag.bare}` : arg;
}

function checkedValue(name: string, flag: Option, text: string | undefined, before: unknown): unknown {
  if (flag.kind === 'switch') {
    if (text !== undefined) throw new UsageError(`--${name} takes no value`);
    return true;
  }
  if (text === undefined || text === '') throw new UsageError(`--${name} needs a value: ${flag.help}`);
  switch (flag.kind) {
    case 'choice':
      if (!flag.of.includes(text)) throw unknownName(`value of --${name}`, text, flag.of);
      return text;
    case 'integer':
    case 'number': {
      const number = Number(text);
      if (!inRange(flag, number)) throw new UsageError(`--${name} must be ${rangeOf(flag)}, not '${text}'`);
      return number;
    }
    case 'list':
      return [
        ...((before as string[] | undefined) ?? []),
        ...(flag.paths ? splitPaths(text, existsSync) : text.split(',').filter(Boolean)),
      ];
    case 'numbers':
      return [
        ...((before as number[] | undefined) ?? []),
        ...text.split(',').filter(Boolean).map(numberOf(name)),
      ];
    default:
      return text;
  }
}

const numberOf =
  (name: string) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isFinite(value)) throw new UsageError(`--${name}: '${text}' is not a number`);
    return value;
  };

/** Help lines, one per flag, aligned. */
export function describe(flags: Options): string {
  const rows = Object.entries(flags).map(([name, flag]) => {
    const value =
      flag.kind === 'switch' ? '' : flag.kind === 'choice' ? ` ${flag.of.join('|')}` : ` ${flag.value}`;
    const fallback = 'default' in flag && flag.default !== undefined ? ` (default ${flag.default})` : '';
    return [`  --${name}${value}`, `${flag.help}${fallback}`];
  });
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  return rows
    .map(([left, right]) =>
      left.length > width ? `${left}\n${' '.repeat(width)}  ${right}` : `${left.padEnd(width)}  ${right}`,
    )
    .join('\n');
}

type ByLibraryName<T extends Options> = { [K in keyof T & string as CamelCase<K>]: ValueOf<T[K]> };

/** The values of `table`'s flags by the library's names; those that were not given stay absent. */
export function camelOptions<T extends Options>(table: T, values: Values<T>): ByLibraryName<T> {
  const given = Object.keys(table).filter((name) => values[name] !== undefined);
  return Object.fromEntries(given.map((name) => [camelCase(name), values[name]])) as ByLibraryName<T>;
}
