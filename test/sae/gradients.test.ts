// Losses against plain f64, gradients against finite differences of it (what straight-through
// estimators replace: against their formulas).
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, resolveHyperparameters, type TrainOptions } from '../../src/index.js';
import { listParameters, sizesOf, writeParameter } from '../../src/sae/memory.js';
import { architecture } from '../../src/sae/registry.js';
import { allocFor, TrainingStep } from '../../src/sae/step.js';
import { measures } from '../../src/sae/sums.js';
import { filled } from '../support/filled.js';
import { relativeError } from '../support/guarded.js';
import { randomNormal } from '../support/random.js';
import {
  gatedLoss,
  type JumpRelu,
  jumpReluLoss,
  jumpReluThresholds,
  multiLoss,
  numericalGradient,
  powerLoss,
  prefixLoss,
  reluLoss,
  type Shape,
  topkLoss,
  type Weights,
} from '../support/sae-reference.js';

const test = suite('sae/gradients');
const engine = await init();

interface Case extends Partial<Omit<TrainOptions, 'architecture'>> {
  name: string;
  shape: Shape;
  /** Latents that count as dead. */
  dead?: number[];
  /** Starting thresholds are spread around this (jumprelu). */
  near?: number;
  /** Encoder biases are shifted by this: -5 makes the lists sparse, 5 dense. */
  shift?: number;
}

const KEYS: Record<string, string> = {
  W_enc: 'wEnc',
  W_dec: 'wDec',
  b_enc: 'bEnc',
  b_gate: 'bEnc',
  b_dec: 'bDec',
};

function compute({ name, shape, l1 = 0, dead = [], near = 0.3, shift = 0, ...settings }: Case) {
  const { d, f, n } = shape;
  const core = engine.acquire();
  const a = architecture(name);
  const h = resolveHyperparameters(
    { architecture: name, dSae: f, batch: n, steps: 10, seed: 0, deadAfter: 1000, ...settings },
    d,
  );
  const p = allocFor(core, a, h, sizesOf(d, f));
  const step = new TrainingStep(core, a, h, p, n);
  const weights = {} as Weights;
  listParameters(p).forEach((parameter, i) => {
    const { name: tensor, rows, columns } = parameter;
    const size = tensor === 'W_dec' || tensor === 'W_enc' ? 0.5 : tensor === 'b_dec' ? 0.3 : 0.2;
    const centre = tensor === 'threshold' ? near : tensor === 'b_enc' || tensor === 'b_gate' ? shift : 0;
    const values = randomNormal(rows * columns, i + 1).map((v) => centre + size * v);
    if (tensor === 'W_dec' && a.unitDecoder)
      for (let row = 0; row < f; row++) {
        const norm = Math.sqrt(values.subarray(row * d, (row + 1) * d).reduce((s, v) => s + v * v, 0));
        for (let j = 0; j < d; j++) values[row * d + j] /= norm;
      }
    writeParameter(core, parameter, values);
    weights[KEYS[tensor] ?? tensor] = Float64Array.from(values);
  });
  const x = randomNormal(n * d, 50);
  for (let s = 0; s < n; s++) core.f32(step.x + 4 * s * p.sizes.D, d).set(x.subarray(s * d, (s + 1) * d));
  step.lastFired.fill(5000);
  for (const i of dead) step.lastFired[i] = 0;
  const losses = step.gradientsOf(l1, 5000);
  const gradients: Record<string, Float32Array> = {};
  for (const { name, data } of step.gradients.read()) gradients[KEYS[name] ?? name] = data;
  core.dispose();
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
  { tolerance = 2e-5, formulas = {} as Record<string, (w: Weights, x: Float64Array) => Float64Array> } = {},
): void {
  const { losses, gradients, weights, x } = compute(c);
  const expected = loss(weights, x, weights);
  assert.ok(Math.abs(losses.loss / expected - 1) < 1e-5, `${c.name}: loss ${losses.loss}, f64 ${expected}`);
  const numerical = numericalGradient(weights, (w) => loss(w, x, weights));
  if (architecture(c.name).unitDecoder) numerical.wDec = project(numerical.wDec, weights.wDec, c.shape.d);
  for (const [key, formula] of Object.entries(formulas)) numerical[key] = formula(weights, x);
  for (const key of filled(Object.keys(weights))) {
    if (!numerical[key].some(Boolean)) {
      assert.ok(
        filled(gradients[key]).every((v) => Math.abs(v) < 1e-6),
        `${JSON.stringify(c)} ${key}: not 0`,
      );
      continue;
    }
    const error = relativeError(gradients[key], numerical[key]);
    assert.ok(error < tolerance, `${JSON.stringify(c)} ${key}: ${error}`);
  }
}

