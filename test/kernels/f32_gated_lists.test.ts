import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_gated_lists');
const engines = await bothBuilds();

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
      const n = core.kernels.f32_gated_lists({
        ends,
        f,
        sample,
        value,
        bGate: g.f32(bGate),
        scale: g.f32(scale),
        bMag: g.f32(bMag),
        onlyActive,
        gates,
      });
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

test.run();
