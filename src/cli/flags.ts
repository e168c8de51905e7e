// Flags as data: one table per command gives parsing, checking and the help text.
import { parseArgs } from 'node:util';
import { UsageError, unknownName } from '../core/errors.js';

export type Flag =
  | { kind: 'text'; help: string; value: string; required?: boolean; default?: string }
  | { kind: 'list'; help: string; value: string; required?: boolean }
  | { kind: 'integer' | 'number'; help: string; value: string; min?: number; max?: number; default?: number }
  | { kind: 'choice'; help: string; of: readonly string[]; default?: string }
  | { kind: 'switch'; help: string };

export type Flags = Record<string, Flag>;

type ValueOf<F extends Flag> = F extends { kind: 'switch' }
  ? boolean
  : F extends { kind: 'list' }
    ? F extends { required: true }
      ? string[]
      : string[] | undefined
    : F extends { kind: 'integer' | 'number' }
      ? F extends { default: number }
        ? number
        : number | undefined
      : F extends { required: true } | { default: string }
        ? string
        : string | undefined;

export type Values<T extends Flags> = { [K in keyof T]: ValueOf<T[K]> };

/** Flags of every command. */
export const COMMON = {
  json: { kind: 'switch', help: 'one JSON document on stdout' },
  quiet: { kind: 'switch', help: 'no progress, no log' },
  seed: {
    kind: 'integer',
    value: 'N',
    help: 'seed of every random choice',
    min: 0,
    max: 4294967295,
    default: 0,
  },
  workers: {
    kind: 'integer',
    value: 'N',
    help: 'threads (default: all cores); never changes a result',
    min: 1,
    max: 256,
  },
  build: { kind: 'choice', of: ['scalar', 'simd', 'relaxed'], help: 'instruction set (default: simd)' },
  help: { kind: 'switch', help: 'show this help' },
} as const satisfies Flags;

export type CommonValues = Values<typeof COMMON>;

/** Parses `args` against the command's flags and the common ones. Throws UsageError naming flag and remedy. */
export function parse<T extends Flags>(
  command: string,
  flags: T,
  args: string[],
): { values: Values<T> & CommonValues; positionals: string[] } {
  const table: Flags = { ...COMMON, ...flags };
  const options = Object.fromEntries(
    Object.entries(table).map(([name, flag]) => [
      name,
      {
        type: flag.kind === 'switch' ? ('boolean' as const) : ('string' as const),
        multiple: flag.kind === 'list',
      },
    ]),
  );
  const { tokens, positionals } = parseArgs({
    args,
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
        `'${command}' needs --${name} ${flag.value}: ${flag.help}; see curvesae ${command} --help`,
      );
    values[name] = flag.kind === 'switch' ? false : 'default' in flag ? flag.default : undefined;
  }
  return { values: values as Values<T> & CommonValues, positionals };
}

function checkedValue(name: string, flag: Flag, text: string | undefined, before: unknown): unknown {
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
      const wrong =
        !Number.isFinite(number) ||
        (flag.kind === 'integer' && !Number.isInteger(number)) ||
        number < (flag.min ?? -Infinity) ||
        number > (flag.max ?? Infinity);
      if (wrong) throw new UsageError(`--${name} must be ${describeRange(flag)}, not '${text}'`);
      return number;
    }
    case 'list':
      return [...((before as string[] | undefined) ?? []), ...text.split(',').filter(Boolean)];
    default:
      return text;
  }
}

function describeRange(flag: { kind: 'integer' | 'number'; min?: number; max?: number }): string {
  const what = flag.kind === 'integer' ? 'a whole number' : 'a number';
  if (flag.min !== undefined && flag.max !== undefined) return `${what} from ${flag.min} to ${flag.max}`;
  if (flag.min !== undefined) return `${what} of at least ${flag.min}`;
  return what;
}

/** Help lines, one per flag, aligned. */
export function describe(flags: Flags): string {
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
