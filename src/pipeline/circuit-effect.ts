// What units do: taken away on the pictures that fire them most, added in the middle of others, beside directions of chance.
import { tapChannels, tapInfo } from '../network/taps.js';
import { directionsOf, type EffectQuestion, EffectSum } from '../study/circuit/effect.js';
import type { EffectPayload, EffectResult } from '../study/circuit/effect-tasks.js';
import { logitsOf, middleOf } from '../study/circuit/path.js';
import type { Effect } from '../study/circuit/types.js';
import type { UnitSpots } from '../study/examples/spots.js';
import type { ExampleSets } from '../units/example-sets.js';
import type { Unit } from '../units/unit.js';
import { evenly } from '../vectors/places.js';
import type { CircuitJob } from './circuit-job.js';

/** null where nothing lies behind the tap. `sets`: of the units of this kind, to draw others from; `used`: pictures. */
export async function effectsOf(
  job: CircuitJob,
  unit: Unit,
  spots: UnitSpots,
  sets: ExampleSets,
  used: readonly number[],
): Promise<{ ablate: Effect; add: Effect } | null> {
  const { engine, model, tap, to, sae, seed, each } = job;
  const logits = logitsOf(model);
  if (to === undefined && logits === undefined) return null;
  const d = tapChannels(model.description, tap);
  const fire = Array.from({ length: sets.pictures.length }, (_, i) => i).filter((i) => sets.pictures[i] > 0);
  const { directions, length, others } = directionsOf({ math: engine.math, d, sae, seed }, unit, fire);
  const strongest = spots.top.reduce((sum, { value }) => sum + value, 0) / spots.top.length;
  const position = middleOf(tapInfo(model.description, tap));
  const question: EffectQuestion = { tap, index: unit.index, directions, others, logits };
  return {
    ablate: await effectOn(
      job,
      unit,
      spots.top.map(({ picture }) => picture),
      question,
    ),
    add: await effectOn(
      job,
      unit,
      evenly(used.length, each).map((i) => used[i]),
      { ...question, add: { position, amount: strongest * length } },
    ),
  };
}

async function effectOn(
  { pool, images, size, tap, sae, to, toSae, model, signal }: CircuitJob,
  { kind }: Unit,
  pictures: readonly number[],
  question: EffectQuestion,
): Promise<Effect> {
  const payload: Omit<EffectPayload, 'ref'> = {
    ...{ ...question, size },
    ...(kind === 'features' ? { sae, key: sae!.hash } : { key: '' }),
    later: to === undefined ? undefined : { tap: to, sae: toSae, key: toSae?.hash ?? '' },
  };
  const sum = new EffectSum(question, tapChannels(model.description, tap));
  await pool.mapOrdered<number, EffectResult>(
    pictures,
    (i) => ({ name: 'effect', payload: { ...payload, ref: images[i] } satisfies EffectPayload }),
    (result) => {
      if (!('failure' in result)) sum.add(result);
    },
    { ahead: 2, signal },
  );
  return sum.effect({
    class: (i) => model.classes?.[i] ?? `class ${i}`,
    later: (i) => (toSae ? `f${i}` : `${to}:${i}`),
  });
}
