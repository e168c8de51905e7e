import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/hash.js';
import { type Synthetic, type SyntheticKnobs, synthesize, UsageError } from '../../src/index.js';
import { filled } from '../support/filled.js';
import { bothBuilds } from '../support/guarded.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/synthetic');
const engines = await bothBuilds();
const make = (knobs: Partial<SyntheticKnobs>): Promise<Synthetic> => synthesize(engines.simd.math, knobs);

const bytes = (...parts: (Float32Array | Int32Array | Float64Array)[]) =>
  new Uint8Array(parts.flatMap((p) => [...new Uint8Array(p.buffer, p.byteOffset, p.byteLength)]));

/** Features of every vector as a dense table. */
function dense({ truth }: Synthetic): Uint8Array {
  const { vectors, features, start, index } = truth;
  const out = new Uint8Array(vectors * features);
  for (let s = 0; s < vectors; s++)
    for (let i = start[s]; i < start[s + 1]; i++) out[s * features + index[i]] = 1;
  return out;
}

function rates(set: Synthetic): number[] {
  const { features, vectors } = set.knobs;
  const table = dense(set);
  return Array.from({ length: features }, (_, f) => {
    let n = 0;
    for (let s = 0; s < vectors; s++) n += table[s * features + f];
    return n / vectors;
  });
}

/** Phi of the firing of two features. */
function phi(set: Synthetic, a: number, b: number): number {
  const { features, vectors } = set.knobs;
  const table = dense(set);
  const r = rates(set);
  let both = 0;
  for (let s = 0; s < vectors; s++) both += table[s * features + a] * table[s * features + b];
  return (both / vectors - r[a] * r[b]) / Math.sqrt(r[a] * (1 - r[a]) * r[b] * (1 - r[b]));
}

const near = (a: number, b: number, by: number, what = '') =>
  assert.ok(Math.abs(a - b) <= by, `${what} ${a}, not ${b} within ${by}`);

test('equal seeds give equal bits on every build, frozen; another seed gives others', async () => {
  const knobs = {
    features: 13,
    dIn: 7,
    vectors: 50,
    active: 3,
    zipf: 0.7,
    correlation: 0.4,
    hierarchy: 0.5,
    noise: 0.1,
    offset: 1,
    seed: 7,
  };
  const hash = async (set: Synthetic) =>
    sha256(bytes(set.x, set.truth.directions, set.truth.start, set.truth.index, set.truth.value));
  const frozen = '39947f22c7f8cd2ce210829356c4bf0a9c5643ea09e2c2c529519d005485950c';
  for (const engine of [engines.simd, engines.scalar])
    assert.is(await hash(await synthesize(engine.math, knobs)), frozen);
  assert.is.not(await hash(await make({ ...knobs, seed: 8 })), frozen);
});

test('a vector is the sum of its active directions, plus the offset', async () => {
  const set = await make({ features: 20, dIn: 9, vectors: 300, active: 3, offset: 2, seed: 1 });
  const { directions, start, index, value } = set.truth;
  let offset = 0;
  for (let j = 0; j < 9; j++) offset += set.offset[j] ** 2;
  near(Math.sqrt(offset), 2, 1e-6, 'length of the offset');
  for (let f = 0; f < 20; f++) {
    let square = 0;
    for (let j = 0; j < 9; j++) square += directions[f * 9 + j] ** 2;
    near(square, 1, 1e-6, `direction ${f}`);
  }
  for (let s = 0; s < 300; s++)
    for (let j = 0; j < 9; j++) {
      let sum = set.offset[j];
      for (let i = start[s]; i < start[s + 1]; i++) sum += value[i] * directions[index[i] * 9 + j];
      assert.is(set.x[s * 9 + j], Math.fround(sum));
    }
});

test('active: the mean number; zipf: rates fall as the power law', async () => {
  const flat = await make({ features: 30, vectors: 20000, active: 6, dIn: 2, seed: 2 });
  rates(flat).forEach((r) => {
    near(r, 0.2, 0.015);
  });
  const steep = await make({ features: 30, vectors: 20000, active: 2, zipf: 1, dIn: 2, seed: 2 });
  const harmonic = Array.from({ length: 30 }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b);
  rates(steep).forEach((r, i) => {
    near(r, 2 / harmonic / (i + 1), 0.015, `feature ${i}`);
  });
  // Rates that the law would lift above 1 are 1, and the mean holds all the same.
  const capped = await make({ features: 10, vectors: 20000, active: 5, zipf: 2, dIn: 2, seed: 2 });
  assert.is(capped.frequency[0], 1);
  near(
    capped.frequency.reduce((a, b) => a + b),
    5,
    1e-9,
  );
  near(capped.truth.index.length / 20000, 5, 0.05);
  assert.is((await make({ features: 4, vectors: 10, active: 4, dIn: 2 })).truth.index.length, 40);
});

