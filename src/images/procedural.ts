// Pictures without data: "dead leaves" (Lee, Mumford & Huang 2001): opaque shapes of
// power-law sizes that hide one another, which gives edges, corners and occlusions the
// statistics of photographs. Here with curved and straight outlines, thin strokes,
// gratings, gradients and colour. A function of (seed, index, size) only: integer random
// numbers, IEEE arithmetic and a sine table from the core.
import type { CoreMath } from '../core/math.js';
import { Rng } from '../core/random.js';
import type { RgbImage } from './types.js';

/** Part of an image set's identity: raise it whenever any pixel changes. */
export const PROCEDURAL_VERSION = 1;

const TABLE = 4096;
const tables = new WeakMap<CoreMath, Float64Array>();

/** sin of a phase in turns, linear between table entries. */
function sineOf(math: CoreMath): (turns: number) => number {
  let table = tables.get(math);
  if (!table) {
    table = Float64Array.from({ length: TABLE + 1 }, (_, i) => math.sin((2 * Math.PI * i) / TABLE));
    tables.set(math, table);
  }
  const sine = table;
  return (turns) => {
    const at = (turns - Math.floor(turns)) * TABLE;
    const i = Math.floor(at);
    return sine[i] + (at - i) * (sine[i + 1] - sine[i]);
  };
}

/** Signed distance to an outline in pixels, negative inside, and the box that holds the shape. */
interface Shape {
  distance(x: number, y: number): number;
  reach: number; // no pixel farther than this from (x, y) is touched
  x: number;
  y: number;
}

/** Picture `index` of the set `seed`, size x size. */
export function proceduralImage(math: CoreMath, seed: number, index: number, size: number): RgbImage {
  const rng = new Rng(seed, index);
  const sine = sineOf(math);
  const canvas = new Float32Array(size * size * 3);
  const background = palette(rng);
  paint(
    canvas,
    size,
    { distance: () => -1, reach: 2 * size, x: size / 2, y: size / 2 },
    fill(rng, sine, background, size),
  );
  // Some pictures are crowded, some nearly empty.
  const leaves = 12 + Math.floor(90 * rng.uniform() * rng.uniform());
  for (let i = 0; i < leaves; i++)
    paint(canvas, size, leaf(rng, sine, size), fill(rng, sine, palette(rng), size));
  const strokes = Math.floor(14 * rng.uniform());
  for (let i = 0; i < strokes; i++)
    paint(canvas, size, stroke(rng, sine, size), flat(strokeColour(rng, background)));
  return { width: size, height: size, data: quantise(canvas, rng) };
}

type Colour = [number, number, number];

/** Greys and colours, 0..255. */
function palette(rng: Rng): Colour {
  const level = 255 * rng.uniform();
  if (rng.uniform() < 0.45) return [level, level, level];
  const spread = 150 * rng.uniform();
  const channel = () => Math.min(255, Math.max(0, level + spread * (2 * rng.uniform() - 1)));
  return [channel(), channel(), channel()];
}

/** A stroke must be seen: dark on light grounds, light on dark ones. */
function strokeColour(rng: Rng, background: Colour): Colour {
  const light = background[0] + background[1] + background[2] > 382;
  const level = light ? 60 * rng.uniform() : 255 - 60 * rng.uniform();
  return [level, level, level];
}

/** Size with density ~ r^-3 between small and large (inverse transform). */
function leafRadius(rng: Rng, size: number): number {
  const small = 0.03 * size;
  const large = 0.45 * size;
  const u = rng.uniform();
  return 1 / Math.sqrt((1 - u) / (small * small) + u / (large * large));
}

function leaf(rng: Rng, sine: (t: number) => number, size: number): Shape {
  const x = size * (1.2 * rng.uniform() - 0.1);
  const y = size * (1.2 * rng.uniform() - 0.1);
  const r = leafRadius(rng, size);
  const turn = rng.uniform();
  const [c, s] = [sine(turn + 0.25), sine(turn)];
  const kind = rng.below(5);
  const at = (distance: (u: number, v: number) => number, reach: number): Shape => ({
    distance: (px, py) => distance((px - x) * c + (py - y) * s, (py - y) * c - (px - x) * s),
    reach,
    x,
    y,
  });
  if (kind === 0) return at((u, v) => Math.sqrt(u * u + v * v) - r, r + 1);
  if (kind === 1) {
    const squash = 0.35 + 0.6 * rng.uniform();
    return at((u, v) => (Math.sqrt(u * u + (v * v) / (squash * squash)) - r) * squash, r + 2);
  }
  if (kind === 2) {
    const b = r * (0.25 + 0.75 * rng.uniform());
    return at((u, v) => Math.max(Math.abs(u) - r, Math.abs(v) - b), 1.5 * r + 1);
  }
  if (kind === 3) {
    const sides = 3 + rng.below(3);
    const normals = Array.from({ length: sides }, (_, i) => [sine(i / sides + 0.25), sine(i / sides)]);
    return at(
      (u, v) => {
        let d = -1e9;
        for (const [nx, ny] of normals) d = Math.max(d, nx * u + ny * v - 0.6 * r);
        return d;
      },
      2 * r + 1,
    );
  }
  const bite = r * (0.4 + 0.5 * rng.uniform()); // crescent
  return at(
    (u, v) => Math.max(Math.sqrt(u * u + v * v) - r, r - Math.sqrt((u - bite) * (u - bite) + v * v)),
    r + 1,
  );
}

