import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gridOf } from '../../../src/study/sweep/grid.js';

const test = suite('study/sweep/grid');
const BASE = { batch: 64, steps: 12, seed: 1 };
const widths = [16];

test('the grid: each architecture with its own knob and no setting of another', () => {
  const specs = gridOf(
    ['relu', 'topk', 'matryoshka', 'kmeans'],
    { ...BASE, groups: [8, 16] },
    { levels: { k: [2, 4], l1: [1, 3] }, widths },
    8,
  );
  assert.equal(
    specs.map((s) => s.name),
    ['relu-l1-1', 'relu-l1-3', 'topk-k-2', 'topk-k-4', 'matryoshka-k-2', 'matryoshka-k-4', 'kmeans'],
  );
  assert.is(specs[0].options.groups, undefined);
  assert.equal(specs[4].options.groups, [8, 16]);
  assert.is(specs[3].options.k, 4);
  // Without levels: around the usual value, and no level twice.
  assert.equal(
    gridOf(['gated'], BASE, { levels: {}, widths }, 8).map((s) => s.options.l1),
    [0.5, 1, 2, 4],
  );
  assert.equal(new Set(gridOf(['topk'], BASE, { levels: {}, widths }, 8).map((s) => s.name)).size, 4);
  assert.equal(
    gridOf(['jumprelu'], { ...BASE, penalty: 'quadratic' }, { levels: { targetL0: [3] }, widths }, 8).map(
      (s) => s.name,
    ),
    ['jumprelu-targetL0-3'],
  );
  assert.throws(() => gridOf(['topk'], BASE, { levels: { k: [40] }, widths }, 8), /larger than d_sae/);
  assert.throws(() => gridOf(['relu', 'relu'], BASE, { levels: { l1: [1] }, widths }, 8), /relu-l1-1 twice/);
  assert.throws(() => gridOf(['gatd'], BASE, { levels: {}, widths }, 8), /closest: gated/);
});

test('several widths: each level with each width, or in step; no name twice', () => {
  const sizes = { levels: { k: [2, 4] }, widths: [16, 32] };
  assert.equal(
    gridOf(['topk'], BASE, sizes, 8).map((s) => [s.name, s.options.dSae, s.options.k]),
    [
      ['topk-k-2-F-16', 16, 2],
      ['topk-k-4-F-16', 16, 4],
      ['topk-k-2-F-32', 32, 2],
      ['topk-k-4-F-32', 32, 4],
    ],
  );
  assert.equal(
    gridOf(['topk'], BASE, { ...sizes, inStep: true }, 8).map((s) => s.name),
    ['topk-k-2-F-16', 'topk-k-4-F-32'],
  );
  assert.equal(
    gridOf(['kmeans'], BASE, sizes, 8).map((s) => s.name),
    ['kmeans-F-16', 'kmeans-F-32'],
  );
  assert.throws(
    () => gridOf(['topk'], BASE, { levels: { k: [2] }, widths: [16, 32], inStep: true }, 8),
    /2 values of d-sae \(16, 32\) need as many of k for topk, not 1/,
  );
  assert.throws(() => gridOf(['topk'], BASE, { levels: { k: [2] }, widths: [16, 16] }, 8), /F-16 twice/);
  assert.throws(() => gridOf(['topk'], BASE, { levels: { k: [2] }, widths: [1.5] }, 8), /d_sae/i);
});

test.run();
