import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_preact_correction');
const engines = await bothBuilds();
const [f, n] = [6, 50];
const index = Int32Array.from({ length: n }, (_, i) => (i * 5) % f);
const theta = randomValues(f, 1).map((v) => Math.abs(v));
const pre = randomValues(n, 2).map((v, i) => (i === 7 ? theta[index[7]] : v));
const norms = randomValues(f, 4).map((v) => Math.abs(v) + 0.1);
const w = (i: number) => norms[index[i]];
const all = Array.from({ length: n }, (_, i) => i);
const sums = (term: (i: number) => number) => {
  const out = new Array<number>(f).fill(0);
  for (const i of all) out[index[i]] += term(i);
  return out;
};

test('the part of dead latents that is taken back: values and gradients agree with f64', () => {
  const dead = Int32Array.of(1, 0, 0, 1, 1, 0);
  const flat = onBoth(engines, (g, core) => {
    const [dpre, gTheta, gNorm] = [n, f, f].map((size) => g.f32(new Float32Array(size)));
    const sum = core.kernels.f32_preact_correction({
      index: g.i32(index),
      pre: g.f32(pre),
      dpre,
      n,
      theta: g.f32(theta),
      norms: g.f32(norms),
      dead: g.i32(dead),
      scale: 0.2,
      gTheta,
      gNorm,
    });
    return Float32Array.from([sum, ...core.f32(dpre, n), ...core.f32(gTheta, f), ...core.f32(gNorm, f)]);
  });
  const excess = (i: number) => (dead[index[i]] ? Math.max(0, pre[i] - theta[index[i]]) : 0);
  const expected = [
    all.reduce((s, i) => s + 0.2 * excess(i) * w(i), 0),
    ...all.map((i) => (excess(i) > 0 ? 0.2 * w(i) : 0)),
    ...sums((i) => (excess(i) > 0 ? -0.2 * w(i) : 0)),
    ...sums((i) => 0.2 * excess(i)),
  ];
  assert.ok(relativeError(flat, expected) < 1e-6);
});

test.run();
