// 1x1 convolutions of the same pixels, computed together: bits and values before the ReLU as alone.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../src/index.js';
import { NetworkSession } from '../../src/network/session.js';
import { heModel, randomImage } from '../support/he.js';

const test = suite('network/siblings');
const engine = await init({ build: 'simd' });
const model = heModel('inceptionv1');
const [height, width] = [72, 56];
const image = randomImage(height, width, 6);

function run(taps: string[]): { values: Float32Array[]; steps: string[] } {
  const session = new NetworkSession(engine, model, { height, width, taps });
  session.run(image);
  const values = taps.map((tap) => session.tap(tap));
  const steps = session.steps.map(({ name }) => name);
  session.dispose();
  return { values, steps };
}

test('one step computes them all, and each alone has the same bits', () => {
  const branches = ['mixed3b_1x1', 'mixed3b_3x3_bottleneck', 'mixed3b_5x5_bottleneck'];
  const together = run(branches);
  assert.equal(
    together.steps.filter((name) => branches.includes(name)),
    ['mixed3b_1x1'],
  );
  for (const [i, branch] of branches.entries()) {
    const alone = run([branch]);
    assert.is(alone.steps.at(-1), branch);
    assert.equal(alone.values[0], together.values[i], branch);
  }
});

test('values before the ReLU are kept for those that are asked for', () => {
  const [[before, after, other], [plain]] = [
    run(['mixed3a_3x3_bottleneck_pre_relu', 'mixed3a_3x3_bottleneck', 'mixed3a_1x1']).values,
    run(['mixed3a_1x1']).values,
  ];
  assert.ok(before.some((v) => v < 0));
  assert.equal(
    before.map((v) => Math.max(0, v)),
    after.map((v) => v + 0),
  );
  assert.equal(other, plain);
});

test('filters that fill no panels of 16 are computed by themselves', () => {
  const { steps } = run(['mixed4c']); // mixed4c_5x5_bottleneck has 24 filters
  assert.ok(steps.includes('mixed4c_1x1') && steps.includes('mixed4c_5x5_bottleneck'));
  assert.not.ok(steps.includes('mixed4c_3x3_bottleneck'));
});

test.run();
