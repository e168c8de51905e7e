// The bound holds: whatever reaches its threshold in f32 is wanted, whatever the data.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Core } from '../../src/index.js';
import { adversarialRows, ROWS } from '../support/adversarial.js';
import { bothBuilds, type Guarded, onBoth } from '../support/guarded.js';
import { randomNormal, randomValues } from '../support/random.js';

const test = suite('i16_sae_screen_4x8');
const engines = await bothBuilds();

interface Problem {
  d: number;
  f: number;
  /** A multiple of 8. */
  n: number;
  x: Float32Array;
  w: Float32Array;
  bias: Float32Array;
  thresholds: Float32Array;
}

/** pre-activations [n/8][f][8] of the f32 kernel. */
function encode(g: Guarded, core: Core, { d, f, n, x, w, bias }: Problem): Float32Array {
  const panels = new Float32Array(n * d);
  for (let s = 0; s < n; s++)
    for (let j = 0; j < d; j++) panels[((s >> 3) * d + j) * 8 + (s & 7)] = x[s * d + j];
  const pre = g.alloc(4 * n * f);
  core.kernels.f32_sae_encode_4x8(
    g.f32(panels),
    n >> 3,
    g.f32(w),
    g.f32(bias),
    pre,
    d,
    f,
    8,
    g.alloc(32 * d),
  );
  return core.f32(pre, n * f).slice();
}

function quantized(g: Guarded, core: Core, p: Problem) {
  const { d, f, n } = p;
  const [x16, ix, w16, iw] = [g.alloc(2 * n * d), g.alloc(4 * n), g.alloc(2 * f * d), g.alloc(4 * f)];
  core.kernels.i16_quantize_rows(g.f32(p.x), n, d, 8, x16, ix);
  core.kernels.i16_quantize_rows(g.f32(p.w), f, d, 4, w16, iw);
  const [bias, beta] = [g.f32(p.bias), g.alloc(4 * f, 'beta')];
  core.kernels.i16_sae_beta(bias, g.f32(p.thresholds), f, d, beta);
  return { x16, ix, w16, iw, bias, beta };
}

/** Per feature and sample: wanted, and the f32 value. */
function screen(p: Problem, t: number): { wanted: number[]; pre: number[] } {
  const { d, f, n } = p;
  const flat = onBoth(engines, (g, core) => {
    const { x16, ix, w16, iw, beta } = quantized(g, core, p);
    const stride = n >> 3;
    const masks = g.alloc(f * stride, 'masks');
    const at = g.f32(new Float32Array(n).fill(t));
    core.kernels.i16_sae_screen_4x8(
      x16,
      n >> 3,
      ix,
      at,
      w16,
      iw,
      beta,
      d,
      f,
      masks,
      stride,
      g.alloc(128, 'scratch'),
    );
    return Float32Array.of(...core.u8(masks, f * stride), ...encode(g, core, p));
  });
  const [wanted, pre]: [number[], number[]] = [[], []];
  for (let i = 0; i < f; i++)
    for (let s = 0; s < n; s++) {
      wanted.push((flat[i * (n >> 3) + (s >> 3)] >> (s & 7)) & 1);
      pre.push(flat[f * (n >> 3) + ((s >> 3) * f + i) * 8 + (s & 7)]);
    }
  return { wanted, pre };
}

test('everything that reaches its threshold is wanted: adversarial rows, every width', () => {
  for (const d of [4, 8, 12, 96, 484])
    for (const seed of [1, 2, 3]) {
      const [f, n] = [28, 32];
      const x = adversarialRows(n, d, seed);
      const w = adversarialRows(f, d, seed + 100, [...Object.keys(ROWS)].reverse());
      const bias = randomValues(f, seed).map((v, i) => (i % 5 ? v : i % 2 ? v * 1e20 : 0));
      const thresholds = randomValues(f, seed + 1).map((v, i) => (i % 3 ? 0 : v));
      for (const t of [0, 0.25, 1e6]) {
        const { wanted, pre } = screen({ d, f, n, x, w, bias, thresholds }, t);
        pre.forEach((p, i) => {
          const needed = Number.isNaN(p) || p >= thresholds[Math.floor(i / n)] + t;
          if (needed)
            assert.is(wanted[i], 1, `d ${d} t ${t}: latent ${Math.floor(i / n)}, sample ${i % n}: ${p}`);
        });
      }
    }
});

test('thresholds at the value itself, and at its neighbour above: ties are wanted', () => {
  const [d, f, n] = [24, 4, 8];
  const x = randomNormal(n * d, 1);
  const w = randomNormal(f * d, 2);
  const bias = randomValues(f, 3);
  const { pre } = screen({ d, f, n, x, w, bias, thresholds: new Float32Array(f) }, 0);
  for (let i = 0; i < f; i++) {
    const thresholds = Float32Array.from({ length: f }, () => pre[i * n]);
    assert.is(screen({ d, f, n, x, w, bias, thresholds }, 0).wanted[i * n], 1);
    if (pre[i * n] > 0)
      assert.is(
        screen({ d, f, n, x, w, bias, thresholds: new Float32Array(f) }, pre[i * n]).wanted[i * n],
        1,
      );
  }
});

