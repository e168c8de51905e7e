// Which way a picture runs at a place: the structure tensor (Bigun & Granlund 1987), and on which side
// the centre of curvature lies.
//
//   J = sum w g g^T,  g = gradient of the brightness: its first eigenvector is the normal of the edges and
//   lines there, modulo 180 degrees; coherence = (l1 - l2) / (l1 + l2).
//   V = sum w |g|^2 k n,  n = g / |g|,  k = div n (curvature of the isophote): n turned round with the
//   contrast turns k round too, so that k n always points from the centre of curvature to the edge.
//
// Angles as in METHODS 5.1: from the centre of curvature to the apex, y down, clockwise, 0 is `)`.
import type { CoreMath } from '../core/math.js';

export interface LocalStructure {
  /** Normal of edges and lines, with the side of the apex; degrees in [0, 360). */
  directionDeg: number;
  /** 0: no orientation, 1: one only. */
  coherence: number;
  /** |V along the normal| / sum w |g|^2: mean signed curvature, 1/pixel; near 0 where lines are straight. */
  curvature: number;
}

/** Smoothing before derivatives, pixels: pixel noise and JPEG blocks have no orientation. */
const SCALE = 1.5;

/** Derivatives of one picture. */
export class PictureStructure {
  readonly size: number;
  #gx: Float64Array;
  #gy: Float64Array;
  /** |g|^2 k n */
  #vx: Float64Array;
  #vy: Float64Array;
  #math: CoreMath;

  /** `rgb` [size][size][3], 0..255, as the network gets it. */
  constructor(math: CoreMath, rgb: Float32Array, size: number) {
    this.size = size;
    this.#math = math;
    const grey = new Float64Array(size * size);
    // Rec. 601 luma.
    for (let i = 0; i < grey.length; i++)
      grey[i] = 0.299 * rgb[3 * i] + 0.587 * rgb[3 * i + 1] + 0.114 * rgb[3 * i + 2];
    const smooth = blurred(grey, size, gaussian(math, SCALE));
    this.#gx = derivative(smooth, size, 1, 0);
    this.#gy = derivative(smooth, size, 0, 1);
    const [gxx, gxy, gyy] = [
      derivative(this.#gx, size, 1, 0),
      derivative(this.#gx, size, 0, 1),
      derivative(this.#gy, size, 0, 1),
    ];
    this.#vx = new Float64Array(grey.length);
    this.#vy = new Float64Array(grey.length);
    for (let i = 0; i < grey.length; i++) {
      const [x, y] = [this.#gx[i], this.#gy[i]];
      const square = x * x + y * y;
      if (!(square > 0)) continue;
      const turn = (gxx[i] * y * y - 2 * gxy[i] * x * y + gyy[i] * x * x) / square;
      this.#vx[i] = turn * x;
      this.#vy[i] = turn * y;
    }
  }

  /** Within a Gaussian window of `sigma` pixels around (x, y), cut at the picture's edge; undefined where all is flat. */
  at(x: number, y: number, sigma: number): LocalStructure | undefined {
    const { size } = this;
    const reach = Math.ceil(2.5 * sigma);
    let [jxx, jxy, jyy, vx, vy] = [0, 0, 0, 0, 0];
    const weight = gaussianTable(this.#math, sigma, reach);
    for (let r = Math.max(1, y - reach); r <= Math.min(size - 2, y + reach); r++)
      for (let c = Math.max(1, x - reach); c <= Math.min(size - 2, x + reach); c++) {
        const w = weight[Math.abs(r - y)] * weight[Math.abs(c - x)];
        const i = r * size + c;
        jxx += w * this.#gx[i] * this.#gx[i];
        jxy += w * this.#gx[i] * this.#gy[i];
        jyy += w * this.#gy[i] * this.#gy[i];
        vx += w * this.#vx[i];
        vy += w * this.#vy[i];
      }
    const trace = jxx + jyy;
    if (!(trace > 0)) return undefined;
    const spread = Math.sqrt((jxx - jyy) * (jxx - jyy) + 4 * jxy * jxy);
    const axis = this.#math.atan2(2 * jxy, jxx - jyy) / 2;
    const along = vx * this.#math.cos(axis) + vy * this.#math.sin(axis);
    const deg = (axis * 180) / Math.PI + (along < 0 ? 180 : 0);
    return {
      directionDeg: deg < 0 ? deg + 360 : deg,
      coherence: spread / trace,
      curvature: Math.abs(along) / trace,
    };
  }
}

/** exp(-i^2 / 2 sigma^2) for i = 0..reach. */
function gaussianTable(math: CoreMath, sigma: number, reach: number): Float64Array {
  return Float64Array.from({ length: reach + 1 }, (_, i) => math.exp((-i * i) / (2 * sigma * sigma)));
}

/** Weights -reach..reach, sum 1. */
function gaussian(math: CoreMath, sigma: number): Float64Array {
  const reach = Math.ceil(3 * sigma);
  const half = gaussianTable(math, sigma, reach);
  const all = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => half[Math.abs(i - reach)]);
  const sum = all.reduce((a, b) => a + b);
  return all.map((v) => v / sum);
}

/** Convolved along both axes; the border pixel is repeated beyond the edge. */
function blurred(image: Float64Array, size: number, kernel: Float64Array): Float64Array {
  const reach = kernel.length >> 1;
  const clamp = (i: number): number => Math.max(0, Math.min(size - 1, i));
  const rows = new Float64Array(image.length);
  const out = new Float64Array(image.length);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let k = -reach; k <= reach; k++)
        rows[y * size + x] += kernel[k + reach] * image[y * size + clamp(x + k)];
  for (let y = 0; y < size; y++)
    for (let k = -reach; k <= reach; k++) {
      const from = clamp(y + k) * size;
      for (let x = 0; x < size; x++) out[y * size + x] += kernel[k + reach] * rows[from + x];
    }
  return out;
}

/** Central differences; 0 on the outermost pixels. */
function derivative(image: Float64Array, size: number, dx: 0 | 1, dy: 0 | 1): Float64Array {
  const out = new Float64Array(image.length);
  const step = dy * size + dx;
  for (let y = 1; y < size - 1; y++)
    for (let x = 1; x < size - 1; x++) {
      const i = y * size + x;
      out[i] = (image[i + step] - image[i - step]) / 2;
    }
  return out;
}
