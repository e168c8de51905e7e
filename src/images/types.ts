/** Decoded picture: RGB, 8 bit, rows top to bottom, [height][width][3]. */
export interface RgbImage {
  width: number;
  height: number;
  data: Uint8Array;
}

/** A picture that is stored somewhere. `sha256`: of the bytes that named its set; what is read must be these. */
export type StoredRef =
  | { kind: 'file'; name: string; path: string; sha256?: string }
  | { kind: 'blob'; name: string; blob: Blob; sha256?: string };

/** Where a picture comes from; plain data, so that it can be sent to a worker. */
export type ImageRef =
  | StoredRef
  | { kind: 'procedural'; name: string; seed: number; index: number }
  /** No picture: a window of text, for networks that read text. */
  | { kind: 'tokens'; name: string; tokens: number[] };

/** A picture that could not be used: named, skipped and counted. */
export interface ImageFailure {
  name: string;
  reason: string;
}
