// Words of the disentangling study (METHODS 8). An entity (a city, a picture, a document) has a value of every
// attribute. Of a pair, the base is what is changed and the source is what it is changed towards; they differ in
// every attribute. A mask that is about one attribute shall move it to the source's value and leave the others.

/** What is told of every entity. */
export interface Attribute {
  name: string;
  /** Names of its values. */
  classes: string[];
  /** Value of each entity, an index of `classes`. */
  labels: Int32Array;
}

/** Entities that masks and probes see, and those that they are judged on. */
export interface EntitySplit {
  train: Int32Array;
  test: Int32Array;
}

/** How a base's changed vectors are read. */
export interface Reading {
  /** Numbers that are read of one entity. */
  readonly width: number;
  /**
   * Reads h [entities][...] in order. What `each` gives back is the gradient by what was read, [width]; the
   * result is then that by h. `bases`: whose vectors were changed.
   */
  pass(
    h: Float32Array,
    bases: readonly number[],
    each: (i: number, values: Float32Array) => Float32Array | undefined,
  ): Float32Array | undefined;
}

/** A frozen read-out of one attribute. */
export type Probe = LinearProbe | NearestProbe;

/** How attributes are read: by logistic regression, or as the nearest entity of the train split has them. */
export const READOUTS = ['probes', 'nearest'] as const;
export type ReadoutKind = (typeof READOUTS)[number];

export interface NearestProbe {
  /** [rows][width], unit length. */
  neighbours: Float32Array;
  /** [rows] */
  labels: Int32Array;
  classes: number;
}

export interface LinearProbe {
  /** [classes][width] */
  weight: Float32Array;
  /** [classes] */
  bias: Float32Array;
}

/** Shares of pairs, 0 to 1 (RAVEL). */
export interface Score {
  /** The attribute has the source's value. */
  cause: number;
  /** Mean over the other attributes: it has the base's value. */
  isolate: number;
  /** Mean of both. */
  disentangle: number;
}

/** How a mask is trained. */
export interface MaskOptions {
  steps: number;
  /** Pairs a step; each asks for its own attribute and for all others. */
  batch: number;
  /** Of Adam. */
  rate: number;
  seed: number;
}

/** Temperature of the mask's sigmoid at the first and at the last step; linear between. */
export const TEMPERATURES = [10, 0.1] as const;

export type Pair = readonly [base: number, source: number];
