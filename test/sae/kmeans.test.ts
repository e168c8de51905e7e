// Spherical k-means against a plain f64 twin, and what it is for: clusters of directions.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, Rng, resolveHyperparameters, trainSae } from '../../src/index.js';
import { readParameter, sizesOf, writeParameter } from '../../src/sae/memory.js';
import { architecture } from '../../src/sae/registry.js';
import { resampleDead } from '../../src/sae/resample.js';
import { allocFor, TrainingStep } from '../../src/sae/step.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { relativeError } from '../support/guarded.js';
import { randomNormal } from '../support/random.js';
import { spread } from '../support/sae-reference.js';

const test = suite('sae/kmeans');
const engine = await init();
const [d, f, n] = [6, 5, 64];

function setUp(options: { resample?: number } = {}) {
  const core = engine.acquire();
  const a = architecture('kmeans');
  const h = resolveHyperparameters(
    { architecture: 'kmeans', dSae: f, batch: n, steps: 100, seed: 0, ...options },
    d,
  );
  const step = new TrainingStep(core, a, h, allocFor(core, a, h, sizesOf(d, f)), n);
  const bias = randomNormal(d, 4);
  writeParameter(core, step.parameters.bDec, bias);
  step.start(randomNormal(300 * d, 5), 1);
  return { core, h, step, bias };
}

function feed(core: ReturnType<typeof setUp>['core'], step: TrainingStep, x: Float32Array): void {
  const { D } = step.parameters.sizes;
  for (let s = 0; s < n; s++) core.f32(step.x + 4 * s * D, d).set(x.subarray(s * d, (s + 1) * d));
}

test('loss and centroids are those of the f64 twin, batch after batch', () => {
  const { core, step, bias } = setUp();
  const centroids = Float64Array.from(readParameter(core, step.parameters.wDec));
  const sums = new Float64Array(f * d);
  for (let t = 0; t < 12; t++) {
    const x = randomNormal(n * d, 100 + t);
    feed(core, step, x);
    const { loss, sums: of } = step.gradientsOf(0, t * n, t, 100);
    const l0 = of.active / n;
    step.apply(1, t + 1);
    // The twin: nearest centroid by inner product, length max(0, .), sums that fade by 0.99.
    let [error, active] = [0, 0];
    const added = new Float64Array(f * d);
    for (let s = 0; s < n; s++) {
      const v = Array.from({ length: d }, (_, j) => x[s * d + j] - bias[j]);
      const dots = Array.from({ length: f }, (_, i) =>
        v.reduce((sum, e, j) => sum + e * centroids[i * d + j], 0),
      );
      const i = dots.indexOf(Math.max(...dots));
      const length = Math.max(0, dots[i]);
      if (length > 0) active++;
      for (let j = 0; j < d; j++) {
        error += (v[j] - length * centroids[i * d + j]) ** 2;
        added[i * d + j] += length * v[j];
      }
    }
    assert.ok(Math.abs(loss / (error / spread(Float64Array.from(x), { d, f, n })) - 1) < 1e-5, `step ${t}`);
    assert.is(l0, active / n);
    for (let e = 0; e < f * d; e++) sums[e] = 0.99 * sums[e] + added[e];
    for (let i = 0; i < f; i++) {
      const row = sums.subarray(i * d, (i + 1) * d);
      const norm = Math.sqrt(row.reduce((s, v) => s + v * v, 0));
      if (norm > 0) for (let j = 0; j < d; j++) centroids[i * d + j] = row[j] / norm;
    }
    for (const w of [step.parameters.wDec, step.parameters.wEnc])
      assert.ok(relativeError(readParameter(core, w), centroids) < 1e-5, `step ${t}`);
  }
  core.dispose();
});

test('directions of clusters are found', async () => {
  // Six directions, far apart; vectors are positive multiples with a little noise, of mean zero.
  const rng = new Rng(3);
  const noise = randomNormal(3000 * 3, 8);
  const data = new Float32Array(3000 * 3);
  for (let s = 0; s < 3000; s++) {
    const axis = rng.below(3);
    for (let j = 0; j < 3; j++) data[s * 3 + j] = 0.05 * noise[s * 3 + j];
    data[s * 3 + axis] += (rng.below(2) ? 1 : -1) * (1 + rng.uniform());
  }
  const source = matrixVectors({ label: 'x', hash: 'x', shape: [3000, 3], data }, 'all');
  const { tensors, log } = await trainSae(engine, source, {
    architecture: 'kmeans',
    dSae: 12,
    batch: 500,
    steps: 120,
    seed: 1,
  });
  const w = tensors.W_dec.data;
  for (let axis = 0; axis < 3; axis++)
    for (const sign of [1, -1]) {
      const best = Math.max(
        ...Array.from(
          { length: 12 },
          (_, i) => (sign * w[i * 3 + axis]) / Math.hypot(...w.subarray(i * 3, i * 3 + 3)),
        ),
      );
      assert.ok(best > 0.99, `${sign > 0 ? '+' : '-'} axis ${axis}: ${best}`);
    }
  assert.ok(log[log.length - 1].fvu < 0.02, `FVU ${log[log.length - 1].fvu}`);
});

test('a centroid that is re-initialised stays where it was put until vectors come to it', () => {
  const { core, h, step } = setUp({ resample: 10 });
  feed(core, step, randomNormal(n * d, 20));
  step.gradientsOf(0, 9 * n, 9, 100);
  step.apply(1, 10);
  step.lastFired.fill(10 * n);
  step.lastFired[2] = 0;
  resampleDead(core, step, h, { step: 10, steps: 100, batch: n, seed: 0 });
  const put = readParameter(core, step.parameters.wDec).slice(2 * d, 3 * d);
  step.objective.constrain!();
  assert.equal(readParameter(core, step.parameters.wDec).slice(2 * d, 3 * d), put);
  core.dispose();
});

test.run();
