// What a picture may be, on every platform.

/** 100 million pixels: 300 MB decoded. */
export const MAX_PIXELS = 100_000_000;
export const MAX_FILE_BYTES = 512 << 20;
