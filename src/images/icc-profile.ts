// ICC profiles (ICC.1:2022; versions 2 and 4) that are three curves and a matrix, or one curve of
// grey: what cameras, phones and screens write. Values are read where they are used and bounds
// checked before, so that no claim of a file costs memory.

/** Device value -> linear light; both 0 to 1, though not clipped. */
export type Curve = (value: number) => number;

export interface ShaperProfile {
  /** Three, of red, green and blue; of grey the same one thrice. */
  curves: Curve[];
  /** [3][3], rows X, Y, Z: the colorants relative to D50. Undefined for grey. */
  colorants?: number[][];
}

/** Curves longer than there are 16-bit values say nothing more. */
const MAX_ENTRIES = 65536;
const HEADER = 128;
const ENTRY = 12;

interface Tags {
  view: DataView;
  /** Where the data of a tag begin and how long they are; both within the file. */
  at: Map<string, { offset: number; length: number }>;
}

/**
 * 'tables': a profile for such pictures that is more than curves and a matrix. undefined: damaged,
 * or of another kind of picture (`grey` says which this one is); such profiles count as none.
 */
export function readProfile(bytes: Uint8Array, grey: boolean): ShaperProfile | 'tables' | undefined {
  if (bytes.length < HEADER + 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (signature(view, 36) !== 'acsp') return undefined;
  // Between devices, between profile spaces, palettes: none says what a picture's numbers are.
  if (['link', 'abst', 'nmcl'].includes(signature(view, 12))) return undefined;
  if (signature(view, 16) !== (grey ? 'GRAY' : 'RGB ')) return undefined;
  const tags = tagsOf(view);
  // Where there are tables they are what counts, whatever curves stand beside them.
  if (tags.at.has('A2B0') || tags.at.has('D2B0')) return 'tables';
  const space = signature(view, 20);
  if (grey) {
    const curve = curveOf(tags, 'kTRC');
    if (!curve || (space !== 'XYZ ' && space !== 'Lab ')) return undefined;
    const light: Curve = space === 'XYZ ' ? curve : (x) => lightOf(curve(x));
    return { curves: [light, light, light] };
  }
  if (space !== 'XYZ ') return undefined;
  const curves = ['rTRC', 'gTRC', 'bTRC'].map((name) => curveOf(tags, name));
  const columns = ['rXYZ', 'gXYZ', 'bXYZ'].map((name) => xyzOf(tags, name));
  if (!curves.every((c) => c !== undefined) || !columns.every((c) => c !== undefined)) return undefined;
  return { curves, colorants: [0, 1, 2].map((row) => columns.map((column) => column[row])) };
}

const signature = (view: DataView, at: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));

/** Y of the lightness L* / 100 (ISO/CIE 11664-4). */
const lightOf = (lightness: number): number =>
  lightness > 0.08 ? power((100 * lightness + 16) / 116, 3) : (lightness * 2700) / 24389;

/** s15Fixed16Number. */
const fixed = (view: DataView, at: number): number => view.getInt32(at) / 65536;

/** Tags that reach beyond the file are left out. */
function tagsOf(view: DataView): Tags {
  const at: Tags['at'] = new Map();
  const count = Math.min(view.getUint32(HEADER), Math.floor((view.byteLength - HEADER - 4) / ENTRY));
  for (let i = 0; i < count; i++) {
    const entry = HEADER + 4 + i * ENTRY;
    const [offset, length] = [view.getUint32(entry + 4), view.getUint32(entry + 8)];
    if (length >= 8 && offset + length <= view.byteLength) at.set(signature(view, entry), { offset, length });
  }
  return { view, at };
}

/** XYZType, its first number. */
function xyzOf({ view, at }: Tags, name: string): number[] | undefined {
  const tag = at.get(name);
  if (!tag || tag.length < 20 || signature(view, tag.offset) !== 'XYZ ') return undefined;
  return [8, 12, 16].map((i) => fixed(view, tag.offset + i));
}

function curveOf({ view, at }: Tags, name: string): Curve | undefined {
  const tag = at.get(name);
  if (!tag || tag.length < 12) return undefined;
  const type = signature(view, tag.offset);
  if (type === 'curv') return sampledCurve(view, tag.offset, tag.length);
  return type === 'para' ? parametricCurve(view, tag.offset, tag.length) : undefined;
}

/** curveType: identity, an exponent (u8Fixed8Number), or 16-bit values between which is a line. */
function sampledCurve(view: DataView, offset: number, length: number): Curve | undefined {
  const count = view.getUint32(offset + 8);
  if (count > MAX_ENTRIES || 12 + 2 * count > length) return undefined;
  if (count === 0) return (x) => x;
  const entry = (i: number): number => view.getUint16(offset + 12 + 2 * i);
  if (count === 1) return (x) => power(x, entry(0) / 256);
  return (x) => {
    const place = x * (count - 1);
    const i = Math.min(Math.floor(place), count - 2);
    return (entry(i) + (place - i) * (entry(i + 1) - entry(i))) / 65535;
  };
}

/** Numbers that parametricCurveType's functions 0 to 4 take. */
const PARAMETERS = [1, 3, 4, 5, 7];

function parametricCurve(view: DataView, offset: number, length: number): Curve | undefined {
  const kind = view.getUint16(offset + 8);
  const n = PARAMETERS[kind];
  if (n === undefined || 12 + 4 * n > length) return undefined;
  const [g, a, b, c, d, e, f] = Array.from({ length: n }, (_, i) => fixed(view, offset + 12 + 4 * i));
  if (kind === 0) return (x) => power(x, g);
  const raised: Curve = (x) => power(a * x + b, g);
  if (kind === 1) return (x) => (a * x + b >= 0 ? raised(x) : 0);
  if (kind === 2) return (x) => (a * x + b >= 0 ? raised(x) + c : c);
  if (kind === 3) return (x) => (x >= d ? raised(x) : c * x);
  return (x) => (x >= d ? raised(x) + e : c * x + f);
}

/**
 * x^y with the same bits on every engine, which Math.pow has not: only products and square
 * roots, both exact in IEEE 754. y = whole + sum of 2^-k, and x^(2^-k) is the k-th root of a
 * root; the exponents of profiles end after 16 bits. 0 for x <= 0.
 */
export function power(x: number, y: number): number {
  if (!(x > 0)) return 0;
  if (y < 0) return 1 / power(x, -y);
  let result = 1;
  let whole = Math.floor(y);
  for (let square = x; whole > 0; whole = Math.floor(whole / 2), square *= square)
    if (whole % 2) result *= square;
  let rest = y - Math.floor(y);
  for (let root = Math.sqrt(x); rest > 0; root = Math.sqrt(root)) {
    rest *= 2;
    if (rest >= 1) {
      result *= root;
      rest -= 1;
    }
  }
  return result;
}
