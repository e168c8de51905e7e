// The bound holds: whatever reaches its threshold in f32 is wanted, whatever the data.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adversarialRows, ROWS } from '../support/adversarial.js';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomNormal, randomValues } from '../support/random.js';
import { encode, type Problem, quantized } from '../support/screening.js';

const test = suite('i16_sae_screen_4x8');
const engines = await bothBuilds();

/** Per feature and sample: wanted, and the f32 value. */
function screen(p: Problem, t: number): { wanted: number[]; pre: number[] } {
  const { d, f, n } = p;
  const flat = onBoth(engines, (g, core) => {
    const { x16, ix, w16, iw, beta } = quantized(g, core, p);
    const stride = n >> 3;
    const masks = g.alloc(f * stride, 'masks');
    const at = g.f32(new Float32Array(n).fill(t));
    core.kernels.i16_sae_screen_4x8({
      x16,
      panelCount: n >> 3,
      inverseX: ix,
      thresholds: at,
      w16,
      inverseW: iw,
      beta,
      d,
      count: f,
      masks,
      maskStride: stride,
      scratch: g.alloc(128, 'scratch'),
    });
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

test.run();
