// What a unit does, from picture to picture: a network behind a tap is computed again with the unit taken away or added,
// and with directions of chance in its place; what was seen on all pictures becomes one effect.
import type { CoreMath } from '../../core/math.js';
import { Rng } from '../../core/random.js';
import type { Session } from '../../network/types.js';
import type { LoadedSae } from '../../sae/inference.js';
import { statistics } from '../../sae/normalization.js';
import type { SaeConfig, SaeTensors } from '../../sae/types.js';
import { changed } from '../../units/interventions/intervene.js';
import type { Unit } from '../../units/unit.js';
import { randomDirections } from '../../vectors/random-directions.js';
import { movementOf } from './movement.js';
import type { Effect, Movement } from './types.js';

/** Directions of chance, and of other units. */
export const DRAWS = 8;
/** A stream of its own, so that the same seed elsewhere draws other numbers. */
const STREAM = 71;

export interface EffectQuestion {
  tap: string;
  /** The unit: a channel of the tap, or a feature of the SAE. */
  index: number;
  /** Of length 1, [1 + DRAWS + others][channels]: the unit's own direction first, those of other units last. */
  directions: Float32Array;
  /** The other units. */
  others: readonly number[];
  /** Added at a position; taken away where it fires unless given. `amount`: length along the direction. */
  add?: { position: number; amount: number };
  logits: string | undefined;
  /** Of a text: the token whose logits, of what comes next, are looked at. */
  token?: number;
}

/** What was seen on one picture. */
export interface EffectSeen {
  /** What the unit adds on the picture, in lengths summed over positions; the same of the others. */
  amount: number;
  amounts: Float64Array;
  /** [directions][classes], about their mean over classes, which no probability depends on. */
  logits: Float64Array | undefined;
  /** Sums over positions: as they are, [units]; how they change, [directions][units]. */
  later: { whole: Float64Array; changes: Float64Array } | undefined;
}

/** Whose directions these are: of neurons, or of features of an SAE. */
export interface DirectionsOf {
  math: CoreMath;
  /** Channels of the tap. */
  d: number;
  sae?: { config: SaeConfig; tensors: SaeTensors };
  seed: number;
}

/** Of length 1: the unit's own, random ones, those of up to DRAWS of the units that `fire`. `length`: of what one of its activation adds. */
export function directionsOf(
  { math, d, sae, seed }: DirectionsOf,
  { kind, index }: Unit,
  fire: readonly number[],
): { directions: Float32Array; length: number; others: number[] } {
  const rng = new Rng(seed, STREAM);
  const random = randomDirections(math, rng, DRAWS, d);
  const others = rng.shuffle(fire.filter((i) => i !== index)).slice(0, DRAWS);
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
  const directions = new Float32Array((1 + DRAWS + others.length) * d);
  directions.set(vector);
  directions.set(random, d);
  for (const [i, other] of others.entries()) directions.set(row(other).vector, (1 + DRAWS + i) * d);
  return { directions, length, others };
}

/**
 * After session.run() of a picture: `sae`, whose features the unit and the others are; `sums`, what a later tap does,
 * summed over positions.
 */
export function effectSeen(
  session: Session,
  { tap, index, directions, others, add, logits, token }: EffectQuestion,
  sae: LoadedSae | undefined,
  sums?: () => Float64Array,
): EffectSeen {
  const x = session.tap(tap);
  const { channels } = session.info(tap);
  // Lengths of what units add, by position: of the unit, of the others.
  const units = [index, ...others];
  const lengths = sae
    ? featureLengths(sae, x, units)
    : units.map((unit) => x.filter((_, i) => i % channels === unit));
  const read = (name: string): Float32Array => {
    const values = session.tap(name);
    const width = session.info(name).channels;
    return token === undefined ? values : values.subarray(token * width, (token + 1) * width);
  };
  const [logits0, later0] = [logits ? read(logits) : undefined, sums?.()];
  const n = directions.length / channels;
  const logitChanges = logits0 && new Float64Array(n * logits0.length);
  const laterChanges = later0 && new Float64Array(n * later0.length);
  for (let d = 0; d < n; d++) {
    // Another unit is taken away where it fires itself: elsewhere it would become negative, which pools hide.
    const taken = lengths[Math.max(0, d - (n - others.length) + 1)];
    const direction = directions.subarray(d * channels, (d + 1) * channels);
    session.runSpliced(
      add
        ? changed(x, channels, { kind: 'add', direction, amount: add.amount, positions: [add.position] })
        : x.map((v, i) => v - taken[Math.floor(i / channels)] * direction[i % channels]),
    );
    if (logits0) logitChanges!.set(centredDifference(read(logits!), logits0), d * logits0.length);
    if (!later0) continue;
    const after = sums!();
    laterChanges!.set(
      after.map((v, i) => v - later0[i]),
      d * later0.length,
    );
  }
  const [amount, ...amounts] = lengths.map((of) => of.reduce((sum, v) => sum + v, 0));
  return {
    amount,
    amounts: Float64Array.from(amounts),
    logits: logitChanges,
    later: later0 && { whole: later0, changes: laterChanges! },
  };
}

