// A benchmark for every kernel (file, test and docs: test/kernels/docs.test.ts); what it computes
// is the same in the simd and the scalar build.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KERNELS } from '../../src/bench/kernels.js';
import { init } from '../../src/index.js';
import { filled } from '../support/filled.js';
import { KERNEL_FILES, UNTIMED } from '../support/kernels.js';

const test = suite('bench/kernels');

test('every kernel has its benchmark, or its reason to have none', () => {
  assert.equal([...Object.keys(KERNELS), ...Object.keys(UNTIMED)].sort(), KERNEL_FILES);
});

test('every benchmark computes the same bits in simd and scalar, and something', async () => {
  const engines = [await init({ build: 'simd' }), await init({ build: 'scalar' })];
  for (const [name, { prepare, flop, bytes }] of Object.entries(KERNELS)) {
    const [simd, scalar] = engines.map((engine) => {
      const core = engine.acquire();
      const { run, output } = prepare(core);
      run();
      const result = Float32Array.from(output());
      core.dispose();
      return result;
    });
    assert.ok(filled(simd).every(Number.isFinite), `${name}: finite`);
    assert.ok(new Set(simd).size > 1 || simd.length === 1, `${name}: more than one value`);
    assert.ok(Buffer.from(simd.buffer).equals(Buffer.from(scalar.buffer)), `${name}: simd = scalar`);
    assert.is((flop ?? 0) > 0, bytes === undefined, `${name}: operations or bytes`);
  }
});

test.run();
