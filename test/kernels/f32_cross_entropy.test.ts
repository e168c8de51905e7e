import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';
import { softmax } from '../support/reference.js';

const test = suite('f32_cross_entropy');
const engines = await bothBuilds();

const computed = (x: ArrayLike<number>, target: number) =>
  onBoth(engines, (g, core) => {
    const out = g.alloc(4 * x.length, 'gradient');
    const loss = core.kernels.f32_cross_entropy({
      ...{ x: g.f32(x, 'logits'), n: x.length, target, g: out },
      scratch: g.alloc(8 * x.length, 'scratch'),
    });
    return Float32Array.of(...core.f32(out, x.length), loss);
  });

test('loss and gradient agree with f64, the gradient with finite differences', () => {
  for (const n of [1, 7, 1008])
    for (const target of [0, n - 1]) {
      const x = randomValues(n, 1).map((v) => 5 * v);
      const have = computed(x, target);
      const loss = (logits: Float64Array) => -Math.log(softmax(logits)[target]);
      const want = softmax(x).map((v, i) => v - Number(i === target));
      if (n > 1) assert.ok(relativeError(have.subarray(0, n), want) < 1e-6, `${n}`);
      assert.ok(Math.abs(have[n] - loss(Float64Array.from(x))) < 1e-6 * (1 + have[n]), `${n}`);
      const moved = (by: number) => loss(Float64Array.from(x, (v, i) => v + (i ? 0 : by)));
      assert.ok(Math.abs((moved(1e-5) - moved(-1e-5)) / 2e-5 - have[0]) < 1e-6, `${n}`);
    }
});

test('logits far apart: nothing overflows', () => {
  const have = computed([3e38, -3e38, 0], 1);
  assert.equal(have.subarray(0, 3), Float32Array.of(1, -1, 0));
  assert.ok(Number.isFinite(computed([1000, -1000], 1)[2]));
  assert.is(computed([1000, -1000], 1)[2], 2000);
});

test.run();
