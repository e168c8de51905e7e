// Weight gradients that are made a few rows at a time have the bits of held ones.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../src/index.js';
import { initialise } from '../../src/sae/initial.js';
import { listParameters, readParameter, sizesOf } from '../../src/sae/memory.js';
import { architecture } from '../../src/sae/registry.js';
import { resolveHyperparameters, type TrainOptions } from '../../src/sae/settings.js';
import { allocFor, TrainingStep } from '../../src/sae/step.js';
import { randomNormal } from '../support/random.js';

const test = suite('sae/gradients: held or not');
const engine = await init();
const [d, f, batch] = [500, 4200, 72];

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function prepare(name: string, settings: Partial<TrainOptions>) {
  const core = engine.acquire();
  const a = architecture(name);
  const options = { architecture: name, dSae: f, batch, steps: 10, seed: 1, ...settings };
  const h = resolveHyperparameters(options, d);
  const step = new TrainingStep(core, a, h, allocFor(core, a, h, sizesOf(d, h.dSae)), batch);
  return { core, a, step };
}

/** Gradients, norms and parameters over three steps, a fifth of the latents dead. */
function steps(name: string, settings: Partial<TrainOptions>, hold: boolean): Float32Array[] {
  const { core, a, step } = prepare(name, settings);
  assert.not(step.gradients.weights.held, 'not held where it need not be');
  if (hold) step.gradients.weights.hold();
  const x = randomNormal(batch * d, 1);
  initialise(core, step.parameters, a, { seed: 0, rows: x });
  step.start(x, 0);
  const numbers: Float32Array[] = [];
  for (let t = 0; t < 3; t++) {
    core.f32(step.x, x.length).set(x);
    step.lastFired.fill(1e9);
    step.lastFired.fill(0, 0, f / 5);
    step.gradientsOf(1, 1e9, t, 10);
    for (const { data } of step.gradients.read()) numbers.push(data);
    numbers.push(Float32Array.of(step.apply(1e-2, t + 1)));
  }
  for (const p of listParameters(step.parameters)) numbers.push(readParameter(core, p));
  core.dispose();
  return numbers;
}

for (const [name, settings] of [
  ['topk', { k: 5, auxK: 8, multiK: 20 }],
  ['batchtopk', { k: 5, auxK: 8 }],
  ['matryoshka', { k: 5, auxK: 8, groups: [20, 66, f] }],
  ['topk', { k: 5, auxK: 8, clip: 0.01 }],
] as [string, Partial<TrainOptions>][])
  test(`${name} ${JSON.stringify(settings)}`, () => {
    const [rows, whole] = [false, true].map((hold) => steps(name, settings, hold));
    rows.forEach((values, i) => {
      assert.ok(values.some((v) => v !== 0));
      assert.is(Buffer.compare(bytes(values), bytes(whole[i])), 0);
    });
  });

test('held: small matrices, more entries than are worth it, several blocks, derived decoders, penalties', () => {
  for (const [name, settings] of [
    ['topk', { k: 2000 }],
    ['topk', { k: 5, dSae: 140 }],
    ['relu', {}],
    ['gated', {}],
    ['jumprelu', {}],
    ['kmeans', {}],
    ['archetypal', { k: 3 }],
  ] as [string, Partial<TrainOptions>][]) {
    const { core, step } = prepare(name, settings);
    assert.ok(step.gradients.weights.held, name);
    core.dispose();
  }
});

test.run();
