// A picture as Lucid paints it (METHODS 6): a spectrum of three decorrelated colours, in a core's memory.
//
//   spectrum S [h][W/2+1], scaled by sqrt(w h) / max(f, 1 / max(w, h)), f the frequency in cycles a pixel
//   painted  t = irfft2(scale S) / 4, cropped; W is w made even
//   picture  sigmoid(t M^T) in 0..1
//
// layout: pixels of 4 floats (three colours and nothing), so that a pixel is a vector of the core.
// The inverse real transform is the complex one of the half spectrum, its inner columns twice; its
// gradient is the forward one of the gradient, weighted likewise.
import type { Core } from '../../core/core.js';
import type { Engine } from '../../core/engine.js';
import type { Rng } from '../../core/random.js';
import type { PictureState } from './types.js';

/** Lucid's square root of the colours' covariance over ImageNet, row by row. */
const COLOURS = [0.26, 0.09, 0.02, 0.27, 0, -0.05, 0.27, -0.09, 0.03];
/** The largest norm of a column: of the first. */
const LARGEST = Math.sqrt(0.26 * 0.26 + 2 * 0.27 * 0.27);
const DEVIATION = 0.01;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];
const GREY = 0.5;

export class Canvas {
  readonly size: number;
  readonly #core: Core;
  /** Columns of the transform, and of the half spectrum. */
  readonly #wide: number;
  readonly #half: number;
  /** Values of one part of the spectrum. */
  readonly #values: number;
  readonly #scale: Float32Array;
  readonly #m: {
    parameters: number[];
    moments: number[];
    gradients: number[];
    re: number;
    im: number;
    scratch: number;
    roots: { rows: number; columns: number };
    matrix: number;
    painted: number;
    rgb: number;
    gradient: number;
    affine: number;
    window: number;
  };

  /** `window`: side of what the network sees. */
  constructor(
    engine: Engine,
    size: number,
    readonly window: number,
  ) {
    this.size = size;
    this.#wide = size + (size % 2);
    this.#half = this.#wide / 2 + 1;
    this.#values = 4 * size * this.#half;
    const core = engine.acquire();
    this.#core = core;
    try {
      const n = this.#values;
      const pixels = 4 * size * this.#wide;
      const four = (): number[] => Array.from({ length: 4 }, () => core.alloc32(n));
      const [re, im, ...rest] = four();
      this.#m = {
        parameters: [re, im],
        moments: [...rest, ...four().slice(0, 2)],
        gradients: [core.alloc32(n), core.alloc32(n)],
        ...{ re: core.alloc32(pixels), im: core.alloc32(pixels), scratch: core.alloc32(2 * pixels) },
        roots: { rows: core.put(this.#roots(size)), columns: core.put(this.#roots(this.#wide)) },
        matrix: core.put(Float32Array.from(COLOURS, (v) => v / LARGEST / 4)),
        ...{ painted: core.alloc32(4 * size * size), rgb: core.alloc32(4 * size * size) },
        ...{ gradient: core.alloc32(4 * size * size), affine: core.alloc32(6) },
        window: core.alloc32(4 * window * window),
      };
    } catch (error) {
      core.dispose();
      throw error;
    }
    this.#scale = this.#scales();
  }

  #roots(n: number): Float32Array {
    const { sin, cos } = this.#core.math;
    const angle = (j: number): number => (2 * Math.PI * j) / n;
    return Float32Array.from({ length: 2 * n }, (_, j) => (j < n ? cos(angle(j)) : sin(angle(j - n))));
  }

  /** Of each place of the half spectrum, the division by h W within. */
  #scales(): Float32Array {
    const { size } = this;
    const out = new Float32Array(this.#values);
    for (let y = 0; y < size; y++)
      for (let x = 0; x < this.#half; x++) {
        const fy = (y <= (size - 1) / 2 ? y : y - size) / size;
        const fx = x / size;
        const frequency = Math.max(Math.sqrt(fy * fy + fx * fx), 1 / size);
        const twice = x === 0 || 2 * x === this.#wide ? 1 : 2;
        const value = (twice * size) / frequency / (size * this.#wide);
        out.fill(value, 4 * (y * this.#half + x), 4 * (y * this.#half + x) + 3);
      }
    return out;
  }

  /** A first picture: every part of the spectrum normal with a deviation of 0.01. */
  fresh(rng: Rng): PictureState {
    const { math } = this.#core;
    const part = (): Float32Array =>
      Float32Array.from({ length: this.#values }, (_, i) => (i % 4 === 3 ? 0 : DEVIATION * rng.normal(math)));
    const zeros = (): Float32Array => new Float32Array(this.#values);
    return { step: 0, tensors: [part(), part(), zeros(), zeros(), zeros(), zeros()], rng: rng.state };
  }

  load({ tensors }: PictureState): void {
    for (const [i, ptr] of this.#kept.entries()) this.#core.f32(ptr, this.#values).set(tensors[i]);
  }

  save(step: number, rng: Rng): PictureState {
    const tensors = this.#kept.map((ptr) => this.#core.f32(ptr, this.#values).slice());
    return { step, tensors, rng: rng.state };
  }

  get #kept(): number[] {
    return [...this.#m.parameters, ...this.#m.moments];
  }

  /** Spectrum -> picture. */
  paint(): void {
    const core = this.#core;
    const { size } = this;
    const [wide, half] = [this.#wide, this.#half];
    const { parameters, re, im } = this.#m;
    for (const [i, to] of [re, im].entries()) {
      const from = core.f32(parameters[i], this.#values);
      const out = core.f32(to, 4 * size * wide).fill(0);
      for (let y = 0; y < size; y++)
        for (let x = 0; x < 4 * half; x++)
          out[4 * y * wide + x] = from[4 * y * half + x] * this.#scale[4 * y * half + x];
    }
    this.#transform(1);
    for (let y = 0; y < size; y++)
      core.f32(this.#m.painted + 16 * y * size, 4 * size).set(core.f32(re + 16 * y * wide, 4 * size));
    const { painted: t, matrix, rgb } = this.#m;
    core.kernels.f32_colour({ t, n: size * size, matrix, rgb });
  }

  /** Columns, then rows. */
  #transform(backwards: 0 | 1): void {
    const { f32_fft } = this.#core.kernels;
    const { re, im, scratch, roots } = this.#m;
    const wide = this.#wide;
    f32_fft({ re, im, n: this.size, m: 4 * wide, roots: roots.rows, backwards, scratch });
    for (let y = 0; y < this.size; y++) {
      const at = 16 * y * wide;
      f32_fft({ re: re + at, im: im + at, n: wide, m: 4, roots: roots.columns, backwards, scratch });
    }
  }

  /** What the network sees of the picture through an affine map (f32_window), RGB 0..255, into `out` [window][window][3]. */
  view(affine: readonly number[], out: Float32Array): void {
    const core = this.#core;
    const { rgb: picture, window: seen, affine: map } = this.#m;
    core.f32(map, 6).set(affine);
    const { size, window } = this;
    core.kernels.f32_window({
      picture,
      height: size,
      width: size,
      affine: map,
      size: window,
      grey: GREY,
      out: seen,
    });
    const pixels = core.f32(seen, 4 * window * window);
    for (let p = 0, i = 0; i < out.length; p += 4, i += 3) {
      out[i] = 255 * pixels[p];
      out[i + 1] = 255 * pixels[p + 1];
      out[i + 2] = 255 * pixels[p + 2];
    }
  }

  /** One step of Adam up the gradient by what view() showed last; `step` counts from 1. */
  climb(gradient: Float32Array, step: number, rate: number): void {
    const core = this.#core;
    const { size, window } = this;
    const [wide, half] = [this.#wide, this.#half];
    const {
      window: seen,
      gradient: picture,
      affine,
      rgb,
      matrix,
      re,
      im,
      gradients,
      parameters,
      moments,
    } = this.#m;
    const by = core.f32(seen, 4 * window * window).fill(0);
    for (let p = 0, i = 0; i < gradient.length; p += 4, i += 3) {
      by[p] = 255 * gradient[i];
      by[p + 1] = 255 * gradient[i + 1];
      by[p + 2] = 255 * gradient[i + 2];
    }
    core.f32(picture, 4 * size * size).fill(0);
    core.kernels.f32_window_grad({ g: seen, height: size, width: size, affine, size: window, picture });
    core.kernels.f32_colour_grad({ rgb, n: size * size, matrix, g: picture });
    core.f32(re, 4 * size * wide).fill(0);
    core.f32(im, 4 * size * wide).fill(0);
    for (let y = 0; y < size; y++)
      core.f32(re + 16 * y * wide, 4 * size).set(core.f32(picture + 16 * y * size, 4 * size));
    this.#transform(0);
    for (const [i, from] of [re, im].entries()) {
      const values = core.f32(from, 4 * size * wide);
      const out = core.f32(gradients[i], this.#values);
      for (let y = 0; y < size; y++)
        for (let x = 0; x < 4 * half; x++)
          out[4 * y * half + x] = values[4 * y * wide + x] * this.#scale[4 * y * half + x];
    }
    const { pow } = core.math;
    const adam = {
      ...{ n: this.#values, scale: -1, b1: BETA1, b2: BETA2, eps: EPSILON },
      rate: rate / (1 - pow(BETA1, step)),
      correction: 1 / Math.sqrt(1 - pow(BETA2, step)),
    };
    for (const i of [0, 1])
      core.kernels.f32_adam({
        ...adam,
        p: parameters[i],
        m: moments[2 * i],
        v: moments[2 * i + 1],
        g: gradients[i],
      });
  }

  /** The picture, RGB 8 bit. */
  pixels(): Uint8Array {
    const { size } = this;
    const rgb = this.#core.f32(this.#m.rgb, 4 * size * size);
    const out = new Uint8Array(3 * size * size);
    for (let p = 0, i = 0; i < out.length; p += 4, i += 3)
      for (let c = 0; c < 3; c++) out[i + c] = Math.floor(255 * rgb[p + c] + 0.5);
    return out;
  }

  dispose(): void {
    this.#core.dispose();
  }
}
