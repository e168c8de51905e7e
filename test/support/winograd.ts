// What the tests of the Winograd kernels share: every form against f64 and between builds.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from './guarded.js';
import { element } from './reference.js';

/** `forms`: outputs a side and name of each form of the kernel on tile x tile pixels. */
export async function winogradTests(tile: 6 | 8, forms: [outputs: number, name: string][]): Promise<void> {
  const kernel = tile === 8 ? 'f32_winograd_8x8' : 'f32_winograd_6x6';
  const [pack, scratch] = [`${kernel}_pack`, `${kernel}_scratch`] as const;
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
      k[pack](g.f32(weight, 'weight'), packed, cout, cin, size, g.alloc(8 * 40, 'pack scratch'));
      const dst = g.alloc(4 * oh * ow * cout, 'result');
      k[kernel](
        ...([g.f32(padded, 'source'), 4 * cin, 4 * pw * cin, cin] as const),
        ...([packed, g.f32(bias, 'bias')] as const),
        ...([dst, 4 * cout, 4 * ow * cout, oh, ow, cout, m, relu, 0, block] as const),
        g.alloc(k[scratch](block, cin, cout), 'scratch'),
      );
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
      const [source, bias] = [random(18 * 18 * cin), random(cout)];
      const run = (fold: number) =>
        onBoth(engines, (g, core) => {
          const k = core.kernels;
          const packed = g.alloc(4 * tile * tile * (cin * cout + 16));
          k[pack](g.f32(weight), packed, cout, cin, 4, g.alloc(8 * 40));
          const dst = g.alloc(4 * side * side * cout);
          k[kernel](
            ...([g.f32(source), 4 * cin, 72 * cin, cin, packed, g.f32(bias)] as const),
            ...([dst, 4 * cout, 4 * side * cout, side, side, cout, 5, 1, fold, 8] as const),
            g.alloc(k[scratch](8, cin, cout)),
          );
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
        k[pack](g.f32(random(8 * 8 * 9)), packed, 8, 8, 3, g.alloc(8 * 40));
        const dst = g.alloc(4 * 13 * 13 * 8);
        const [src, bias] = [g.f32(random(20 * 20 * 8)), g.f32(random(8))];
        k[kernel](
          ...([
            src,
            32,
            20 * 32,
            8,
            packed,
            bias,
            dst,
            32,
            13 * 32,
            13,
            13,
            8,
            tile - 2,
            1,
            0,
            block,
          ] as const),
          g.alloc(k[scratch](block, 8, 8)),
        );
        return core.f32(dst, 13 * 13 * 8);
      });
    const one = run(4);
    for (const block of [8, 12, 16, 64]) assert.equal(run(block), one, `block ${block}`);
  });

  test.run();
}
