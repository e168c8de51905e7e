// How features split as an SAE grows: each feature of a larger one belongs to that of the smaller one whose decoder
// row points most its way. Paths through the capacities in between are compared with the direct step.
import type { Engine } from '../../core/engine.js';
import { Rng } from '../../core/random.js';
import type { Rows } from '../../sae/cosines.js';
import { matchDecoders } from '../../units/similarity.js';
import { jaccard } from './families.js';

/** Of each feature of the larger SAE: the one of the smaller it belongs to, and their cosine. */
export interface Step {
  from: Int32Array;
  cosine: Float32Array;
}

export function splittingStep(engine: Engine, small: Rows, large: Rows, d: number): Step {
  const { b } = matchDecoders(engine, small, large, d);
  return { from: b.index, cosine: b.cosine };
}

export interface Consistency {
  /** Mean over the features of the smallest SAE that any path leads from. */
  mean: number | null;
  /** The same where the direct step gives each feature of the largest SAE a random feature of the smallest. */
  chance: number | null;
  /** Of each feature of the smallest SAE; null where it leads to nothing. */
  jaccard: (number | null)[];
}

/** `steps`: from the smallest SAE up; `direct`: from the smallest to the largest at once. */
export function pathConsistency(
  smallest: number,
  steps: readonly Step[],
  direct: Step,
  seed: number,
): Consistency {
  const ends = Array.from(direct.from, (_, f) => {
    let at = f;
    for (const { from } of [...steps].reverse()) at = from[at];
    return at;
  });
  const rng = new Rng(seed, 0x5b17);
  const paths = groups(smallest, ends);
  const values = compared(paths, groups(smallest, direct.from));
  const random = compared(
    paths,
    groups(
      smallest,
      Array.from(ends, () => rng.below(smallest)),
    ),
  );
  return { mean: meanOf(values), chance: meanOf(random), jaccard: values };
}

function groups(count: number, of: ArrayLike<number>): Set<number>[] {
  const out = Array.from({ length: count }, () => new Set<number>());
  for (let f = 0; f < of.length; f++) out[of[f]].add(f);
  return out;
}

const compared = (a: readonly Set<number>[], b: readonly Set<number>[]): (number | null)[] =>
  a.map((one, i) => {
    if (!one.size && !b[i].size) return null;
    return one.size <= b[i].size ? jaccard(one, b[i]) : jaccard(b[i], one);
  });

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((v) => v !== null);
  return known.length ? known.reduce((s, v) => s + v, 0) / known.length : null;
}
