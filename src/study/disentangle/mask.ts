// Training of a mask, and of the directions that it is over (METHODS 8).
//
//   s = sigmoid(m / T), m = 0 at the start, T linear from 10 to 0.1 over all steps, Adam
//   loss = mean over pairs of -log p(attribute = source's) + mean over the others of -log p(other = base's)
//   evaluated hard: s = 1 where m > 0, otherwise 0
import type { Engine } from '../../core/engine.js';
import { turns } from '../../core/turns.js';
import type { Basis, Coded } from '../../units/interventions/basis.js';
import type { Directions, Turned } from '../../units/interventions/directions.js';
import { Adam } from './adam.js';
import { Pairs } from './pairs.js';
import { addSlopes, answerOf, logitsOf } from './probes.js';
import type { Rotation } from './rotation.js';
import {
  type Attribute,
  type MaskOptions,
  type Pair,
  type Probe,
  type Reading,
  type Score,
  TEMPERATURES,
} from './types.js';

/** What masks are trained and judged on. */
export interface Setting<C extends Coded = Coded> {
  engine: Engine;
  attributes: readonly Attribute[];
  probes: readonly Probe[];
  reading: Reading;
  basis: Basis<C>;
  /** Vectors of an entity in the basis. */
  code(entity: number): C;
}

/** Directions that are trained beside the mask, or, with all of them taken, in its place. */
export interface Turning {
  rotation: Rotation;
  /** The setting's basis. */
  directions: Directions;
  masked: boolean;
}

export interface TrainedMask {
  /** s at the last temperature, [size]. */
  soft: Float32Array;
  /** 0 or 1, [size]. */
  hard: Float32Array;
}

export const STREAM_TRAIN = 0;
export const STREAM_TEST = 1;

export async function trainMask<C extends Coded>(
  setting: Setting<C>,
  attribute: number,
  rows: Int32Array,
  { steps, batch, rate, seed }: MaskOptions,
  turning?: Turning,
): Promise<TrainedMask> {
  const pairs = new Pairs(setting.attributes, rows, seed, STREAM_TRAIN);
  return trainOver(
    setting,
    { steps, rate, draw: () => pairs.draw(batch) },
    (drawn, h) => lossOf(setting, attribute, drawn, h).gradient,
    turning,
  );
}

/** Steps of training: what pairs each is of. */
export interface Course {
  steps: number;
  rate: number;
  draw(step: number): readonly Pair[];
}

/** The same whatever is asked of changed vectors h: `gradientOf` the loss by them. */
export async function trainOver<C extends Coded>(
  setting: Pick<Setting<C>, 'engine' | 'basis' | 'code'>,
  { steps, rate, draw }: Course,
  gradientOf: (pairs: readonly Pair[], h: Float32Array) => Float32Array,
  turning?: Turning,
): Promise<TrainedMask> {
  const { engine, basis } = setting;
  const masked = turning?.masked !== false;
  const mask = new Adam(engine, basis.size);
  const numbers = turning && new Adam(engine, turning.rotation.count);
  const ones = new Float32Array(basis.size).fill(1);
  const turn = turns();
  try {
    for (let step = 0; step < steps; step++) {
      const temperature = temperatureAt(step, steps);
      const s = masked ? sigmoids(engine, mask.values, temperature) : ones;
      if (turning && numbers) turning.directions.rows = turning.rotation.rows(numbers.values);
      const drawn = draw(step);
      const between = basis.between(
        drawn.map(([base]) => setting.code(base)),
        drawn.map(([, source]) => setting.code(source)),
      );
      const gradient = gradientOf(drawn, between.patched(s));
      if (masked) {
        const by = new Float64Array(basis.size);
        between.addMaskGradient(gradient, by);
        for (let j = 0; j < by.length; j++) by[j] *= (s[j] * (1 - s[j])) / temperature;
        mask.step(by, rate);
      }
      if (turning && numbers)
        numbers.step(turning.rotation.gradient((between as Turned).rowsGradient(s, gradient)), rate);
      await turn();
    }
    if (turning && numbers) turning.directions.rows = turning.rotation.rows(numbers.values);
    if (!masked) return { soft: ones, hard: ones };
    const { values } = mask;
    const soft = sigmoids(engine, values, TEMPERATURES[1]);
    return { soft, hard: values.map((v) => (v > 0 ? 1 : 0)) };
  } finally {
    mask.dispose();
    numbers?.dispose();
  }
}

/** Of step 0 .. steps - 1. */
export function temperatureAt(step: number, steps: number): number {
  const [first, last] = TEMPERATURES;
  return steps > 1 ? first + ((last - first) * step) / (steps - 1) : last;
}

function sigmoids({ math }: Engine, values: Float32Array, temperature: number): Float32Array {
  return values.map((m) => 1 / (1 + math.exp(-m / temperature)));
}

/** The loss of changed vectors h, and its gradient by them. */
export function lossOf(
  { engine, attributes, probes, reading }: Omit<Setting, 'basis' | 'code'>,
  attribute: number,
  pairs: readonly Pair[],
  h: Float32Array,
): { loss: number; gradient: Float32Array } {
  const { math } = engine;
  let loss = 0;
  const gradient = reading.pass(
    h,
    pairs.map(([base]) => base),
    (i, values) => {
      const by = new Float64Array(values.length);
      for (const [a, { labels }] of attributes.entries()) {
        const target = labels[pairs[i][a === attribute ? 1 : 0]];
        const share = (a === attribute ? 1 : 1 / (attributes.length - 1)) / pairs.length;
        const logits = logitsOf(probes[a], values);
        loss += share * surprise(engine, logits, target);
        addSlopes(math, probes[a], { values, logits }, target, share, by);
      }
      return Float32Array.from(by);
    },
  );
  return { loss, gradient: gradient! };
}

/** -log softmax(logits)[target] */
function surprise({ math }: Engine, logits: Float64Array, target: number): number {
  const top = logits[answerOf(logits)];
  const sum = logits.reduce((n, v) => n + math.exp(v - top), 0);
  return math.log(sum) + top - logits[target];
}

/** Pairs that are changed at a time. */
const CHUNK = 16;

/** How a mask does on pairs, for each attribute that it could be about. */
export function scoresOf<C extends Coded>(
  setting: Setting<C>,
  pairs: readonly Pair[],
  mask: Float32Array,
): Score[] {
  const { attributes, basis } = setting;
  const counts = attributes.map(() => ({ source: 0, base: 0 }));
  for (let first = 0; first < pairs.length; first += CHUNK) {
    const part = pairs.slice(first, first + CHUNK);
    const between = basis.between(
      part.map(([base]) => setting.code(base)),
      part.map(([, source]) => setting.code(source)),
    );
    count(setting, part, between.patched(mask), counts);
  }
  return counts.map(({ source }, a) => {
    const others = counts.filter((_, b) => b !== a);
    const cause = source / pairs.length;
    const isolate = others.reduce((n, { base }) => n + base, 0) / others.length / pairs.length;
    return { cause, isolate, disentangle: (cause + isolate) / 2 };
  });
}

function count(
  { attributes, probes, reading }: Omit<Setting, 'basis' | 'code'>,
  pairs: readonly Pair[],
  h: Float32Array,
  counts: { source: number; base: number }[],
): void {
  reading.pass(
    h,
    pairs.map(([base]) => base),
    (i, values) => {
      for (const [a, { labels }] of attributes.entries()) {
        const answer = answerOf(logitsOf(probes[a], values));
        if (answer === labels[pairs[i][1]]) counts[a].source++;
        if (answer === labels[pairs[i][0]]) counts[a].base++;
      }
      return undefined;
    },
  );
}
