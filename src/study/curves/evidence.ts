// When is a curve feature a discovery? (METHODS 12.) What is asked of each feature that meets the curve
// criterion, and which of them count.
import type { CoreMath } from '../../core/math.js';
import { CRITERION } from './detector.js';
import { measureCurve } from './measures.js';
import { apartDeg } from './natural.js';
import type { CurveResult, Evidence, Standing } from './types.js';

/** The bounds of METHODS 12, and what a verdict asks for. */
export const EVIDENCE = {
  /** Above this share of unexplained variance a reconstruction explains nothing. */
  fvu: 0.1,
  /** A decoder row this near to one neuron copies it. */
  alignment: 0.9,
  /** Degrees to the orientation of the neuron it is nearest to. */
  repeatsDeg: 10,
  /** Cosine of decoder rows of two seeds, and how many seeds of three must have it. */
  cosine: 0.9,
  seedShare: 2 / 3,
  /** Degrees between photographs' direction and the tuned one. */
  naturalDeg: 20,
  /** Chance gives as much in fewer than one of twenty draws. */
  p: 0.05,
  /** What a verdict wants: autoencoders of three seeds, and photographs enough for a 99.9th percentile. */
  seeds: 3,
  photographs: 20,
} as const;

/** Which of METHODS' questions a feature answers with yes; null: not measured. */
export interface Answers {
  fires: boolean;
  novel: boolean;
  seeds: boolean | null;
  natural: boolean | null;
  line: boolean | null;
}

export type Measured = Omit<Evidence, 'standing'>;

export function answers(e: Measured): Answers {
  const [found, of] = (e.seeds ?? '').split('/').map(Number);
  return {
    fires: e.fires >= CRITERION.fires,
    novel: e.novel,
    seeds: e.seeds === null ? null : found / of >= EVIDENCE.seedShare,
    natural: e.natural === null ? null : e.natural.errorDeg <= EVIDENCE.naturalDeg,
    line: e.line === null ? null : e.line < 1,
  };
}

export function standing(e: Measured): Standing {
  const all = Object.values(answers(e));
  return all.includes(false) ? 'refuted' : all.includes(null) ? 'open' : 'confirmed';
}

export interface Novelty {
  novel: boolean;
  /** The neuron nearest to the direction, and its own orientation. */
  neuron: number;
  neuronDeg: number;
}

/**
 * Novelty against the neurons whose tuning curves [D][720] these are. Of a decoder row (or any direction)
 * [D] and its orientation: no copy of the neuron it is nearest to, and not turned as that one is, which is
 * measured also where it misses the criterion itself.
 */
export function noveltyAgainst(math: CoreMath, neurons: readonly Float32Array[]) {
  const own = neurons.map((curve) => measureCurve(math, curve));
  return (direction: Float32Array, orientationDeg: number): Novelty => {
    let neuron = 0;
    let square = 0;
    direction.forEach((w, n) => {
      square += w * w;
      if (Math.abs(w) > Math.abs(direction[neuron])) neuron = n;
    });
    const alignment = square > 0 ? Math.abs(direction[neuron]) / Math.sqrt(square) : 0;
    const { peak, orientationDeg: its } = own[neuron];
    const repeats = peak > 0 && apartDeg(its, orientationDeg) <= EVIDENCE.repeatsDeg;
    return {
      novel: alignment < EVIDENCE.alignment && !repeats,
      neuron,
      neuronDeg: its,
    };
  };
}

/**
 * In how many autoencoders feature `f` is, its own among them, as `2/3`; null where there is one only.
 * `largest` [others][F]: the largest cosine of its row with a row of another.
 */
export function foundAgain(largest: readonly Float32Array[], f: number): string | null {
  if (!largest.length) return null;
  const found = largest.filter((other) => other[f] >= EVIDENCE.cosine).length;
  return `${1 + found}/${1 + largest.length}`;
}

/** What an autoencoder has, to be set against chance. */
export interface Found {
  /** That meet the criterion, those of them that copy no neuron, and gaps that these fill. */
  detectors: number;
  novel: number;
  /** Novel ones with which photographs agree, and which no straight line drives as well. */
  agreeing: number;
  filledGaps: number;
}

export const foundBy = ({ features, filledGaps = [] }: CurveResult): Found => ({
  detectors: features?.count ?? 0,
  novel: features?.detectors.filter((d) => d.evidence?.novel).length ?? 0,
  agreeing: features?.detectors.filter((d) => d.evidence && agrees(d.evidence)).length ?? 0,
  filledGaps: filledGaps.length,
});

/** Novel, and photographs and lines say so too: what can be asked of any read-out of one dictionary. */
export const agrees = (e: Pick<Evidence, 'novel' | 'natural' | 'line'>): boolean =>
  e.novel && e.natural !== null && e.natural.errorDeg <= EVIDENCE.naturalDeg && e.line !== null && e.line < 1;