test('the bound is tight: few more than needed on normal data', () => {
  const [d, f, n] = [192, 256, 64];
  const x = randomNormal(n * d, 5);
  const w = randomNormal(f * d, 6);
  const t = 2 * Math.sqrt(d);
  const { wanted, pre } = screen(
    { d, f, n, x, w, bias: new Float32Array(f), thresholds: new Float32Array(f) },
    t,
  );
  const needed = pre.filter((p) => p >= t).length;
  const got = wanted.reduce((a, b) => a + b, 0);
  assert.ok(got >= needed && got < 1.1 * needed, `${got} for ${needed}`);
});

test('any numbers: f32 of random bits', () => {
  const bits = fc.integer({ min: -2147483648, max: 2147483647 });
  fc.assert(
    fc.property(
      fc.array(bits, { minLength: 64, maxLength: 64 }),
      fc.integer({ min: 0, max: 3 }),
      (v, narrow) => {
        const all = new Float32Array(Int32Array.from(v).buffer);
        // Exponents drawn together, or any 32 bits would mostly be far apart.
        const squeeze = (a: number) =>
          Number.isFinite(a) && narrow
            ? a / 2 ** (Math.floor(Math.log2(Math.abs(a) || 1) / 2 ** (4 - narrow)) * 2 ** (4 - narrow))
            : a;
        const x = Float32Array.from({ length: 32 }, (_, i) => squeeze(all[i]));
        const w = Float32Array.from({ length: 16 }, (_, i) => squeeze(all[32 + i]));
        const bias = Float32Array.from({ length: 4 }, (_, i) => squeeze(all[48 + i]));
        const thresholds = Float32Array.from({ length: 4 }, (_, i) => squeeze(all[52 + i]));
        const { wanted, pre } = screen({ d: 4, f: 4, n: 8, x, w, bias, thresholds }, 0);
        pre.forEach((p, i) => {
          if (!(p < thresholds[i >> 3])) assert.is(wanted[i], 1);
        });
      },
    ),
    { numRuns: 300 },
  );
});

test('lists hold everything that can be among the k largest, however often they were cut', () => {
  const [d, f, n] = [40, 400, 16];
  for (const [k, t] of [
    [1, 0],
    [3, 0],
    [8, 4],
    [8, 1000],
  ]) {
    const x = adversarialRows(n, d, 9, ['normal', 'one large element', 'equal values', 'tiny']);
    const w = adversarialRows(f, d, 10, ['normal', 'ratios of 2^30', 'normal', 'zeros']);
    const bias = randomValues(f, 11).map((v) => 0.01 * v);
    const p: Problem = { d, f, n, x, w, bias, thresholds: new Float32Array(f) };
    const capacity = 4 * k + 32;
    const flat = onBoth(engines, (g, core) => {
      const { x16, ix, w16, iw, bias: b, beta } = quantized(g, core, p);
      const thresholds = g.f32(new Float32Array(n).fill(t));
      const [values, indices] = [g.alloc(4 * n * capacity, 'values'), g.alloc(4 * n * capacity, 'indices')];
      const counts = g.i32(new Int32Array(n));
      const scratch = g.alloc(4 * (capacity + 32), 'scratch');
      for (let at = 0; at < f; at += 40)
        core.kernels.i16_sae_screen_top_4x8(
          x16,
          n >> 3,
          ix,
          thresholds,
          w16 + 2 * at * d,
          iw,
          beta,
          b,
          d,
          at,
          40,
          k,
          values,
          indices,
          counts,
          capacity,
          scratch,
        );
      const out = [...core.f32(thresholds, n), ...core.i32(counts, n)];
      for (let s = 0; s < n; s++)
        for (let i = 0; i < core.i32(counts, n)[s]; i++)
          out.push(core.i32(indices, n * capacity)[s * capacity + i]);
      return Float32Array.of(...out, ...encode(g, core, p));
    });
    const [thresholds, counts] = [flat.slice(0, n), flat.slice(n, 2 * n)];
    const pre = flat.slice(flat.length - n * f);
    let at = 2 * n;
    for (let s = 0; s < n; s++) {
      const list = new Set(flat.slice(at, at + Math.max(0, counts[s])));
      at += Math.max(0, counts[s]);
      if (counts[s] < 0) continue;
      const all = Array.from({ length: f }, (_, i) => pre[((s >> 3) * f + i) * 8 + (s & 7)]);
      const kth = [...all].sort((a, b) => b - a)[k - 1];
      if (thresholds[s] > t) assert.ok(thresholds[s] <= kth, 'a threshold that rose is a lower bound');
      all.forEach((v, i) => {
        if (v >= Math.max(kth, t)) assert.ok(list.has(i), `k ${k} t ${t}: latent ${i} of sample ${s}`);
      });
    }
    assert.ok(counts.filter((c) => c >= 0).length >= n / 2, 'most samples are bounded');
  }
});

test('the slack leaves room in 32 bits up to the widest rows', () => {
  const [widest] = onBoth(engines, (_, core) => Float32Array.of(core.kernels.i16_sae_slack(65536)));
  assert.ok(widest + 46000 ** 2 < 2 ** 31);
});

test.run();
