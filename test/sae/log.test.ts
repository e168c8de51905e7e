// The log of a training run: means and densities between its points, whole after a resume, and
// what evaluation says of the same vectors.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureNames, init, type TrainOptions, type TrainProgress, trainSae } from '../../src/index.js';
import { LoadedSae } from '../../src/sae/inference.js';
import { evaluateFully } from '../../src/sae/metrics.js';
import { filled } from '../support/filled.js';
import { memoryStorage } from '../support/memory-storage.js';
import { planted } from '../support/planted.js';

const test = suite('sae/log');
const engine = await init();
const { source } = planted(900, 12, 20, 2, 3);
const OPTIONS: TrainOptions = { architecture: 'topk', dSae: 40, k: 2, batch: 100, steps: 600, seed: 3 };

const withoutRate = (log: TrainProgress[]) => log.map(({ vectorsPerSecond: _, ...rest }) => rest);

test('a run resumed between two points has the log of a run that nobody stopped', async () => {
  const storage = memoryStorage();
  // Points every 3 steps; the checkpoint is of step 505.
  const { log } = await trainSae(engine, source, OPTIONS, { storage, checkpointEvery: 505 });
  assert.is(log.length, 200);
  const resumed = await trainSae(engine, source, OPTIONS, { storage, resume: true });
  assert.is(resumed.stepsRun, 95);
  assert.equal(withoutRate(resumed.log), withoutRate(log));
});

test('densities are of the vectors since the point before: every latent is in one place', async () => {
  const { log } = await trainSae(engine, source, { ...OPTIONS, steps: 60 });
  for (const { density, l0 } of filled(log)) {
    const { silent, latents } = density!;
    assert.is(silent + latents.reduce((n, v) => n + v, 0), 40);
    // Bin b holds densities from 10^(b / 4 - 8): their sum is L0.
    const bounds = [0, 1].map((up) => latents.reduce((sum, n, b) => sum + n * 10 ** ((b + up) / 4 - 8), 0));
    assert.ok(bounds[0] <= l0 + 1e-9 && l0 <= bounds[1] + 1e-9, `${bounds[0]} ${l0} ${bounds[1]}`);
  }
});

test('training and evaluation agree on the same vectors: scale, b_dec and thresholds are the same', async () => {
  // One batch of all vectors and a rate of almost nothing: the SAE that is exported is the one that
  // the log speaks of. The data are far from the scale and the centre of training.
  const big = {
    ...source,
    load: async (shard: number) => (await source.load(shard)).map((v) => 40 * v + 100),
  };
  for (const architecture of architectureNames()) {
    if (architecture === 'kmeans') continue; // it knows no rate: its centroids have moved
    const options = { architecture, dSae: 40, batch: 900, steps: 1, seed: 3, lr: 1e-12, lrWarmup: 0 };
    const { config, tensors, log } = await trainSae(engine, big, options);
    const sae = new LoadedSae(engine, config, tensors);
    const { metrics: m, l2Ratio } = await evaluateFully(sae, big);
    const [point] = log;
    const near = (a: number, b: number, what: string) =>
      assert.ok(Math.abs(a - b) <= 2e-3 * Math.max(1, Math.abs(b)), `${architecture} ${what}: ${a}, ${b}`);
    near(m.fvu, point.fvu, 'FVU');
    near(m.l0, point.l0, 'L0');
    near(m.gamma, point.gamma, 'gamma');
    near(m.cosine, point.cosine, 'cosine');
    near(l2Ratio, point.l2Ratio, 'L2 ratio');
    sae.dispose();
  }
});

test.run();
