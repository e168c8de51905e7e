// What one pass kept of a unit (units/example-sets.ts), as rows: top, each level, near misses.
import { Rng } from '../../core/random.js';
import type { ExampleSets } from '../../units/example-sets.js';
import { levelsOf, type Range } from '../../units/levels.js';
import type { TopPictures } from '../../units/top-examples.js';

export interface Spot {
  /** Index in the list of pictures. */
  picture: number;
  /** y * W + x of the tap. */
  position: number;
  value: number;
}

export interface UnitSpots {
  fires: number;
  images: number;
  max: number;
  top: Spot[];
  levels: (Range & { spots: Spot[] })[];
  near: Spot[] | null;
}

/** `levels` of at most `each` examples. */
export function spotsOf(
  sets: ExampleSets,
  unit: number,
  { levels, each }: { levels: number; each: number },
): UnitSpots {
  const bins = sets.octaves.bins(unit);
  const sampled = sampleOf(sets, unit);
  const top = listed(sets.top, unit);
  return {
    fires: bins.reduce((n, { count }) => n + count, 0),
    images: sets.pictures[unit],
    max: top[0]?.value ?? 0,
    top,
    levels: levelsOf(bins, levels).map((range) => ({
      ...range,
      spots: onePerPicture(
        sampled.filter(({ value }) => value >= range.from && value < range.to),
        each,
      ),
    })),
    near: sets.near ? listed(sets.near, unit) : null,
  };
}

function listed({ most, picture, position, value }: TopPictures, unit: number): Spot[] {
  const out: Spot[] = [];
  for (let i = unit * most; i < (unit + 1) * most && picture[i] >= 0; i++)
    out.push({ picture: picture[i], position: position[i], value: value[i] });
  return out;
}

/** In the order of the draw. */
function sampleOf({ sample }: ExampleSets, unit: number): Spot[] {
  return Array.from({ length: sample.size[unit] }, (_, i) => {
    const at = unit * sample.most + i;
    return { picture: sample.picture[at], position: sample.position[at], value: sample.value[at] };
  });
}

function onePerPicture(spots: readonly Spot[], most: number): Spot[] {
  const seen = new Set<number>();
  const out: Spot[] = [];
  for (const spot of spots) {
    if (out.length === most || seen.has(spot.picture)) continue;
    seen.add(spot.picture);
    out.push(spot);
  }
  return out;
}

/** A stream of its own, so that the same seed elsewhere draws other numbers. */
const STREAM = 43;

/** Places drawn uniformly, one of a picture, of the pictures of these indices. */
export function randomSpots(
  pictures: readonly number[],
  positions: number,
  count: number,
  seed: number,
): Omit<Spot, 'value'>[] {
  const rng = new Rng(seed, STREAM);
  return rng
    .shuffle([...pictures])
    .slice(0, count)
    .map((picture) => ({ picture, position: rng.below(positions) }));
}
