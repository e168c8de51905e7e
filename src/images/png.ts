// PNG (W3C, third edition) -> samples as stored, without colour management: any depth,
// palette, tRNS, Adam7. Bounds are checked before memory is taken; DEFLATE is fflate's.
import { Unzlib } from 'fflate';
import { InputError } from '../core/errors.js';
import { joined } from '../formats/pieces.js';
import { crc32 } from '../formats/zip.js';
import { MAX_PIXELS } from './limits.js';

export interface PngHeader {
  width: number;
  height: number;
  /** Bits per sample, 1 to 16. */
  depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGB + alpha. */
  colour: number;
  interlaced: boolean;
}

export interface PngPicture extends PngHeader {
  /** [height][width][4], RGBA, 16 bit where depth is 16, else scaled to 8 bit. */
  rgba: Uint8Array | Uint16Array;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS: Record<number, number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
/** Adam7: first column, first row, column step, row step. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];
/** Compressed bytes inflated at a time: what one piece can swell to (1032 times) stays small. */
const PIECE = 16 << 10;
const MAX_PROFILE = 16 << 20;

export const isPng = (bytes: Uint8Array): boolean => SIGNATURE.every((b, i) => bytes[i] === b);

/** Whether a colour type of PngHeader is of grey. */
export const isGrey = (colour: number): boolean => colour === 0 || colour === 4;

/** InputError: damaged, truncated, or more than MAX_PIXELS. */
export function readPng(bytes: Uint8Array): PngPicture {
  const chunks = chunksOf(bytes);
  const header = headerOf(chunks.get('IHDR')?.[0]);
  const palette = chunks.get('PLTE')?.[0];
  const transparency = fittingTransparency(header, palette, chunks.get('tRNS')?.[0]);
  if (header.colour === 3 && (!palette?.length || palette.length % 3 || palette.length > 768))
    throw new InputError('its palette is missing or damaged');
  const data = chunks.get('IDAT');
  if (!data) throw new InputError('it holds no pixels');
  const rows = unfiltered(inflated(data, packedSize(header)), header);
  const rgba = expand(rows, header, palette, transparency);
  return { ...header, rgba };
}

/** Header, ICC profile and EXIF before the pixels, without a look at them. InputError: damaged, more than MAX_PIXELS. */
export function readPngHeader(bytes: Uint8Array): PngHeader & { icc?: Uint8Array; exif?: Uint8Array } {
  const chunks = chunksOf(bytes, 'IDAT');
  return {
    ...headerOf(chunks.get('IHDR')?.[0]),
    icc: profileOf(chunks.get('iCCP')?.[0]),
    exif: chunks.get('eXIf')?.[0],
  };
}

/** tRNS where it fits the rest; one that does not is left out, as by libpng: the picture is opaque. */
function fittingTransparency(
  { colour }: PngHeader,
  palette: Uint8Array | undefined,
  tRNS: Uint8Array | undefined,
): Uint8Array | undefined {
  if (colour !== 3) return tRNS?.length === 2 * SAMPLES[colour] ? tRNS : undefined;
  const follows = tRNS && palette && tRNS.byteOffset > palette.byteOffset;
  return follows && 3 * tRNS.length <= palette.length ? tRNS : undefined;
}

/**
 * Chunks by type, in order, to the first one of type `end`. A damaged critical chunk is an error, a
 * damaged other one is left out; behind the pixels nothing is needed, so that what is damaged there
 * ends the list.
 */
function chunksOf(bytes: Uint8Array, end = 'IEND'): Map<string, Uint8Array[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = new Map<string, Uint8Array[]>();
  const fail = (reason: string) => {
    if (!chunks.has('IDAT')) throw new InputError(reason);
    return chunks;
  };
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) return fail('it is truncated');
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === end) return chunks;
    if (!/^[A-Za-z]{2}[A-Z][A-Za-z]$/.test(type)) return fail('it has a chunk whose type is no word');
    const critical = (bytes[at + 4] & 0x20) === 0;
    if (length > bytes.length - at - 12) return fail('it is truncated');
    if (at === 8 && type !== 'IHDR') throw new InputError('it does not begin with a header');
    const intact = crc32(bytes.subarray(at + 4, at + 8 + length)) === view.getUint32(at + 8 + length);
    // tRNS is of the pixels, too.
    if ((critical || type === 'tRNS') && !intact) return fail(`its ${type} chunk is corrupt (checksum)`);
    if (critical && !['IHDR', 'PLTE', 'IDAT', 'IEND'].includes(type))
      return fail(`it has an unknown critical chunk '${type}'`);
    if (type === 'PLTE' && chunks.has('PLTE')) return fail('it has two palettes');
    const late = type === 'tRNS' && chunks.has('IDAT'); // has no meaning behind the pixels
    if (intact && !late && (type === 'IDAT' || !chunks.has(type)))
      push(chunks, type, bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
}

