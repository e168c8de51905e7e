import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../../src/index.js';
import {
  equalFidelity,
  gridOf,
  l0At,
  paretoFront,
  type SweepRow,
  sweep,
} from '../../../src/study/sweep/sweep.js';
import { matrixVectors } from '../../../src/vectors/matrix.js';
import { filled } from '../../support/filled.js';
import { memoryStorage } from '../../support/memory-storage.js';
import { randomNormal } from '../../support/random.js';

const test = suite('study/sweep');
const engine = await init();
const BASE = { dSae: 16, batch: 64, steps: 12, seed: 1 };

const row = (architecture: string, l0: number, fvu: number): SweepRow => ({
  name: `${architecture}-${l0}`,
  architecture,
  knob: null,
  l0,
  fvu,
});

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

test('the front keeps what nothing beats', () => {
  const rows = [row('a', 4, 0.5), row('a', 8, 0.2), row('b', 8, 0.3), row('b', 6, 0.5), row('b', 2, 0.9)];
  assert.equal([...paretoFront(rows, (r) => r.fvu)].sort(), ['a-4', 'a-8', 'b-2']);
  assert.equal([...paretoFront([row('a', 4, 0.5), row('b', 4, 0.5)], (r) => r.fvu)].length, 2, 'equals stay');
  const useless = [row('a', 0.1, 1.01), row('a', 0, 1)];
  assert.is(
    paretoFront(useless, (r) => r.fvu).size,
    0,
    'what the mean of the data does as well is on no front',
  );
});

test('L0 at equal FVU is interpolated on logarithmic axes, and only inside', () => {
  const rows = [row('a', 4, 0.16), row('a', 16, 0.01), row('b', 10, 0.3), row('b', 40, 0.004)];
  assert.ok(Math.abs(l0At(rows, 'a', 0.04, engine.math)! - 8) < 1e-9);
  assert.is(l0At(rows, 'a', 0.2, engine.math), undefined);
  // An SAE that another of its architecture beats says nothing about what the architecture needs.
  assert.is(l0At([...rows, row('a', 300, 0.05)], 'a', 0.04, engine.math), l0At(rows, 'a', 0.04, engine.math));
  const levels = equalFidelity(rows, engine.math);
  assert.equal(
    levels.map((l) => l.fvu),
    [0.01, 0.02, 0.05, 0.1],
  );
  assert.ok(filled(levels).every((l) => l.l0.a! < l.l0.b!));
});

test('trains and evaluates the grid; finished SAEs are reused; one that diverges is a row with its error', async () => {
  const data = matrixVectors({ label: 'x', hash: 'x', shape: [300, 8], data: randomNormal(2400, 1) }, 'all');
  const storage = memoryStorage();
  const specs = gridOf(['relu', 'gated', 'batchtopk'], BASE, { l1: [1], k: [2] }, 8);
  specs[0].options.lr = 1e30;
  const trained: string[] = [];
  const env = {
    engine,
    train: data,
    evaluation: data,
    storage,
    metadata: {},
    onTraining: (name: string) => trained.push(name),
  };
  const first = await sweep(env, specs);
  assert.match(first.rows[0].error!, 'training stopped');
  assert.is(first.rows[0].l0, undefined);
  assert.ok(filled(first.rows.slice(1)).every((r) => r.l0! > 0 && r.fvu! > 0 && r.folder === r.name));
  assert.is(first.logs['gated-l1-1'].length, 12);
  trained.length = 0;
  const again = await sweep(env, specs);
  assert.equal(again.rows, first.rows);
  assert.is(again.seconds, first.seconds, 'the time that training took, not that of finding it done');
  assert.ok(
    filled(trained).every((name) => name === 'relu-l1-1'),
    'what is finished is not trained again',
  );
});

test.run();
