import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_sae_latent_grad');
const engines = await bothBuilds();
const start = Int32Array.of(0, 3, 3, 5, 9);
const index = Int32Array.of(0, 4, 8, 1, 2, 0, 3, 5, 7);
const [f, n] = [9, 4];

test('the gradient of every entry agrees with f64, of spans to the bit', () => {
  const cut = Int32Array.of(2, 3, 4, 6);
  for (const d of [4, 8, 12, 36, 96]) {
    const [dr, wDec] = [randomValues(n * d, 1), randomValues(f * d, 2)];
    const both = (spans: boolean) =>
      onBoth(engines, (g, core) => {
        const k = core.kernels;
        const begin = g.i32(start);
        const rest = { index: g.i32(index), n, dr: g.f32(dr), wDec: g.f32(wDec), d };
        const df = g.alloc(36, 'df');
        if (spans) {
          const c = g.i32(cut);
          k.f32_sae_latent_grad_spans({ ...rest, from: begin, to: c, df });
          k.f32_sae_latent_grad_spans({ ...rest, from: c, to: begin + 4, df });
        } else k.f32_sae_latent_grad({ ...rest, start: begin, df });
        return core.f32(df, 9);
      });
    const whole = both(false);
    assert.equal(both(true), whole);
    const expected = new Float64Array(9);
    for (let b = 0; b < n; b++)
      for (let i = start[b]; i < start[b + 1]; i++)
        for (let j = 0; j < d; j++) expected[i] += dr[b * d + j] * wDec[index[i] * d + j];
    assert.ok(relativeError(whole, expected) < 1e-6, `d ${d}`);
  }
});

test.run();
