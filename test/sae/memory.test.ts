// What a training step takes.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { prepareStep } from '../../src/bench/sae-step.js';
import { init } from '../../src/index.js';
import { listParameters } from '../../src/sae/memory.js';

const test = suite('sae/memory');
const engine = await init();

test('topk, d 480, F 7680, batch 2048: no more than 4x the parameters and one batch of inputs', () => {
  const [d, f, batch] = [480, 7680, 2048];
  const { core, step, run } = prepareStep(engine, { arch: 'topk', d, f, batch, settings: { k: 32 } });
  run();
  run();
  const parameters = listParameters(step.parameters).reduce((n, p) => n + 4 * p.size, 0);
  const limit = 4 * parameters + 4 * batch * d;
  const { bytesPeak } = core;
  core.dispose();
  assert.ok(bytesPeak <= limit, `${bytesPeak} of ${limit}`);
});

test.run();
