// How many tokens a run computes.
import { UsageError } from '../../core/errors.js';
import type { Span } from './op.js';

/** Sets the run's count, of `width` at most. UsageError: another number than the session takes, or more than it keeps. */
export function take(span: Span, n: number, width: number, input: string): void {
  if (span.cached ? n < 1 || n > width : n !== width)
    throw new UsageError(
      `${n} tokens for input '${input}': this session takes ${span.cached ? '1 to ' : ''}${width}`,
    );
  if (span.past + n > span.capacity)
    throw new UsageError(
      `${n} tokens after ${span.past}: this session keeps ${span.capacity}; rewind it, or make one with a larger cache`,
    );
  span.count = n;
}