/** Thin arcs, circles and straight lines, 1.5 to 4 pixels wide at 224. */
function stroke(rng: Rng, sine: (t: number) => number, size: number): Shape {
  const x = size * rng.uniform();
  const y = size * rng.uniform();
  const half = ((0.75 + 1.25 * rng.uniform()) * size) / 224;
  const turn = rng.uniform();
  const [c, s] = [sine(turn + 0.25), sine(turn)];
  const along = (px: number, py: number) => (px - x) * c + (py - y) * s;
  const across = (px: number, py: number) => (py - y) * c - (px - x) * s;
  if (rng.uniform() < 0.3) {
    const length = size * (0.08 + 0.3 * rng.uniform());
    return {
      distance: (px, py) => Math.max(Math.abs(across(px, py)) - half, Math.abs(along(px, py)) - length),
      reach: length + 3,
      x,
      y,
    };
  }
  const r = size * (0.06 + 0.3 * rng.uniform());
  const opening = rng.uniform() < 0.2 ? -2 : sine(0.25 - (0.1 + 0.25 * rng.uniform())); // cosine of half the arc
  return {
    distance: (px, py) => {
      const q = Math.sqrt((px - x) * (px - x) + (py - y) * (py - y));
      return Math.max(Math.abs(q - r) - half, opening * q - along(px, py));
    },
    reach: r + 3,
    x,
    y,
  };
}

type Fill = (x: number, y: number, out: Colour) => void;

const flat =
  (colour: Colour): Fill =>
  (_x, _y, out) => {
    out[0] = colour[0];
    out[1] = colour[1];
    out[2] = colour[2];
  };

/** Flat, gradient or grating. */
function fill(rng: Rng, sine: (t: number) => number, colour: Colour, size: number): Fill {
  const kind = rng.uniform();
  if (kind < 0.55) return flat(colour);
  const other = palette(rng);
  const turn = rng.uniform();
  const [c, s] = [sine(turn + 0.25), sine(turn)];
  if (kind < 0.85) {
    const span = 1 / (size * (0.4 + rng.uniform()));
    const offset = rng.uniform();
    return (x, y, out) => {
      const t = Math.min(1, Math.max(0, (x * c + y * s) * span + offset));
      for (let i = 0; i < 3; i++) out[i] = colour[i] + t * (other[i] - colour[i]);
    };
  }
  const frequency = 1 / ((4 + 20 * rng.uniform()) * (size / 224));
  const phase = rng.uniform();
  const contrast = 0.5 * rng.uniform();
  return (x, y, out) => {
    const t = 0.5 + contrast * sine((x * c + y * s) * frequency + phase);
    for (let i = 0; i < 3; i++) out[i] = colour[i] + t * (other[i] - colour[i]);
  };
}

/** Anti-aliased: coverage falls from 1 to 0 over one pixel around the outline. */
function paint(canvas: Float32Array, size: number, shape: Shape, colourAt: Fill): void {
  const x0 = Math.max(0, Math.floor(shape.x - shape.reach));
  const x1 = Math.min(size - 1, Math.ceil(shape.x + shape.reach));
  const y0 = Math.max(0, Math.floor(shape.y - shape.reach));
  const y1 = Math.min(size - 1, Math.ceil(shape.y + shape.reach));
  const colour: Colour = [0, 0, 0];
  for (let y = y0; y <= y1; y++)
    for (let x = x0; x <= x1; x++) {
      const coverage = 0.5 - shape.distance(x, y);
      if (coverage <= 0) continue;
      const alpha = Math.min(1, coverage);
      colourAt(x, y, colour);
      const at = (y * size + x) * 3;
      for (let i = 0; i < 3; i++) canvas[at + i] += alpha * (colour[i] - canvas[at + i]);
    }
}

/** A little sensor noise, then 8 bits. */
function quantise(canvas: Float32Array, rng: Rng): Uint8Array {
  const amplitude = 6 * rng.uniform();
  const out = new Uint8Array(canvas.length);
  for (let i = 0; i < canvas.length; i += 3) {
    const noise = amplitude * ((rng.u32() >>> 8) / 16777216 - 0.5);
    for (let k = 0; k < 3; k++) out[i + k] = Math.min(255, Math.max(0, Math.round(canvas[i + k] + noise)));
  }
  return out;
}
