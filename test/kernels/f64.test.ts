import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f64');
const { simd, scalar } = await bothBuilds();
const [a, b] = [simd.acquire().kernels, scalar.acquire().kernels];

/** Name, what it approximates, and where. */
const ONE = [
  ['f64_exp', Math.exp, (v: number) => 20 * v],
  ['f64_expm1', Math.expm1, (v: number) => 2 * v],
  ['f64_log', Math.log, (v: number) => 10 * Math.abs(v)],
  ['f64_log1p', Math.log1p, (v: number) => 0.9 * v],
  ['f64_sin', Math.sin, (v: number) => 10 * v],
  ['f64_cos', Math.cos, (v: number) => 10 * v],
  ['f64_tan', Math.tan, (v: number) => 10 * v],
  ['f64_tanh', Math.tanh, (v: number) => 3 * v],
] as const;
const near = (have: number, want: number) => Math.abs(have - want) <= 1e-15 * Math.max(Math.abs(want), 1e-3);

for (const [name, expected, at] of ONE)
  test(`${name}: the same in both builds, near the engine’s`, () => {
    for (const v of randomValues(200, 1)) {
      const x = at(v);
      assert.is(a[name](x), b[name](x));
      assert.ok(near(a[name](x), expected(x)), `${name}(${x}): ${a[name](x)} for ${expected(x)}`);
    }
    assert.ok(Number.isNaN(a[name](Number.NaN)));
  });

test('f64_pow and f64_atan2: the same in both builds, near the engine’s', () => {
  const [first, second] = [randomValues(200, 2), randomValues(200, 3)];
  first.forEach((v, i) => {
    const [x, y] = [5 * Math.abs(v), 6 * second[i]];
    assert.is(a.f64_pow(x, y), b.f64_pow(x, y));
    assert.ok(near(a.f64_pow(x, y), x ** y), `${x} ** ${y}`);
    assert.is(a.f64_atan2(y, v), b.f64_atan2(y, v));
    assert.ok(near(a.f64_atan2(y, v), Math.atan2(y, v)), `atan2(${y}, ${v})`);
  });
});

test.run();