const SHAPES: Shape[] = [
  { d: 6, f: 10, n: 12 },
  { d: 5, f: 7, n: 9 },
  { d: 12, f: 5, n: 17 }, // fewer latents than dimensions
];
/** Lists nearly empty, half full, nearly full: the sparse and the dense path. */
const SHIFTS = [-1.2, 0, 3];

test('relu: squared error and L1 weighted by the decoder norms', () => {
  for (const shape of SHAPES)
    for (const shift of SHIFTS)
      for (const l1 of [0, 0.7])
        check({ name: 'relu', shape, l1, shift }, (w, x) => reluLoss(w, x, shape, l1));
});

test('relu-unit and panneal: plain L1 and L_p, unit decoder rows', () => {
  for (const shape of SHAPES)
    for (const shift of SHIFTS) {
      check({ name: 'relu-unit', shape, l1: 0.7, shift }, (w, x) => powerLoss(w, x, shape, 0.7, 1));
      // A run of one step has its exponent at the end from the start.
      check({ name: 'panneal', shape, l1: 0.7, shift, pEnd: 0.6 }, (w, x) =>
        powerLoss(w, x, shape, 0.7, 0.6),
      );
    }
});

test('topk: normalised error, the encoder-side part of the b_dec gradient included', () => {
  for (const shape of SHAPES)
    for (const k of [1, 3, shape.f])
      check({ name: 'topk', shape, k }, (w, x) => topkLoss(w, x, shape, k, { k: 1, c: 0, dead: [] }));
});

