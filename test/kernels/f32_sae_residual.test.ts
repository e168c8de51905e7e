import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_sae_residual');
const engines = await bothBuilds();

test('the residual and its squared norms agree with f64', () => {
  const n = 4;
  for (const d of [4, 8, 12, 36, 96]) {
    const [xhat, x] = [randomValues(n * d, 1), randomValues(n * d, 4)];
    const flat = onBoth(engines, (g, core) => {
      const [residual, errors] = [g.f32(xhat, 'residual'), g.alloc(4 * n, 'errors')];
      core.kernels.f32_sae_residual({ residual, x: g.f32(x), n, d, errors });
      return Float32Array.from([...core.f32(residual, n * d), ...core.f32(errors, n)]);
    });
    const residual = Array.from(xhat, (v, i) => v - x[i]);
    const errors = [0, 1, 2, 3].map((b) => residual.slice(b * d, (b + 1) * d).reduce((s, r) => s + r * r, 0));
    assert.ok(relativeError(flat, [...residual, ...errors]) < 1e-6, `d ${d}`);
  }
});

test.run();
