import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adversarialRows } from '../support/adversarial.js';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';
import { encode, type Problem, quantized } from '../support/screening.js';

const test = suite('i16_sae_screen_top_4x8');
const engines = await bothBuilds();

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
        core.kernels.i16_sae_screen_top_4x8({
          x16,
          panelCount: n >> 3,
          inverseX: ix,
          thresholds,
          w16: w16 + 2 * at * d,
          inverseW: iw,
          beta,
          bias: b,
          d,
          first: at,
          count: 40,
          k,
          values,
          indices,
          counts,
          capacity,
          scratch,
        });
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

test.run();
