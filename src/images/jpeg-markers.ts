// What a JPEG says about itself (ITU T.81 annex B): size and components, EXIF, ICC profile,
// and whether it ends. Nothing is decoded here.
import { InputError } from '../core/errors.js';

export interface JpegHeader {
  width: number;
  height: number;
  /** 1 grey, 3 colour, 4 CMYK or YCCK. */
  components: number;
  /** Bits per sample. */
  precision: number;
  /** Coded arithmetically, which few decoders read. */
  arithmetic: boolean;
  exif?: Uint8Array;
  icc?: Uint8Array;
}

const EXIF = 'Exif\0\0';
const ICC = 'ICC_PROFILE\0';
const [SOI, EOI, SOS, APP1, APP2, TEM, DAC] = [0xd8, 0xd9, 0xda, 0xe1, 0xe2, 0x01, 0xcc];
const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7;
/** Start of frame: all of C0..CF but the tables DHT, JPG, DAC. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

export const isJpeg = (bytes: Uint8Array): boolean =>
  bytes.length > 2 && bytes[0] === 0xff && bytes[1] === SOI;

/** Up to the first scan, as libjpeg reads them. InputError: no frame. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  let frame: Uint8Array | undefined;
  let arithmetic = false;
  let exif: Uint8Array | undefined;
  const profile = new Map<number, Uint8Array>();
  for (const { marker, content } of segments(bytes)) {
    if (marker === SOS) break;
    if (marker === DAC) arithmetic = true;
    if (isFrame(marker) && !frame) {
      frame = content;
      if (marker > 0xc8) arithmetic = true;
    } else if (marker === APP1 && startsWith(content, EXIF)) exif ??= content.subarray(EXIF.length);
    else if (marker === APP2 && startsWith(content, ICC) && content.length > ICC.length + 2)
      profile.set(content[ICC.length], content.subarray(ICC.length + 2));
  }
  if (!frame || frame.length < 6) throw new InputError('it is truncated');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return {
    precision: frame[0],
    height: view.getUint16(1),
    width: view.getUint16(3),
    components: frame[5],
    arithmetic,
    exif,
    icc: joined(profile),
  };
}

/** Whether it goes on to its end mark. */
export function isComplete(bytes: Uint8Array): boolean {
  for (const { marker } of segments(bytes)) if (marker === EOI) return true;
  return false;
}

/** Marker by marker, to the end mark or where the bytes end. */
function* segments(bytes: Uint8Array): Generator<{ marker: number; content: Uint8Array }> {
  let at = 2;
  while (at < bytes.length) {
    // To the next marker: over entropy-coded data, stuffed zeros, restarts and fill bytes.
    while (at + 1 < bytes.length && !(bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff))
      at++;
    if (at + 1 >= bytes.length) return;
    const marker = bytes[at + 1];
    at += 2;
    if (marker === EOI) {
      yield { marker, content: bytes.subarray(at, at) };
      return;
    }
    if (isRestart(marker) || marker === TEM || marker === SOI) continue;
    if (at + 2 > bytes.length) return;
    const length = (bytes[at] << 8) | bytes[at + 1];
    yield { marker, content: bytes.subarray(at + 2, at + length) };
    at += Math.max(2, length);
  }
}

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  bytes.length >= text.length && [...text].every((c, i) => bytes[i] === c.charCodeAt(0));

/** The parts of a profile in the order of their numbers; undefined where one is missing. */
function joined(parts: ReadonlyMap<number, Uint8Array>): Uint8Array | undefined {
  if (!parts.size) return undefined;
  const order = Array.from({ length: parts.size }, (_, i) => parts.get(i + 1));
  if (order.some((p) => !p)) return undefined;
  const out = new Uint8Array(order.reduce((sum, p) => sum + p!.length, 0));
  let at = 0;
  for (const part of order) {
    out.set(part!, at);
    at += part!.length;
  }
  return out;
}
