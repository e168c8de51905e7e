// Sparse data whose directions are known, hidden by a rotation: what finds them, and what cannot.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baselines, hidingMatrix, init, Rng, recovery } from '../../../src/index.js';
import { hide } from '../../../src/vectors/hiding.js';

const test = suite('study/hidden/recovery');
const engine = await init();
const d = 32;

test('counts neurons by cosine, with a sign or without, of all or some', () => {
  const axes = new Float32Array(d * d);
  for (let i = 0; i < d; i++) axes[i * d + i] = 1;
  const truth = { count: d, data: axes };
  const flipped = { count: d, data: axes.map((v) => -3 * v) };
  assert.equal(recovery(engine, truth, truth, d), { recovered: d, of: d, meanMaxCosine: 1 });
  assert.is(recovery(engine, truth, flipped, d).recovered, 0);
  assert.is(recovery(engine, truth, flipped, d, { signed: true }).recovered, d);
  const half = { count: 5, data: axes.subarray(0, 5 * d) };
  assert.equal(recovery(engine, truth, half, d), { recovered: 5, of: d, meanMaxCosine: 5 / d });
  assert.equal(recovery(engine, truth, half, d, { only: [0, 1, 9] }), {
    recovered: 2,
    of: 3,
    meanMaxCosine: 2 / 3,
  });
  assert.is(recovery(engine, truth, { count: 0, data: new Float32Array() }, d).recovered, 0);
});

test('ICA finds rotated sparse neurons, random directions and PCA do not', () => {
  const rng = new Rng(2);
  const x = new Float32Array(8000 * d);
  for (let i = 0; i < x.length; i++) if (rng.uniform() < 0.08) x[i] = Math.abs(rng.normal(engine.math)) + 0.5;
  const matrix = hidingMatrix(engine.math, d, { kind: 'rotate', width: d, seed: 1 });
  const core = engine.acquire();
  const hidden = hide(core, x, matrix, d);
  core.dispose();
  const found = Object.fromEntries(
    baselines(engine, hidden, d, 128, 0).map(({ name, rows, signed }) => [
      name,
      recovery(engine, { count: d, data: matrix }, rows, d, { signed }).recovered,
    ]),
  );
  assert.is(found.ica, d);
  assert.ok(found.random === 0 && found.pca <= 2, JSON.stringify(found));
});

test.run();