test('correlation: phi within a group is the knob, across groups 0, rates unchanged', async () => {
  for (const correlation of [0, 0.5, 1]) {
    const set = await make({
      features: 6,
      vectors: 20000,
      active: 1.8,
      correlation,
      group: 3,
      dIn: 2,
      seed: 3,
    });
    near(phi(set, 0, 1), correlation, 0.03, 'neighbours');
    near(phi(set, 3, 5), correlation, 0.03, 'ends of a group');
    near(phi(set, 2, 3), 0, 0.03, 'across');
    rates(set).forEach((r) => {
      near(r, 0.3, 0.015);
    });
  }
});

test('hierarchy: children fire only with their parent, and at most half as often', async () => {
  const set = await make({
    features: 21,
    vectors: 20000,
    active: 3,
    hierarchy: 2 / 3,
    zipf: 0.5,
    dIn: 2,
    seed: 4,
  });
  assert.equal([...set.parent.subarray(0, 11)], [-1, -1, -1, -1, -1, -1, -1, 0, 0, 1, 1]);
  const table = dense(set);
  const r = rates(set);
  near(set.truth.index.length / 20000, 3, 0.06);
  for (let f = 7; f < 21; f++) {
    const p = set.parent[f];
    for (let s = 0; s < 20000; s++) assert.ok(!table[s * 21 + f] || table[s * 21 + p], `${f} without ${p}`);
    assert.ok(r[f] > 0 && set.frequency[f] <= set.frequency[p] / 2 + 1e-12);
    near(r[f], set.frequency[f], 0.012);
  }
  assert.ok(filled((await make({ features: 9, vectors: 1, active: 1 })).parent).every((p) => p === -1));
});

test('magnitude and spread are mean and relative deviation of what is active', async () => {
  for (const [magnitude, spread] of [
    [3, 0.5],
    [0.2, 0],
    [1, 1],
  ]) {
    const { value } = (await make({ features: 8, vectors: 20000, active: 4, magnitude, spread, dIn: 2 }))
      .truth;
    assert.ok(filled(value).every((v) => v > 0));
    const mean = value.reduce((a, b) => a + b, 0) / value.length;
    const variance = value.reduce((a, b) => a + (b - mean) ** 2, 0) / value.length;
    near(mean, magnitude, 0.02 * magnitude, 'mean');
    near(Math.sqrt(variance) / mean, spread, 0.06 * spread + 1e-3, 'spread');
  }
});

test('noise: its deviation, on the same activations; more vectors begin with the same ones', async () => {
  const knobs = { features: 12, dIn: 10, vectors: 4000, active: 2, seed: 5 };
  const clean = await make(knobs);
  const noisy = await make({ ...knobs, noise: 0.3 });
  assert.equal(noisy.truth, clean.truth);
  const rest = noisy.x.map((v, i) => v - clean.x[i]);
  near(Math.sqrt(rest.reduce((a, b) => a + b * b, 0) / rest.length), 0.3, 0.005);
  near(rest.reduce((a, b) => a + b, 0) / rest.length, 0, 0.01);
  const more = await make({ ...knobs, vectors: 5000, noise: 0.3 });
  assert.equal(more.x.slice(0, 4000 * 10), noisy.x);
});

test('knobs out of range and sets beyond the limits are refused by name', async () => {
  const cases: [Partial<SyntheticKnobs>, RegExp][] = [
    [{ features: 0 }, /features must be a whole number above 0, not 0/],
    [{ dIn: 1.5 }, /dIn must be a whole number/],
    [{ active: 0 }, /active must be above 0/],
    [{ active: 5, features: 4 }, /at most features, not 5/],
    [{ correlation: 1.1 }, /correlation must be from 0 to 1/],
    [{ hierarchy: 1 }, /hierarchy must be from 0 to below 1/],
    [{ noise: -1 }, /noise must be 0 or more/],
    [{ zipf: Number.NaN }, /zipf must be 0 or more, not NaN/],
    [{ magnitude: 0 }, /magnitude must be above 0/],
    [{ seed: 1.5 }, /seed must be a whole number/],
    [{ vectors: 1e9 }, /limit of 268435456; ask for fewer vectors/],
    [{ vectors: 4e6, dIn: 1, features: 100, active: 50 }, /activations are more than the limit/],
  ];
  for (const [knobs, message] of cases) {
    const error = await rejection(make(knobs));
    assert.instance(error, UsageError);
    assert.match(error.message, message);
  }
});

test('an abort stops it; progress ends at the total', async () => {
  const controller = new AbortController();
  const seen: number[] = [];
  const run = synthesize(
    engines.simd.math,
    { vectors: 20000, dIn: 2, features: 4, active: 1 },
    {
      signal: controller.signal,
      onProgress: (done) => {
        seen.push(done);
        if (done > 5000) controller.abort(new Error('enough'));
      },
    },
  );
  assert.is((await rejection(run)).message, 'enough');
  assert.equal(seen, [0, 4096, 8192]);
});

test.run();
