// How many workers compute where nobody says: CURVESAE_WORKERS, or every core.
import { availableParallelism } from 'node:os';
import { UsageError } from '../core/errors.js';

export function workersByDefault(): number {
  const { CURVESAE_WORKERS: given } = process.env;
  if (!given) return availableParallelism();
  if (!/^\d+$/.test(given) || Number(given) < 1 || Number(given) > 256)
    throw new UsageError(`CURVESAE_WORKERS must be a whole number from 1 to 256, not '${given}'`);
  return Number(given);
}