test('topk with multi-k: an eighth of the error of the reconstruction from 4k latents', () => {
  for (const shape of SHAPES)
    check({ name: 'topk', shape, k: 1, multiK: 4 }, (w, x) => multiLoss(w, x, shape, 1, 4));
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

test('batchtopk: the k n largest of the batch, whatever their inputs', () => {
  for (const shape of SHAPES)
    for (const k of [1, 2, shape.f])
      for (const shift of SHIFTS)
        check({ name: 'batchtopk', shape, k, shift }, (w, x) => prefixLoss(w, x, shape, k, [shape.f]));
});

test('matryoshka: the sum of the errors of nested prefixes', () => {
  for (const shape of SHAPES)
    for (const groups of [
      [4, shape.f],
      [1, 2, 4, shape.f],
    ])
      check({ name: 'matryoshka', shape, k: 2, groups }, (w, x) => prefixLoss(w, x, shape, 2, groups));
});

test('gated: the gate learns from the penalty and the auxiliary term alone, decoder frozen there', () => {
  for (const shape of SHAPES)
    for (const shift of SHIFTS)
      for (const l1 of [0, 0.5])
        check({ name: 'gated', shape, l1, shift }, (w, x, frozen) => gatedLoss(w, x, shape, l1, frozen));
});

test('gated differs from the same loss without the frozen decoder', () => {
  const shape = SHAPES[0];
  const { gradients, weights, x } = compute({ name: 'gated', shape, l1: 0.5 });
  const free = numericalGradient(weights, (w) => gatedLoss(w, x, shape, 0.5, w));
  assert.ok(relativeError(gradients.wDec, project(free.wDec, weights.wDec, shape.d)) > 1e-2);
  assert.ok(relativeError(gradients.bDec, free.bDec) > 1e-2);
});

test('jumprelu: weights by differences, thresholds by the straight-through formulas', () => {
  for (const shape of SHAPES)
    for (const penalty of ['tanh', 'step', 'quadratic'] as const)
      for (const bandwidth of [0.4, 2])
        for (const dead of [[], [0, 3]]) {
          const o: JumpRelu = { penalty, l1: 0.6, bandwidth, targetL0: 2, dead };
          check(
            { name: 'jumprelu', shape, penalty, l1: 0.6, bandwidth, targetL0: 2, dead },
            (w, x) => jumpReluLoss(w, x, shape, o),
            { tolerance: 5e-5, formulas: { threshold: (w, x) => jumpReluThresholds(w, x, shape, o) } },
          );
        }
});

test('archetypal: weights, relaxation and scale by differences through W_dec = exp(m) (W C + Lambda)', () => {
  const shape = SHAPES[0];
  const { d, f, n } = shape;
  const core = engine.acquire();
  const a = architecture('archetypal');
  const h = resolveHyperparameters(
    { architecture: 'archetypal', dSae: f, batch: n, steps: 10, seed: 0, k: 3 },
    d,
  );
  const p = allocFor(core, a, h, sizesOf(d, f));
  const step = new TrainingStep(core, a, h, p, n);
  const archetypes = step.objective.state.archetypes;
  archetypes.set(randomNormal(f * d, 9));
  const weights = {} as Weights;
  listParameters(p).forEach((parameter, i) => {
    const values = randomNormal(parameter.rows * parameter.columns, i + 1).map((v) => 0.3 * v);
    if (parameter.name === 'W')
      for (let r = 0; r < f; r++) {
        const row = values.subarray(r * f, (r + 1) * f);
        row.forEach((v, j) => {
          row[j] = Math.abs(v);
        });
        const sum = row.reduce((s, v) => s + v, 0);
        row.forEach((v, j) => {
          row[j] = v / sum;
        });
      }
    writeParameter(core, parameter, values);
    weights[KEYS[parameter.name] ?? parameter.name] = Float64Array.from(values);
  });
  step.objective.constrain!();
  const x = randomNormal(n * d, 50);
  for (let s = 0; s < n; s++) core.f32(step.x + 4 * s * p.sizes.D, d).set(x.subarray(s * d, (s + 1) * d));
  step.lastFired.fill(1e9);
  const { loss } = step.gradientsOf(0, 0);
  const decoder = (w: Weights): Float64Array =>
    Float64Array.from({ length: f * d }, (_, e) => {
      const [i, j] = [Math.floor(e / d), e % d];
      let sum = w.Lambda[e];
      for (let c = 0; c < f; c++) sum += w.W[i * f + c] * archetypes[c * d + j];
      return Math.exp(w.m[0]) * sum;
    });
  const twin = (w: Weights) =>
    topkLoss({ ...w, wDec: decoder(w) }, Float64Array.from(x), shape, 3, { k: 1, c: 0, dead: [] });
  assert.ok(Math.abs(loss / twin(weights) - 1) < 1e-5, `loss ${loss}, f64 ${twin(weights)}`);
  const numerical = numericalGradient(weights, twin);
  for (const { name, data: got } of filled(step.gradients.read())) {
    const key = KEYS[name] ?? name;
    // W_dec is made of the others and not trained itself.
    if (key === 'wDec') assert.ok(filled(got).every((v) => v === 0));
    else assert.ok(relativeError(got, numerical[key]) < 2e-5, key);
  }
  core.dispose();
});

test('L0, FVU and the dead set are what they say', () => {
  const shape = SHAPES[0];
  const { losses } = compute({ name: 'topk', shape, k: 3 });
  const { l0, fvu } = measures(losses.sums);
  assert.ok(l0 <= 3 && l0 > 1);
  assert.ok(Math.abs(fvu - losses.loss) < 1e-12, 'without AuxK the normalised loss is the FVU');
});

test.run();
