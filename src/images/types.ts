/** Decoded picture: RGB, 8 bit, rows top to bottom, [height][width][3]. */
export interface RgbImage {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Where a picture comes from; plain data, so that it can be sent to a worker. */
export type ImageRef =
  | { kind: 'file'; name: string; path: string }
  | { kind: 'blob'; name: string; blob: Blob }
  | { kind: 'procedural'; name: string; seed: number; index: number };

/** A picture that could not be used: named, skipped and counted. */
export interface ImageFailure {
  name: string;
  reason: string;
}
