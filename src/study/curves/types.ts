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
  /** peak / 99.9th percentile of the unit's own activation on the photographs. */
  strength: number;
  resultant: number;
  echo: number;
  fwhmDeg: number;
  /** Features only: max |W_dec[f,n]| / ||W_dec[f]||. */
  neuronAlignment?: number;
}

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
  filledGaps?: FilledGap[];
}
