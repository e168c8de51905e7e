// A stored file in pieces, however large it is.
import { sha256 } from '../core/hash.js';
import { digestOf, PIECE_BYTES } from './pieces.js';
import type { Readable } from './storage.js';

/** Bytes [from, to) of a file, at most a piece at a time. */
export async function* readPieces(
  storage: Readable,
  file: string,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = from; at < to; at += PIECE_BYTES)
    yield await storage.readRange(file, at, Math.min(PIECE_BYTES, to - at));
}

/** digestOf a file. InputError where it is missing. */
export async function digestOfFile(storage: Readable, file: string): Promise<string> {
  const size = (await storage.size(file)) ?? 0;
  if (size <= PIECE_BYTES) return sha256(await storage.read(file));
  return digestOf(readPieces(storage, file, 0, size));
}
