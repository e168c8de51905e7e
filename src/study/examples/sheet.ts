// A contact sheet before it is drawn: parts of pictures in rows, and one picture whole.
import type { Kind } from '../../units/unit.js';

export interface SheetText {
  title: string;
  facts: string;
  /** Of each row. */
  captions: string[];
}

export interface SheetTile {
  /** [tile][tile][3] */
  pixels: Uint8Array;
  value?: number;
  /** The place that is looked at, in pixels of the part. */
  mark: { left: number; top: number; side: number };
}

/** A picture whole, with what a unit does on it. */
export interface SheetPicture {
  /** [size][size][3] */
  pixels: Uint8Array;
  size: number;
  crop: readonly [x0: number, y0: number, x1: number, y1: number];
  /** [H][W], above 0 where it fires. */
  map: Float32Array;
  grid: { height: number; width: number; stride: number; centre: number };
}

export interface SheetContent extends SheetText {
  /** Side of a part. */
  tile: number;
  rows: SheetTile[][];
  strongest?: SheetPicture;
}

/** What is to be read for a sheet. */
export interface SheetPlan {
  name: string;
  text: SheetText;
  /** Side of the receptive field, pixels. */
  field: number;
  rows: readonly (readonly { picture: number; position: number; value?: number }[])[];
  /** Whose map is shown over the picture of the first place. */
  map?: { kind: Kind; index: number };
}
