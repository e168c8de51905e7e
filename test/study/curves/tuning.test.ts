import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CURVE_DEFAULTS, embeddedModel, init, parseUnit, tapInfo, tuningCurves } from '../../../src/index.js';
import { nodePool } from '../../../src/node.js';
import { checkCurveOptions } from '../../../src/study/curves/options.js';
import { placeStimulus } from '../../../src/study/curves/placement.js';
import { activationStatistics } from '../../../src/study/curves/statistics.js';
import { neuronAlignment, studyCurves } from '../../../src/study/curves/study.js';
import { toSamples } from '../../../src/study/curves/tuning.js';
import { relativeError } from '../../support/guarded.js';
import { randomValues } from '../../support/random.js';

const test = suite('study/curves/tuning');
const engine = await init();
const model = await embeddedModel(engine.math);
const tap = 'mixed3b_5x5';
const info = tapInfo(model.description, tap);
const options = { ...CURVE_DEFAULTS, orientations: 24, radii: [30, 60] };
const pool = nodePool(engine, model);
const job = { pool, tap, info, fullSize: 224, options };

test('placement (METHODS 1.6): the read unit looks at the apex, its whole field lies in the tile', () => {
  const small = placeStimulus(info, 224, 'centred');
  assert.equal(small, { size: 96, index: 5, apex: 47 });
  assert.equal(placeStimulus(info, 224, 'lucid'), { size: 224, index: 14, apex: 112 });
  const deep = placeStimulus(tapInfo(model.description, 'mixed4e'), 224, 'centred');
  assert.is(deep.size, 224, 'a field larger than the picture: the full picture');
  assert.ok(Math.abs(deep.apex - 112) <= 8);
});

test('a tile gives what the full picture gives', async () => {
  const [tile, full] = [
    await tuningCurves(job),
    await tuningCurves({ ...job, info: { ...info, field: 197 } }),
  ];
  assert.is(placeStimulus({ ...info, field: 197 }, 224, 'centred').size, 224);
  for (let u = 0; u < 96; u++) assert.ok(relativeError(tile.units[u], full.units[u]) < 1e-4, `unit ${u}`);
});

test('the same bits with two workers', async () => {
  const two = nodePool(await init({ workers: 2 }), model);
  assert.equal((await tuningCurves({ ...job, pool: two })).units, (await tuningCurves(job)).units);
  two.dispose();
});

test('features are encoded vectors, averaged over radii after encoding', async () => {
  // A "feature" that is unit 3 minus 5, clipped: the mean of clipped values is not the clipped mean.
  const encode = (x: Float32Array, n: number) =>
    Float32Array.from({ length: n }, (_, i) => Math.max(0, x[i * 96 + 3] - 5));
  const both = await tuningCurves({ ...job, encoder: { features: 1, encode } });
  const one = async (radius: number) =>
    (await tuningCurves({ ...job, options: { ...options, radii: [radius] } })).units[3];
  const [a, b] = [await one(30), await one(60)];
  const expected = a.map((v, i) => (Math.max(0, v - 5) + Math.max(0, b[i] - 5)) / 2);
  const measured = (curve: Float32Array) => curve.filter((_, i) => i % 30 === 0); // between, both are interpolated
  assert.ok(relativeError(measured(both.features[0]), measured(expected)) < 1e-6);
});

test('fewer orientations are interpolated linearly on the circle', () => {
  const c = toSamples(Float32Array.of(0, 10, 20, 30));
  assert.is(c.length, 720);
  assert.is(c[0], 0);
  assert.is(c[90], 5);
  assert.is(c[180], 10);
  assert.is(c[630], 15, 'between 30 and 0');
});

test('percentiles by nearest rank against a sort, over several shards', async () => {
  const [n, d] = [2500, 3];
  const x = randomValues(n * d, 3).map((v, i) => (i % 3 === 2 ? -1 : v * (1 + (i % 7))));
  const source = {
    d,
    count: n,
    hash: '',
    split: 'reference' as const,
    shards: [700, 1800],
    load: async (s: number) => (s === 0 ? x.slice(0, 2100) : x.slice(2100)),
  };
  const { units } = await activationStatistics(source);
  for (let u = 0; u < d; u++) {
    const sorted = Array.from({ length: n }, (_, i) => x[i * d + u]).sort((a, b) => a - b);
    assert.is(units.percentile999[u], Math.max(0, sorted[Math.ceil(0.999 * n) - 1]));
    assert.ok(Math.abs(units.density[u] - sorted.filter((v) => v > 0).length / n) < 1e-6);
  }
});

test('alignment: 1 for a copy of a neuron, 1/sqrt(D) for an even mixture', () => {
  assert.is(neuronAlignment(Float32Array.of(0, -3, 0, 0), 0, 4), 1);
  assert.is(neuronAlignment(Float32Array.of(1, 1, 1, 1), 0, 4), 0.5);
  assert.is(neuronAlignment(new Float32Array(4), 0, 4), 0);
});

test('the study of the embedded network: ten own units, no other, two gaps of 65 degrees', async () => {
  const { units } = await tuningCurves({ ...job, options: { ...CURVE_DEFAULTS, orientations: 180 } });
  const study = studyCurves({
    math: engine.math,
    neurons: {
      names: units.map((_, i) => `${tap}:${i}`),
      curves: units,
      statistics: {
        percentile999: new Float32Array(96).fill(20),
        density: new Float32Array(96).fill(0.1),
        vectors: 1000,
      },
    },
  });
  assert.equal(
    study.neurons.detectors.map((d) => parseUnit(d.unit, model.description).index).sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  const wide = study.neurons.detectors.map((d) => d.orientationDeg).sort((a, b) => a - b);
  const gaps = wide
    .map((d, i) => (i + 1 < wide.length ? wide[i + 1] - d : wide[0] + 360 - d))
    .sort((a, b) => b - a);
  assert.ok(gaps[0] < 70 && gaps[1] > 60 && gaps[2] < 36, gaps.map((g) => g.toFixed(1)).join(' '));
});

test('options out of range are refused', () => {
  for (const wrong of [
    { radii: [] },
    { radii: [0] },
    { radii: [Number.NaN] },
    { lineWidth: 0 },
    { orientations: 7 },
    { orientations: 721 },
  ])
    assert.throws(() => checkCurveOptions({ ...CURVE_DEFAULTS, ...wrong }));
});

test.run();
