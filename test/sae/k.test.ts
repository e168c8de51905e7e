// k as a fraction, and k that falls to its value.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, resolveHyperparameters, type TrainOptions, trainSae } from '../../src/index.js';
import { annealedK } from '../../src/sae/schedule.js';
import { planted } from '../support/planted.js';

const test = suite('sae/k');
const engine = await init();
const { source } = planted(1200, 12, 20, 2, 3);
const OPTIONS: TrainOptions = { architecture: 'topk', dSae: 40, k: 2, batch: 100, steps: 200, seed: 3 };

test('batchtopk and matryoshka keep round(k B) of a batch', async () => {
  for (const architecture of ['batchtopk', 'matryoshka'])
    for (const [k, kept] of [
      [2.5, 250],
      [0.29, 29],
      [0.004, 1],
    ]) {
      const { log } = await trainSae(engine, source, { ...OPTIONS, architecture, k, steps: 3 });
      assert.is(Math.round(100 * log[0].l0), kept, `${architecture}, k ${k}`);
    }
});

test('others take whole numbers', () => {
  for (const [architecture, k, message] of [
    ['topk', 2.5, /k of topk must be a whole number, not 2.5; batchtopk and matryoshka take fractions/],
    ['archetypal', 1.5, /whole number/],
    ['topk', 0, /at least 1/],
    ['batchtopk', 0, /above 0/],
    ['batchtopk', 40.5, /larger than d_sae/],
  ] as const)
    assert.throws(() => resolveHyperparameters({ ...OPTIONS, architecture, k }, 12), message);
  for (const more of [{ kAnneal: 2 }, { kAnneal: 0.5, kStart: 1 }, { kAnneal: 0.5, kStart: 41 }])
    assert.throws(() => resolveHyperparameters({ ...OPTIONS, ...more }, 12), /annealing of k|k must start/);
  assert.throws(
    () => resolveHyperparameters({ ...OPTIONS, architecture: 'relu', k: undefined, kAnneal: 0.5 }, 12),
    /no setting 'kAnneal'/,
  );
});

test('k falls linearly from d_in, or from kStart, over its share of the run', () => {
  const h = resolveHyperparameters({ ...OPTIONS, kAnneal: 0.5 }, 12);
  assert.equal(
    [0, 25, 50, 99, 100, 199].map((t) => annealedK(h, t, 200)),
    [12, 9.5, 7, 12 - 9.9, 2, 2],
  );
  assert.is(annealedK({ ...h, kStart: 22 }, 50, 200), 12);
  assert.is(annealedK({ ...h, dIn: 500 }, 0, 200), 40, 'not more than there are');
  assert.is(annealedK(resolveHyperparameters(OPTIONS, 12), 0, 200), undefined);
});

test('training keeps that many, and ends as a run of k in bits that every build and path shares', async () => {
  for (const architecture of ['topk', 'batchtopk', 'matryoshka', 'archetypal']) {
    const options = { ...OPTIONS, architecture, kAnneal: 0.5, kStart: 8 };
    const { log, config } = await trainSae(engine, source, options);
    const at = (t: number) => log[t].l0;
    assert.ok(at(0) > 4 && at(0) <= 8, `${architecture} starts with ${at(0)}`);
    assert.ok(at(50) <= 5 && at(50) > 2.5, `${architecture} at a quarter: ${at(50)}`);
    assert.ok(at(150) <= 2, `${architecture} after it: ${at(150)}`);
    if (config.k !== undefined) assert.is(config.k, 2);
    const scalar = await init({ build: 'scalar' });
    const other = await trainSae(scalar, source, options);
    const again = await trainSae(engine, source, options);
    scalar.dispose();
    assert.equal(other.tensors, again.tensors, architecture);
  }
});

test.run();
