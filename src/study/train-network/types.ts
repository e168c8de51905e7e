// What a network is trained on, and what is told of it.
import type { ImageRef } from '../../images/types.js';

/** Plain data: a labelled picture as a thread is asked for it. */
export type Example =
  /** Drawn (images/shapes.ts). `label`: another class than its own, of a control. */
  | { kind: 'shape'; seed: number; index: number; label?: number }
  /** `view`: what part of it is cut out and whether it is turned over is drawn from this number; absent: its middle. */
  | { kind: 'picture'; ref: ImageRef; label: number; view?: number };

/** Labelled pictures, some of them held out. */
export interface NetworkData {
  /** Their names, in the order of the logits. */
  classes: readonly string[];
  /** Identity of pictures and labels. */
  hash: string;
  /** Pictures to train on; undefined: as many as are asked for. */
  count: number | undefined;
  /** Picture `at` of the run, from 0. */
  example(at: number): Example;
  heldOut: readonly Example[];
}

export interface NetworkOptions {
  batch: number;
  steps: number;
  /** Largest learning rate. */
  lr: number;
  /** Share of the run over which it rises. */
  warmup: number;
  weightDecay: number;
  seed: number;
}

/** A point of the log: means since the point before. */
export interface NetworkPoint {
  step: number;
  /** Cross-entropy in nats. */
  loss: number;
  /** Share of the pictures whose class has the largest logit. */
  accuracy: number;
  lr: number;
  /** Loss and accuracy on held-out pictures; null where they were not asked. */
  heldOut: { loss: number; accuracy: number } | null;
}

export interface ClassScore {
  class: string;
  /** Held-out pictures of it, and those that were given it. */
  count: number;
  right: number;
  /** What the others were most often taken for; null where there are none. */
  mistakenFor: string | null;
}

/** How well held-out pictures are told apart. */
export interface HeldOutScore {
  count: number;
  loss: number;
  accuracy: number;
  /** Accuracy of who always says the commonest class. */
  chance: number;
  classes: ClassScore[];
}
