// Labelled pictures without data: shapes and textures of 27 classes in colours, sizes, places and noise that tell nothing of
// the class. What a network has to learn to tell them apart: curves by their orientation, lines, corners, closed outlines,
// textures, colours. A function of (seed, index, size) only: integer random numbers, the core's sines, IEEE arithmetic.
import type { CoreMath } from '../core/math.js';
import { Rng } from '../core/random.js';
import { type Drawing, draw, hueColour, type Pattern, type Rgb } from './drawings.js';
import type { RgbImage } from './types.js';

/** Part of a training run's identity: raise it whenever any pixel or class changes. */
export const SHAPES_VERSION = 1;

const ARC_STEP = 30;
const LINE_STEP = 45;
/** Orientations of arcs and lines stay within this share of half a step from that of their class. */
const JITTER = 0.8;

const degrees = (step: number, turn: number): number[] =>
  Array.from({ length: turn / step }, (_, i) => i * step);
const OTHERS = ['angle', 'ring', 'disc', 'cross'] as const;
const TEXTURES = ['grating', 'plaid', 'dots', 'noise-fine', 'noise-coarse'] as const;
const COLOURS = ['warm', 'cool'] as const;

type ShapeClass =
  | { kind: 'arc' | 'line'; orientationDeg: number }
  | { kind: (typeof OTHERS)[number] | (typeof TEXTURES)[number] | (typeof COLOURS)[number] };

const CLASSES: readonly (ShapeClass & { name: string })[] = [
  ...degrees(ARC_STEP, 360).map((orientationDeg) => ({
    ...{ name: `arc-${orientationDeg}`, kind: 'arc' as const, orientationDeg },
  })),
  ...degrees(LINE_STEP, 180).map((orientationDeg) => ({
    ...{ name: `line-${orientationDeg}`, kind: 'line' as const, orientationDeg },
  })),
  ...[...OTHERS, ...TEXTURES, ...COLOURS].map((kind) => ({ name: kind, kind })),
];

/** Names of the classes, in their order. An arc is named after the direction from its centre to its apex (stimuli.ts). */
export const SHAPE_CLASSES: readonly string[] = CLASSES.map(({ name }) => name);

/** How much ink a shape leaves at a point: 0 outside, 1 inside, one pixel between. */
type Ink = (x: number, y: number) => number;

const inkOf =
  (distance: (x: number, y: number) => number): Ink =>
  (x, y) =>
    Math.min(1, Math.max(0, 0.5 - distance(x, y)));

/** What one picture is drawn with. */
interface Hand {
  math: CoreMath;
  rng: Rng;
  size: number;
}

/** Picture `index` of `seed`, and the index of its class. */
export function shapeImage(
  math: CoreMath,
  seed: number,
  index: number,
  size: number,
): { image: RgbImage; class: number } {
  const rng = new Rng(seed, index);
  const label = rng.below(CLASSES.length);
  const hand = { math, rng, size };
  const canvas = painted(hand, CLASSES[label]);
  return { image: { width: size, height: size, data: quantised(canvas, rng) }, class: label };
}

function painted(hand: Hand, what: ShapeClass): Float32Array {
  const { rng, size } = hand;
  if (what.kind === 'noise-fine' || what.kind === 'noise-coarse') return noise(hand, what.kind);
  const texture = textureOf(hand, what);
  if (texture) {
    const [ink, ground] = colours(hand);
    return drawn(hand, { pattern: texture, ink, ground });
  }
  if (what.kind === 'warm' || what.kind === 'cool') return coloured(hand, what.kind);
  const [ink, ground] = colours(hand);
  const canvas = grounded(hand, ground);
  // Straight strokes of any direction among shapes: a line alone says nothing of a curve.
  if (what.kind === 'arc' || what.kind === 'angle' || what.kind === 'ring')
    for (let i = rng.below(3); i > 0; i--) paint(canvas, size, line(hand, 180 * rng.uniform()), ink);
  for (let i = 1 + rng.below(3); i > 0; i--) paint(canvas, size, shape(hand, what), ink);
  return canvas;
}

/** Ink and ground: black on white, grey, or coloured; apart in lightness by a quarter at least. */
function colours({ rng }: Hand): [ink: Rgb, ground: Rgb] {
  const kind = rng.uniform();
  const isDark = rng.uniform() < 0.5;
  if (kind < 0.25)
    return isDark
      ? [
          [0, 0, 0],
          [255, 255, 255],
        ]
      : [
          [255, 255, 255],
          [0, 0, 0],
        ];
  const apart = 64 + 160 * rng.uniform();
  const low = (255 - apart) * rng.uniform();
  const spread = kind < 0.5 ? 0 : 90;
  const tint = (level: number): Rgb => {
    const channel = () => Math.min(255, Math.max(0, level + spread * (rng.uniform() - 0.5)));
    return [channel(), channel(), channel()];
  };
  const [dark, light] = [tint(low), tint(low + apart)];
  return isDark ? [dark, light] : [light, dark];
}

