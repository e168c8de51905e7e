import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('i16_sae_slack');
const engines = await bothBuilds();

test('the slack leaves room in 32 bits up to the widest rows', () => {
  const [widest] = onBoth(engines, (_, core) => Float32Array.of(core.kernels.i16_sae_slack(65536)));
  assert.ok(widest + 46000 ** 2 < 2 ** 31);
});

test.run();
