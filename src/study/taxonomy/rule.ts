// The rule that sorts a read-out into a family, by its answers to drawings alone. One place: docs/taxonomy.md says it
// in words, and measures its confusions on units whose family is known.
//
// Each family has drawings of its own; a read-out belongs to the family whose drawings it answers to most strongly,
// in the order of their answers, where it also meets what the family asks for.
import type { SeriesName } from '../physiology/battery.js';
import type { Answers } from './answers.js';

export const FAMILIES = [
  'curve',
  'line',
  'angle',
  'Gabor',
  'colour contrast',
  'centre-surround',
  'brightness gradient',
  'high-low frequency',
  'texture',
  'other',
] as const;
export type Family = (typeof FAMILIES)[number];

export const RULE = {
  /** Largest answer over the 99.9th percentile on photographs, below which no drawing is what it looks for. */
  strength: 0.25,
  /** Photographs' positions that fire it: what never fires has no strength. */
  fires: 20,
  /** Least dependence on orientation of what has one. */
  tuned: 0.4,
  /** An arc, or an angle, must exceed the best line by this factor: short arcs are nearly lines, and each has more drawings. */
  beyondLine: 1.1,
  /** A spot of colour must exceed the same colour in any other form by this factor: a large spot is a field of colour. */
  spot: 1.1,
  /** What a gradient makes of the best soft edge, at least half a field wide, over the best sharp one, at least. */
  soft: 0.8,
} as const;

export interface Sorted {
  family: Family;
  /** Its largest answer over the 99.9th percentile on photographs; 0 where that is 0. */
  strength: number;
  /** Largest answer to the family's drawings over the largest to any other family's; null of `other`. */
  margin: number | null;
}

/** `percentile`: the 99.9th on photographs; `fires`: how many of their positions fire it. */
export function sorted(answers: Answers, percentile: number, fires: number): Sorted {
  const claims = claimsOf(answers).sort((a, b) => b.value - a.value);
  const most = Math.max(...Object.values(answers).map(({ best }) => best));
  const strength = percentile > 0 ? most / percentile : 0;
  const other: Sorted = { family: 'other', strength, margin: null };
  if (fires < RULE.fires || strength < RULE.strength) return other;
  const found = claims.find(({ meets }) => meets);
  if (!found || found.family === 'other') return other;
  const rest = Math.max(...claims.filter((c) => c.family !== found.family).map(({ value }) => value));
  return { family: found.family, strength, margin: rest > 0 ? found.value / rest : null };
}

interface Claim {
  family: Family;
  value: number;
  /** What the family asks for besides. */
  meets: boolean;
}

function claimsOf(a: Answers): Claim[] {
  const best = (...names: SeriesName[]) => Math.max(...names.map((name) => a[name].best));
  const oriented = (name: SeriesName) => a[name].tuned >= RULE.tuned;
  const grey = Math.max(
    best('line', 'curve', 'angle', 'obtuse', 'edge', 'ramp', 'grating', 'disc', 'split'),
    best('noise', 'fur', 'plaid', 'dots'),
  );
  const colour = best('colourEdge', 'colourGrating', 'colourDisc', 'hue', 'colourNoise');
  if (colour > grey) return colourClaims(a);
  return [
    { family: 'curve', value: best('curve') / RULE.beyondLine, meets: oriented('curve') },
    { family: 'angle', value: best('angle') / RULE.beyondLine, meets: oriented('angle') },
    { family: 'line', value: best('line'), meets: oriented('line') },
    {
      family: isSoft(a) ? 'brightness gradient' : 'line',
      value: best('edge', 'ramp'),
      meets: oriented('edge'),
    },
    { family: oriented('grating') ? 'Gabor' : 'texture', value: best('grating'), meets: true },
    { family: oriented('fur') ? 'Gabor' : 'texture', value: best('fur'), meets: true },
    { family: 'centre-surround', value: best('disc'), meets: true },
    { family: 'high-low frequency', value: best('split'), meets: oriented('split') },
    { family: 'texture', value: best('noise', 'plaid', 'dots'), meets: true },
    // Plain black, grey or white is no family's.
    { family: 'other', value: best('grey'), meets: true },
  ];
}

const isSoft = (a: Answers): boolean => a.ramp.best >= RULE.soft * a.edge.best;

/** Of what prefers colours to greys: a spot of one, or any other way to have it. */
function colourClaims(a: Answers): Claim[] {
  const spread = Math.max(a.colourEdge.best, a.colourGrating.best, a.hue.best, a.colourNoise.best);
  return [
    { family: 'centre-surround', value: a.colourDisc.best / RULE.spot, meets: true },
    { family: 'colour contrast', value: spread, meets: true },
  ];
}

/** The drawings of a family; none of `other`. */
export const seriesOf = (family: Family): readonly SeriesName[] => SERIES[family];

const SERIES: Record<Family, readonly SeriesName[]> = {
  curve: ['curve'],
  line: ['line', 'edge'],
  angle: ['angle'],
  Gabor: ['grating', 'fur'],
  'colour contrast': ['colourEdge', 'colourGrating', 'hue', 'colourNoise'],
  'centre-surround': ['disc', 'colourDisc'],
  'brightness gradient': ['edge', 'ramp'],
  'high-low frequency': ['split'],
  texture: ['noise', 'plaid', 'dots', 'fur', 'grating'],
  other: [],
};
