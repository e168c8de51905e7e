// The city task (METHODS 8; Chaudhary & Geiger 2024): a mask over the residual stream at the city's token, trained so that
// prompts about its attribute answer as the source does (cause) and prompts about the other keep the base's answer (isolate).
//
//   split by batches of pairs, 70 : 10 : 20; every batch of training once an epoch; cross-entropy of the last token
import { Rng } from '../../../core/random.js';
import { crossEntropy } from '../../../network/loss.js';
import { Axes } from '../../../units/interventions/axes.js';
import type { Basis, Coded } from '../../../units/interventions/basis.js';
import type { Ends, Trained } from '../job.js';
import { trainOver } from '../mask.js';
import { basisOf, type Method, type MethodMaterial } from '../methods.js';
import type { Pair, Score } from '../types.js';
import type { PromptReading } from './reading.js';

/** Which prompts of a batch are patched: all, as the formula has it, or the first alone, as `output[0][0]` reads. */
export type Patched = 'every' | 'first';

export interface CityOptions {
  /** Passes over the training pairs. */
  epochs: number;
  /** Pairs of a batch; all of one attribute. */
  batch: number;
  rate: number;
  seed: number;
  /** Of methods with an SAE: which prompts are patched, in training and in judging. */
  patch: Patched;
}

/** Attributes, each with its prompts. */
export interface CityMaterial extends MethodMaterial {
  readings: readonly PromptReading[];
}

/** A batch: an attribute and its pairs. */
interface Batch {
  attribute: number;
  pairs: readonly Pair[];
}

export interface CitySplit {
  train: Batch[];
  test: Batch[];
}

const STREAM = { split: 68, order: 69 };
const TRAIN = 0.7;
const HELD = 0.2;

/** Of each attribute: whole batches, shuffled; what is left over is a batch of its own. A tenth is left out, as published. */
export function citySplit(sets: readonly (readonly Pair[])[], batch: number, seed: number): CitySplit {
  const split: CitySplit = { train: [], test: [] };
  for (const [attribute, pairs] of sets.entries()) {
    const count = Math.ceil(pairs.length / batch);
    const order = new Rng(seed, STREAM.split + 10 * attribute).shuffle(
      Int32Array.from({ length: count }, (_, i) => i),
    );
    const take = (from: number, to: number): Batch[] =>
      Array.from(order.subarray(Math.round(from * count), Math.round(to * count)), (b) => ({
        attribute,
        pairs: pairs.slice(b * batch, (b + 1) * batch),
      }));
    split.train.push(...take(0, TRAIN));
    split.test.push(...take(1 - HELD, 1));
  }
  return split;
}

/** Steps of training: each batch once an epoch, in an order of its own. */
export function courseOf(train: readonly Batch[], { epochs, seed }: CityOptions): Batch[] {
  const rng = new Rng(seed, STREAM.order);
  const orders = Array.from({ length: epochs }, () =>
    rng.shuffle(Int32Array.from({ length: train.length }, (_, i) => i)),
  );
  return orders.flatMap((order) => Array.from(order, (i) => train[i]));
}

/** A prompt of one of the attributes, as bases name entities: the attributes' prompts one after the other. */
class Entities {
  readonly #starts: number[] = [];

  constructor(readonly readings: readonly PromptReading[]) {
    let at = 0;
    for (const { set } of readings) {
      this.#starts.push(at);
      at += set.prompts.length;
    }
  }

  number(attribute: number, prompt: number): number {
    return this.#starts[attribute] + prompt;
  }

