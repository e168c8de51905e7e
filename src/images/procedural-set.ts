// `procedural:N`: the pictures of a set that is drawn, not read.
import { UsageError } from '../core/errors.js';
import type { ImageRef } from './types.js';

/** How many `procedural` without a number means. */
export const DEFAULT_PROCEDURAL = 400;
const MAX_PROCEDURAL = 1_000_000;

/** The pictures of `procedural[:N]`; undefined where `spec` is something else. */
export function proceduralSpec(spec: string, seed: number): ImageRef[] | undefined {
  const match = /^procedural(?::(\d+))?$/.exec(spec);
  return match
    ? proceduralSet(match[1] === undefined ? DEFAULT_PROCEDURAL : Number(match[1]), seed)
    : undefined;
}

/** UsageError: a count that no set has. */
export function proceduralSet(count: number, seed: number): ImageRef[] {
  if (!Number.isSafeInteger(count) || count < 1 || count > MAX_PROCEDURAL)
    throw new UsageError(`procedural:${count}: the number of images must be 1 to ${MAX_PROCEDURAL}`);
  return Array.from({ length: count }, (_, index) => ({
    kind: 'procedural',
    name: `procedural-${String(index).padStart(6, '0')}`,
    seed,
    index,
  }));
}
