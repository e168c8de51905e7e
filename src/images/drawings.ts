// Drawings in two colours: how much ink there is at each pixel, and what ink and ground look like. What units of a
// network are asked with beside curves: gratings, colours, ramps, textures. A function of its parameters only: the
// core's sines, integer random numbers.
import type { CoreMath } from '../core/math.js';
import { Rng } from '../core/random.js';
import { drawStimulus, type Stimulus } from './stimuli.js';

/** 0..255 each. */
export type Rgb = readonly [r: number, g: number, b: number];

export const BLACK: Rgb = [0, 0, 0];
export const WHITE: Rgb = [255, 255, 255];

/** Lengths in pixels from the point that is looked at; angles as in stimuli.ts. */
export type Pattern =
  /** Lines, arcs, angles, edges; moved by `offset` along their normal. */
  | { kind: 'stimulus'; stimulus: Stimulus; lineWidth: number; offset: number }
  /** Ink everywhere. */
  | { kind: 'plain' }
  /** From ink on the inner side to ground on the outer one, over `width`. */
  | { kind: 'ramp'; orientationDeg: number; width: number; offset: number }
  /** Sine: most ink where the phase is 0, `phaseDeg` at the middle. */
  | { kind: 'grating'; orientationDeg: number; wavelength: number; phaseDeg: number }
  /** Two gratings at right angles, added. */
  | { kind: 'plaid'; orientationDeg: number; wavelength: number; phaseDeg: number }
  /** Dots on a square grid; the middle is `shift` spacings from the next one. */
  | { kind: 'dots'; spacing: number; shift: number }
  /** Random waves of one length, of every direction, or of directions within `spreadDeg` of one. */
  | { kind: 'noise'; wavelength: number; seed: number; orientationDeg: number; spreadDeg: number }
  /** Fine noise on the inner side, coarse noise on the outer one. */
  | { kind: 'split'; orientationDeg: number; fine: number; coarse: number; seed: number };

export interface Drawing {
  pattern: Pattern;
  ink: Rgb;
  ground: Rgb;
}

/** Side of the picture in pixels, and the pixel (x = y) that is looked at. */
export interface DrawingGeometry {
  size: number;
  middle: number;
}

/** RGB, 0..255, [size][size][3]. */
export function draw(math: CoreMath, { pattern, ink, ground }: Drawing, at: DrawingGeometry): Float32Array {
  const amount = inkOf(math, pattern, at);
  const out = new Float32Array(3 * amount.length);
  for (let i = 0; i < amount.length; i++)
    for (let c = 0; c < 3; c++) out[3 * i + c] = ground[c] + amount[i] * (ink[c] - ground[c]);
  return out;
}

/** Ink at each pixel, 0..1, [size][size]. */
function inkOf(math: CoreMath, pattern: Pattern, at: DrawingGeometry): Float32Array {
  const { size, middle } = at;
  switch (pattern.kind) {
    case 'plain':
      return new Float32Array(size * size).fill(1);
    case 'stimulus': {
      const { stimulus, lineWidth, offset } = pattern;
      const { x, y } = direction(math, stimulus.orientationDeg);
      const geometry = { size, lineWidth, apexX: middle + offset * x, apexY: middle + offset * y };
      return drawStimulus(math, stimulus, geometry).map((grey) => 1 - grey / 255);
    }
    case 'ramp': {
      const { x: nx, y: ny } = direction(math, pattern.orientationDeg);
      return each(at, (x, y) => 0.5 - (x * nx + y * ny - pattern.offset) / pattern.width);
    }
    case 'grating':
      return shown(wave(math, at, pattern), 0.5);
    case 'plaid': {
      const other = { ...pattern, orientationDeg: pattern.orientationDeg + 90 };
      return shown(sum(wave(math, at, pattern), wave(math, at, other)), 0.25);
    }
    case 'dots': {
      const { spacing, shift } = pattern;
      const near = (v: number) => {
        const t = v / spacing + shift;
        return spacing * Math.abs(t - Math.round(t));
      };
      return each(at, (x, y) => spacing / 4 + 0.5 - Math.sqrt(near(x) * near(x) + near(y) * near(y)));
    }
    case 'noise':
      return shown(noise(math, at, pattern), CONTRAST);
    case 'split': {
      const { orientationDeg, fine, coarse, seed } = pattern;
      const { x: nx, y: ny } = direction(math, orientationDeg);
      const every = { orientationDeg: 0, spreadDeg: 90 };
      const [inner, outer] = [
        noise(math, at, { wavelength: fine, seed, ...every }),
        noise(math, at, { wavelength: coarse, seed: seed + 1, ...every }),
      ];
      return each(at, (x, y, i) => 0.5 + CONTRAST * (x * nx + y * ny < 0 ? inner : outer)[i]);
    }
  }
}

