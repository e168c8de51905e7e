// conv2d0 .. mixed3b_5x5_bottleneck of the embedded network, after the published
// artificial circuit (Cammarata et al., Curve Circuits): Gabor filters -> complex Gabors
// (phase-invariant) -> lines -> lines with cross-orientation inhibition. A line or filter
// is named by the direction of its normal, in degrees modulo 180.
import type { CoreMath } from '../../src/core/math.js';
import type { Rng } from '../../src/core/random.js';

/** Orientations of conv2d0 and conv2d1 (15 degree steps) and of lines (7.5 degree steps). */
export const GABORS = 12;
export const LINES = 24;
const PHASES = 4;
const LINE_GAIN = 0.02;
/** Colour and brightness units of conv2d0; passed on by every layer. */
export const COLOURS = 16;

const RAD = Math.PI / 180;
/** Keeps activations near 10, where both LRNs divide by nearly sqrt(2): their windows treat the ends of the channel list differently, and orientation is a circle. */
const GABOR_GAIN = 0.2;
export const lineNormal = (i: number): number => (180 * i) / LINES;
const gaborNormal = (i: number): number => (180 * i) / GABORS;

/** exp(kappa (cos 2 delta - 1)): 1 at delta = 0, period 180 degrees. */
export function axial(math: CoreMath, deltaDeg: number, kappa: number): number {
  return math.exp(kappa * (math.cos(2 * RAD * deltaDeg) - 1));
}

/** Weights of one convolution, OIHW, built by setting entries. */
export class Kernel {
  readonly weight: Float32Array;
  readonly bias: Float32Array;

  constructor(
    readonly out: number,
    readonly inputs: number,
    readonly size: number,
  ) {
    this.weight = new Float32Array(out * inputs * size * size);
    this.bias = new Float32Array(out);
  }

  set(o: number, i: number, value: number, y = this.size >> 1, x = this.size >> 1): void {
    this.weight[((o * this.inputs + i) * this.size + y) * this.size + x] = value;
  }

  get(o: number, i: number, y = this.size >> 1, x = this.size >> 1): number {
    return this.weight[((o * this.inputs + i) * this.size + y) * this.size + x];
  }
}

/** 7x7: [orientation][phase] Gabors on brightness, then colour blobs and opponent pairs. */
export function conv2d0(math: CoreMath, rng: Rng): Kernel {
  const k = new Kernel(64, 3, 7);
  const wavelength = 6;
  const sigma = 1.9;
  for (let o = 0; o < GABORS; o++)
    for (let p = 0; p < PHASES; p++) {
      const phi = gaborNormal(o) * RAD;
      const patch = new Float64Array(49);
      let sum = 0;
      let envelope = 0;
      const weights = new Float64Array(49);
      for (let y = 0; y < 7; y++)
        for (let x = 0; x < 7; x++) {
          const u = (x - 3) * math.cos(phi) + (y - 3) * math.sin(phi);
          const v = (y - 3) * math.cos(phi) - (x - 3) * math.sin(phi);
          const g = math.exp(-(u * u + 0.6 * v * v) / (2 * sigma * sigma));
          weights[y * 7 + x] = g;
          patch[y * 7 + x] = g * math.cos((2 * Math.PI * u) / wavelength + (p * Math.PI) / 2);
          sum += patch[y * 7 + x];
          envelope += g;
        }
      // No response to flat brightness; L1 norm 1 over the three channels.
      let l1 = 0;
      for (let i = 0; i < 49; i++) {
        patch[i] -= (weights[i] * sum) / envelope;
        l1 += Math.abs(patch[i]);
      }
      for (let c = 0; c < 3; c++)
        for (let i = 0; i < 49; i++)
          k.set(o * PHASES + p, c, (GABOR_GAIN * patch[i]) / l1, Math.floor(i / 7), i % 7);
    }
  for (let u = 0; u < COLOURS; u++) {
    const axis = COLOUR_AXES[u % COLOUR_AXES.length];
    const surround = u >= COLOUR_AXES.length; // second half: colour against its surround
    const width = 1.2 + 0.8 * rng.uniform();
    let centre = 0;
    let wide = 0;
    const g = (x: number, y: number, s: number) =>
      math.exp(-((x - 3) * (x - 3) + (y - 3) * (y - 3)) / (2 * s * s));
    for (let y = 0; y < 7; y++)
      for (let x = 0; x < 7; x++) {
        centre += g(x, y, width);
        wide += g(x, y, 3);
      }
    for (let y = 0; y < 7; y++)
      for (let x = 0; x < 7; x++) {
        const value = g(x, y, width) / centre - (surround ? g(x, y, 3) / wide : 0);
        for (let c = 0; c < 3; c++) k.set(GABORS * PHASES + u, c, 0.1 * axis[c] * value, y, x);
      }
  }
  return k;
}

