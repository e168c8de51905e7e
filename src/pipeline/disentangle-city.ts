// The disentangling study of prompts before a language model (study/disentangle/city), in parts.
import { shortHash } from '../core/hash.js';
import type { CityOptions } from '../study/disentangle/city/city.js';
import type {
  CityData,
  CityEndsPayload,
  CityMaskPayload,
  CityPayload,
} from '../study/disentangle/city/tasks.js';
import { readAttributes } from '../study/disentangle/result.js';
import {
  digestOf,
  kernelsOf,
  type Making,
  type MaskStudy,
  type OwnParts,
  part,
  partCount,
  partOf,
  plain,
  type StudyInParts,
  trainedParts,
} from './disentangle-parts.js';

export interface CityStudy extends MaskStudy {
  data: CityData;
  /** Identity of the network. */
  origin: object;
  options: Omit<CityOptions, 'seed'>;
}

export async function cityStudy(of: CityStudy): Promise<StudyInParts> {
  const { engine, data, origin, methods, options, seed, seeds } = of;
  const { sae, sets, tap, at } = data;
  const facts = { sets: plain(sets), tap, at, origin, kernels: kernelsOf(engine.info()), format: 1 };
  const weights = sae && (await digestOf(sae.tensors));
  const base: CityPayload = { data, key: await shortHash({ facts, weights }) };
  const attributes = sets.map(({ name, labels }) => ({ name, classes: [...new Set(labels)].sort() }));
  return {
    identity: { facts, weights: weights ?? null, methods: methods.map((m) => m.name), options, seed, seeds },
    count: partCount(of, attributes.length),
    async whole() {
      const { answers, ends, rows } = await trained(of, { facts, weights, base });
      return partOf(rows, readAttributes(attributes, answers, ends));
    },
    async some(out, own) {
      await trained({ ...of, out }, { facts, weights, base }, own);
    },
  };
}

async function trained(
  of: CityStudy,
  { facts, weights, base }: { facts: object; weights: string | undefined; base: CityPayload },
  own?: OwnParts,
) {
  const { pool, progress, signal } = of;
  const { sets } = of.data;
  progress.start('answers');
  const answers = await part(of, 'answers', facts, () =>
    pool.run<{ accuracy: number[]; chance: number[] }>('city-answers', base, [], signal),
  );
  progress.finish(
    sets
      .map(
        ({ name }, a) =>
          `${name} ${answers.accuracy[a].toFixed(2)} right (chance ${answers.chance[a].toFixed(2)})`,
      )
      .join(', '),
  );
  const optionsOf = (seed: number): CityOptions => ({ ...of.options, seed });
  const making: Making<CityOptions> = {
    attributes: sets.map(({ name }) => name),
    ...{ facts: { ...facts, batch: of.options.batch }, weights, optionsOf },
    ends: (seed) => ['city-ends', { ...base, options: optionsOf(seed) } satisfies CityEndsPayload],
    mask: (method, attribute, options) => [
      'city-mask',
      { ...base, method, attribute, options } satisfies CityMaskPayload,
    ],
  };
  return { answers, ...(await trainedParts(of, making, own)) };
}
