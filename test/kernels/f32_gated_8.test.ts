import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_gated_8');
const engines = await bothBuilds();

test('open gates by index, with their values and magnitudes; strict at 0', () => {
  for (const f of [1, 3, 8, 61])
    for (const onlyActive of [0, 1]) {
      const bGate = randomValues(f, 1);
      const [scale, bMag] = [randomValues(f, 2).map((v) => Math.abs(v) + 0.5), randomValues(f, 3)];
      const c = randomValues(8 * f, 4).map((v, i) => (i % 9 === 0 ? -bGate[i >> 3] : v));
      const flat = onBoth(engines, (g, core) => {
        const [gates, values, indices] = [0, 1, 2].map(() => g.alloc(32 * f));
        const counts = g.alloc(32);
        const tables = [g.f32(bGate), g.f32(scale), g.f32(bMag)] as const;
        core.kernels.f32_gated_8(g.f32(c), f, ...tables, onlyActive, gates, values, indices, counts);
        const out: number[] = [];
        for (let s = 0; s < 8; s++)
          for (let i = 0; i < core.i32(counts, 8)[s]; i++) {
            const at = 4 * (s * f + i);
            out.push(
              s,
              core.i32(indices + at, 1)[0],
              core.f32(gates + at, 1)[0],
              core.f32(values + at, 1)[0],
            );
          }
        return Float32Array.from(out);
      });
      const expected: number[] = [];
      const { fround } = Math;
      for (let s = 0; s < 8; s++)
        for (let i = 0; i < f; i++) {
          const v = c[i * 8 + s];
          const pi = fround(v + bGate[i]);
          const magnitude = Math.max(0, fround(fround(scale[i] * v) + bMag[i]));
          if (pi > 0 && (!onlyActive || magnitude > 0)) expected.push(s, i, pi, magnitude);
        }
      assert.equal([...flat], expected, `f ${f}`);
    }
});

test('lists per latent become the same gates and magnitudes', () => {
  const { fround } = Math;
  const counts = [2, 0, 3, 1, 4];
  const f = counts.length;
  const [bGate, bMag] = [randomValues(f, 1), randomValues(f, 3)];
  const scale = randomValues(f, 2).map((v) => Math.abs(v) + 0.5);
  const latents = counts.flatMap((n, i) => Array.from({ length: n }, () => i));
  const c = randomValues(10, 4);
  for (const onlyActive of [0, 1]) {
    const flat = onBoth(engines, (g, core) => {
      const ends = g.i32([0, ...counts.map((_, i) => counts.slice(0, i + 1).reduce((a, b) => a + b))]);
      const [sample, value, gates] = [g.i32([...c.keys()].map((i) => 50 + i)), g.f32(c), g.alloc(40)];
      const n = core.kernels.f32_gated_lists(
        ends,
        f,
        sample,
        value,
        g.f32(bGate),
        g.f32(scale),
        g.f32(bMag),
        onlyActive,
        gates,
      );
      const out = [...core.i32(ends, f + 1)];
      for (let i = 0; i < n; i++)
        out.push(core.i32(sample, n)[i], core.f32(value, n)[i], core.f32(gates, n)[i]);
      return Float32Array.from(out);
    });
    const expected: number[] = [];
    const ends = [0, 0, 0, 0, 0, 0];
    for (const [i, latent] of latents.entries()) {
      const magnitude = Math.max(0, fround(fround(scale[latent] * c[i]) + bMag[latent]));
      if (!onlyActive || magnitude > 0) expected.push(50 + i, magnitude, fround(c[i] + bGate[latent]));
      ends.fill(expected.length / 3, latent + 1);
    }
    assert.equal([...flat], [...ends, ...expected]);
  }
});

test('gradients of the gate, the magnitude and the product agree with f64', () => {
  const [f, n] = [5, 40];
  const index = Int32Array.from({ length: n }, (_, i) => (i * 7) % f);
  const value = randomValues(n, 1).map((v, i) => (i % 3 ? Math.abs(v) : 0));
  const [df, dpi] = [randomValues(n, 2), randomValues(n, 3)];
  const [scale, bMag] = [randomValues(f, 4), randomValues(f, 5)];
  const flat = onBoth(engines, (g, core) => {
    const [gGate, gMag, gScale] = [1, 2, 3].map((v) => g.f32(new Float32Array(f).fill(v)));
    const dc = g.f32(dpi);
    core.kernels.f32_gated_grad(
      g.i32(index),
      g.f32(value),
      g.f32(df),
      dc,
      n,
      g.f32(scale),
      g.f32(bMag),
      gGate,
      gMag,
      gScale,
    );
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
