// A layer whose answers are known: D units tuned to curves, and what random read-outs make of it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, pcaControl, Rng } from '../../../src/index.js';
import { nodePool } from '../../../src/pipeline/pool.node.js';
import { type ControlInput, randomControl } from '../../../src/study/curves/controls.js';
import { nullDetectors, readOut } from '../../../src/study/curves/nulls.js';
import { toSamples } from '../../../src/study/curves/tuning.js';

const test = suite('study/curves/controls');
const engine = await init();
const { math } = engine;
const [d, orientations, radii] = [8, 72, 2];

/** Unit u answers to curves about 360 u / D degrees: exp(8 (cos - 1)). */
const answer = (u: number, deg: number): number =>
  100 * math.exp(8 * (math.cos(((deg - (360 * u) / d) * Math.PI) / 180) - 1));
const responses = {
  ...{ d, orientations, radii, lines: new Float32Array() },
  vectors: new Float32Array(orientations * radii * d),
};
for (let o = 0; o < orientations; o++)
  for (let r = 0; r < radii; r++)
    for (let u = 0; u < d; u++)
      responses.vectors[(o * radii + r) * d + u] = answer(u, (360 * o) / orientations);
const neurons = Array.from({ length: d }, (_, u) =>
  toSamples(Float32Array.from({ length: orientations }, (_, o) => answer(u, (360 * o) / orientations))),
);
/** Photographs' vectors: one curve at a time, and mostly nothing. */
const rng = new Rng(5);
const photographs = new Float32Array(4000 * d);
const directions = new Float32Array(4000).fill(Number.NaN);
for (let i = 0; i < 4000; i++) {
  if (rng.uniform() > 0.2) continue;
  const deg = 360 * rng.uniform();
  directions[i] = deg;
  for (let u = 0; u < d; u++) photographs[i * d + u] = answer(u, deg);
}

test('the axis of a curve unit passes, with its orientation; an axis the other way round does not', () => {
  const directions = new Float32Array(2 * d * d);
  for (let u = 0; u < d; u++) {
    directions[u * d + u] = 1;
    directions[(d + u) * d + u] = -1;
  }
  const found = nullDetectors(
    engine,
    { count: 2 * d, directions, densities: new Array(2 * d).fill(0.05) },
    responses,
    photographs,
  );
  assert.equal(
    found.map((f) => f.index),
    Array.from({ length: d }, (_, u) => u),
  );
  for (const { index, orientationDeg, strength } of found) {
    const off = Math.abs(((orientationDeg - 45 * index + 540) % 360) - 180);
    assert.ok(off < 0.5, `${index}: ${orientationDeg}`);
    // Photographs hold the same curves, so that the peak is their largest.
    assert.ok(strength > 0.8 && strength < 1.2, `${index}: ${strength}`);
  }
});

/** Places that run as the curves there do: every photograph is asked where it fires. */
const places = {
  vectors: photographs,
  structure: Float32Array.from({ length: 8000 }, (_, i) => (i % 2 ? 0.9 : directions[i >> 1])),
};

const input = {
  ...{ engine, responses, photographs, neurons, seed: 0 },
  neuronDetectors: [],
  places,
  densities: new Array(40).fill(0.05),
};

const NOTHING = { detectors: 0, novel: 0, agreeing: 0, filledGaps: 0 };
const pool = nodePool(engine, undefined);
test.after(() => pool.dispose());
const drawn = (changed: Partial<ControlInput>, draws = 9) =>
  randomControl(pool, { ...input, found: NOTHING, ...changed }, draws);

test('p is the share of draws that have as many, one added to both', async () => {
  const none = await drawn({});
  assert.equal([none.draws, none.readOuts, none.p, none.pNovel, none.pFilledGaps], [9, 40, 1, 1, 1]);
  assert.ok(none.detectors.mean > 0 && none.detectors.p95 >= none.detectors.mean);
  const many = await drawn({ found: { detectors: 41, novel: 41, agreeing: 41, filledGaps: 1 } });
  assert.equal([many.p, many.pNovel, many.pAgreeing, many.pFilledGaps], [0.1, 0.1, 0.1, 0.1]);
  assert.equal(many.detectors, none.detectors);
  assert.ok(none.agreeing.mean > 0 && none.agreeing.mean <= none.novel.mean);
  const flat = { ...places, structure: new Float32Array(8000).fill(Number.NaN) };
  const unseen = await drawn({ places: flat });
  assert.equal(unseen.agreeing, { mean: 0, p95: 0 });
  assert.equal(unseen.novel, none.novel);
  assert.not.equal((await drawn({ seed: 1 })).detectors, none.detectors);
});

test('threads change nothing; how far it is, is told', async () => {
  const alone = await init({ workers: 1 });
  const [one, three] = await Promise.all(
    [alone, await init({ workers: 3 })].map(async (engine) => {
      const threads = nodePool(engine, undefined);
      const told: number[] = [];
      const control = await randomControl(threads, { ...input, found: NOTHING }, 25, {
        onProgress: (done, total) => told.push(done, total),
      });
      threads.dispose();
      engine.dispose();
      return { control, told };
    }),
  );
  assert.equal(one.told, [10, 25, 20, 25, 25, 25]);
  assert.equal(three, one);
});

test('principal components are looked at both ways round', () => {
  const { readOuts, detectors, filledGaps } = pcaControl({
    ...input,
    found: NOTHING,
  });
  assert.is(readOuts, 2 * d);
  assert.ok(detectors.mean <= readOuts);
  assert.is(filledGaps.mean, 0);
});

test('a read-out is the sum in order over the threshold, of any number of rows', () => {
  const direction = Float32Array.of(0.1, -0.7, 3);
  const random = new Rng(11);
  for (const n of [0, 1, 3, 4, 9]) {
    const rows = Float32Array.from({ length: 3 * n }, () => random.normal(math));
    const plain = Array.from({ length: n }, (_, i) =>
      Math.fround(
        Math.max(
          0,
          direction[0] * rows[3 * i] + direction[1] * rows[3 * i + 1] + direction[2] * rows[3 * i + 2] - 0.2,
        ),
      ),
    );
    assert.equal([...readOut(direction, 0.2, rows)], plain);
  }
});

test.run();
