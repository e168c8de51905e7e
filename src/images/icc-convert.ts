// Colours of a profile -> sRGB (IEC 61966-2-1), by the same arithmetic in every runtime: what a
// camera's or a screen's profile says through curves and a matrix, relative colorimetric, without
// black point compensation. Colours that sRGB lacks are clipped, channel by channel.
import { type Curve, power, readProfile, type ShaperProfile } from './icc-profile.js';

/** 8 or 16 bit; `channels` 3, or 4 where alpha (left as it is) is the last. In place. */
export type Conversion = (samples: Uint8Array | Uint16Array, channels: number) => void;

/** The colorants of sRGB relative to D50 (Bradford), as sRGB's own profiles have them, times 65536. */
const SRGB_COLORANTS = [
  [28578, 25241, 9375],
  [14581, 46981, 3972],
  [912, 6362, 46799],
].map((row) => row.map((v) => v / 65536));

/** Profiles of sRGB differ by how they round and by how they adapt to D50. */
const SAME_COLORANT = 1e-3;

const srgb: Curve = (x) => (x <= 0.04045 ? x / 12.92 : power((x + 0.055) / 1.055, 2.4));

/**
 * undefined: the numbers are sRGB already: there is no profile, none that counts (readProfile),
 * or one of sRGB. 'tables': not done here.
 */
export function conversionToSrgb(
  icc: Uint8Array | undefined,
  picture: { grey: boolean; depth: 8 | 16 },
): Conversion | 'tables' | undefined {
  const profile = icc && readProfile(icc, picture.grey);
  if (!profile || profile === 'tables') return profile;
  return isSrgb(profile) ? undefined : conversion(profile, picture.depth);
}

/** Every curve within one level of 255 of sRGB's. */
function isSrgb({ curves, colorants }: ShaperProfile): boolean {
  const near = (value: number, wanted: number) => Math.abs(value - wanted) <= SAME_COLORANT;
  if (colorants && !colorants.every((row, i) => row.every((v, j) => near(v, SRGB_COLORANTS[i][j]))))
    return false;
  return curves.every((curve) => {
    for (let v = 0; v < 256; v++) {
      const light = curve(v / 255);
      if (!(light >= srgb((v - 1) / 255) && light <= srgb((v + 1) / 255))) return false;
    }
    return true;
  });
}

function conversion({ curves, colorants }: ShaperProfile, depth: 8 | 16): Conversion {
  const [red, green, blue] = curves.map((curve) => linearised(curve, depth));
  const encoded = encoding(depth);
  const top = encoded.length - 1;
  const matrix = colorants ? product(inverse(SRGB_COLORANTS), colorants) : [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const [a, b, c, d, e, f, g, h, i] = matrix.map((v) => v * top);
  const place = (light: number): number => (light > 0 ? (light < top ? Math.floor(light + 0.5) : top) : 0);
  return (samples, channels) => {
    for (let at = 0; at + 2 < samples.length; at += channels) {
      const r = red[samples[at]];
      const s = green[samples[at + 1]];
      const t = blue[samples[at + 2]];
      samples[at] = encoded[place(a * r + b * s + c * t)];
      samples[at + 1] = encoded[place(d * r + e * s + f * t)];
      samples[at + 2] = encoded[place(g * r + h * s + i * t)];
    }
  };
}

/** A curve at every value that a sample can have, clipped to 0 to 1; NaN is 0. */
function linearised(curve: Curve, depth: 8 | 16): Float64Array {
  const max = depth === 16 ? 65535 : 255;
  return Float64Array.from({ length: max + 1 }, (_, v) => {
    const light = curve(v / max);
    return light > 0 ? Math.min(light, 1) : 0;
  });
}

const encodings = new Map<8 | 16, Uint8Array | Uint16Array>();

/**
 * sRGB's numbers of linear light 0 to 1 in equal steps, so fine that where the curve is steepest
 * (12.92) a step is a twentieth of a level at 8 bit and three levels at 16, of which the upper
 * 8 bits are kept. Made from the other direction, level by level: one power each.
 */
function encoding(depth: 8 | 16): Uint8Array | Uint16Array {
  const known = encodings.get(depth);
  if (known) return known;
  const [max, table] =
    depth === 16 ? [65535, new Uint16Array(1 << 18)] : ([255, new Uint8Array(1 << 16)] as const);
  for (let level = 0, from = 0; level <= max; level++) {
    const to = level < max ? Math.ceil(srgb((level + 0.5) / max) * (table.length - 1)) : table.length;
    table.fill(level, from, to);
    from = to;
  }
  encodings.set(depth, table);
  return table;
}

/** Row by row in one list. */
const product = (a: number[][], b: number[][]): number[] =>
  a.flatMap((row) => [0, 1, 2].map((j) => row[0] * b[0][j] + row[1] * b[1][j] + row[2] * b[2][j]));

/** By cofactors. */
function inverse(m: number[][]): number[][] {
  const minor = (i: number, j: number): number => {
    const [p, q, r, s] = [(i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3];
    return m[p][r] * m[q][s] - m[p][s] * m[q][r];
  };
  const determinant = m[0][0] * minor(0, 0) + m[0][1] * minor(0, 1) + m[0][2] * minor(0, 2);
  return [0, 1, 2].map((i) => [0, 1, 2].map((j) => minor(j, i) / determinant));
}
