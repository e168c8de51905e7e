// A share of a job: what one of N machines does of it (`--shard I/N`). In the code a share, since a shard is also
// one of a store's files.
import { UsageError } from '../../core/errors.js';

export interface Share {
  /** From 1. */
  index: number;
  of: number;
}

/** More than any cluster has tasks in an array. */
const MOST = 1_000_000;

/** UsageError where `text` is not I/N. */
export function parseShare(text: string): Share {
  const [, i, n] = /^(\d{1,7})\/(\d{1,7})$/.exec(text) ?? [];
  const [index, of] = [Number(i), Number(n)];
  if (!(index >= 1 && index <= of && of <= MOST))
    throw new UsageError(`--shard must be I/N, I from 1 to N (1/4 is the first of four), not '${text}'`);
  return { index, of };
}

export const shareText = ({ index, of }: Share): string => `${index}/${of}`;

/** Things first .. end - 1 of `count`: shares follow each other, and differ by one thing at most. */
export function spanOf({ index, of }: Share, count: number): { first: number; end: number } {
  const at = (i: number) => Math.floor((count * i) / of);
  return { first: at(index - 1), end: at(index) };
}

/** Every N-th of `count`, from the I-th: neighbours of a grid take about as long as each other. */
export const turnOf = ({ index, of }: Share, count: number): number[] =>
  Array.from({ length: count }, (_, i) => i).filter((i) => i % of === index - 1);
