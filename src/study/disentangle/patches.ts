// Natural patches as entities: places of photographs that run one way, and what their pixels say of them
// (images/structure.ts). Nothing is drawn: whether attributes are independent is the photographs' business.
import type { CoreMath } from '../../core/math.js';
import type { Rng } from '../../core/random.js';
import { PictureStructure } from '../../images/structure.js';
import type { Attribute } from './types.js';

export interface PatchPicture {
  /** RGB, [size][size][3]. */
  pixels: Uint8Array;
}

/**
 * orientation: normal of the edges there, modulo 180 degrees. curvature: straight below STRAIGHT, curved above
 * CURVED, places between are left out. polarity: whether it grows lighter along the class's own normal (to the right,
 * down, or between). colour: of the mean.
 */
export const PATCH_ATTRIBUTES = {
  orientation: ['0 deg', '45 deg', '90 deg', '135 deg'],
  curvature: ['straight', 'curved'],
  polarity: ['darkening', 'lightening'],
  colour: ['grey', 'warm', 'cool'],
} as const satisfies Record<string, readonly string[]>;

export const USUAL_PATCH_ATTRIBUTES = ['orientation', 'curvature', 'colour'];

export type PatchAttribute = keyof typeof PATCH_ATTRIBUTES;
export type PatchValues = Record<PatchAttribute, number>;

/** A place and its values. */
export interface Patch extends PatchPicture {
  values: PatchValues;
}

/** Window in which a place is judged, pixels. */
const SIGMA = 5;
/** Below it a place runs no way. */
const COHERENT = 0.6;
/** Of a class's middle, degrees: orientations between two classes are left out. */
const WITHIN = 15;
/** Mean signed curvature, 1/pixel. */
const [STRAIGHT, CURVED] = [0.01, 0.03];
/** Grey levels between the two sides. */
const CLEAR = 12;
/** max - min of the mean's R, G, B: below the first grey, above the second coloured. */
const [GREY, COLOURED] = [12, 24];
/** Pixels between places that are looked at. */
const STEP = 8;

/**
 * At most `most` patches of `size` of a picture [side][side][3] (0..255), which lies whole around them; the place that
 * was judged is the pixel (apex, apex). Drawn among all places that can be told.
 */
export function patchesOf(
  math: CoreMath,
  rgb: Float32Array,
  side: number,
  { size, apex, most }: { size: number; apex: number; most: number },
  rng: Rng,
): Patch[] {
  const structure = new PictureStructure(math, rgb, side);
  const along = Math.floor((side - size) / STEP) + 1;
  const places = rng.shuffle(Int32Array.from({ length: along * along }, (_, i) => i));
  const found: Patch[] = [];
  for (const place of places) {
    if (found.length === most) break;
    const [x, y] = [place % along, Math.floor(place / along)].map((i) => apex + STEP * i);
    const values = valuesAt(math, structure, rgb, side, x, y);
    if (values) found.push({ values, pixels: cut(rgb, side, x - apex, y - apex, size) });
  }
  return found;
}

/** undefined: a place that cannot be told. */
function valuesAt(
  math: CoreMath,
  structure: PictureStructure,
  rgb: Float32Array,
  side: number,
  x: number,
  y: number,
): PatchValues | undefined {
  const local = structure.at(x, y, SIGMA);
  if (!local || local.coherence < COHERENT) return undefined;
  if (local.curvature > STRAIGHT && local.curvature < CURVED) return undefined;
  const axis = local.directionDeg % 180;
  const orientation = Math.round(axis / 45) % 4;
  if (Math.abs(axis - 45 * Math.round(axis / 45)) > WITHIN) return undefined;
  const normal = (orientation * Math.PI) / 4;
  const [nx, ny] = [math.cos(normal), math.sin(normal)];
  const sums = { before: 0, after: 0, r: 0, g: 0, b: 0, n: 0, m: 0 };
  for (let dy = -SIGMA; dy <= SIGMA; dy++)
    for (let dx = -SIGMA; dx <= SIGMA; dx++) {
      const at = 3 * ((y + dy) * side + x + dx);
      const [r, g, b] = [rgb[at], rgb[at + 1], rgb[at + 2]];
      const grey = 0.299 * r + 0.587 * g + 0.114 * b;
      const along = dx * nx + dy * ny;
      if (along < 0) [sums.before, sums.n] = [sums.before + grey, sums.n + 1];
      else if (along > 0) [sums.after, sums.m] = [sums.after + grey, sums.m + 1];
      [sums.r, sums.g, sums.b] = [sums.r + r, sums.g + g, sums.b + b];
    }
  const difference = sums.after / sums.m - sums.before / sums.n;
  if (Math.abs(difference) < CLEAR) return undefined;
  const colour = colourOf(sums, (2 * SIGMA + 1) ** 2);
  if (colour === undefined) return undefined;
  return {
    orientation,
    curvature: Number(local.curvature >= CURVED),
    polarity: Number(difference > 0),
    colour,
  };
}

function colourOf({ r, g, b }: { r: number; g: number; b: number }, n: number): number | undefined {
  const chroma = (Math.max(r, g, b) - Math.min(r, g, b)) / n;
  if (chroma <= GREY) return 0;
  if (chroma < COLOURED || r === b) return undefined;
  return r > b ? 1 : 2;
}

function cut(rgb: Float32Array, side: number, left: number, top: number, size: number): Uint8Array {
  const out = new Uint8Array(3 * size * size);
  for (let y = 0; y < size; y++)
    for (let i = 0; i < 3 * size; i++)
      out[3 * y * size + i] = Math.round(rgb[3 * ((top + y) * side + left) + i]);
  return out;
}

/**
 * `count` of the patches, as evenly over all combinations of values as there are patches: else a mask that moves the
 * commonest value would seem to know something. Rising.
 */
export function balanced(
  patches: readonly Patch[],
  names: readonly PatchAttribute[],
  count: number,
  rng: Rng,
): number[] {
  const cells = new Map<string, number[]>();
  for (const [i, { values }] of patches.entries()) {
    const key = names.map((name) => values[name]).join();
    const cell = cells.get(key);
    if (cell) cell.push(i);
    else cells.set(key, [i]);
  }
  const queues = [...cells.values()].map((cell) => rng.shuffle(Int32Array.from(cell)));
  const chosen: number[] = [];
  for (let turn = 0; chosen.length < Math.min(count, patches.length); turn++)
    for (const queue of queues) if (turn < queue.length && chosen.length < count) chosen.push(queue[turn]);
  return chosen.sort((a, b) => a - b);
}

export function patchAttributes(names: readonly PatchAttribute[], patches: readonly Patch[]): Attribute[] {
  return names.map((name) => ({
    name,
    classes: [...PATCH_ATTRIBUTES[name]],
    labels: Int32Array.from(patches, ({ values }) => values[name]),
  }));
}
