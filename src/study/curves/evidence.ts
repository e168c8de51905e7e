// When is a curve feature a discovery? (METHODS 12.) What is asked of each feature that meets the curve
// criterion, and which of them count.
import type { CoreMath } from '../../core/math.js';
import { measureCurve } from './measures.js';
import { apartDeg, type NaturalAgreement } from './natural.js';

/** The bounds of METHODS 12 (1) to (6). */
export const EVIDENCE = {
  /** Above this share of unexplained variance a reconstruction explains nothing. */
  fvu: 0.1,
  /** Photographs' vectors on which a feature fires. */
  fires: 20,
  /** A decoder row this near to one neuron copies it. */
  alignment: 0.9,
  /** Degrees to the orientation of the neuron it is nearest to. */
  repeatsDeg: 10,
  /** Cosine of decoder rows of two seeds, and how many seeds of three must have it. */
  cosine: 0.9,
  seedShare: 2 / 3,
  /** Degrees between photographs' direction and the tuned one. */
  naturalDeg: 20,
} as const;

export interface Evidence {
  /** Photographs' vectors that fire it, of all that were looked at, and their share. */
  fires: number;
  vectors: number;
  density: number;
  /** Seeds whose autoencoder has it, as `2/3`; null where one was trained. */
  seeds: string | null;
  /** It is no copy of a neuron, nor turned as the neuron nearest to it is. */
  novel: boolean;
  /** The neuron nearest to its decoder row and that neuron's own orientation, also below the criterion. */
  nearest: { neuron: number; orientationDeg: number };
  /** On photographs that training did not see; null where too few places fire. */
  natural: NaturalAgreement | null;
  /** Best response to a straight line over that to the best arc; null where lines were not drawn. */
  line: number | null;
}

/** Which of METHODS' questions a feature answers with yes; null: not measured. */
export interface Answers {
  fires: boolean;
  novel: boolean;
  seeds: boolean | null;
  natural: boolean | null;
  line: boolean | null;
}

export function answers(e: Evidence): Answers {
  const [found, of] = (e.seeds ?? '').split('/').map(Number);
  return {
    fires: e.fires >= EVIDENCE.fires,
    novel: e.novel,
    seeds: e.seeds === null ? null : found / of >= EVIDENCE.seedShare,
    natural: e.natural === null ? null : e.natural.errorDeg <= EVIDENCE.naturalDeg,
    line: e.line === null ? null : e.line < 1,
  };
}

/** confirmed: yes to everything; open: no to nothing, something not measured; refuted: a no. */
export type Standing = 'confirmed' | 'open' | 'refuted';

export function standing(e: Evidence): Standing {
  const all = Object.values(answers(e));
  return all.includes(false) ? 'refuted' : all.includes(null) ? 'open' : 'confirmed';
}

/**
 * Novelty against the neurons whose tuning curves [D][720] these are. Of a decoder row (or any direction)
 * [D] and its orientation: no copy of the neuron it is nearest to, and not turned as that one is, which is
 * measured also where it misses the criterion itself.
 */
export function noveltyAgainst(math: CoreMath, neurons: readonly Float32Array[]) {
  const own = neurons.map((curve) => measureCurve(math, curve));
  return (direction: Float32Array, orientationDeg: number): Pick<Evidence, 'novel' | 'nearest'> => {
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
      nearest: { neuron, orientationDeg: its },
    };
  };
}

/** `seeds` of feature `f`: in how many of these autoencoders, its own among them, a row has cosine >= .9 with it. */
export function foundAgain(largest: readonly (readonly number[])[], f: number): string | null {
  if (!largest.length) return null;
  const found = largest.filter((other) => other[f] >= EVIDENCE.cosine).length;
  return `${1 + found}/${1 + largest.length}`;
}
