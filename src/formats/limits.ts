// What a reader may take for one file: bytes beyond the file itself (unpacked, expanded or converted),
// and values (the names, numbers, lists and dictionaries that its header or pickle builds). Taken
// before anything is allocated, so that a small file cannot ask for a large machine.
import { InputError, UsageError } from '../core/errors.js';

const MIB = 1024 ** 2;
/** By default FREE + PER_BYTE times the file's size, and at most MOST. */
const [FREE, PER_BYTE, MOST] = [256 * MIB, 32, 4096 * MIB];
/** By default; each is up to VALUE_BYTES on V8's heap. */
const VALUES = 4_000_000;
const VALUE_BYTES = 128;
/** Environment variable with another limit, in bytes or as 16G or 800M. */
export const LIMIT_VARIABLE = 'CURVESAE_READ_LIMIT';

let chosen: number | undefined;

/** Bytes that one file may take instead of the default, or undefined for the default: for programs; users of the command line set CURVESAE_READ_LIMIT. */
export function setReadLimit(bytes: number | undefined): void {
  if (bytes !== undefined && !(Number.isSafeInteger(bytes) && bytes > 0))
    throw new UsageError(`setReadLimit: ${bytes} is not a whole number of bytes above 0`);
  chosen = bytes;
}

function readLimit(): number | undefined {
  // Pages have no environment; threads of Node have their parent's.
  const said = globalThis.process?.env?.[LIMIT_VARIABLE];
  if (chosen !== undefined || !said) return chosen;
  const [, digits, unit] = /^(\d{1,15})([KMGT]?)$/i.exec(said) ?? [];
  const bytes = Number(digits) * 2 ** (10 * (unit ? 1 + 'KMGT'.indexOf(unit.toUpperCase()) : 0));
  if (!(Number.isSafeInteger(bytes) && bytes > 0))
    throw new UsageError(
      `${LIMIT_VARIABLE}='${said.slice(0, 40)}': give bytes, or a number with K, M, G or T`,
    );
  return bytes;
}

/** What is left for one file. */
export class Allowance {
  readonly bytes: number;
  readonly values: number;
  #bytes = 0;
  #values = 0;
  #label: string;

  /** `fileBytes`: what the file's size is. */
  constructor(fileBytes: number, label: string) {
    const limit = readLimit();
    this.#label = label;
    this.bytes = limit ?? Math.min(MOST, FREE + PER_BYTE * fileBytes);
    this.values = limit === undefined ? VALUES : Math.floor(limit / VALUE_BYTES);
  }

  /** Before `bytes` are allocated for `what`. InputError where they would pass the limit. */
  take(bytes: number, what: string): void {
    this.#bytes += bytes;
    if (!(this.#bytes <= this.bytes))
      this.#refuse(
        `${what} would bring what is made of this file to ${this.#bytes} bytes, more than the limit of ${this.bytes}`,
      );
  }

  /** Before a value is built. */
  count(): void {
    if (++this.#values > this.values) this.#refuse(`it builds more values than the limit of ${this.values}`);
  }

  #refuse(reason: string): never {
    throw new InputError(
      `${this.#label}: ${reason}; if you trust the file, set ${LIMIT_VARIABLE} (in bytes, or as 16G)`,
    );
  }
}