function push(chunks: Map<string, Uint8Array[]>, type: string, content: Uint8Array): void {
  const list = chunks.get(type);
  if (list) list.push(content);
  else chunks.set(type, [content]);
}

function headerOf(ihdr: Uint8Array | undefined): PngHeader {
  if (ihdr?.length !== 13) throw new InputError('its header is damaged');
  const view = new DataView(ihdr.buffer, ihdr.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, compression, filter, interlace] = ihdr.subarray(8);
  if (!DEPTHS[colour]?.includes(depth) || compression || filter || interlace > 1 || !width || !height)
    throw new InputError('its header is damaged');
  if (width * height > MAX_PIXELS)
    throw new InputError(`has more than the limit of ${MAX_PIXELS} pixels (${width} x ${height})`);
  return { width, height, depth, colour, interlaced: interlace === 1 };
}

interface Pass {
  width: number;
  height: number;
  x0: number;
  y0: number;
  dx: number;
  dy: number;
}

/** The sub-pictures that are stored; one where the picture is not interlaced. */
function passesOf({ width, height, interlaced }: PngHeader): Pass[] {
  const all = interlaced ? PASSES : [[0, 0, 1, 1]];
  return all
    .map(([x0, y0, dx, dy]) => ({
      width: Math.ceil((width - x0) / dx),
      height: Math.ceil((height - y0) / dy),
      ...{ x0, y0, dx, dy },
    }))
    .filter((p) => p.width > 0 && p.height > 0);
}

const bitsPerPixel = ({ depth, colour }: PngHeader): number => depth * SAMPLES[colour];
const rowBytes = (header: PngHeader, { width }: Pass): number =>
  Math.ceil((width * bitsPerPixel(header)) / 8);

const packedSize = (header: PngHeader): number =>
  passesOf(header).reduce((sum, p) => sum + p.height * (1 + rowBytes(header, p)), 0);

/** Exactly `size` bytes; what a stream holds beyond them is not looked at. */
function inflated(parts: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  const stream = new Unzlib((chunk) => {
    const n = Math.min(chunk.length, size - at);
    out.set(chunk.subarray(0, n), at);
    at += n;
  });
  // fflate copies its window of 32 KiB for each push: parts of a few bytes are joined first.
  const packed = joined(parts);
  try {
    for (let i = 0; i < packed.length && at < size; i += PIECE) stream.push(packed.subarray(i, i + PIECE));
    if (at < size) stream.push(new Uint8Array(0), true);
  } catch (cause) {
    throw new InputError(`its compressed data are corrupt (${(cause as Error).message})`, { cause });
  }
  if (at < size) throw new InputError('it is truncated');
  return out;
}

/** Undoes the row filters in place. */
function unfiltered(data: Uint8Array, header: PngHeader): Uint8Array {
  const bpp = Math.max(1, bitsPerPixel(header) >> 3);
  let at = 0;
  for (const pass of passesOf(header)) {
    const length = rowBytes(header, pass);
    for (let y = 0; y < pass.height; y++, at += length + 1)
      unfilterRow(data, data[at], at + 1, length, bpp, y ? at - length : -1);
  }
  return data;
}