/** What a noise of variance 1 is multiplied by: two thirds of it stay within black and white. */
const CONTRAST = 0.5;
/** Waves of a noise. */
const WAVES = 24;

/** A random sum of waves, of variance 1. */
function noise(
  math: CoreMath,
  at: DrawingGeometry,
  { wavelength, seed, orientationDeg, spreadDeg }: Omit<Extract<Pattern, { kind: 'noise' }>, 'kind'>,
): Float32Array {
  const rng = new Rng(seed, 31);
  let all = new Float32Array(at.size * at.size);
  for (let i = 0; i < WAVES; i++) {
    const turn = spreadDeg * ((2 * (i + rng.uniform())) / WAVES - 1);
    // A third of an octave on both sides.
    const length = wavelength * (0.8 + 0.45 * rng.uniform());
    const phaseDeg = 360 * rng.uniform();
    all = sum(all, wave(math, at, { orientationDeg: orientationDeg + turn, wavelength: length, phaseDeg }));
  }
  const scale = Math.sqrt(2 / WAVES);
  return all.map((v) => v * scale);
}

/** cos of the phase at each pixel. By the sums of angles, so that sines are asked for once a row and a column. */
function wave(
  math: CoreMath,
  { size, middle }: DrawingGeometry,
  w: { orientationDeg: number; wavelength: number; phaseDeg: number },
): Float32Array {
  const { x: nx, y: ny } = direction(math, w.orientationDeg);
  const turn = (2 * Math.PI) / w.wavelength;
  const phase = (w.phaseDeg * Math.PI) / 180;
  const columns = Array.from({ length: size }, (_, i) => turn * nx * (i - middle) + phase);
  const rows = Array.from({ length: size }, (_, i) => turn * ny * (i - middle));
  const [cx, sx] = [columns.map(math.cos), columns.map(math.sin)];
  const [cy, sy] = [rows.map(math.cos), rows.map(math.sin)];
  const out = new Float32Array(size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) out[y * size + x] = cx[x] * cy[y] - sx[x] * sy[y];
  return out;
}

// A loop: what `from` makes of a picture goes through an iterator, at twenty times the time.
function sum(a: Float32Array, b: Float32Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = a[i] + b[i];
  return out;
}

/** Waves as ink: half of it everywhere, and `contrast` of the wave. */
const shown = (values: Float32Array, contrast: number): Float32Array =>
  values.map((v) => clamped(0.5 + contrast * v));

/** `ink` at each pixel, x and y from the middle. */
function each(
  { size, middle }: DrawingGeometry,
  ink: (x: number, y: number, i: number) => number,
): Float32Array {
  const out = new Float32Array(size * size);
  for (let y = 0, i = 0; y < size; y++)
    for (let x = 0; x < size; x++, i++) out[i] = clamped(ink(x - middle, y - middle, i));
  return out;
}

const clamped = (v: number): number => Math.min(1, Math.max(0, v));

function direction(math: CoreMath, deg: number): { x: number; y: number } {
  const a = (deg * Math.PI) / 180;
  return { x: math.cos(a), y: math.sin(a) };
}

/**
 * The colour of a hue, as light as every other and as its opposite (r + g + b is the same): 127.5 (1 + cos(hue - 0, 120, 240)).
 * 0 is red against cyan. Two opposite ones differ by .71 of what black and white do.
 */
export function hueColour(math: CoreMath, hueDeg: number): Rgb {
  const channel = (at: number) => 127.5 * (1 + math.cos(((hueDeg - at) * Math.PI) / 180));
  return [channel(0), channel(120), channel(240)];
}