/** A plain ground, or one that grows lighter to one side. */
function grounded({ math, rng, size }: Hand, ground: Rgb): Float32Array {
  const canvas = new Float32Array(3 * size * size);
  const slope = rng.uniform() < 0.5 ? 0 : (50 * rng.uniform()) / size;
  const turn = 2 * Math.PI * rng.uniform();
  const [sx, sy] = [slope * math.cos(turn), slope * math.sin(turn)];
  for (let y = 0, i = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const lift = sx * (x - size / 2) + sy * (y - size / 2);
      for (let c = 0; c < 3; c++) canvas[i++] = ground[c] + lift;
    }
  return canvas;
}

/** Two colours of one half of the circle of hues, one running into the other, and strokes that say nothing. */
function coloured(hand: Hand, kind: 'warm' | 'cool'): Float32Array {
  const { math, rng, size } = hand;
  const middle = kind === 'warm' ? 30 : 210;
  const tone = (): Rgb => {
    const level = 0.4 + 0.6 * rng.uniform();
    const grey = 100 * rng.uniform();
    const [r, g, b] = hueColour(math, middle + 120 * (rng.uniform() - 0.5));
    return [level * (r + grey), level * (g + grey), level * (b + grey)];
  };
  const pattern: Pattern = {
    ...{ kind: 'ramp', orientationDeg: 360 * rng.uniform(), width: size * (0.2 + rng.uniform()), offset: 0 },
  };
  const canvas = drawn(hand, { pattern, ink: tone(), ground: tone() });
  for (let i = rng.below(3); i > 0; i--) paint(canvas, size, line(hand, 180 * rng.uniform()), tone());
  return canvas;
}

const drawn = ({ math, rng, size }: Hand, drawing: Drawing): Float32Array =>
  draw(math, drawing, { size, middle: size * rng.uniform() });

function textureOf({ rng, size }: Hand, { kind }: ShapeClass): Pattern | undefined {
  const unit = size / 96;
  const wave = { orientationDeg: 180 * rng.uniform(), phaseDeg: 360 * rng.uniform() };
  switch (kind) {
    case 'grating':
    case 'plaid':
      return { kind, ...wave, wavelength: unit * (5 + 13 * rng.uniform()) };
    case 'dots':
      return { kind, spacing: unit * (8 + 10 * rng.uniform()), shift: rng.uniform() };
    default:
      return undefined;
  }
}

/** Waves of a noise: enough that no direction stands out. */
const WAVES = 12;

/** A sum of waves of about one length, of every direction. */
function noise(hand: Hand, kind: 'noise-fine' | 'noise-coarse'): Float32Array {
  const { math, rng, size } = hand;
  const [ink, ground] = colours(hand);
  const wavelength = (size / 96) * (kind === 'noise-fine' ? 1 : 3.5) * (4 + 2 * rng.uniform());
  const amount = new Float32Array(size * size);
  for (let i = 0; i < WAVES; i++) {
    const direction = (Math.PI * (i + rng.uniform())) / WAVES;
    const turn = (2 * Math.PI) / (wavelength * (0.8 + 0.45 * rng.uniform()));
    addWave(math, amount, size, turn * math.cos(direction), turn * math.sin(direction), rng.uniform());
  }
  // Two thirds of it stay within ink and ground.
  const scale = 0.5 * Math.sqrt(2 / WAVES);
  const canvas = new Float32Array(3 * size * size);
  for (let i = 0; i < amount.length; i++) {
    const share = Math.min(1, Math.max(0, 0.5 + scale * amount[i]));
    for (let c = 0; c < 3; c++) canvas[3 * i + c] = ground[c] + share * (ink[c] - ground[c]);
  }
  return canvas;
}

/** cos of the phase at each pixel, by the sums of angles: sines are asked for once a row and a column. */
function addWave(
  math: CoreMath,
  to: Float32Array,
  size: number,
  kx: number,
  ky: number,
  turns: number,
): void {
  const columns = Array.from({ length: size }, (_, i) => kx * i + 2 * Math.PI * turns);
  const [cx, sx] = [columns.map(math.cos), columns.map(math.sin)];
  for (let y = 0, i = 0; y < size; y++) {
    const [c, s] = [math.cos(ky * y), math.sin(ky * y)];
    for (let x = 0; x < size; x++) to[i++] += cx[x] * c - sx[x] * s;
  }
}

function shape(hand: Hand, what: ShapeClass): Ink {
  const { rng } = hand;
  const within = (step: number): number => JITTER * step * (rng.uniform() - 0.5);
  switch (what.kind) {
    case 'arc':
      return arc(hand, what.orientationDeg + within(ARC_STEP));
    case 'line':
      return line(hand, what.orientationDeg + within(LINE_STEP));
    case 'angle':
      return angle(hand);
    case 'ring':
    case 'disc':
      return round(hand, what.kind);
    default:
      return cross(hand);
  }
}

