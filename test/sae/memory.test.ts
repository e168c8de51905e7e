// What a training step takes beyond its parameters, gradients and two moments.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../src/index.js';
import { listParameters } from '../../src/sae/memory.js';
import { prepareStep } from '../../src/study/bench/sae-step.js';

const test = suite('sae/memory');
const engine = await init();

test('topk, d 480, F 7680, batch 2048: 4x the parameters and less than six batches of inputs', () => {
  const [d, f, batch] = [480, 7680, 2048];
  const { core, step, run } = prepareStep(engine, { arch: 'topk', d, f, batch, settings: { k: 32 } });
  run();
  run();
  const parameters = listParameters(step.parameters).reduce((n, p) => n + 4 * p.size, 0);
  const beyond = core.bytesPeak - 4 * parameters;
  const batches = beyond / (4 * batch * d);
  core.dispose();
  assert.ok(batches < 6, `${batches} batches`);
});

test.run();
