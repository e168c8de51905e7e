import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';

const test = suite('f32_conv1x1_8x16');
const engines = await bothBuilds();

interface Branch {
  cout: number;
  relu: number;
  weight: Float32Array;
  bias: Float32Array;
}

/** Every branch's output [pixels][cout], one after the other. */
function run(pixels: number, cin: number, block: number, x: Float32Array, branches: Branch[]): Float32Array {
  return onBoth(engines, (g, core) => {
    const k = core.kernels;
    const groups = 2 * Math.ceil(pixels / 8);
    const addresses = (base: number, channels: number) =>
      g.i32(
        Array.from({ length: 4 * groups }, (_, i) => base + 4 * channels * Math.min(i, pixels - 1)),
        'addresses',
      );
    const sources = addresses(g.f32(x, 'source'), cin);
    const results: [number, number][] = [];
    const records = branches.flatMap(({ cout, relu, weight, bias }) => {
      const panels = g.alloc(4 * cin * cout, 'panels');
      k.f32_conv_pack8({ weight: g.f32(weight, 'weight'), packed: panels, cout, cin, kh: 1, kw: 1 });
      const packed = g.alloc(7 * cin * cout, 'packed');
      k.f32_conv1x1_8x16_pack({ panels, packed, cout, cin });
      const dst = g.alloc(4 * pixels * cout, 'result');
      results.push([dst, pixels * cout]);
      return [packed, g.f32(bias, 'bias'), cout, relu, addresses(dst, cout)];
    });
    const scratch = g.alloc(k.f32_conv1x1_8x16_scratch({ block, cin }), 'scratch');
    k.f32_conv1x1_8x16({
      sources,
      groups,
      block,
      cin,
      outputs: g.i32(records, 'outputs'),
      outputCount: branches.length,
      scratch,
    });
    return Float32Array.from(results.flatMap(([dst, n]) => [...core.f32(dst, n)]));
  });
}

function plain(pixels: number, cin: number, x: Float32Array, branches: Branch[]): Float64Array {
  return Float64Array.from(
    branches.flatMap(({ cout, relu, weight, bias }) =>
      Array.from({ length: pixels * cout }, (_, i) => {
        const [p, f] = [Math.floor(i / cout), i % cout];
        let s = bias[f];
        for (let c = 0; c < cin; c++) s += x[p * cin + c] * weight[f * cin + c];
        return relu ? Math.max(0, s) : s;
      }),
    ),
  );
}

const random = (rng: Rng, n: number) => Float32Array.from({ length: n }, () => rng.uniform() * 2 - 1);
const branch = (rng: Rng, cin: number, cout: number, relu: number): Branch => ({
  ...{ cout, relu },
  ...{ weight: random(rng, cout * cin), bias: random(rng, cout) },
});

test('agrees with f64 and between builds: pixel tails, several outputs, every block size', () => {
  const rng = new Rng(2);
  for (let pixels = 1; pixels <= 25; pixels++)
    for (const cin of [8, 16, 40])
      for (const couts of [[16], [32, 16], [16, 48, 16]]) {
        const x = random(rng, pixels * cin);
        const branches = couts.map((cout, i) => branch(rng, cin, cout, (i + pixels) & 1));
        const have = run(pixels, cin, 2 * (1 + (pixels % 3)), x, branches);
        const error = relativeError(have, plain(pixels, cin, x, branches));
        assert.ok(error < 2e-6, `${pixels} pixels, ${cin} -> ${couts}: ${error}`);
      }
});

test('neither the block size nor the other outputs change a bit', () => {
  const rng = new Rng(3);
  const [pixels, cin] = [37, 32];
  const x = random(rng, pixels * cin);
  const branches = [branch(rng, cin, 16, 1), branch(rng, cin, 32, 0)];
  const both = run(pixels, cin, 2, x, branches);
  for (const block of [4, 6, 64]) assert.equal(run(pixels, cin, block, x, branches), both, `block ${block}`);
  const alone = branches.flatMap((b) => [...run(pixels, cin, 4, x, [b])]);
  assert.equal(Float32Array.from(alone), both);
});

test('at 256 channels its error is of the size that docs/kernels.md says', () => {
  const rng = new Rng(4);
  const [pixels, cin] = [64, 256];
  const x = random(rng, pixels * cin).map((v) => Math.max(0, v));
  const branches = [branch(rng, cin, 64, 0)];
  const error = relativeError(run(pixels, cin, 6, x, branches), plain(pixels, cin, x, branches));
  assert.ok(error < 2e-6, `${error}`);
});

test.run();
