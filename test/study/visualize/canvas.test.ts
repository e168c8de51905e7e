// The canvas against plain float64: what it paints, and that a step goes up the slope.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, Rng } from '../../../src/index.js';
import { Canvas } from '../../../src/study/visualize/canvas.js';
import { centred, randomAffine, windowOf } from '../../../src/study/visualize/transforms.js';
import { filled } from '../../support/filled.js';
import { relativeError } from '../../support/guarded.js';
import { randomValues } from '../../support/random.js';

const test = suite('visualize/canvas');
const engine = await init({ build: 'simd' });
const scalar = await init({ build: 'scalar' });
const S = [0.26, 0.09, 0.02, 0.27, 0, -0.05, 0.27, -0.09, 0.03];
const NORM = Math.hypot(0.26, 0.27, 0.27);

/** RGB 0..1 [size][size][3] of a spectrum, as METHODS 6 writes it: irfft2 by its sum, Lucid's colours, sigmoid. */
function painted(re: ArrayLike<number>, im: ArrayLike<number>, size: number): Float64Array {
  const wide = size + (size % 2);
  const half = wide / 2 + 1;
  const t = new Float64Array(size * size * 3);
  for (let ky = 0; ky < size; ky++)
    for (let kx = 0; kx < half; kx++) {
      const f = Math.hypot((ky <= (size - 1) / 2 ? ky : ky - size) / size, kx / size);
      const scale = size / Math.max(f, 1 / size);
      const twice = kx === 0 || kx === wide / 2 ? 1 : 2;
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++) {
          const angle = 2 * Math.PI * ((ky * y) / size + (kx * x) / wide);
          for (let c = 0; c < 3; c++) {
            const i = 4 * (ky * half + kx) + c;
            const wave = re[i] * Math.cos(angle) - im[i] * Math.sin(angle);
            t[3 * (y * size + x) + c] += (twice * scale * wave) / (size * wide) / 4;
          }
        }
    }
  return t.map((_, i) => {
    const [p, c] = [i - (i % 3), 3 * (i % 3)];
    const v = (S[c] * t[p] + S[c + 1] * t[p + 1] + S[c + 2] * t[p + 2]) / NORM;
    return 1 / (1 + Math.exp(-v));
  });
}

for (const size of [16, 17, 24])
  test(`${size} pixels: the picture of a spectrum, the same in both builds`, () => {
    const window = windowOf(size);
    const views = [engine, scalar].map((e) => {
      const canvas = new Canvas(e, size, window);
      const state = canvas.fresh(new Rng(size));
      // Larger than a first picture is: colours away from grey.
      for (const part of state.tensors.slice(0, 2))
        part.forEach((v, i) => {
          part[i] = 300 * v;
        });
      canvas.load(state);
      canvas.paint();
      const seen = new Float32Array(3 * window * window);
      canvas.view(centred(size), seen);
      const turned = new Float32Array(seen.length);
      canvas.view(randomAffine(e.math, new Rng(2), size), turned);
      const pixels = canvas.pixels();
      canvas.dispose();
      return { seen, turned, pixels, state };
    });
    assert.equal(views[1].seen, views[0].seen);
    assert.equal(views[1].turned, views[0].turned);
    assert.equal(views[1].pixels, views[0].pixels);
    const [re, im] = views[0].state.tensors;
    const want = painted(re, im, size);
    assert.ok(want.some((v) => v > 0.8) && want.some((v) => v < 0.2), 'colours');
    const before = (window - size) / 2;
    const inside = want.map((_, i) => {
      const p = Math.floor(i / 3);
      const at = (before + Math.floor(p / size)) * window + before + (p % size);
      return views[0].seen[3 * at + (i % 3)] / 255;
    });
    assert.ok(relativeError(inside, want) < 1e-5, `${relativeError(inside, want)}`);
    assert.ok(filled(views[0].pixels).every((v, i) => Math.abs(v - 255 * want[i]) <= 0.501));
    assert.is(views[0].seen[0], 127.5, 'grey around');
  });

test('a step of Adam: its first moment is the gradient, against finite differences of float64', () => {
  const size = 16;
  const window = windowOf(size);
  const canvas = new Canvas(engine, size, window);
  const rng = new Rng(5);
  canvas.load(canvas.fresh(rng));
  const { tensors } = canvas.save(0, rng);
  canvas.paint();
  const seen = new Float32Array(3 * window * window);
  canvas.view(centred(size), seen);
  const g = randomValues(seen.length, 6);
  canvas.climb(g, 1, 0.05);
  const after = canvas.save(1, rng).tensors;
  canvas.dispose();
  const before = (window - size) / 2;
  const objective = (re: Float64Array, im: Float64Array) =>
    painted(re, im, size).reduce((sum, v, i) => {
      const p = Math.floor(i / 3);
      return (
        sum + 255 * v * g[3 * ((before + Math.floor(p / size)) * window + before + (p % size)) + (i % 3)]
      );
    }, 0);
  const parts = [Float64Array.from(tensors[0]), Float64Array.from(tensors[1])] as const;
  const picks = new Rng(7);
  // The moments lie as mean and square of the real part, then of the imaginary one; the mean is a tenth of minus the gradient.
  for (const part of [0, 1] as const) {
    const mean = after[2 + 2 * part];
    const most = mean.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    for (let k = 0; k < 12; k++) {
      const i = 4 * picks.below(mean.length / 4) + picks.below(3);
      const moved = (by: number) => {
        parts[part][i] += by;
        const value = objective(...parts);
        parts[part][i] -= by;
        return value;
      };
      const slope = (moved(1e-4) - moved(-1e-4)) / 2e-4;
      assert.ok(
        Math.abs(-10 * mean[i] - slope) < 1e-4 * 10 * most,
        `${part} ${i}: ${-10 * mean[i]} and ${slope}`,
      );
      if (Math.abs(slope) > 1e-3 * 10 * most)
        assert.ok(Math.abs(after[part][i] - tensors[part][i] - 0.05 * Math.sign(slope)) < 1e-3);
    }
  }
});

test.run();
