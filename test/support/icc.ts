// ICC profiles made by hand, also such that no program would write, and files that carry them.
import { deflateSync } from 'node:zlib';
import { crc32 } from '../../src/formats/zip.js';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const numbers = (bytes: 2 | 4, values: readonly number[]) => {
  const out = Buffer.alloc(bytes * values.length);
  for (const [i, v] of values.entries()) out.writeUIntBE(bytes === 4 ? v >>> 0 : v, bytes * i, bytes);
  return out;
};
const fixed = (values: readonly number[]) =>
  numbers(
    4,
    values.map((v) => Math.round(v * 65536)),
  );
const typed = (type: string, ...parts: Buffer[]) => Buffer.concat([latin1(type), Buffer.alloc(4), ...parts]);

/** curveType; 16-bit values. */
export const curv = (...values: number[]) => typed('curv', numbers(4, [values.length]), numbers(2, values));
export const gamma = (g: number) => curv(Math.round(256 * g));
export const para = (kind: number, ...values: number[]) =>
  typed('para', numbers(2, [kind, 0]), fixed(values));
export const xyz = (...values: number[]) => typed('XYZ ', fixed(values));

export interface ProfileParts {
  space?: string;
  pcs?: string;
  kind?: string;
  version?: number;
  tags: Record<string, Buffer>;
}

/** Tags that are the same object are stored once, as real profiles do. */
export function profile({ space = 'RGB ', pcs = 'XYZ ', kind = 'mntr', version = 4, tags }: ProfileParts) {
  const names = Object.keys(tags);
  const stored = [...new Set(Object.values(tags))];
  const place = new Map<Buffer, number>();
  const padded: Buffer[] = [];
  let at = 132 + 12 * names.length;
  for (const data of stored) {
    place.set(data, at);
    padded.push(data, Buffer.alloc(-data.length & 3));
    at += data.length + (-data.length & 3);
  }
  const header = Buffer.alloc(132);
  header.writeUInt32BE(at, 0);
  header[8] = version;
  for (const [offset, text] of [[12, kind] as const, [16, space] as const, [20, pcs] as const])
    header.write(text, offset, 'latin1');
  header.write('acsp', 36, 'latin1');
  xyz(0.9642, 1, 0.8249).copy(header, 68, 8);
  header.writeUInt32BE(names.length, 128);
  const table = names.map((name) =>
    Buffer.concat([latin1(name), numbers(4, [place.get(tags[name])!, tags[name].length])]),
  );
  return Buffer.concat([header, ...table, ...padded]);
}

export type Columns = [number[], number[], number[]];
/** Relative to D50. */
export const COLORANTS: Record<'srgb' | 'p3' | 'adobe', Columns> = {
  srgb: [
    [28578 / 65536, 14581 / 65536, 912 / 65536],
    [25241 / 65536, 46981 / 65536, 6362 / 65536],
    [9375 / 65536, 3972 / 65536, 46799 / 65536],
  ],
  p3: [
    [0.51512, 0.2412, -0.00105],
    [0.29198, 0.69225, 0.04189],
    [0.1571, 0.06657, 0.78407],
  ],
  adobe: [
    [0.60974, 0.31111, 0.01947],
    [0.20528, 0.62567, 0.06087],
    [0.14919, 0.06322, 0.74457],
  ],
};

export const SRGB_CURVE = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];
export const srgbToLight = (x: number) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
export const srgbTable = (n: number) =>
  curv(...Array.from({ length: n }, (_, i) => Math.round(65535 * srgbToLight(i / (n - 1)))));

/** One curve, or three. */
export function rgbProfile(columns: Columns, curves: Buffer | Buffer[], parts: Partial<ProfileParts> = {}) {
  const [r, g, b] = Array.isArray(curves) ? curves : [curves, curves, curves];
  const [rXYZ, gXYZ, bXYZ] = columns.map((c) => xyz(...c));
  const tags = { rXYZ, gXYZ, bXYZ, rTRC: r, gTRC: g, bTRC: b, wtpt: xyz(0.9642, 1, 0.8249), ...parts.tags };
  return profile({ ...parts, tags });
}

export const greyProfile = (kTRC: Buffer, parts: Partial<ProfileParts> = {}) =>
  profile({ space: 'GRAY', ...parts, tags: { kTRC, wtpt: xyz(0.9642, 1, 0.8249), ...parts.tags } });

export const P3 = rgbProfile(COLORANTS.p3, para(3, ...SRGB_CURVE));
export const ADOBE = rgbProfile(COLORANTS.adobe, gamma(2.19921875), { version: 2 });
export const GREY = greyProfile(gamma(1.8));
/** Tables: lut16Type (mft2), three in and out, the identity into XYZ. */
export const TABLES = rgbProfile(COLORANTS.p3, gamma(2.2), {
  kind: 'prtr',
  tags: {
    A2B0: typed(
      'mft2',
      Buffer.from([3, 3, 2, 0]),
      fixed([1, 0, 0, 0, 1, 0, 0, 0, 1]),
      numbers(2, [2, 2]),
      numbers(2, [0, 65535, 0, 65535, 0, 65535]),
      numbers(
        2,
        Array.from({ length: 8 }, (_, i) => [(i >> 2) & 1, (i >> 1) & 1, i & 1])
          .flat()
          .map((v) => v * 30000),
      ),
      numbers(2, [0, 65535, 0, 65535, 0, 65535]),
    ),
  },
});

/** The file with the profile in APP2 segments of at most `piece` bytes (ICC.1:2022, annex B). */
export function jpegWith(jpeg: Uint8Array, icc: Uint8Array, piece = 65519): Buffer {
  const count = Math.ceil(icc.length / piece);
  const segments = Array.from({ length: count }, (_, i) => {
    const part = icc.subarray(i * piece, (i + 1) * piece);
    return Buffer.concat([
      Buffer.from([0xff, 0xe2]),
      numbers(2, [part.length + 16]),
      latin1('ICC_PROFILE\0'),
      Buffer.from([i + 1, count]),
      part,
    ]);
  });
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}

/** The file with the profile behind its header. */
export function pngWith(png: Uint8Array, icc: Uint8Array): Buffer {
  const body = Buffer.concat([latin1('iCCP'), iccp(icc)]);
  return Buffer.concat([
    png.subarray(0, 33),
    numbers(4, [body.length - 4]),
    body,
    numbers(4, [crc32(body)]),
    png.subarray(33),
  ]);
}

/** What an iCCP chunk holds. */
const iccp = (icc: Uint8Array) => Buffer.concat([latin1('profile\0\0'), deflateSync(icc)]);
