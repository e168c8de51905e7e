import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';

const test = suite('f32_conv1x1_4x8');
const engines = await bothBuilds();

function run(
  pixels: number,
  cin: number,
  cout: number,
  relu: number,
  block: number,
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
) {
  const wide = Math.ceil(cout / 8) * 8;
  return onBoth(engines, (g, core) => {
    const packed = g.alloc(4 * wide * cin, 'packed');
    core.kernels.f32_conv_pack8({ weight: g.f32(weight, 'weight'), packed, cout, cin, kh: 1, kw: 1 });
    const biases = new Float32Array(wide);
    biases.set(bias);
    const [src, dst] = [g.f32(x, 'source'), g.alloc(4 * pixels * cout, 'result')];
    const groups = Math.ceil(pixels / 4);
    const table: number[] = [];
    for (let i = 0; i < groups; i++) {
      const group = [0, 1, 2, 3].map((j) => Math.min(4 * i + j, pixels - 1));
      table.push(...group.map((p) => src + 4 * cin * p), ...group.map((p) => dst + 4 * cout * p));
    }
    core.kernels.f32_conv1x1_4x8({
      table: g.i32(table, 'table'),
      groups,
      block,
      cin,
      packed,
      bias: g.f32(biases, 'bias'),
      cout,
      relu,
      scratch: g.alloc(16 * block * cin, 'scratch'),
    });
    return core.f32(dst, pixels * cout);
  });
}

test('agrees with f64 and between builds: pixel and channel tails, every block size', () => {
  const rng = new Rng(2);
  const random = (n: number) => Float32Array.from({ length: n }, () => rng.uniform() * 2 - 1);
  for (let pixels = 1; pixels <= 13; pixels++)
    for (const cin of [4, 8, 20])
      for (const cout of [4, 8, 12, 28])
        for (const relu of [0, 1]) {
          const [x, weight, bias] = [random(pixels * cin), random(cout * cin), random(cout)];
          const have = run(pixels, cin, cout, relu, 1 + (pixels % 4), x, weight, bias);
          const want = Array.from(have, (_, i) => {
            const [p, f] = [Math.floor(i / cout), i % cout];
            let s = bias[f];
            for (let c = 0; c < cin; c++) s += x[p * cin + c] * weight[f * cin + c];
            return relu ? Math.max(0, s) : s;
          });
          assert.ok(relativeError(have, want) < 2e-6, `${pixels} pixels, ${cin} -> ${cout}`);
        }
});

test('a NaN stays a NaN through the ReLU, in its own pixel only', () => {
  const x = new Float32Array(20).fill(1);
  x[4] = Number.NaN;
  const y = run(5, 4, 4, 1, 2, x, new Float32Array(16).fill(1), new Float32Array(4));
  assert.equal(
    Array.from(y, Number.isNaN),
    Array.from(y, (_, i) => i >= 4 && i < 8),
  );
});

test.run();
