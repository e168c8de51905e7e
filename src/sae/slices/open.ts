// The threads of a run's steps.
import type { Engine } from '../../core/engine.js';
import type { Pool } from '../../core/pool.js';
import { Team } from '../../core/team.js';
import type { StepSpec } from './member.js';
import { OPERATIONS, type Slices } from './operations.js';

/** Task of a pool: a thread's part of every step of a run. */
export const SLICE_TASK = 'slice';

/**
 * Multiply-adds of a step from which two threads are sooner done than one, and of a run from which it pays to
 * start them (docs/lab/sae.md).
 */
const STEP_WORTH = 10e6;
const RUN_WORTH = 2e10;

export interface StepSize {
  dIn: number;
  dSae: number;
  batch: number;
  steps: number;
}

/**
 * auto: where it is faster. always, for tests and measurements: whatever it takes. copies, likewise: as where memory cannot be
 * shared.
 */
export type SlicesChoice = 'auto' | 'always' | 'copies';

/** Threads for the steps of a run, where they are worth it: startSlices() brings them. */
export async function openSlices(
  engine: Engine,
  pool: Pool | undefined,
  { dIn, dSae, batch, steps }: StepSize,
  choice: SlicesChoice = 'auto',
): Promise<Slices | undefined> {
  if (!pool || pool.width < 2) return undefined;
  if (choice === 'always') return Team.shared(engine, OPERATIONS, 0);
  const work = dIn * dSae * batch;
  if (work < STEP_WORTH || work * steps < RUN_WORTH) return undefined;
  return Team.shared(engine, OPERATIONS);
}

/** As many threads of the pool as make its width with this one. Where they always take part, they are waited for. */
export const startSlices = (
  slices: Slices,
  pool: Pool,
  spec: StepSpec,
  choice: SlicesChoice = 'auto',
): Promise<void> =>
  slices.start(pool, SLICE_TASK, pool.width - 1, spec, choice === 'always' ? Infinity : undefined);
