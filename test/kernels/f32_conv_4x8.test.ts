import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { filled } from '../support/filled.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { element } from '../support/reference.js';

const test = suite('f32_conv_4x8');
const engines = await bothBuilds();

interface Case {
  h: number;
  w: number;
  cin: number;
  cout: number;
  size: number;
  stride: number;
  before: number;
  after: number;
  relu: number;
  block: number;
}

/** Runs the kernel and its f64 twin on one random case. */
function agree(c: Case, seed: number): void {
  const rng = new Rng(seed);
  const random = (n: number) => Float32Array.from({ length: n }, () => rng.uniform() * 2 - 1);
  const { h, w, cin, cout, size, stride, before } = c;
  const [ph, pw] = [h + before + c.after, w + before + c.after];
  const [oh, ow] = [Math.floor((ph - size) / stride) + 1, Math.floor((pw - size) / stride) + 1];
  const data = random(h * w * cin);
  const weight = random(cout * cin * size * size);
  const bias = random(cout);
  const wide = Math.ceil(cout / 8) * 8;
  const have = onBoth(engines, (g, core) => {
    const padded = new Float32Array(ph * pw * cin);
    for (let y = 0; y < h; y++)
      padded.set(data.subarray(y * w * cin, (y + 1) * w * cin), ((y + before) * pw + before) * cin);
    const src = g.f32(padded, 'source');
    const packed = g.alloc(4 * wide * size * size * cin, 'packed');
    core.kernels.f32_conv_pack8({ weight: g.f32(weight, 'weight'), packed, cout, cin, kh: size, kw: size });
    const biases = new Float32Array(wide);
    biases.set(bias);
    const dst = g.alloc(4 * oh * ow * cout, 'result');
    const groups = Math.ceil((oh * ow) / 4);
    const table: number[] = [];
    for (let i = 0; i < groups; i++) {
      const pixels = [0, 1, 2, 3].map((j) => Math.min(4 * i + j, oh * ow - 1));
      for (const p of pixels) table.push(src + 4 * cin * stride * (Math.floor(p / ow) * pw + (p % ow)));
      for (const p of pixels) table.push(dst + 4 * cout * p);
    }
    core.kernels.f32_conv_4x8({
      table: g.i32(table, 'table'),
      groups,
      block: c.block,
      kh: size,
      srcRow: 4 * pw * cin,
      segment: size * cin,
      packed,
      bias: g.f32(biases, 'bias'),
      cout,
      relu: c.relu,
    });
    return core.f32(dst, oh * ow * cout);
  });
  const shape = { height: oh, width: ow, channels: cout, beforeY: before, beforeX: before };
  const input = { height: h, width: w, channels: cin, beforeY: 0, beforeX: 0, data };
  const layer = {
    ...({ op: 'conv', out: 'it', in: 'input', size, stride, filters: cout } as const),
    padding: { rule: 'explicit', pad: before },
  } as const;
  const want = new Float64Array(have.length);
  for (let i = 0; i < want.length; i++) {
    const p = Math.floor(i / cout);
    const v = element(
      layer,
      input,
      shape,
      new Map([['it', { weight, bias }]]),
      Math.floor(p / ow),
      p % ow,
      i % cout,
    );
    want[i] = c.relu ? Math.max(0, v) : v;
  }
  assert.ok(relativeError(have, want) < 2e-6, `${JSON.stringify(c)}: ${relativeError(have, want)}`);
}

test('agrees with f64 and between builds: every kernel size, stride, width and channel tail', () => {
  let seed = 1;
  for (const [size, stride, before, after] of [
    [1, 1, 0, 0],
    [1, 2, 0, 0],
    [3, 1, 1, 1],
    [3, 2, 0, 1],
    [5, 1, 2, 2],
    [7, 2, 2, 3],
    [7, 2, 3, 3],
  ])
    for (const w of [1, 2, 3, 4, 5, 7, 9])
      for (const [cin, cout] of [
        [1, 4],
        [3, 8],
        [4, 12],
        [5, 20],
      ])
        agree(
          {
            h: 5,
            w: w + size,
            cin,
            cout,
            size,
            stride,
            before,
            after,
            relu: seed & 1,
            block: (seed % 3) + 1,
          },
          seed++,
        );
});

test('ReLU turns negative values into 0 and keeps NaN', () => {
  const result = onBoth(engines, (g, core) => {
    const src = g.f32([-1, 1, Number.NaN, 0], 'source');
    const weight = g.f32([1, 1, -1, 1], 'weight');
    const packed = g.alloc(32, 'packed');
    core.kernels.f32_conv_pack8({ weight, packed, cout: 4, cin: 1, kh: 1, kw: 1 });
    const dst = g.alloc(64, 'result');
    const table = g.i32([...[0, 1, 2, 3].map((i) => src + 4 * i), ...[0, 1, 2, 3].map((i) => dst + 16 * i)]);
    core.kernels.f32_conv_4x8({
      table,
      groups: 1,
      block: 1,
      kh: 1,
      srcRow: 0,
      segment: 1,
      packed,
      bias: g.f32(new Float32Array(8)),
      cout: 4,
      relu: 1,
    });
    return core.f32(dst, 16);
  });
  assert.equal([...result.slice(0, 8)], [0, 0, 1, 0, 1, 1, 0, 1]);
  assert.ok(filled(result.slice(8, 12)).every(Number.isNaN));
});

test.run();
