// circuit.json: what drives units, what they do, and how curves are wired.
import type { Numerics } from '../../core/features.js';
import type { ImageFailure } from '../../images/types.js';

/** A channel of the earlier tap, or a feature of an SAE of it. Shares are of the unit's value before its ReLU. */
export interface Driver {
  unit: string;
  /** Gradient times activation over the unit's top places; over places drawn from all that fire it. */
  share: number;
  sampleShare: number;
  /** What the unit loses at its top places where the driver is taken away everywhere. */
  ablation: number;
  /** What the expanded weights say that it loses. */
  weighed: number;
  /** Sum of its expanded weights. */
  weight: number;
  /** By place, [side][side]: expanded weights; gradient times activation, mean over the top places. */
  weights: number[];
  attribution: number[];
}

/** How well a prediction agrees with ablation, over the drivers that were taken away. */
export interface Agreement {
  drivers: number;
  /** Pearson's r with ablation: of gradient times activation; of expanded weights times activation. */
  attribution: number;
  weights: number;
  /** 95th percentile of |r| where drivers are shuffled: what chance gives. */
  shuffled: number;
}

export interface UnitDrives {
  places: number;
  sampled: number;
  /** Mean value before the ReLU at the top places. */
  value: number;
  /** Of it, what all drivers together add, to first order; the rest is biases and what the gradient does not see. */
  explained: number;
  /** Drivers that carry 90 % of what is added. */
  carry: number;
  /** Side of the patches, positions of the earlier tap. */
  side: number;
  /** Strongest first. */
  exciting: Driver[];
  inhibiting: Driver[];
  /** |share| of random directions of the earlier tap: mean and 95th percentile. */
  chance: { directions: number; mean: number; p95: number };
  /** null: fewer than four drivers. */
  agreement: Agreement | null;
}

export interface Moved {
  /** A class, or a unit of the later tap. */
  name: string;
  /** Mean over pictures. */
  change: number;
  /** How far random directions move it: root mean square over their draws. */
  random: number;
  /** Of a unit: change over what it does on these pictures; null where it is silent there. */
  share?: number | null;
}

/** What moves, beside what moves by as much of something else. */
export interface Movement {
  up: Moved[];
  down: Moved[];
  /** Root mean square over everything that could move. */
  rms: number;
  /** The largest change, either way. */
  largest: number;
  /**
   * Random directions, and other units (taken away from the same pictures and counted by the unit's length; added, in the same
   * place by the same length): means over draws, and how many draws move as much (rms).
   */
  random: { draws: number; rms: number; largest: number; asMuch: number };
  others: { draws: number; rms: number; largest: number; asMuch: number };
}

export interface Effect {
  pictures: number;
  /** Taken away, or added: length, mean over pictures. */
  amount: number;
  /** Logits about their mean over classes; null where the network does not classify. */
  classes: Movement | null;
  /** Activations of the later tap, summed over positions; null where there is none. */
  later: Movement | null;
}

export interface UnitCircuit {
  /** Places where it fires, and its largest activation. */
  fires: number;
  max: number;
  /** null: it never fires on these pictures. */
  drives: UnitDrives | null;
  /** Taken away on its top pictures; added in the middle of others. null: nothing lies behind it, or it never fires. */
  ablate: Effect | null;
  add: Effect | null;
}

export interface WiredUnit {
  unit: string;
  orientationDeg: number;
}

/** Mean weight by relative orientation, of bins of equal width, and where orientations of the earlier units are shuffled. */
export interface Profile {
  /** Middle of each bin, degrees: earlier unit's orientation minus the curve's. */
  relativeDeg: number[];
  mean: (number | null)[];
  p5: (number | null)[];
  p95: (number | null)[];
  pairs: number[];
}

/** A kind of earlier units, wired to the tap's curves. Weights are over the largest of each curve's. */
export interface Wiring {
  kind: 'curve' | 'line';
  units: WiredUnit[];
  /** Sums of patches, [units][curves]. */
  weights: number[][];
  profile: Profile;
  /** Mean of weight times the cosine of the relative orientation (of lines: of twice it); the share of shuffles that reach it. */
  aligned: number;
  p: number;
  shuffles: number;
}

export interface CurveWiring {
  curves: WiredUnit[];
  side: number;
  early: Wiring[];
  /** The earlier units of each kind that write to the curves most, in their order, and their patches [curves][side][side]. */
  grid: { unit: string; patches: number[][] }[];
}

export interface CircuitResult {
  version: string;
  model: { name: string; architecture: string; sha256: string };
  tap: string;
  /** The earlier tap; the later one, null where there is none. */
  from: string;
  to: string | null;
  sae: string | null;
  fromSae: string | null;
  toSae: string | null;
  numerics: Numerics;
  seed: number;
  images: number;
  units: Record<string, UnitCircuit>;
  /** null: not asked for. */
  curves: CurveWiring | null;
  failures: ImageFailure[];
  page: string | null;
}
