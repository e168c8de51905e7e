import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_gated_grad');
const engines = await bothBuilds();

test('gradients of the gate, the magnitude and the product agree with f64', () => {
  const [f, n] = [5, 40];
  const index = Int32Array.from({ length: n }, (_, i) => (i * 7) % f);
  const value = randomValues(n, 1).map((v, i) => (i % 3 ? Math.abs(v) : 0));
  const [df, dpi] = [randomValues(n, 2), randomValues(n, 3)];
  const [scale, bMag] = [randomValues(f, 4), randomValues(f, 5)];
  const flat = onBoth(engines, (g, core) => {
    const [gGate, gMag, gScale] = [1, 2, 3].map((v) => g.f32(new Float32Array(f).fill(v)));
    const dc = g.f32(dpi);
    core.kernels.f32_gated_grad({
      index: g.i32(index),
      value: g.f32(value),
      df: g.f32(df),
      dpi: dc,
      n,
      scale: g.f32(scale),
      bMag: g.f32(bMag),
      gGate,
      gMag,
      gScale,
    });
    return Float32Array.from([dc, gGate, gMag, gScale].flatMap((p, i) => [...core.f32(p, i ? f : n)]));
  });
  const dc = Array.from(dpi, (v, i) => v + (value[i] > 0 ? df[i] * scale[index[i]] : 0));
  const sums = (term: (i: number) => number, from: number) => {
    const out = new Array<number>(f).fill(from);
    for (let i = 0; i < n; i++) out[index[i]] += term(i);
    return out;
  };
  const expected = [
    ...dc,
    ...sums((i) => dpi[i], 1),
    ...sums((i) => (value[i] > 0 ? df[i] : 0), 2),
    ...sums((i) => (value[i] > 0 ? df[i] * (value[i] - bMag[index[i]]) : 0), 3),
  ];
  assert.ok(relativeError(flat, expected) < 1e-6);
});

test.run();
