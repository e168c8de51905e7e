import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_lerp');
const engines = await bothBuilds();

test('a running average moves by its rate', () => {
  const [x, y] = [randomValues(12, 1), randomValues(12, 2)];
  const out = onBoth(engines, (g, core) => {
    const q = g.f32(y);
    core.kernels.f32_lerp({ x: g.f32(x), rate: 0.25, y: q, n: 12 });
    return core.f32(q, 12);
  });
  assert.ok(
    relativeError(
      out,
      Array.from(y, (v, i) => v + 0.25 * (x[i] - v)),
    ) < 1e-6,
  );
});

test.run();
