// What a sweep is: its SAEs, and what sweep.json holds.
import type { TrainOptions } from '../../sae/settings.js';
import type { SaeMetrics } from '../../sae/types.js';
import type { Classification, SplicedClassification, SplicedSae } from '../downstream/downstream.js';
import type { EqualFidelity } from './fronts.js';
import type { Scaling } from './scaling.js';

/** The knob that sets how sparse an architecture is. */
export type Knob = 'k' | 'l1' | 'targetL0';

export interface SweepSpec {
  /** Name of the SAE and of its folder. */
  name: string;
  options: TrainOptions;
  knob: { name: Knob; value: number } | null;
}

/** One SAE of a sweep, as sweep.json lists it. */
export interface SweepRow extends Partial<SaeMetrics> {
  name: string;
  architecture: string;
  knob: { name: Knob; value: number } | null;
  dSae: number;
  /** Folder of the SAE below the sweep's; absent where training failed. */
  folder?: string;
  error?: string;
  /** With --downstream. */
  downstream?: SplicedSae;
}

/** sweep.json */
export interface SweepResult {
  version: string;
  activations: string;
  dIn: number;
  /** The SAEs' width; all of them where there are several. */
  dSae: number | number[];
  steps: number;
  batch: number;
  seed: number;
  /** Whether the metrics are of vectors that training did not see. */
  heldOut: boolean;
  vectors: number;
  rows: SweepRow[];
  equalFidelity: EqualFidelity[];
  /** Of each architecture with several widths. */
  scaling: Scaling[];
  /**
   * What knows nothing of features: FVU of the best plane of as many dimensions as an SAE has active latents (principal
   * components of training vectors), on the vectors of the metrics. null: not measured (one width, or d above 1024).
   */
  pca: { dimensions: number; fvu: number }[] | null;
  downstream?: {
    tap: string;
    images: number;
    original: Classification;
    zero: SplicedClassification;
  };
  seconds: { train: number; downstream?: number };
  report: string;
}
