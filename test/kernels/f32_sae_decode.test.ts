import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_sae_decode');
const engines = await bothBuilds();
const start = Int32Array.of(0, 3, 3, 5, 9);
const index = Int32Array.of(0, 4, 8, 1, 2, 0, 3, 5, 7);
const [f, n] = [9, 4];

test('decoding agrees with f64', () => {
  for (const d of [4, 8, 12, 36, 96]) {
    const [value, wDec, bDec] = [randomValues(9, 1), randomValues(f * d, 2), randomValues(d, 3)];
    const out = onBoth(engines, (g, core) => {
      const xhat = g.alloc(4 * n * d, 'xhat');
      core.kernels.f32_sae_decode({
        start: g.i32(start),
        index: g.i32(index),
        value: g.f32(value),
        n,
        wDec: g.f32(wDec),
        bDec: g.f32(bDec),
        d,
        xhat,
      });
      return core.f32(xhat, n * d);
    });
    const expected = Float64Array.from({ length: n * d }, (_, e) => {
      const [b, j] = [Math.floor(e / d), e % d];
      let s = bDec[j];
      for (let i = start[b]; i < start[b + 1]; i++) s += value[i] * wDec[index[i] * d + j];
      return s;
    });
    assert.ok(relativeError(out, expected) < 1e-6, `d ${d}`);
  }
});

test('spans decode on from other rows to the bits of the whole lists', () => {
  const d = 12;
  const cut = Int32Array.of(2, 3, 4, 6);
  const [value, wDec, bDec] = [randomValues(9, 1), randomValues(f * d, 2), randomValues(d, 3)];
  const both = (spans: boolean) =>
    onBoth(engines, (g, core) => {
      const k = core.kernels;
      const [begin, c] = [g.i32(start), g.i32(cut)];
      const lists = { index: g.i32(index), value: g.f32(value), n, wDec: g.f32(wDec), d };
      const b = g.f32(bDec);
      const [first, xhat] = [g.alloc(4 * n * d), g.alloc(4 * n * d)];
      if (spans) {
        k.f32_sae_decode_spans({ ...lists, from: begin, to: c, init: b, initStride: 0, xhat: first });
        k.f32_sae_decode_spans({ ...lists, from: c, to: begin + 4, init: first, initStride: d, xhat });
      } else k.f32_sae_decode({ ...lists, start: begin, bDec: b, xhat });
      return core.f32(xhat, n * d);
    });
  assert.equal(both(true), both(false));
});

test.run();
