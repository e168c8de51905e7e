// Vectors to train and evaluate on: rows of f32, in shards that fit memory one at a time.

/**
 * train and heldout: the training sample, split by image. all: both. reference: a second,
 * always uniform sample of the same images, for percentiles and histograms.
 */
export type Split = 'train' | 'heldout' | 'all' | 'reference';

export interface VectorSource {
  /** Width of a vector. */
  readonly d: number;
  /** Vectors in all shards. */
  readonly count: number;
  /** Identity of the data: hash of what made it, or of the file. */
  readonly hash: string;
  readonly split: Split;
  /** Vectors in each shard, in order. */
  readonly shards: readonly number[];
  /** Rows of one shard, [n][d]. Checksum verified; NaN or Inf: InputError naming shard and row. */
  load(shard: number): Promise<Float32Array>;
  /** All rows, [count][d], of a source that has them in one memory (shared-vectors.ts): to be read, not written. */
  whole?(): Promise<Float32Array>;
}

/** What determines a store's content: its canonical JSON is hashed to name the folder. */
export interface StoreRecipe {
  model: { name: string; architecture: string; sha256: string };
  tap: string;
  inputSize: number;
  /** Hash over names and contents of the images, in order. */
  images: string;
  perImage: number;
  /** Vectors per image of the uniform reference sample. */
  reference: number;
  sample: 'uniform' | 'norm';
  excludeBorder: boolean;
  seed: number;
  /** 'exact' for simd and scalar (same bits), 'relaxed' otherwise. */
  numerics: 'exact' | 'relaxed';
  /** Absent, or how the neurons of the store `store` were hidden (hiding.ts). */
  hidden?: {
    kind: 'rotate' | 'project' | 'pairs';
    width: number;
    seed: number;
    store: string;
    neurons: number;
  };
}
