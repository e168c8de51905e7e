// How well a network tells held-out pictures apart.
import type { Pool } from '../../core/pool.js';
import { turns } from '../../core/turns.js';
import type { ImageFailure } from '../../images/types.js';
import type { NetworkDescription } from '../../network/types.js';
import type { GuessedSlice, SlicePayload } from './tasks.js';
import type { ClassScore, Example, HeldOutScore } from './types.js';

/** Pictures of a task; sums are over pictures in their order. */
const SLICE = 24;

export interface Guessing {
  pool: Pool;
  description: NetworkDescription;
  flat: Float32Array;
  /** Of these parameters. */
  key: string;
  classes: readonly string[];
  onFailure?(failure: ImageFailure): void;
}

export async function score(
  { pool, description, flat, key, classes, onFailure }: Guessing,
  examples: readonly Example[],
): Promise<HeldOutScore> {
  const slices: Example[][] = [];
  for (let i = 0; i < examples.length; i += SLICE) slices.push(examples.slice(i, i + SLICE));
  const n = classes.length;
  const taken = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  const sums = { count: 0, loss: 0, right: 0 };
  const turn = turns();
  await pool.mapOrdered<Example[], GuessedSlice>(
    slices,
    (slice) => ({
      name: 'guessSlice',
      payload: { key, description, flat, examples: slice } satisfies SlicePayload,
    }),
    async ({ guesses, labels, losses, failures }) => {
      await turn();
      for (const failure of failures) onFailure?.(failure);
      for (const [i, guess] of guesses.entries()) {
        if (guess < 0) continue;
        taken[labels[i]][guess]++;
        sums.count++;
        sums.loss += losses[i];
        sums.right += Number(guess === labels[i]);
      }
    },
  );
  const of = taken.map((row) => row.reduce((a, b) => a + b, 0));
  const count = Math.max(1, sums.count);
  return {
    count: sums.count,
    loss: sums.loss / count,
    accuracy: sums.right / count,
    chance: Math.max(...of) / count,
    classes: taken.map((row, i) => classScore(classes, row, i)),
  };
}

function classScore(classes: readonly string[], row: readonly number[], i: number): ClassScore {
  let worst = -1;
  for (let j = 0; j < row.length; j++)
    if (j !== i && row[j] > 0 && (worst < 0 || row[j] > row[worst])) worst = j;
  const count = row.reduce((a, b) => a + b, 0);
  return { class: classes[i], count, right: row[i], mistakenFor: worst < 0 ? null : classes[worst] };
}
