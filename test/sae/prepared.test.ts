// What a run does to its vectors, what it says of them, and how its log measures (src/sae/prepare.ts,
// sums.ts, doubts.ts): vectors that recipes were not made for.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureNames, init, type TrainOptions, trainSae } from '../../src/index.js';
import { LoadedSae } from '../../src/sae/inference.js';
import { evaluate } from '../../src/sae/metrics.js';
import { prepare } from '../../src/sae/prepare.js';
import type { TrainResult } from '../../src/sae/run.js';
import type { VectorSource } from '../../src/vectors/types.js';
import { memoryStorage } from '../support/memory-storage.js';
import { planted } from '../support/planted.js';

const test = suite('sae/prepared');
const engine = await init();
const { source } = planted(1200, 12, 20, 2, 3);
const OPTIONS: TrainOptions = { architecture: 'topk', dSae: 40, k: 2, batch: 100, steps: 600, seed: 3 };

/** The source with each vector changed. */
const changed = (change: (v: number, i: number, row: number) => number): VectorSource => ({
  ...source,
  load: async (shard) => (await source.load(shard)).map((v, i) => change(v, i, Math.floor(i / source.d))),
});

async function metricsOf({ config, tensors }: TrainResult, of: VectorSource) {
  const sae = new LoadedSae(engine, config, tensors);
  const metrics = await evaluate(sae, of);
  sae.dispose();
  return metrics;
}

/** Mean per dimension 10 times the root of the mean variance. */
async function farAway(): Promise<VectorSource> {
  const { spread, scale } = await prepare(source, { centre: 'off' });
  const sigma = Math.sqrt(spread / source.d) / scale;
  return changed((v, i) => v + (i % 2 ? 10 : -10) * sigma);
}

test('a batch of one vector learns, and its log says what evaluation says', async () => {
  for (const architecture of ['topk', 'batchtopk', 'archetypal'] as const) {
    const options = { ...OPTIONS, architecture, k: 3, batch: 1, steps: 4000, lr: 2e-3 };
    const result = await trainSae(engine, source, options);
    const start = result.log.slice(0, 5).reduce((sum, p) => sum + p.fvu / 5, 0);
    const end = result.log.slice(-40).reduce((sum, p) => sum + p.fvu / 40, 0);
    const { fvu } = await metricsOf(result, source);
    assert.ok(start > 0.3, `${architecture} starts at ${start}`);
    assert.ok(fvu < 0.6 * start, `${architecture}: FVU ${fvu}, at first ${start}`);
    assert.ok(Math.abs(end - fvu) < 0.15, `${architecture}: the log ends at ${end}, evaluation says ${fvu}`);
  }
});

test('the FVU of a point is a ratio of sums over its steps: batches that are tiny do not count double', async () => {
  // Every second vector is a hundredth of its length: errors of a tiny batch over its own spread explode.
  const uneven = changed((v, _, row) => (row % 2 ? v / 100 : v));
  const options = { ...OPTIONS, batch: 2, steps: 600 * 200, lr: 1e-12, lrWarmup: 0 };
  const { log } = await trainSae(engine, uneven, { ...options, steps: 1200 });
  const whole = await trainSae(engine, uneven, { ...options, batch: 1200, steps: 1 });
  const mean = log.reduce((sum, p) => sum + p.fvu, 0) / log.length;
  assert.ok(
    Math.abs(mean / whole.log[0].fvu - 1) < 0.1,
    `${mean} of small batches, ${whole.log[0].fvu} of all`,
  );
});

