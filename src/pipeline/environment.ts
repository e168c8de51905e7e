// What stages and jobs need of their surroundings.
import type { Engine } from '../core/engine.js';
import type { Pool } from '../core/pool.js';
import type { Storage } from '../formats/storage.js';
import type { ImageRef } from '../images/types.js';
import type { Model } from '../network/types.js';
import type { JobInputs } from '../study/result.js';
import type { GroundTruth } from '../units/planted.js';
import type { StageProgress } from './progress.js';

/** A network with pictures, and who computes. */
export interface Pictures {
  engine: Engine;
  pool: Pool;
  model: Model;
  /** As nameImages() gave them with the hash. */
  images: readonly ImageRef[];
  /** Identity of the set of pictures. */
  imagesHash: string;
}

export interface StageEnvironment {
  /** Stages write `<stage>/<hash>` in it. */
  out: Storage;
  progress: StageProgress;
  /** Aborted: what is resumable is saved, and the signal's reason thrown. */
  signal?: AbortSignal;
}

export interface JobEnvironment extends Pictures, StageEnvironment {
  model: Model & { groundTruth?: GroundTruth };
  /** Of the program. */
  version: string;
  inputs?: JobInputs;
}
