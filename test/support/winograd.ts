// What the tests of the Winograd kernels share: every form against f64 and between builds.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { destination, source } from '../../src/bench/kernel.js';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from './guarded.js';
import { element } from './reference.js';

interface Names {
  kernel: 'f32_winograd_6x6' | 'f32_winograd_8x8';
  pack: `${Names['kernel']}_pack`;
  scratch: `${Names['kernel']}_scratch`;
}

/** `forms`: outputs a side and name of each form of the kernel on tile x tile pixels. */
export async function winogradTests(
  tile: 6 | 8,
  { kernel, pack, scratch }: Names,
  forms: [outputs: number, name: string][],
): Promise<void> {
  const test = suite(kernel);
  const engines = await bothBuilds();

  function agree(
    m: number,
    oh: number,
    ow: number,
    cin: number,
    cout: number,
    relu: number,
    block: number,
    seed: number,
  ) {
    const size = tile + 1 - m;
    const rng = new Rng(seed);
    const random = (n: number) => Float32Array.from({ length: n }, () => rng.uniform() * 2 - 1);
    const [h, w] = [oh + size - 1, ow + size - 1];
    const [ph, pw] = [(Math.ceil(oh / m) - 1) * m + tile, (Math.ceil(ow / m) - 1) * m + tile];
    const data = random(h * w * cin);
    const weight = random(cout * cin * size * size);
    const bias = random(cout);
    const wide = Math.ceil(cout / 8) * 8;
    const have = onBoth(engines, (g, core) => {
      const k = core.kernels;
      const padded = new Float32Array(ph * pw * cin);
      for (let y = 0; y < h; y++) padded.set(data.subarray(y * w * cin, (y + 1) * w * cin), y * pw * cin);
      const packed = g.alloc(4 * tile * tile * (cin * wide + 16), 'packed');
      const operands = { packed, cout, cin };
      k[pack]({
        ...operands,
        weight: g.f32(weight, 'weight'),
        size,
        scratch: g.alloc(8 * 40, 'pack scratch'),
      });
      const dst = g.alloc(4 * oh * ow * cout, 'result');
      k[kernel]({
        ...{ ...operands, bias: g.f32(bias, 'bias'), outputs: m, relu, fold: 0, block },
        ...source(g.f32(padded, 'source'), pw, cin),
        ...{ ...destination(dst, ow, cout), outHeight: oh, outWidth: ow },
        scratch: g.alloc(k[scratch]({ block, cin, cout }), 'scratch'),
      });
      return core.f32(dst, oh * ow * cout);
    });
    const shape = { height: oh, width: ow, channels: cout, beforeY: 0, beforeX: 0 };
    const input = { height: h, width: w, channels: cin, beforeY: 0, beforeX: 0, data };
    const layer = {
      ...({ op: 'conv', out: 'it', in: 'input', size, stride: 1, filters: cout } as const),
      padding: { rule: 'valid' },
    } as const;
    const parameters = new Map([['it', { weight, bias }]]);
    const want = new Float64Array(have.length);
    for (let i = 0; i < want.length; i++) {
      const p = Math.floor(i / cout);
      const v = element(layer, input, shape, parameters, Math.floor(p / ow), p % ow, i % cout);
      want[i] = relu ? Math.max(0, v) : v;
    }
    const error = relativeError(have, want);
    assert.ok(error < 1e-5, `m ${m}, ${oh}x${ow}, ${cin} -> ${cout}: ${error}`);
  }

  for (const [m, name] of forms)
    test(`${name} agrees with f64 and between builds, partial tiles and channel tails`, () => {
      let seed = 1;
      for (let oh = 1; oh <= 2 * m + 1; oh++)
        for (const ow of [1, m - 1, m, m + 1, m + 3, 3 * m + 1])
          for (const [cin, cout] of [
            [4, 4],
            [12, 8],
            [8, 20],
          ])
            agree(m, oh, ow, cin, cout, seed & 1, [4, 8, 12, 28][seed % 4], seed++);
    });

  if (tile === 8)
    test('a folded kernel of stride 2: the products left out are with zeros', () => {
      // A 7x7 kernel folded to 4x4: the last row is zero in the channels of odd rows, the last column in those of odd columns.
      const [cin, cout, side] = [12, 8, 13];
      const rng = new Rng(5);
      const random = (n: number) => Float32Array.from({ length: n }, () => rng.uniform() * 2 - 1);
      const weight = random(cout * cin * 16).map((w, i) => {
        const [tap, quarter] = [i % 16, Math.floor((Math.floor(i / 16) % cin) / 3)];
        const odd = { row: quarter >= 2, column: quarter === 0 || quarter === 3 };
        return (odd.row && tap >= 12) || (odd.column && tap % 4 === 3) ? 0 : w;
      });
      const [pixels, bias] = [random(18 * 18 * cin), random(cout)];
      const run = (fold: number) =>
        onBoth(engines, (g, core) => {
          const k = core.kernels;
          const packed = g.alloc(4 * tile * tile * (cin * cout + 16));
          const operands = { packed, cout, cin };
          k[pack]({ ...operands, weight: g.f32(weight), size: 4, scratch: g.alloc(8 * 40) });
          const dst = g.alloc(4 * side * side * cout);
          k[kernel]({
            ...{ ...operands, bias: g.f32(bias), outputs: 5, relu: 1, fold, block: 8 },
            ...source(g.f32(pixels), 18, cin),
            ...{ ...destination(dst, side, cout), outHeight: side, outWidth: side },
            scratch: g.alloc(k[scratch]({ block: 8, cin, cout })),
          });
          return core.f32(dst, side * side * cout);
        });
      assert.equal(run(1), run(0));
    });

  test('the block size changes no bit', () => {
    const run = (block: number) =>
      onBoth(engines, (g, core) => {
        const k = core.kernels;
        const rng = new Rng(9);
        const random = (n: number) => Float32Array.from({ length: n }, () => rng.uniform() * 2 - 1);
        const packed = g.alloc(4 * tile * tile * (8 * 8 + 16));
        const operands = { packed, cout: 8, cin: 8 };
        k[pack]({ ...operands, weight: g.f32(random(8 * 8 * 9)), size: 3, scratch: g.alloc(8 * 40) });
        const dst = g.alloc(4 * 13 * 13 * 8);
        const [src, bias] = [g.f32(random(20 * 20 * 8)), g.f32(random(8))];
        k[kernel]({
          ...{ ...operands, bias, outputs: tile - 2, relu: 1, fold: 0, block },
          ...source(src, 20, 8),
          ...{ ...destination(dst, 13, 8), outHeight: 13, outWidth: 13 },
          scratch: g.alloc(k[scratch]({ block, cin: 8, cout: 8 })),
        });
        return core.f32(dst, 13 * 13 * 8);
      });
    const one = run(4);
    for (const block of [8, 12, 16, 64]) assert.equal(run(block), one, `block ${block}`);
  });

  test.run();
}