/** `up`: where the row above begins, -1 for none. */
function unfilterRow(d: Uint8Array, filter: number, row: number, length: number, bpp: number, up: number) {
  if (filter > 4) throw new InputError(`its pixels are corrupt (filter ${filter})`);
  if (filter === 0 || (filter === 2 && up < 0)) return;
  for (let i = 0; i < length; i++) {
    const a = i >= bpp ? d[row + i - bpp] : 0;
    const b = up >= 0 ? d[up + i] : 0;
    const c = i >= bpp && up >= 0 ? d[up + i - bpp] : 0;
    const guess = filter === 1 ? a : filter === 2 ? b : filter === 3 ? (a + b) >> 1 : paeth(a, b, c);
    d[row + i] += guess;
  }
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

function expand(
  data: Uint8Array,
  header: PngHeader,
  palette: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
): Uint8Array | Uint16Array {
  const { width, height, depth, colour } = header;
  const n = SAMPLES[colour];
  const max = 2 ** (depth === 16 ? 16 : 8) - 1;
  const scale = depth < 8 && colour !== 3 ? 255 / (2 ** depth - 1) : 1;
  const out = depth === 16 ? new Uint16Array(4 * width * height) : new Uint8Array(4 * width * height);
  // The colour that tRNS makes transparent, as stored.
  const key = colour < 3 ? transparency : undefined;
  const bits = 2 ** depth - 1;
  const keyed = key && Array.from({ length: n }, (_, i) => ((key[2 * i] << 8) | key[2 * i + 1]) & bits);
  const sample = new Uint16Array(4);
  let at = 0;
  for (const pass of passesOf(header)) {
    const length = rowBytes(header, pass);
    for (let y = 0; y < pass.height; y++, at += length + 1)
      for (let x = 0; x < pass.width; x++) {
        for (let s = 0; s < n; s++) sample[s] = sampleAt(data, at + 1, x * n + s, depth);
        const to = 4 * ((pass.y0 + y * pass.dy) * width + pass.x0 + x * pass.dx);
        if (colour === 3) {
          // Colours that the palette lacks are black, as libpng has them.
          const i = 3 * sample[0];
          for (let c = 0; c < 3; c++) out[to + c] = palette![i + c] ?? 0;
          out[to + 3] = transparency?.[sample[0]] ?? max;
        } else {
          const grey = n < 3;
          for (let c = 0; c < 3; c++) out[to + c] = sample[grey ? 0 : c] * scale;
          if (colour >= 4) out[to + 3] = sample[n - 1];
          else out[to + 3] = keyed?.every((k, s) => k === sample[s]) ? 0 : max;
        }
      }
  }
  return out;
}

/** Sample number `i` of the row that begins at `row`. */
function sampleAt(data: Uint8Array, row: number, i: number, depth: number): number {
  if (depth === 8) return data[row + i];
  if (depth === 16) return (data[row + 2 * i] << 8) | data[row + 2 * i + 1];
  const bit = i * depth;
  return (data[row + (bit >> 3)] >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

/** The ICC profile of an iCCP chunk; undefined where it cannot be read, as a viewer would have it. */
function profileOf(chunk: Uint8Array | undefined): Uint8Array | undefined {
  const end = chunk?.indexOf(0) ?? -1;
  if (!chunk || end < 0) return undefined;
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    const stream = new Unzlib((part) => {
      size += part.length;
      if (size > MAX_PROFILE) throw new InputError('too large');
      parts.push(part);
    });
    for (let i = end + 2; i < chunk.length; i += PIECE)
      stream.push(chunk.subarray(i, i + PIECE), i + PIECE >= chunk.length);
  } catch {
    return undefined;
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
