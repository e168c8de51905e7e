import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gridOf } from '../../../src/study/sweep/grid.js';

const test = suite('study/sweep/grid');
const BASE = { dSae: 16, batch: 64, steps: 12, seed: 1 };

test('the grid: each architecture with its own knob and no setting of another', () => {
  const specs = gridOf(
    ['relu', 'topk', 'matryoshka', 'kmeans'],
    { ...BASE, groups: [8, 16] },
    { k: [2, 4], l1: [1, 3] },
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
    gridOf(['gated'], BASE, {}, 8).map((s) => s.options.l1),
    [0.5, 1, 2, 4],
  );
  assert.equal(new Set(gridOf(['topk'], BASE, {}, 8).map((s) => s.name)).size, 4);
  assert.equal(
    gridOf(['jumprelu'], { ...BASE, penalty: 'quadratic' }, { targetL0: [3] }, 8).map((s) => s.name),
    ['jumprelu-targetL0-3'],
  );
  assert.throws(() => gridOf(['topk'], BASE, { k: [40] }, 8), /larger than d_sae/);
  assert.throws(() => gridOf(['relu', 'relu'], BASE, { l1: [1] }, 8), /relu-l1-1 twice/);
  assert.throws(() => gridOf(['gatd'], BASE, {}, 8), /closest: gated/);
});

test.run();
