// What a sweep is: its SAEs, and what sweep.json holds.
import type { TrainOptions } from '../../sae/settings.js';
import type { SaeMetrics } from '../../sae/types.js';
import type { Classification, SplicedClassification, SplicedSae } from '../downstream/downstream.js';
import type { EqualFidelity } from './fronts.js';

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
  dSae: number;
  steps: number;
  batch: number;
  seed: number;
  /** Whether the metrics are of vectors that training did not see. */
  heldOut: boolean;
  vectors: number;
  rows: SweepRow[];
  equalFidelity: EqualFidelity[];
  downstream?: {
    tap: string;
    images: number;
    original: Classification;
    zero: SplicedClassification;
  };
  seconds: { train: number; downstream?: number };
  report: string;
}
