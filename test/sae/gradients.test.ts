// Losses against plain f64, gradients against finite differences of it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../src/index.js';
import { allocParameters, readParameter, sizesOf, writeParameter } from '../../src/sae/memory.js';
import { architecture } from '../../src/sae/registry.js';
import { TrainingStep } from '../../src/sae/step.js';
import { resolveHyperparameters } from '../../src/sae/trainer.js';
import { relativeError } from '../support/guarded.js';
import { randomNormal } from '../support/random.js';
import { numericalGradient, reluLoss, type Shape, topkLoss, type Weights } from '../support/sae-reference.js';

const test = suite('sae/gradients');
const engine = await init();

interface Case {
  name: 'relu' | 'topk';
  shape: Shape;
  l1?: number;
  k?: number;
  auxK?: number;
  /** Latents that count as dead. */
  dead?: number[];
}

function compute({ name, shape, l1 = 0, k, auxK, dead = [] }: Case) {
  const { d, f, n } = shape;
  const core = engine.acquire();
  const a = architecture(name);
  const h = resolveHyperparameters(
    { architecture: name, dSae: f, batch: n, steps: 10, seed: 0, k, auxK, deadAfter: 1000 },
    d,
  );
  const p = allocParameters(core, sizesOf(d, f));
  const step = new TrainingStep(core, a, h, p, n);
  const wDec = randomNormal(f * d, 2).map((v) => 0.5 * v);
  if (a.unitDecoder)
    for (let i = 0; i < f; i++) {
      const norm = Math.sqrt(wDec.subarray(i * d, (i + 1) * d).reduce((s, v) => s + v * v, 0));
      for (let j = 0; j < d; j++) wDec[i * d + j] /= norm;
    }
  const values = {
    wEnc: randomNormal(f * d, 1).map((v) => 0.5 * v),
    wDec,
    bEnc: randomNormal(f, 3).map((v) => 0.2 * v),
    bDec: randomNormal(d, 4).map((v) => 0.3 * v),
  };
  for (const key of ['wEnc', 'wDec', 'bEnc', 'bDec'] as const) writeParameter(core, p[key], values[key]);
  const x = randomNormal(n * d, 5);
  for (let s = 0; s < n; s++) core.f32(step.x + 4 * s * p.sizes.D, d).set(x.subarray(s * d, (s + 1) * d));
  step.lastFired.fill(5000);
  for (const i of dead) step.lastFired[i] = 0;
  const losses = step.gradientsOf(l1, 5000);
  const gradients = Object.fromEntries(
    (['wEnc', 'wDec', 'bEnc', 'bDec'] as const).map((key) => [key, readParameter(core, step.gradients[key])]),
  );
  core.dispose();
  const weights = Object.fromEntries(
    Object.entries(values).map(([key, v]) => [key, Float64Array.from(v)]),
  ) as unknown as Weights;
  return { losses, gradients, weights, x: Float64Array.from(x), h };
}

/** Removes the part along unit rows, as the trainer does before the step. */
function project(g: Float64Array, w: Float64Array, d: number): Float64Array {
  return g.map((v, e) => {
    const row = Math.floor(e / d) * d;
    let dot = 0;
    for (let j = 0; j < d; j++) dot += g[row + j] * w[row + j];
    return v - dot * w[e];
  });
}

function check(
  c: Case,
  loss: (w: Weights, x: Float64Array, frozen: Weights) => number,
  tolerance = 2e-5,
): void {
  const { losses, gradients, weights, x } = compute(c);
  const expected = loss(weights, x, weights);
  assert.ok(Math.abs(losses.loss / expected - 1) < 1e-5, `loss ${losses.loss}, f64 ${expected}`);
  const numerical = numericalGradient(weights, (w) => loss(w, x, weights));
  if (c.name === 'topk') numerical.wDec = project(numerical.wDec, weights.wDec, c.shape.d);
  for (const key of ['wEnc', 'wDec', 'bEnc', 'bDec'] as const) {
    const error = relativeError(gradients[key], numerical[key]);
    assert.ok(error < tolerance, `${JSON.stringify(c)} ${key}: ${error}`);
  }
}

const SHAPES: Shape[] = [
  { d: 6, f: 10, n: 12 },
  { d: 5, f: 7, n: 9 },
  { d: 12, f: 5, n: 17 }, // fewer latents than dimensions
];

test('relu: squared error and L1 weighted by the decoder norms', () => {
  for (const shape of SHAPES)
    for (const l1 of [0, 0.7]) check({ name: 'relu', shape, l1 }, (w, x) => reluLoss(w, x, shape, l1));
});

test('topk: normalised error, the encoder-side part of the b_dec gradient included', () => {
  for (const shape of SHAPES)
    for (const k of [1, 3, shape.f])
      check({ name: 'topk', shape, k }, (w, x) => topkLoss(w, x, shape, k, { k: 1, c: 0, dead: [] }));
});

test('AuxK: its target is detached, its decoder has no bias, live latents take no part', () => {
  const dead = [1, 4, 6];
  for (const shape of [SHAPES[0], SHAPES[1]])
    for (const auxK of [1, 2, 8])
      check({ name: 'topk', shape, k: 2, auxK, dead }, (w, x, frozen) =>
        topkLoss(w, x, shape, 2, { k: auxK, c: 1 / 32, dead }, frozen),
      );
});

test('AuxK differs from the same loss with a target that is not detached', () => {
  const [shape, dead] = [SHAPES[0], [1, 4, 6]];
  const { gradients, weights, x } = compute({ name: 'topk', shape, k: 2, auxK: 2, dead });
  const attached = numericalGradient(weights, (w) => topkLoss(w, x, shape, 2, { k: 2, c: 1 / 32, dead }, w));
  assert.ok(relativeError(gradients.bDec, attached.bDec) > 1e-3);
});

test('L0, FVU and the dead set are what they say', () => {
  const shape = SHAPES[0];
  const { losses } = compute({ name: 'topk', shape, k: 3 });
  assert.ok(losses.l0 <= 3 && losses.l0 > 1);
  assert.ok(Math.abs(losses.fvu - losses.loss) < 1e-12, 'without AuxK the normalised loss is the FVU');
});

test.run();
