// examples.json: where each neuron and feature fires, from its strongest places to those where it nearly does.
import type { Numerics } from '../../core/features.js';
import type { ImageFailure } from '../../images/types.js';

/** A place of a picture, in pixels of the picture as the network is given it. */
export interface Place {
  /** Name of the picture. */
  image: string;
  /** The pixel that the position looks at: the centre of its receptive field, within the picture. */
  y: number;
  x: number;
  /** Its receptive field, as much of it as lies within the picture: pixels x0 .. x1 - 1, y0 .. y1 - 1. */
  crop: [x0: number, y0: number, x1: number, y1: number];
  /** The position in the tap. */
  row: number;
  column: number;
  /** Of text: y is 0, x the token, and the crop what is quoted. */
  text?: Quote;
}

/** A window of text around a token. */
export interface Quote {
  before: string;
  token: string;
  after: string;
}

export interface Example extends Place {
  /** The activation; of a near miss the value before the threshold. */
  value: number;
}

export interface ExampleLevel {
  /** Values in [from, to). */
  from: number;
  to: number;
  /** Places in it. */
  fires: number;
  /** Of the unit's whole activation on the pictures, 0 to 1. */
  share: number;
  /** Drawn at random among these places, one of a picture. */
  examples: Example[];
}

export interface UnitExamples {
  /** Places where it fires. */
  fires: number;
  /** Of all places, 0 to 1: how often a place that is chosen at random fires it. */
  density: number;
  /** Pictures on which it fires. */
  images: number;
  /** Its largest activation; 0: it never fires. */
  max: number;
  /** Strongest first, one of a picture. */
  top: Example[];
  /** Strongest first; none where it never fires. */
  levels: ExampleLevel[];
  /** Where it is silent and its value before the threshold peaks, largest first, one of a picture; null: not measured. */
  nearMisses: Example[] | null;
  /** Contact sheet, a file in the folder; null: it never fires, or none was drawn. */
  sheet: string | null;
}

export interface ExamplesResult {
  version: string;
  model: { name: string; architecture: string; sha256: string };
  tap: string;
  sae: { architecture: string; dIn: number; dSae: number } | null;
  numerics: Numerics;
  seed: number;
  /** Pictures or windows of text used, and places of all of them. */
  images: number;
  places: number;
  /** Side of the prepared picture, pixels; of text tokens of a window. */
  size: number;
  units: Record<string, UnitExamples>;
  /** Places drawn uniformly from all, one of a picture: what chance shows. */
  random: Place[];
  failures: ImageFailure[];
  /** Of all sheets; null: none was drawn. */
  page: string | null;
}
