import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';

const test = suite('f32_outer_4x8');
const engines = await bothBuilds();

test('agrees with f64 and between builds for one place and for many', () => {
  const rng = new Rng(1);
  for (const [m, n, places] of [
    [4, 8, 1],
    [4, 16, 2],
    [8, 8, 7],
    [12, 24, 33],
    [64, 8, 5],
  ]) {
    const a = Float32Array.from({ length: m * places }, () => rng.uniform() * 2 - 1);
    const b = Float32Array.from({ length: n * places }, () => rng.uniform() * 2 - 1);
    const ldc = n + 3;
    const c = onBoth(engines, (g, core) => {
      const out = g.f32(new Float32Array(m * ldc).fill(7), 'c');
      const operands = { a: g.f32(a, 'a'), b: g.f32(b, 'b'), places, c: out, ldc, m, n };
      core.kernels.f32_outer_4x8(operands);
      return core.f32(out, m * ldc);
    });
    const exact = new Float64Array(m * ldc).fill(7);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 7;
        for (let p = 0; p < places; p++)
          sum += a[((i >> 2) * places + p) * 4 + (i & 3)] * b[((j >> 3) * places + p) * 8 + (j & 7)];
        exact[i * ldc + j] = sum;
      }
    assert.ok(relativeError(c, exact) < 1e-6, `${m} ${n} ${places}`);
  }
});

test('pixels of a slice with a border, as panels of 4 and of 8', () => {
  const rng = new Rng(2);
  const [height, width, channels, wide, line] = [3, 5, 12, 20, 7];
  const x = Float32Array.from({ length: (height + 1) * line * wide }, () => rng.uniform());
  for (const side of [4, 8]) {
    const panels = Math.ceil(channels / side);
    const packed = onBoth(engines, (g, core) => {
      const to = g.f32(new Float32Array(panels * height * width * side), 'to');
      const src = g.f32(x, 'x') + 4 * (wide * (line + 1) + 8);
      const operands = { src, pixel: 4 * wide, row: 4 * wide * line, height, width, channels, side, to };
      core.kernels.f32_outer_4x8_pack(operands);
      return core.f32(to, panels * height * width * side);
    });
    const exact = new Float32Array(packed.length);
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < height * width; p++) {
        const [y, z] = [Math.floor(p / width) + 1, (p % width) + 1];
        exact[(Math.floor(c / side) * height * width + p) * side + (c % side)] =
          x[(y * line + z) * wide + 8 + c];
      }
    assert.equal(packed, exact);
  }
});

test.run();
