// What determines each stage of a job. The hash of it names the stage's folder, so that equal
// settings find what is there and different ones never meet. A change here is a change of every
// folder's name (test/pipeline/identity.test.ts).
import type { EngineInfo } from '../core/engine.js';
import { numericsOf } from '../core/features.js';
import { trainingFacts } from '../sae/identity.js';
import type { TrainOptions } from '../sae/settings.js';
import type { CurveOptions } from '../study/curves/options.js';
import type { StoreRecipe, VectorSource } from '../vectors/types.js';

type Kernels = Pick<EngineInfo, 'build' | 'buildId'>;

export const storeIdentity = (recipe: StoreRecipe): object => recipe;

/** A training run, and the kernels that it ran on. */
export const saeIdentity = (
  kernels: Kernels,
  source: Pick<VectorSource, 'd' | 'hash'>,
  options: TrainOptions,
): object => ({ ...trainingFacts(kernels, source, options), buildId: kernels.buildId });

export interface MeasuredWith {
  /** sha256 of the network. */
  weights: string;
  tap: string;
  /** Hashes of the stages before. */
  sae: string;
  store: string;
  curves: CurveOptions;
}

/** Tuning curves and photograph statistics of a tap and an SAE. `format`: of the file. */
export const curvesIdentity = (
  { build, buildId }: Kernels,
  { weights, tap, sae, store, curves }: MeasuredWith,
): object => ({ weights, tap, sae, store, curves, buildId, numerics: numericsOf(build), format: 2 });

export interface ControlledWith {
  /** Hash of the curves. */
  curves: string;
  /** What the autoencoder was trained with. */
  train: TrainOptions;
  kinds: readonly string[];
  draws: number;
  seeds: readonly string[];
}

/** `format`: of the file. */
export const controlsIdentity = (made: ControlledWith): object => ({ ...made, format: 2 });

export interface CroppedWith {
  /** Hashes of the stages before. */
  store: string;
  sae: string;
  /** Units, as they are named. */
  names: readonly string[];
  tile: number;
  each: number;
  places: number;
  seed: number;
}

/** Crops of the report. `format`: of the file. */
export const cropsIdentity = (made: CroppedWith): object => ({ ...made, format: 1 });
