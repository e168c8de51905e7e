// `procedural[:N]`: generated pictures by number.
import { UsageError } from '../core/errors.js';
import type { ImageRef } from './types.js';

const DEFAULT_COUNT = 400;
const MAX_COUNT = 1_000_000;

/** The pictures of `procedural[:N]`, 400 unless told; undefined where `spec` is something else. */
export function proceduralSpec(spec: string, seed: number): ImageRef[] | undefined {
  const match = /^procedural(?::(\d+))?$/.exec(spec);
  return match ? proceduralSet(match[1] === undefined ? DEFAULT_COUNT : Number(match[1]), seed) : undefined;
}

export function proceduralSet(count: number, seed: number): ImageRef[] {
  if (!Number.isSafeInteger(count) || count < 1 || count > MAX_COUNT)
    throw new UsageError(`procedural: the number of images must be 1 to ${MAX_COUNT}, not ${count}`);
  return Array.from({ length: count }, (_, index) => ({
    kind: 'procedural',
    name: `procedural-${String(index).padStart(6, '0')}`,
    seed,
    index,
  }));
}