test('equal vectors: said at once, b_dec becomes them, training and evaluation agree', async () => {
  const constant = changed((_, i) => 3 + (i % source.d));
  for (const architecture of architectureNames()) {
    const said: string[] = [];
    const { k: _, ...options } = { ...OPTIONS, architecture, steps: 300, lr: 1e-2 };
    const result = await trainSae(engine, constant, options, { onWarning: (text) => said.push(text) });
    assert.match(said[0], 'the training vectors are all equal', architecture);
    assert.equal(result.warnings, said);
    const last = result.log.at(-1)!;
    const { fvu } = await metricsOf(result, constant);
    assert.ok([0, 1].includes(last.fvu), `${architecture}: ${last.fvu}`);
    assert.ok([0, 1].includes(fvu), `${architecture}: ${fvu}`);
    const sae = new LoadedSae(engine, result.config, result.tensors);
    const x = (await constant.load(0)).slice(0, source.d);
    const near = sae.decode(sae.encode(x, 1), 1);
    sae.dispose();
    for (let j = 0; j < source.d; j++)
      assert.ok(Math.abs(near[j] - x[j]) < 0.7 * x[j], `${architecture}: ${near[j]} for ${x[j]}`);
  }
});

test('a mean far from zero is subtracted and folded: every architecture learns what it learns at zero', async () => {
  const far = await farAway();
  for (const architecture of architectureNames()) {
    if (architecture === 'kmeans') continue; // it has no rate and no scale
    const { k: _, ...options } = { ...OPTIONS, architecture };
    const said: string[] = [];
    const away = await trainSae(engine, far, options, { onWarning: (text) => said.push(text) });
    assert.match(said[0], /mean of the training vectors is \S+ times their spread: it is subtracted/);
    const home = await trainSae(engine, source, { ...options, centre: 'on' });
    const [a, h] = [await metricsOf(away, far), await metricsOf(home, source)];
    assert.ok(Math.abs(a.fvu - h.fvu) < 0.05, `${architecture}: FVU ${a.fvu}, centred at home ${h.fvu}`);
    assert.ok(Math.abs(a.l0 - h.l0) < 0.2 * Math.max(1, h.l0), `${architecture}: L0 ${a.l0}, ${h.l0}`);
    // Similarities of the log are of the vectors as they are.
    const last = away.log.at(-1)!;
    assert.ok(Math.abs(last.cosine - a.cosine) < 5e-3, `${architecture}: cosine ${last.cosine}, ${a.cosine}`);
    assert.ok(Math.abs(last.gamma - a.gamma) < 5e-3, `${architecture}: gamma ${last.gamma}, ${a.gamma}`);
  }
});

test('without it relu is lost there; b_dec at the mean, for encoder and decoder, is another way', async () => {
  const far = await farAway();
  const relu: TrainOptions = { ...OPTIONS, architecture: 'relu', k: undefined, centre: 'off' };
  const lost = await trainSae(engine, far, relu);
  assert.match(lost.warnings[0], /--centre on subtracts it/);
  const begun = await trainSae(engine, far, { ...relu, bDecInit: 'mean', l1: 0.01 });
  const zero = await trainSae(engine, far, { ...relu, bDecInit: 'zero', l1: 0.01 });
  assert.ok(
    begun.log[0].fvu < 0.2 * zero.log[0].fvu,
    `${begun.log[0].fvu} and ${zero.log[0].fvu} at the start`,
  );
});

test('what is done without being asked changes no bit where the mean is near', async () => {
  const bytes = async (options: Partial<TrainOptions>) =>
    Buffer.from(
      (await trainSae(engine, source, { ...OPTIONS, steps: 50, ...options })).tensors.W_enc.data.buffer,
    );
  const plain = await bytes({});
  assert.ok(plain.equals(await bytes({ centre: 'off' })));
  assert.ok(plain.equals(await bytes({ bDecInit: 'median' })));
  assert.ok(plain.equals(await bytes({ clipVectors: 1e6 })));
  assert.not.ok(plain.equals(await bytes({ centre: 'on' })));
  assert.not.ok(plain.equals(await bytes({ bDecInit: 'mean' })));
  assert.not.ok(plain.equals(await bytes({ clipVectors: 1 })));
});

