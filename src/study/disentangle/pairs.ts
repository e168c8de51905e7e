// Pairs of entities that differ in every attribute, and the split by entity.
import { InputError } from '../../core/errors.js';
import { Rng } from '../../core/random.js';
import type { Attribute, EntitySplit, Pair } from './types.js';

/** Sources that are tried for a base. */
const TRIES = 1000;
/** Share of entities that is held out. */
const TEST = 0.2;
/** Fewer of either split are no experiment. */
const FEWEST = 8;

const STREAMS = { split: 62, pairs: 63 };

/** Entities with one of `groups` in common stay on one side. */
export function splitEntities(count: number, seed: number, groups?: readonly string[]): EntitySplit {
  const names = groups ? [...new Set(groups)] : Array.from({ length: count }, (_, i) => i);
  const order = new Rng(seed, STREAMS.split).shuffle(Int32Array.from({ length: names.length }, (_, i) => i));
  const held = new Set(Array.from(order.subarray(0, Math.round(TEST * names.length)), (i) => names[i]));
  const all = Int32Array.from({ length: count }, (_, i) => i);
  const isHeld = (i: number) => held.has(groups ? groups[i] : i);
  return { train: all.filter((i) => !isHeld(i)), test: all.filter(isHeld) };
}

/**
 * InputError before any work: fewer than two attributes, one with a single value in either split, too few entities,
 * or no two that differ in everything.
 */
export function checkTask(attributes: readonly Attribute[], split: EntitySplit): void {
  if (attributes.length < 2)
    throw new InputError(
      `disentangle needs two attributes or more, of which one moves and the others stay; there ${attributes.length ? `is only '${attributes[0].name}'` : 'are none'}`,
    );
  for (const [name, rows] of Object.entries(split) as [string, Int32Array][]) {
    if (rows.length < FEWEST)
      throw new InputError(
        `${rows.length} entities are too few for the ${name} split (${FEWEST} at least); give more`,
      );
    for (const { name: attribute, classes, labels } of attributes) {
      const values = new Set(Array.from(rows, (i) => labels[i]));
      if (values.size < 2)
        throw new InputError(
          `attribute '${attribute}' has one value ('${classes[labels[rows[0]]]}') in the ${name} split; an attribute needs two or more`,
        );
    }
    const differ = Array.from(rows).some((b) => Array.from(rows).some((s) => differs(attributes, b, s)));
    if (!differ)
      throw new InputError(
        `no two entities of the ${name} split differ in all of ${attributes.map((a) => a.name).join(', ')}; leave one out`,
      );
  }
}

const differs = (attributes: readonly Attribute[], a: number, b: number): boolean =>
  attributes.every(({ labels }) => labels[a] !== labels[b]);

/** Draws pairs of `rows` without end. */
export class Pairs {
  readonly #rng: Rng;

  constructor(
    readonly attributes: readonly Attribute[],
    readonly rows: Int32Array,
    seed: number,
    stream: number,
  ) {
    this.#rng = new Rng(seed, STREAMS.pairs + stream);
  }

  draw(count: number): Pair[] {
    return Array.from({ length: count }, () => this.#one());
  }

  #one(): Pair {
    const any = () => this.rows[this.#rng.below(this.rows.length)];
    // A base that nothing differs from in everything is passed over.
    for (let round = 0; round < TRIES; round++) {
      const base = any();
      for (let i = 0; i < TRIES; i++) {
        const source = any();
        if (differs(this.attributes, base, source)) return [base, source];
      }
    }
    throw new InputError('pairs that differ in all attributes are too rare; leave an attribute out');
  }
}
