// What units do: taken away on the pictures that fire them most, added in the middle of others, beside directions of chance.
import { Rng } from '../core/random.js';
import { tapChannels, tapInfo } from '../network/taps.js';
import type { EffectPayload, EffectResult } from '../study/circuit/effect-tasks.js';
import { movementOf } from '../study/circuit/movement.js';
import { logitsOf, middleOf } from '../study/circuit/path.js';
import type { Effect } from '../study/circuit/types.js';
import type { UnitSpots } from '../study/examples/spots.js';
import type { ExampleSets } from '../units/example-sets.js';
import type { Unit } from '../units/unit.js';
import { evenly } from '../vectors/places.js';
import { randomDirections } from '../vectors/random-directions.js';
import { type CircuitJob, plus } from './circuit-job.js';

/** Directions of chance, and of other units. */
const DRAWS = 8;
/** A stream of its own, so that the same seed elsewhere draws other numbers. */
const STREAM = 71;

/** null where nothing lies behind the tap. `sets`: of the units of this kind, to draw others from; `used`: pictures. */
export async function effectsOf(
  job: CircuitJob,
  unit: Unit,
  spots: UnitSpots,
  sets: ExampleSets,
  used: readonly number[],
): Promise<{ ablate: Effect; add: Effect } | null> {
  const { model, tap, to, each } = job;
  if (to === undefined && logitsOf(model) === undefined) return null;
  const { directions, length, others } = directionsOf(job, unit, sets);
  const strongest = spots.top.reduce((sum, { value }) => sum + value, 0) / spots.top.length;
  const position = middleOf(tapInfo(model.description, tap));
  const common = { directions, others };
  return {
    ablate: await effectOn(
      job,
      unit,
      spots.top.map(({ picture }) => picture),
      common,
    ),
    add: await effectOn(
      job,
      unit,
      evenly(used.length, each).map((i) => used[i]),
      { ...common, add: { position, amount: strongest * length } },
    ),
  };
}

/** Of length 1: the unit's own, random ones, those of other units that fire. `length`: of what one of its activation adds. */
function directionsOf(
  { engine, model, tap, sae, seed }: CircuitJob,
  { kind, index }: Unit,
  sets: ExampleSets,
) {
  const d = tapChannels(model.description, tap);
  const rng = new Rng(seed, STREAM);
  const random = randomDirections(engine.math, rng, DRAWS, d);
  const fire = Array.from({ length: sets.pictures.length }, (_, i) => i).filter(
    (i) => i !== index && sets.pictures[i] > 0,
  );
  const drawn = rng.shuffle(fire).slice(0, DRAWS);
  const row = (unit: number): { length: number; vector: Float32Array } => {
    if (kind === 'neurons') {
      const vector = new Float32Array(d);
      vector[unit] = 1;
      return { length: 1, vector };
    }
    const own = sae!.tensors.W_dec.data.subarray(unit * d, (unit + 1) * d);
    const length = Math.sqrt(own.reduce((sum, v) => sum + v * v, 0));
    return { length, vector: own.map((v) => (length > 0 ? v / length : 0)) };
  };
  const { length, vector } = row(index);
  const directions = new Float32Array((1 + DRAWS + drawn.length) * d);
  directions.set(vector);
  directions.set(random, d);
  for (const [i, other] of drawn.entries()) directions.set(row(other).vector, (1 + DRAWS + i) * d);
  return { directions, length, others: drawn };
}

async function effectOn(
  { pool, images, size, tap, sae, to, toSae, model, signal }: CircuitJob,
  { kind, index }: Unit,
  pictures: readonly number[],
  { directions, others, add }: Pick<EffectPayload, 'directions' | 'others' | 'add'>,
): Promise<Effect> {
  const payload: Omit<EffectPayload, 'ref'> = {
    ...{ size, tap, index, directions, others, add, logits: logitsOf(model) },
    ...(kind === 'features' ? { sae, key: sae!.hash } : { key: '' }),
    later: to === undefined ? undefined : { tap: to, sae: toSae, key: toSae?.hash ?? '' },
  };
  let [amount, seen] = [0, 0];
  let amounts: Float64Array | undefined;
  const sums: { logits?: Float64Array; whole?: Float64Array; later?: Float64Array } = {};
  await pool.mapOrdered<number, EffectResult>(
    pictures,
    (i) => ({ name: 'effect', payload: { ...payload, ref: images[i] } satisfies EffectPayload }),
    (result) => {
      if ('failure' in result) return;
      seen++;
      amount += result.amount;
      amounts = plus(amounts, result.amounts);
      if (result.logits) sums.logits = plus(sums.logits, result.logits);
      if (result.later) {
        sums.whole = plus(sums.whole, result.later.whole);
        sums.later = plus(sums.later, result.later.changes);
      }
    },
    { ahead: 2, signal },
  );
  const { classes } = model;
  const rows = directions.length / tapChannels(model.description, tap);
  const mean = (v: Float64Array) => v.map((x) => x / seen);
  /** Taken away, other units count by the length of the unit; those that add nothing here do not count. */
  const scaled = (sum: Float64Array): Float64Array => {
    const n = sum.length / rows;
    const kept = mean(sum.subarray(0, (rows - others.length) * n));
    const more = others.flatMap((_, i) => {
      const factor = add ? 1 : amounts![i] > 0 ? amount / amounts![i] : 0;
      const row = rows - others.length + i;
      return factor > 0 ? Array.from(mean(sum.subarray(row * n, (row + 1) * n)), (v) => v * factor) : [];
    });
    return Float64Array.from([...kept, ...more]);
  };
  const moved = (sum: Float64Array, name: (i: number) => string, whole?: Float64Array) =>
    movementOf(scaled(sum), sum.length / rows, DRAWS, name, whole);
  return {
    pictures: seen,
    amount: add ? add.amount : amount / seen,
    classes: sums.logits ? moved(sums.logits, (i) => classes?.[i] ?? `class ${i}`) : null,
    later: sums.later ? moved(sums.later, (i) => (toSae ? `f${i}` : `${to}:${i}`), mean(sums.whole!)) : null,
  };
}
