// The three steps together are the gradient by the weights, of the plain sums in f64.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';

const test = suite('f32_winograd_6x6_grad');
const engines = await bothBuilds();

for (const size of [3, 4, 5])
  test(`${size}x${size}: agrees with f64 and between builds, Cin that are no multiple of 8 too`, () => {
    const outputs = 7 - size;
    const rng = new Rng(size);
    const random = (n: number) => Float32Array.from({ length: n }, () => rng.uniform() * 2 - 1);
    for (const [tilesY, tilesX, cin, cout] of [
      [1, 1, 4, 4],
      [2, 3, 12, 8],
      [3, 1, 8, 12],
    ]) {
      const [rows, columns] = [(tilesY - 1) * outputs + 6, (tilesX - 1) * outputs + 6];
      const [height, width] = [tilesY * outputs, tilesX * outputs];
      const x = random(rows * columns * cin);
      const d = random(height * width * cout);
      const places = tilesY * tilesX;
      const wide = Math.ceil(cin / 8) * 8;
      const taps = onBoth(engines, (g, core) => {
        const { kernels } = core;
        const scratch = g.alloc(72 * 16, 'scratch');
        const v = g.f32(new Float32Array(36 * places * wide), 'v');
        const w = g.alloc(4 * 36 * places * cout, 'w');
        const sums = g.f32(new Float32Array(36 * cout * wide), 'sums');
        const out = g.alloc(4 * size * size * cout * wide, 'taps');
        const tiles = { tilesY, tilesX, outputs, scratch };
        kernels.f32_winograd_6x6_grad_input({
          ...{ src: g.f32(x, 'x'), srcPixel: 4 * cin, srcRow: 4 * cin * columns, cin, v },
          ...tiles,
        });
        kernels.f32_winograd_6x6_grad_output({
          ...{ dy: g.f32(d, 'd'), pixel: 4 * cout, row: 4 * cout * width, cout, w },
          ...tiles,
        });
        for (let k = 0; k < 36; k++)
          kernels.f32_outer_4x8({
            ...{ a: w + 4 * k * places * cout, b: v + 4 * k * places * wide, places },
            ...{ c: sums + 4 * k * cout * wide, ldc: wide, m: cout, n: wide },
          });
        kernels.f32_winograd_6x6_grad_weight({ sums, cout, ld: wide, size, taps: out, scratch });
        return core.f32(out, size * size * cout * wide);
      });
      const exact = new Float64Array(size * size * cout * wide);
      for (let f = 0; f < cout; f++)
        for (let i = 0; i < size; i++)
          for (let j = 0; j < size; j++)
            for (let c = 0; c < cin; c++) {
              let sum = 0;
              for (let y = 0; y < height; y++)
                for (let z = 0; z < width; z++)
                  sum += d[(y * width + z) * cout + f] * x[((y + i) * columns + z + j) * cin + c];
              exact[((f * size + i) * size + j) * wide + c] = sum;
            }
      const error = relativeError(taps, exact);
      assert.ok(error < 1e-5, `${tilesY}x${tilesX}, ${cin} to ${cout}: ${error}`);
    }
  });

test.run();
