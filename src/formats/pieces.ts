// A file's content in pieces: nothing that is written has to be in memory whole, nor to stay below the 2 GiB
// that Node reads, writes and digests in one.
import { sha256 } from '../core/hash.js';

export const PIECE_BYTES = 64 * 1024 ** 2;

/** Content that is made while it is written. */
export interface Pieces {
  /** Bytes in all. */
  readonly size: number;
  /** From the beginning, each time that it is called. A piece may be written over once the next is asked for. */
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** What Storage.write() takes. */
export type Content = Uint8Array | string | Pieces;

function piecesOf(content: Content): Pieces {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  if (!(bytes instanceof Uint8Array)) return bytes;
  return { size: bytes.byteLength, pieces: () => [bytes] };
}

/** Tells an error of making the content from one of writing it. */
export function watched(data: Content): { content: Pieces; isOfContent: (error: unknown) => boolean } {
  const { size, pieces } = piecesOf(data);
  let met: { error: unknown } | undefined;
  async function* noting() {
    try {
      yield* pieces();
    } catch (error) {
      met = { error };
      throw error;
    }
  }
  return { content: { size, pieces: noting }, isOfContent: (error) => met?.error === error };
}

/** The bytes of any view, without a copy. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

/** Content whose parts are there already. */
export const partsAsPieces = (parts: readonly Uint8Array[]): Pieces => ({
  size: parts.reduce((sum, part) => sum + part.byteLength, 0),
  pieces: () => parts,
});

/** All of it in one array: for what is known to be small. */
export async function joinedPieces({ size, pieces }: Pieces): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(size);
  let at = 0;
  for await (const piece of pieces()) {
    out.set(piece, at);
    at += piece.byteLength;
  }
  checkSize(at, size);
  return out;
}

/** In views of a piece each; copies of memory that threads share, which neither digests nor writers take. */
export function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  const shared = typeof SharedArrayBuffer !== 'undefined' && bytes.buffer instanceof SharedArrayBuffer;
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES)
    yield shared ? bytes.slice(at, at + PIECE_BYTES) : bytes.subarray(at, at + PIECE_BYTES);
}

/** As they are to be written: content of a piece or less in one, larger pieces cut. */
export async function* cutPieces(content: Pieces): AsyncGenerator<Uint8Array> {
  const { size } = content;
  let small: Uint8Array | undefined;
  let done = 0;
  for await (const part of content.pieces()) {
    if (size > PIECE_BYTES || part.byteLength === size) yield* cut(part);
    else if (part.byteLength) {
      small ??= new Uint8Array(size);
      small.set(part, done);
    }
    done += part.byteLength;
  }
  checkSize(done, size);
  if (small) yield small;
}

function checkSize(made: number, said: number): void {
  if (made !== said) throw new RangeError(`content of ${made} bytes, ${said} were announced`);
}

/** digestOf content as it will be read from its file. */
export const digestOfContent = (content: Content): Promise<string> => digestOf(evenPieces(piecesOf(content)));

/** SHA-256 of content of up to a piece; of more, that of its pieces' digests in a row. */
export async function digestOf(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
  const digests: string[] = [];
  for await (const piece of pieces) digests.push(await sha256(piece));
  return digests.length === 1 ? digests[0] : sha256(digests.join(''));
}

/** Of PIECE_BYTES each but for the last, as a file is read; written over once the next is asked for. */
async function* evenPieces({ size, pieces }: Pieces): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(Math.min(size, PIECE_BYTES));
  let filled = 0;
  for await (let rest of pieces())
    while (rest.byteLength) {
      const taken = Math.min(rest.byteLength, piece.byteLength - filled);
      piece.set(rest.subarray(0, taken), filled);
      filled += taken;
      rest = rest.subarray(taken);
      if (filled < piece.byteLength) continue;
      yield piece;
      filled = 0;
    }
  if (filled || size === 0) yield piece.subarray(0, filled);
}