/** a_f ||W_dec[f]|| of every position, in the units of x, of each of `features`. */
function featureLengths(sae: LoadedSae, x: Float32Array, features: readonly number[]): Float32Array[] {
  const { dIn, normalizeActivations: norm } = sae.config;
  const norms = features.map((f) => {
    let square = 0;
    for (const v of sae.tensors.W_dec.data.subarray(f * dIn, (f + 1) * dIn)) square += v * v;
    return Math.sqrt(square);
  });
  const positions = x.length / dIn;
  const out = features.map(() => new Float32Array(positions));
  sae.visit(x, positions, (first, count, { start, index, value }) => {
    for (let s = 0; s < count; s++)
      for (let i = start[s]; i < start[s + 1]; i++) {
        const at = features.indexOf(index[i]);
        if (at >= 0) out[at][first + s] = value[i] * norms[at];
      }
  });
  if (norm)
    for (let i = 0; i < positions; i++) {
      const { scale } = statistics(norm, x.subarray(i * dIn, (i + 1) * dIn));
      for (const lengths of out) lengths[i] *= scale;
    }
  return out;
}

function centredDifference(a: Float32Array, b: Float32Array): Float64Array {
  const out = Float64Array.from(a, (v, i) => v - b[i]);
  const mean = out.reduce((sum, v) => sum + v, 0) / out.length;
  return out.map((v) => v - mean);
}

/** The sum of two vectors; of one where there is no other yet. */
export function plus(into: Float64Array | undefined, v: Float64Array): Float64Array {
  return into ? into.map((a, i) => a + v[i]) : Float64Array.from(v);
}

/** Names of what moves. */
export interface EffectNames {
  class(i: number): string;
  later(i: number): string;
}

/** Sums what is seen on pictures. */
export class EffectSum {
  #pictures = 0;
  #amount = 0;
  #amounts: Float64Array | undefined;
  #logits: Float64Array | undefined;
  #whole: Float64Array | undefined;
  #later: Float64Array | undefined;
  readonly #question: Pick<EffectQuestion, 'others' | 'add'>;
  readonly #rows: number;

  /** `channels`: of the tap. */
  constructor({ directions, others, add }: EffectQuestion, channels: number) {
    this.#question = { others, add };
    this.#rows = directions.length / channels;
  }

  add({ amount, amounts, logits, later }: EffectSeen): void {
    this.#pictures++;
    this.#amount += amount;
    this.#amounts = plus(this.#amounts, amounts);
    if (logits) this.#logits = plus(this.#logits, logits);
    if (!later) return;
    this.#whole = plus(this.#whole, later.whole);
    this.#later = plus(this.#later, later.changes);
  }

  /** Means over the pictures; at least one was added. */
  effect(names: EffectNames): Effect {
    const { add } = this.#question;
    const n = this.#pictures;
    return {
      pictures: n,
      amount: add ? add.amount : this.#amount / n,
      classes: this.#logits ? this.#moved(this.#logits, names.class) : null,
      later: this.#later
        ? this.#moved(
            this.#later,
            names.later,
            this.#whole!.map((v) => v / n),
          )
        : null,
    };
  }

  #moved(sum: Float64Array, name: (i: number) => string, whole?: Float64Array): Movement {
    return movementOf(this.#scaled(sum), sum.length / this.#rows, DRAWS, name, whole);
  }

  /** Taken away, other units count by the length of the unit; those that add nothing here do not count. */
  #scaled(sum: Float64Array): Float64Array {
    const { others, add } = this.#question;
    const n = sum.length / this.#rows;
    const mean = (v: Float64Array) => v.map((x) => x / this.#pictures);
    const kept = mean(sum.subarray(0, (this.#rows - others.length) * n));
    const more = others.flatMap((_, i) => {
      const factor = add ? 1 : this.#amounts![i] > 0 ? this.#amount / this.#amounts![i] : 0;
      const row = this.#rows - others.length + i;
      return factor > 0 ? Array.from(mean(sum.subarray(row * n, (row + 1) * n)), (v) => v * factor) : [];
    });
    return Float64Array.from([...kept, ...more]);
  }
}
