// What a finished job is: what result.json holds, and what its report shows besides.
import type { ImageFailure } from '../images/types.js';
import type { SaeMetrics, TrainProgress } from '../sae/types.js';
import type { ActivationStatistics, Firing } from './curves/statistics.js';
import type { TuningCurves } from './curves/tuning.js';
import type { Controls, CurveResult } from './curves/types.js';
import type { CropsOfUnits } from './examples/crops.js';

/** `result.json`, exactly (DESIGN 5); keys below `seconds` are additions. */
export interface JobResult {
  version: string;
  model: { name: string; architecture: string; sha256: string };
  tap: string;
  build: string;
  seed: number;
  activations: { images: number; vectors: number; dIn: number };
  sae: {
    architecture: string;
    dIn: number;
    dSae: number;
    k: number | null;
    l0: number;
    fvu: number;
    gamma: number;
    deadFraction: number;
    /** FVU of training vectors; null where none was held out. Older results lack these two. */
    trainFvu?: number | null;
    /** How often training saw each vector. */
    passes?: number;
    /** Features that photographs' uniform positions fire never, rarely, often enough. Older results lack it. */
    firing?: Firing;
    /** Autoencoders that were trained, of one seed each. Older results lack it. */
    seeds?: number;
    /** What is unusual about the vectors or the SAE, each with its remedy. Older results lack it. */
    warnings?: string[];
  };
  curves: CurveResult;
  /** What chance gives. Older results lack it. */
  controls?: Controls;
  /** What was found, in one sentence. Older results lack it. */
  verdict?: string;
  groundTruth?: { recovered: number; total: number; meanMaxCosine: number };
  seconds: Record<string, number>;
  report: string;
  /** Chain of identities: image set -> weights -> store -> SAE. */
  hashes: { images: string; weights: string; store: string; sae: string; curves: string };
  /** Folders of the stages, relative to the result. */
  paths: { activations: string; sae: string; curves: string };
  /** How the vectors were drawn, for training and for the held-out metrics alike. */
  sampling: { sample: 'uniform' | 'norm'; perImage: number; excludeBorder: boolean };
  failures: ImageFailure[];
  /** Where network and images were, so that they can be found again: names, or absolute paths. */
  inputs?: JobInputs;
  /** 'relaxed' results may differ in the last bits between engines. */
  numerics: 'exact' | 'relaxed';
}

export interface JobInputs {
  model: string;
  images: string[];
}

/** What the report shows besides the result. */
export interface JobDetails {
  tuning: TuningCurves;
  statistics: { units: ActivationStatistics; features: ActivationStatistics };
  trainingLog: TrainProgress[];
  metrics: SaeMetrics;
  heldOut: boolean;
  /** Photographs of the units that a report names, where they were asked for. */
  crops?: CropsOfUnits;
  /** Orientations of curves that were planted in the network, degrees. */
  plantedDeg?: readonly number[];
}
