import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { softmax } from '../support/reference.js';

const test = suite('f32_softmax');
const engines = await bothBuilds();

const run = (x: ArrayLike<number>) =>
  onBoth(engines, (g, core) => {
    const y = g.alloc(4 * x.length, 'y');
    core.kernels.f32_softmax({ x: g.f32(x, 'x'), y, n: x.length, scratch: g.alloc(8 * x.length, 'scratch') });
    return core.f32(y, x.length);
  });

test('agrees with f64, sums to 1, survives large values', () => {
  const rng = new Rng(8);
  for (const n of [1, 2, 5, 1000, 1008])
    for (const scale of [1, 30, 1e4]) {
      const x = Float32Array.from({ length: n }, () => (rng.uniform() - 0.5) * scale);
      const y = run(x);
      assert.ok(relativeError(y, softmax(x)) < 1e-7, `n ${n} scale ${scale}`);
      assert.ok(Math.abs(y.reduce((a, b) => a + b, 0) - 1) < 1e-5);
    }
});

test('ties share equally', () => {
  assert.equal([...run([3, 3, 3, 3])], [0.25, 0.25, 0.25, 0.25]);
});

test.run();
