import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { prepareImage } from '../../src/images/prepare.js';
import type { RgbImage } from '../../src/images/types.js';
import { Rng } from '../../src/index.js';
import { filled } from '../support/filled.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';

const test = suite('f32_resize_triangle');
const engines = await bothBuilds();

function randomPicture(width: number, height: number, seed = 1): RgbImage {
  const rng = new Rng(seed);
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, () => rng.below(256)) };
}

/** Weight of source sample s in output sample o of a triangle-filter resize, unnormalised; f64. */
const weight = (s: number, o: number, from: number, to: number): number =>
  Math.max(0, 1 - Math.abs(s + 0.5 - ((o + 0.5) * from) / to) / Math.max(from / to, 1));

/** The f64 twin: shorter side to 256/224 of size, centre crop; straight from the definition. */
function twin({ width, height, data }: RgbImage, size: number): Float64Array {
  const short = Math.round((size * 256) / 224);
  const least = Math.min(width, height);
  const w = Math.max(size, Math.round((width * short) / least));
  const h = Math.max(size, Math.round((height * short) / least));
  const out = new Float64Array(3 * size * size);
  const taps = (o: number, from: number, to: number) => {
    const list: [number, number][] = [];
    let sum = 0;
    const reach = Math.max(from / to, 1) + 1;
    const centre = ((o + 0.5) * from) / to;
    for (let s = Math.max(0, Math.floor(centre - reach)); s < Math.min(from, centre + reach); s++) {
      const k = weight(s, o, from, to);
      sum += k;
      if (k > 0) list.push([s, k]);
    }
    return list.map(([s, k]) => [s, k / sum]);
  };
  for (let y = 0; y < size; y++) {
    const ys = taps(y + ((h - size) >> 1), height, h);
    for (let x = 0; x < size; x++)
      for (const [sx, kx] of taps(x + ((w - size) >> 1), width, w))
        for (const [sy, ky] of ys)
          for (let c = 0; c < 3; c++)
            out[(y * size + x) * 3 + c] += kx * ky * data[(sy * width + sx) * 3 + c];
  }
  return out;
}

test('agrees with f64 and between builds: up, down, tiny, thin, every row tail', () => {
  const cases: [number, number, number][] = [
    [1, 1, 5],
    [1, 7, 4],
    [9, 1, 4],
    [2, 2, 8],
    [31, 17, 16],
    [17, 31, 13],
    [64, 64, 7],
    [200, 130, 8],
    [130, 300, 9],
    [257, 255, 224],
    [500, 333, 24],
  ];
  for (let size = 1; size <= 9; size++) cases.push([40, 23, size]);
  for (const [width, height, size] of cases) {
    const picture = randomPicture(width, height);
    const result = onBoth(engines, (_, core) => prepareImage(core, picture, size));
    assert.ok(relativeError(result, twin(picture, size)) < 2e-6, `${width}x${height} to ${size}`);
  }
});

test('touches nothing but its output, whatever the strides', () => {
  for (const [rows, columns, ow] of [
    [1, 3, 1],
    [3, 8, 5],
    [2, 5, 8],
  ]) {
    onBoth(engines, (g, core) => {
      const source = g.alloc(Math.ceil((rows * columns * 3) / 4) * 4, 'source');
      core.u8(source, rows * columns * 3).fill(100);
      const taps = g.i32(Array.from({ length: ow }, (_, x) => [Math.min(x, columns - 2), 2]).flat(), 'taps');
      const weights = g.f32(new Float32Array(2 * ow).fill(0.5), 'weights');
      const out = g.alloc(rows * ow * 12, 'out');
      core.kernels.f32_resize_triangle_x({
        src: source,
        srcRow: columns * 3,
        rows,
        taps,
        weights,
        weightStride: 2,
        out,
        outWidth: ow,
      });
      const values = core.f32(out, rows * ow * 3);
      assert.ok(filled(values).every((v) => v === 100));
      const sum = g.f32(new Float32Array(8).fill(1), 'sum');
      core.kernels.f32_resize_triangle_y({
        row: g.f32(new Float32Array(8).fill(2), 'row'),
        weight: 0.25,
        out: sum,
        n: 8,
      });
      return core.f32(sum, 8);
    });
  }
});

test.run();