test('a few long vectors are counted, and --clip-vectors trains for the others', async () => {
  const rare = changed((v, _, row) => (row % 150 === 7 ? 100 * v : v));
  const usual = changed((v, _, row) => (row % 150 === 7 ? 0 : v));
  const relu: TrainOptions = { ...OPTIONS, architecture: 'relu', k: undefined, l1: 1 };
  const said: string[] = [];
  const lost = await trainSae(engine, rare, relu, { onWarning: (text) => said.push(text) });
  assert.match(
    said[0],
    /^8 of 1200 training vectors are longer than 10 medians and hold \d\d % .*--clip-vectors 10/,
  );
  const clipped = await trainSae(engine, rare, { ...relu, clipVectors: 3 });
  assert.equal(clipped.warnings, []);
  const [without, withIt] = [await metricsOf(lost, usual), await metricsOf(clipped, usual)];
  assert.ok(withIt.fvu < 0.5 * without.fvu, `FVU of the others ${without.fvu}, clipped ${withIt.fvu}`);
});

test('the preparation by its formulas', async () => {
  const far = await farAway();
  const x = await far.load(0);
  const { d, count } = source;
  const mean = Array.from(
    { length: d },
    (_, j) => x.filter((_, i) => i % d === j).reduce((s, v) => s + v, 0) / count,
  );
  const rows = Array.from({ length: count }, (_, i) => mean.map((m, j) => x[i * d + j] - m));
  const norms = rows.map((r) => Math.hypot(...r)).sort((a, b) => a - b);
  const limit = 1.5 * norms[count >> 1];
  const kept = norms.reduce((sum, n) => sum + Math.min(n, limit) ** 2, 0);
  const p = await prepare(far, { centre: 'on', clipVectors: 1.5 });
  const near = (a: number, b: number) => assert.ok(Math.abs(a - b) <= 1e-5 * Math.abs(b), `${a}, ${b}`);
  near(p.limit!, limit);
  near(p.scale, Math.sqrt((d * count) / kept));
  for (let j = 0; j < d; j++) near(p.centre![j], mean[j]);
  assert.ok(p.spread <= d * (1 + 1e-5), 'at most E||x||^2, which is D');
});

test('the preparation is kept with the checkpoint: a resumed run has the bytes of a whole one', async () => {
  const far = await farAway();
  const options: TrainOptions = { ...OPTIONS, clipVectors: 2, steps: 60 };
  const storage = memoryStorage();
  const whole = await trainSae(engine, far, options, { storage, checkpointEvery: 40 });
  let loads = 0;
  const counted: VectorSource = {
    ...far,
    load: (shard) => {
      loads++;
      return far.load(shard);
    },
  };
  const resumed = await trainSae(engine, counted, options, { storage, resume: true });
  assert.is(resumed.stepsRun, 20);
  assert.equal(resumed.tensors, whole.tensors);
  assert.equal(resumed.warnings, whole.warnings);
  assert.is(loads, 1, 'the vectors are read for the batches alone');
});

test('what the end of a run has against itself is said, and kept', async () => {
  const quadratic: TrainOptions = {
    ...{ architecture: 'jumprelu', penalty: 'quadratic', targetL0: 1, l1: 1e-6, dSae: 40 },
    ...{ batch: 100, steps: 30, seed: 3 },
  };
  const missed = await trainSae(engine, source, quadratic);
  assert.match(missed.warnings.join('\n'), /L0 is \S+ at the end, its target 1: train longer/);
  const killed = await trainSae(engine, source, { ...OPTIONS, architecture: 'relu', k: undefined, l1: 1e4 });
  assert.match(killed.warnings.join('\n'), /40 of 40 latents are dead at the end: choose a smaller --l1/);
  const shaken = await trainSae(engine, source, { ...OPTIONS, lr: 2, lrDecay: 0, lrWarmup: 0, steps: 40 });
  assert.match(shaken.warnings.join('\n'), /reconstructs worse than the mean .*--lr/);
  const good = await trainSae(engine, source, OPTIONS);
  assert.equal(good.warnings, []);
});

test.run();
