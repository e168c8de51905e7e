import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_window');
const engines = await bothBuilds();
const GREY = 0.5;

function seen(
  picture: ArrayLike<number>,
  h: number,
  w: number,
  affine: Float32Array,
  size: number,
): Float64Array {
  const out = new Float64Array(size * size * 4);
  const [a, b, c, d, e, f] = affine;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const [px, py] = [a * x + b * y + c, d * x + e * y + f];
      for (let k = 0; k < 4; k++) {
        const [xx, yy] = [Math.floor(px) + (k & 1), Math.floor(py) + (k >> 1)];
        const near = (1 - Math.abs(px - xx)) * (1 - Math.abs(py - yy));
        for (let i = 0; i < 4; i++) {
          const inside = xx >= 0 && yy >= 0 && xx < w && yy < h;
          out[(y * size + x) * 4 + i] += near * (inside ? picture[(yy * w + xx) * 4 + i] : GREY);
        }
      }
    }
  return out;
}

const AFFINES = [
  [1, 0, 0, 0, 1, 0],
  [1, 0, -2, 0, 1, 3],
  [0.9, 0.1, -1.3, -0.1, 0.9, 0.4],
  [1.2, -0.3, 0.25, 0.3, 1.2, -2.6],
  [1, 0, 50, 0, 1, -90],
];

test('pixels, grey around, and the gradient as its transpose, for moves, turns and scales', () => {
  for (const [h, w, size] of [
    [1, 1, 3],
    [5, 7, 6],
    [6, 4, 9],
  ])
    for (const numbers of AFFINES) {
      const affine = Float32Array.from(numbers);
      const picture = randomValues(h * w * 4, 1);
      const g = randomValues(size * size * 4, 2);
      const start = randomValues(h * w * 4, 3);
      const have = onBoth(engines, (guarded, core) => {
        const [m, out] = [guarded.f32(affine, 'affine'), guarded.alloc(16 * size * size, 'window')];
        const shape = { height: h, width: w, affine: m, size };
        core.kernels.f32_window({ ...shape, picture: guarded.f32(picture, 'picture'), grey: GREY, out });
        const by = guarded.f32(start, 'gradient by the picture');
        core.kernels.f32_window_grad({ ...shape, g: guarded.f32(g, 'gradient'), picture: by });
        return Float32Array.of(...core.f32(out, size * size * 4), ...core.f32(by, h * w * 4));
      });
      const want = seen(picture, h, w, affine, size);
      assert.ok(relativeError(have.subarray(0, want.length), want) < 1e-5, `${numbers}`);
      const nothing = seen(new Float32Array(h * w * 4), h, w, affine, size);
      const slopes = Float64Array.from(start, (v, i) => {
        const one = new Float32Array(h * w * 4);
        one[i] = 1;
        return v + seen(one, h, w, affine, size).reduce((s, x, j) => s + (x - nothing[j]) * g[j], 0);
      });
      assert.ok(relativeError(have.subarray(want.length), slopes) < 1e-5, `${numbers}: gradient`);
    }
});

test.run();