/** A place, half the width of a stroke, and the unit vector of an angle. */
function stroke({ math, rng, size }: Hand, deg: number) {
  const a = (deg * Math.PI) / 180;
  return {
    x0: size * (0.2 + 0.6 * rng.uniform()),
    y0: size * (0.2 + 0.6 * rng.uniform()),
    half: ((0.6 + 1.2 * rng.uniform()) * size) / 96,
    nx: math.cos(a),
    ny: math.sin(a),
  };
}

/** Part of a circle about its apex, which lies at the place; the apex is at `deg` from the centre. */
function arc(hand: Hand, deg: number): Ink {
  const { math, rng, size } = hand;
  const { x0, y0, half, nx, ny } = stroke(hand, deg);
  const r = size * (0.12 + 0.48 * rng.uniform());
  // Long arcs where they are small, so that they bend enough to be told from lines: 35 to 90 degrees to each side.
  const share = rng.uniform();
  const opening = math.cos(((35 + 55 * share) * Math.PI) / 180);
  return inkOf((x, y) => {
    const [dx, dy] = [x - x0 + r * nx, y - y0 + r * ny];
    const q = Math.sqrt(dx * dx + dy * dy);
    return Math.max(Math.abs(q - r) - half, opening * q - (dx * nx + dy * ny));
  });
}

/** A segment; `deg` is its normal, as a curve's of no curvature. */
function line(hand: Hand, deg: number): Ink {
  const { x0, y0, half, nx, ny } = stroke(hand, deg);
  const length = hand.size * (0.12 + 0.4 * hand.rng.uniform());
  return inkOf((x, y) => {
    const [dx, dy] = [x - x0, y - y0];
    return Math.max(Math.abs(dx * nx + dy * ny) - half, Math.abs(dx * ny - dy * nx) - length);
  });
}

/** Two segments that meet, 50 to 130 degrees apart. */
function angle(hand: Hand): Ink {
  const { math, rng, size } = hand;
  const { x0, y0, half, nx, ny } = stroke(hand, 360 * rng.uniform());
  const a = ((25 + 40 * rng.uniform()) * Math.PI) / 180;
  const [c, s] = [math.cos(a), math.sin(a)];
  const length = size * (0.2 + 0.3 * rng.uniform());
  return inkOf((x, y) => {
    const u = (x - x0) * nx + (y - y0) * ny;
    const v = Math.abs((x - x0) * ny - (y - y0) * nx);
    const along = u * c + v * s;
    return Math.max(Math.abs(v * c - u * s) - half, along - length, -along - half);
  });
}

function round(hand: Hand, kind: 'ring' | 'disc'): Ink {
  const { rng, size } = hand;
  const { x0, y0, half } = stroke(hand, 0);
  const r = size * (0.08 + 0.22 * rng.uniform());
  return inkOf((x, y) => {
    const q = Math.sqrt((x - x0) * (x - x0) + (y - y0) * (y - y0)) - r;
    return kind === 'disc' ? q : Math.abs(q) - half;
  });
}

/** Two segments at right angles. */
function cross(hand: Hand): Ink {
  const { rng, size } = hand;
  const { x0, y0, half, nx, ny } = stroke(hand, 90 * rng.uniform());
  const length = size * (0.1 + 0.25 * rng.uniform());
  return inkOf((x, y) => {
    const u = Math.abs((x - x0) * nx + (y - y0) * ny);
    const v = Math.abs((x - x0) * ny - (y - y0) * nx);
    return Math.max(Math.min(u, v) - half, Math.max(u, v) - length);
  });
}

function paint(canvas: Float32Array, size: number, ink: Ink, colour: Rgb): void {
  for (let y = 0, i = 0; y < size; y++)
    for (let x = 0; x < size; x++, i += 3) {
      const amount = ink(x, y);
      if (amount === 0) continue;
      for (let c = 0; c < 3; c++) canvas[i + c] += amount * (colour[c] - canvas[i + c]);
    }
}

/** Noise of each pixel, the same in its three colours or not, then 8 bits. */
function quantised(canvas: Float32Array, rng: Rng): Uint8Array {
  const amplitude = 50 * rng.uniform() * rng.uniform();
  const isGrey = rng.uniform() < 0.5;
  const noise = (): number => amplitude * ((rng.u32() >>> 8) / 16777216 - 0.5);
  const out = new Uint8Array(canvas.length);
  for (let i = 0; i < canvas.length; i += 3) {
    const grey = noise();
    for (let c = 0; c < 3; c++) {
      const value = canvas[i + c] + (isGrey ? grey : noise());
      out[i + c] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
  return out;
}
