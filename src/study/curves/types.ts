// Keys as `result.json` and `curves --json` carry them (DESIGN 5).

/** 720 values: response to curves at orientation i/2 degrees, mean over radii, post-ReLU. */
export type TuningCurve = Float32Array;

export interface CurveMeasures {
  /** Circular mean, degrees in [0, 360). */
  orientationDeg: number;
  /** Peak of the tuning curve. */
  argmaxDeg: number;
  peak: number;
  /** |sum R e^{i phi}| / sum R. */
  resultant: number;
  /** R(peak + 180) / R(peak). */
  echo: number;
  /** Total angle with R >= max / 2. */
  fwhmDeg: number;
  /** Connected lobes above half maximum. */
  lobes: number;
}

export interface Detector {
  /** `mixed3b_5x5:59`, or the index of a feature as `f123`. */
  unit: string;
  orientationDeg: number;
  argmaxDeg: number;
  peak: number;
  /** peak / 99.9th percentile of the unit's own activation on the photographs (statistics.ts). */
  strength: number;
  resultant: number;
  echo: number;
  fwhmDeg: number;
  /** Neurons only: best response to a straight line over that to the best arc, 1 or more for what a line drives as well. */
  line?: number;
  /** Features only: max |W_dec[f,n]| / ||W_dec[f]||. */
  neuronAlignment?: number;
  /** Features only; results of older versions lack it. */
  evidence?: Evidence;
}

/** What photographs say of a unit that drawn curves tuned. */
export interface NaturalAgreement {
  /** Between the photographs' direction and the tuned one, 0..180. */
  errorDeg: number;
  /** Agreement of the places among themselves, of axes: 0..1. */
  resultant: number;
  /** Places that fire. */
  places: number;
}

/** Whether a curve feature is a discovery: what is asked of it (evidence.ts). */
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
  nearest: { unit: string; orientationDeg: number };
  /** On photographs that training did not see; null where too few places fire. `curve`: naturalCurve(), 3 digits. */
  natural: (NaturalAgreement & { curve?: number[] }) | null;
  /** Best response to a straight line over that to the best arc; null where lines were not drawn. */
  line: number | null;
  standing: Standing;
}

/** confirmed: yes to every question; open: no to none, something was not measured; refuted: a no. */
export type Standing = 'confirmed' | 'open' | 'refuted';

export interface DetectorSet {
  count: number;
  largestGapDeg: number;
  detectors: Detector[];
}

export interface FilledGap {
  fromDeg: number;
  toDeg: number;
  /** Units of the features inside. */
  features: string[];
}

export interface CurveResult {
  neurons: DetectorSet;
  features?: DetectorSet;
  /** By novel features only. */
  filledGaps?: FilledGap[];
}

/** Of draws: their mean, and the number that one in twenty reaches. */
export interface Spread {
  mean: number;
  p95: number;
}

/** What dictionaries that know nothing of curves give (controls.ts). */
export interface Control {
  draws: number;
  /** Read-outs of a draw. */
  readOuts: number;
  /** Read-outs that meet the curve criterion, and those of them that copy no neuron. */
  detectors: Spread;
  novel: Spread;
  /** Those of the novel ones with which photographs agree, and which no straight line drives as well. */
  agreeing: Spread;
  /** Gaps of the neurons that novel ones fill. */
  filledGaps: Spread;
  /** (1 + draws with as many) / (draws + 1): of detectors, of novel ones, of agreeing ones, of filled gaps. */
  p: number;
  pNovel: number;
  pAgreeing: number;
  pFilledGaps: number;
}

/** Random directions of the same architecture with random weights, and its neurons. */
export interface RandomWeights extends Control {
  neurons: { of: number; detectors: number };
}

/** null: not made. */
export interface Controls {
  /** Random directions, as rare as the features. */
  random: Control | null;
  /** The autoencoder before its training. */
  untrained: Control | null;
  /** Principal components, both ways round. */
  pca: Control | null;
  /** The autoencoder trained on vectors whose channels were shuffled independently. */
  shuffled: Control | null;
  /** A network that learnt nothing; results of older versions lack it. */
  randomWeights?: RandomWeights | null;
}