/** Directions in RGB: brightness, red-green, yellow-blue and their signs, orange, purple. */
const COLOUR_AXES = [
  [0.33, 0.33, 0.33],
  [-0.33, -0.33, -0.33],
  [0.7, -0.7, 0],
  [-0.7, 0.7, 0],
  [0.35, 0.35, -0.7],
  [-0.35, -0.35, 0.7],
  [0.7, 0, -0.7],
  [0.35, -0.7, 0.35],
];

/** 1x1: complex Gabors, even and odd parts, orientation contrast, colours. */
export function conv2d1(): Kernel {
  const k = new Kernel(64, 64, 1);
  for (let o = 0; o < GABORS; o++)
    for (let p = 0; p < PHASES; p++) {
      k.set(o, o * PHASES + p, 1); // all phases: complex
      k.set(GABORS + o, o * PHASES + p, p % 2 ? -0.6 : 1); // lines rather than edges
      k.set(2 * GABORS + o, o * PHASES + p, p % 2 ? 1 : -0.6); // edges rather than lines
      k.set(3 * GABORS + o, o * PHASES + p, 1);
      k.set(3 * GABORS + o, ((o + GABORS / 2) % GABORS) * PHASES + p, -1); // against the orthogonal
    }
  for (let c = 0; c < COLOURS; c++) k.set(4 * GABORS + c, GABORS * PHASES + c, 1);
  return k;
}

/** 3x3: lines tiled from complex Gabors, then the same from even and odd parts, textures and colours. */
export function conv2d2(math: CoreMath): Kernel {
  const k = new Kernel(192, 64, 3);
  const groups = [0, GABORS, 2 * GABORS, 3 * GABORS];
  groups.forEach((source, g) => {
    for (let o = 0; o < LINES; o++) {
      const normal = lineNormal(o);
      for (let y = 0; y < 3; y++)
        for (let x = 0; x < 3; x++) {
          // Distance of this grid point from the line through the middle, in pixels (stride 4).
          const off = 4 * ((x - 1) * math.cos(normal * RAD) + (y - 1) * math.sin(normal * RAD));
          const near = math.exp(-(off * off) / (2 * 2.5 * 2.5));
          for (let i = 0; i < GABORS; i++) {
            const match = axial(math, gaborNormal(i) - normal, 5) - 0.22;
            k.set(g * LINES + o, source + i, LINE_GAIN * near * match, y, x);
          }
        }
    }
  });
  // Textures: orientation energy over the whole window, without a position.
  for (let t = 0; t < 48; t++)
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 3; x++)
        for (let i = 0; i < GABORS; i++)
          k.set(96 + t, (t % 4) * GABORS + i, 0.04 * axial(math, gaborNormal(i) - (180 * t) / 48, 2), y, x);
  // Colours, plain and against their surround.
  for (let c = 0; c < 48; c++) {
    const source = 4 * GABORS + (c % COLOURS);
    const contrast = Math.floor(c / COLOURS);
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 3; x++)
        k.set(
          144 + c,
          source,
          x === 1 && y === 1 ? 0.5 : contrast === 1 ? -0.06 : contrast === 2 ? 0.06 : 0,
          y,
          x,
        );
  }
  return k;
}
