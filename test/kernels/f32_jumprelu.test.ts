import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { entries, F, index, N, pre, sums, theta } from '../support/jumprelu.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_jumprelu');
const engines = await bothBuilds();

test('active entries are those above their threshold, strictly, and know where they stood', () => {
  const start = Int32Array.of(0, 9, 9, 30, N);
  const flat = onBoth(engines, (g, core) => {
    const [activeStart, activeIndex, activeValue, activeAt] = [5, N, N, N].map((m) => g.alloc(4 * m));
    const active = core.kernels.f32_jumprelu({
      ...{ start: g.i32(start), index: g.i32(index), pre: g.f32(pre), n: 4, theta: g.f32(theta) },
      ...{ activeStart, activeIndex, activeValue, activeAt },
    });
    return Float32Array.from([
      ...core.i32(activeStart, 5),
      ...core.i32(activeIndex, active),
      ...core.f32(activeValue, active),
      ...core.i32(activeAt, active),
    ]);
  });
  const at = entries.filter((i) => pre[i] > theta[index[i]]);
  assert.ok(at.length > 5 && !at.includes(7));
  const begins = Array.from(start, (s) => at.filter((i) => i < s).length);
  assert.equal([...flat], [...begins, ...at.map((i) => index[i]), ...at.map((i) => pre[i]), ...at]);
});

test('straight-through gradients: inside the window only', () => {
  const df = randomValues(N, 3);
  const [width, step] = [0.7, 0.25];
  const flat = onBoth(engines, (g, core) => {
    const [d, gTheta] = [g.f32(df), g.f32(new Float32Array(F).fill(0.5))];
    core.kernels.f32_jumprelu_grad({
      index: g.i32(index),
      pre: g.f32(pre),
      df: d,
      n: N,
      theta: g.f32(theta),
      width,
      step,
      gTheta,
    });
    return core.f32(gTheta, F);
  });
  const inside = (i: number) => Math.abs(pre[i] - theta[index[i]]) < width / 2;
  const expected = [...sums((i) => (inside(i) ? -(theta[index[i]] * df[i] + step) / width : 0), 0.5)];
  assert.ok(relativeError(flat, expected) < 1e-6);
});

test.run();
