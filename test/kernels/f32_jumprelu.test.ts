import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_jumprelu');
const engines = await bothBuilds();
const [f, n] = [6, 50];
const index = Int32Array.from({ length: n }, (_, i) => (i * 5) % f);
const theta = randomValues(f, 1).map((v) => Math.abs(v));
const pre = randomValues(n, 2).map((v, i) => (i === 7 ? theta[index[7]] : v));
const sums = (term: (i: number) => number, from = 0) => {
  const out = new Array<number>(f).fill(from);
  for (let i = 0; i < n; i++) out[index[i]] += term(i);
  return out;
};

test('active entries are those above their threshold, strictly, and know where they stood', () => {
  const start = Int32Array.of(0, 9, 9, 30, n);
  const flat = onBoth(engines, (g, core) => {
    const [start2, index2, value2, at2] = [4 * 5, 4 * n, 4 * n, 4 * n].map((bytes) => g.alloc(bytes));
    const lists = [g.i32(start), g.i32(index), g.f32(pre)] as const;
    const active = core.kernels.f32_jumprelu(...lists, 4, g.f32(theta), start2, index2, value2, at2);
    return Float32Array.from([
      ...core.i32(start2, 5),
      ...core.i32(index2, active),
      ...core.f32(value2, active),
      ...core.i32(at2, active),
    ]);
  });
  const at = Array.from({ length: n }, (_, i) => i).filter((i) => pre[i] > theta[index[i]]);
  assert.ok(at.length > 5 && !at.includes(7));
  const begins = Array.from(start, (s) => at.filter((i) => i < s).length);
  assert.equal([...flat], [...begins, ...at.map((i) => index[i]), ...at.map((i) => pre[i]), ...at]);
});

test('straight-through gradients: inside the window only', () => {
  const df = randomValues(n, 3);
  const [width, step] = [0.7, 0.25];
  const flat = onBoth(engines, (g, core) => {
    const [d, gTheta] = [g.f32(df), g.f32(new Float32Array(f).fill(0.5))];
    core.kernels.f32_jumprelu_grad(g.i32(index), g.f32(pre), d, n, g.f32(theta), width, step, gTheta);
    return core.f32(gTheta, f);
  });
  const inside = (i: number) => Math.abs(pre[i] - theta[index[i]]) < width / 2;
  const expected = [...sums((i) => (inside(i) ? -(theta[index[i]] * df[i] + step) / width : 0), 0.5)];
  assert.ok(relativeError(flat, expected) < 1e-6);
});

test('tanh penalty, and the part of dead latents that is taken back: values and gradients agree with f64', () => {
  const value = Array.from(pre, (p, i) => (p > theta[index[i]] ? p : 0));
  const norms = randomValues(f, 4).map((v) => Math.abs(v) + 0.1);
  const dead = Int32Array.of(1, 0, 0, 1, 1, 0);
  const flat = onBoth(engines, (g, core) => {
    const k = core.kernels;
    const zero = () => g.f32(new Float32Array(f));
    const [df, gNorm, dpre, gTheta, gNorm2] = [
      g.f32(new Float32Array(n)),
      zero(),
      g.f32(new Float32Array(n)),
      zero(),
      zero(),
    ];
    const [ix, w] = [g.i32(index), g.f32(norms)];
    const a = k.f32_tanh_penalty(ix, g.f32(pre), df, n, g.f32(theta), w, 4, 0.3, gNorm);
    const b = k.f32_preact_correction(
      ix,
      g.f32(pre),
      dpre,
      n,
      g.f32(theta),
      w,
      g.i32(dead),
      0.2,
      gTheta,
      gNorm2,
    );
    return Float32Array.from([
      a,
      b,
      ...[df, dpre].flatMap((p) => [...core.f32(p, n)]),
      ...[gNorm, gTheta, gNorm2].flatMap((p) => [...core.f32(p, f)]),
    ]);
  });
  const w = (i: number) => norms[index[i]];
  const t = (i: number) => Math.tanh(4 * value[i] * w(i));
  const excess = (i: number) => (dead[index[i]] ? Math.max(0, pre[i] - theta[index[i]]) : 0);
  const all = Array.from({ length: n }, (_, i) => i);
  const expected = [
    all.reduce((s, i) => s + 0.3 * t(i), 0),
    all.reduce((s, i) => s + 0.2 * excess(i) * w(i), 0),
    ...all.map((i) => 0.3 * 4 * w(i) * (1 - t(i) ** 2)),
    ...all.map((i) => (excess(i) > 0 ? 0.2 * w(i) : 0)),
    ...sums((i) => 0.3 * 4 * value[i] * (1 - t(i) ** 2)),
    ...sums((i) => (excess(i) > 0 ? -0.2 * w(i) : 0)),
    ...sums((i) => 0.2 * excess(i)),
  ];
  assert.ok(relativeError(flat, expected) < 1e-6);
});

test.run();