  of(entity: number): { reading: PromptReading; prompt: number } {
    let attribute = this.#starts.length - 1;
    while (this.#starts[attribute] > entity) attribute--;
    return { reading: this.readings[attribute], prompt: entity - this.#starts[attribute] };
  }
}

const onlyFirst = ({ kind }: Method, { patch }: CityOptions): boolean =>
  patch === 'first' && (kind === 'sae' || kind === 'random-sae');

export async function trainedCityMask(
  material: CityMaterial,
  method: Method,
  attribute: number,
  options: CityOptions,
): Promise<Trained> {
  const { engine, readings } = material;
  const { basis, turning, dispose } = basisOf(method, material, options.seed);
  try {
    const city = new City(material, basis, attribute, onlyFirst(method, options));
    const { train, test } = citySplit(
      readings.map(({ set }) => set.pairs),
      options.batch,
      options.seed,
    );
    const course = courseOf(train, options);
    const { hard, soft } = await trainOver(
      { engine, basis, code: city.code },
      { steps: course.length, rate: options.rate, draw: (step) => city.entities(course[step]) },
      city.gradient,
      turning,
    );
    const at = (value: number): Score | null =>
      basis.lossless ? null : city.score(test, new Float32Array(basis.size).fill(value));
    const chosen = Array.from(hard.keys()).filter((j) => hard[j] === 1);
    return {
      ...{ score: city.score(test, hard), soft: city.score(test, soft), nothing: at(0), everything: at(1) },
      selected: chosen.length,
      of: turning?.masked === false ? material.d : basis.size,
      chosen,
    };
  } finally {
    dispose();
  }
}

/** Nothing changed, and everything patched. */
export function cityEnds(material: CityMaterial, options: CityOptions): Ends {
  const basis = new Axes(material.d);
  const sets = material.readings.map(({ set }) => set.pairs);
  const { test } = citySplit(sets, options.batch, options.seed);
  const of = (value: number): Score[] =>
    sets.map((_, attribute) =>
      new City(material, basis, attribute, false).score(test, new Float32Array(basis.size).fill(value)),
    );
  return { noop: of(0), full: of(1) };
}

/** Shares of prompts that the model answers as their label says, and the commonest label's share. */
export function answered({ readings }: CityMaterial): { accuracy: number[]; chance: number[] } {
  return {
    accuracy: readings.map((reading) => {
      const { targets } = reading.set;
      const right = targets.filter((target, i) => {
        let answer = -1;
        reading.hear(i, undefined, (logits) => {
          answer = likeliest(logits);
          return undefined;
        });
        return answer === target;
      });
      return right.length / targets.length;
    }),
    chance: readings.map(({ set: { targets } }) => {
      const counts = new Map<number, number>();
      for (const target of targets) counts.set(target, (counts.get(target) ?? 0) + 1);
      return Math.max(...counts.values()) / targets.length;
    }),
  };
}

/** Of equals the first. */
function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  return best;
}

/** One attribute's mask on prompts. */
class City {
  readonly #material: CityMaterial;
  readonly #basis: Basis<Coded>;
  readonly #attribute: number;
  readonly #first: boolean;
  readonly #all: Entities;
  readonly #codes = new Map<number, Coded>();

  constructor(material: CityMaterial, basis: Basis<Coded>, attribute: number, first: boolean) {
    this.#material = material;
    this.#basis = basis;
    this.#attribute = attribute;
    this.#first = first;
    this.#all = new Entities(material.readings);
  }

  code = (entity: number): Coded => {
    let code = this.#codes.get(entity);
    if (!code) {
      const { reading, prompt } = this.#all.of(entity);
      code = this.#basis.code(reading.vectors(prompt));
      this.#codes.set(entity, code);
    }
    return code;
  };

  entities({ attribute, pairs }: Batch): Pair[] {
    const of = (prompt: number) => this.#all.number(attribute, prompt);
    return pairs.map(([base, source]) => [of(base), of(source)]);
  }

  /** The token that is asked for: the source's of the mask's own attribute, the base's of others. */
  #target([base, source]: Pair): number {
    const { reading, prompt } = this.#all.of(base);
    const own = reading === this.#material.readings[this.#attribute];
    return reading.set.targets[own ? this.#all.of(source).prompt : prompt];
  }

  #hear(
    pairs: readonly Pair[],
    h: Float32Array,
    heard: (logits: Float32Array, i: number) => Float32Array | undefined,
  ) {
    const { d } = this.#material;
    const gradient = new Float32Array(h.length);
    for (const [i, [base]] of pairs.entries()) {
      const { reading, prompt } = this.#all.of(base);
      const isPatched = !this.#first || i === 0;
      const changed = isPatched ? h.subarray(i * d, (i + 1) * d) : undefined;
      const by = reading.hear(prompt, changed, (logits) => heard(logits, i));
      if (by && isPatched) gradient.set(by, i * d);
    }
    return gradient;
  }

  /** Of the mean cross-entropy over the batch. */
  gradient = (pairs: readonly Pair[], h: Float32Array): Float32Array =>
    this.#hear(pairs, h, (logits, i) =>
      crossEntropy(this.#material.engine, logits, this.#target(pairs[i])).gradient.map(
        (v) => v / pairs.length,
      ),
    );

  score(test: readonly Batch[], mask: Float32Array): Score {
    const counts = [0, 0];
    const right = [0, 0];
    for (const batch of test) {
      const which = batch.attribute === this.#attribute ? 0 : 1;
      const pairs = this.entities(batch);
      const h = this.#basis
        .between(
          pairs.map(([base]) => this.code(base)),
          pairs.map(([, source]) => this.code(source)),
        )
        .patched(mask);
      this.#hear(pairs, h, (logits, i) => {
        counts[which]++;
        if (likeliest(logits) === this.#target(pairs[i])) right[which]++;
        return undefined;
      });
    }
    const [cause, isolate] = counts.map((n, i) => right[i] / n);
    return { cause, isolate, disentangle: (cause + isolate) / 2 };
  }
}
