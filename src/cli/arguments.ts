// Arguments that are no flags.
import { UsageError } from '../core/errors.js';

/** The single positional argument. */
export function onlyArgument(positionals: string[], what: string): string {
  if (positionals.length !== 1) throw new UsageError(`give exactly one ${what}, not ${positionals.length}`);
  return positionals[0];
}

/** Refuses arguments where a command takes flags only. */
export function noArguments(positionals: string[], advice: string): void {
  if (positionals.length) throw new UsageError(`unexpected argument '${positionals[0]}'; ${advice}`);
}

/** Pictures of --images, and as arguments, as they were written before; undefined where there are none. */
export function pictures(images: string[] | undefined, positionals: string[]): string[] | undefined {
  const all = [...(images ?? []), ...positionals];
  return all.length ? all : undefined;
}
