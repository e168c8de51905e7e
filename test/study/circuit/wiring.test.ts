// Curve circuits on wiring that is known, movements and agreements on numbers that are.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, Rng } from '../../../src/index.js';
import { agreementOf } from '../../../src/study/circuit/agreement.js';
import { curveUnits, earlyUnits, strongestRows, wiringOf } from '../../../src/study/circuit/curve-wiring.js';
import { movementOf } from '../../../src/study/circuit/movement.js';
import type { Responses } from '../../../src/study/curves/tuning.js';

const test = suite('study/circuit/wiring');
const { math } = await init();
const ring = (n: number, period: number, name: string) =>
  Array.from({ length: n }, (_, i) => ({ unit: `${name}:${i}`, orientationDeg: (period * i) / n }));
const cosine = (deg: number) => math.cos((deg * Math.PI) / 180);

test('aligned excites and opposite inhibits: found, and not where orientations mean nothing', () => {
  const [curves, early] = [ring(8, 360, 'late'), ring(24, 360, 'early')];
  const apart = (e: number, c: number) => early[e].orientationDeg - curves[c].orientationDeg;
  const known = wiringOf(math, 'curve', early, curves, (e, c) => cosine(apart(e, c)), 0);
  assert.ok(Math.abs(known.aligned - 0.5) < 1e-12, `${known.aligned}`);
  assert.is(known.p, 1 / 1001);
  const { relativeDeg, mean, p5, p95, pairs } = known.profile;
  assert.equal(
    relativeDeg,
    Array.from({ length: 12 }, (_, i) => 30 * i - 180),
  );
  assert.is(
    pairs.reduce((a, b) => a + b),
    8 * 24,
  );
  assert.ok(mean[6]! > 0.95 && mean[0]! < -0.95, `${mean}`);
  assert.ok(p95[6]! < 0.4 && p5[0]! > -0.4, `${p95[6]}`);
  const rng = new Rng(5);
  const noise = wiringOf(math, 'curve', early, curves, () => rng.uniform() - 0.5, 0);
  assert.ok(noise.p > 0.01, `${noise.p}`);
});

test('of many rows those that write most are kept, in their order', () => {
  const rows = Array.from({ length: 30 }, (_, i) => ({
    unit: `u${i}`,
    patches: [[i % 6 === 0 ? 0.1 : -1 - i, 0]],
  }));
  const kept = strongestRows(rows);
  assert.equal(
    kept.map(({ unit }) => unit),
    rows.filter((_, i) => i % 6 !== 0 && i !== 1).map(({ unit }) => unit),
  );
});

test('lines have no side: relative orientation modulo 180 degrees', () => {
  const [curves, lines] = [ring(6, 360, 'late'), ring(12, 180, 'line')];
  const apart = (e: number, c: number) => 2 * (lines[e].orientationDeg - curves[c].orientationDeg);
  const { aligned, profile } = wiringOf(math, 'line', lines, curves, (e, c) => cosine(apart(e, c)), 0);
  assert.ok(Math.abs(aligned - 0.5) < 1e-12);
  assert.equal(profile.relativeDeg, [-90, -60, -30, 0, 30, 60]);
  assert.ok(profile.mean[3]! > 0.9 && profile.mean[0]! < -0.9);
});

test('curves and lines are told by what they answer to', () => {
  // Unit 0: arcs at 90 degrees; 1: lines of normal 120; 2: everything; 3: nothing.
  const [orientations, directions, d] = [72, 18, 4];
  const vectors = new Float32Array(orientations * d);
  for (let o = 0; o < orientations; o++) {
    vectors[o * d] = Math.max(0, cosine(5 * o - 90) - 0.8) * 50;
    vectors[o * d + 1] = Math.max(0, cosine(2 * (5 * o - 120)) - 0.5) * 6;
    vectors[o * d + 2] = 3;
  }
  const lines = new Float32Array(directions * 5 * d);
  for (let i = 0; i < directions; i++) {
    lines[(i * 5 + 3) * d + 1] = Math.max(0, cosine(2 * (10 * i - 120)) - 0.5) * 20;
    for (let o = 0; o < 5; o++) lines[(i * 5 + o) * d + 2] = 3;
  }
  const drawn: Responses = { d, orientations, radii: 1, vectors, lines };
  const { curve, line } = earlyUnits(math, drawn);
  assert.equal([curve.map((u) => u.index), line.map((u) => u.index)], [[0], [1]]);
  assert.ok(Math.abs(curve[0].orientationDeg - 90) < 1e-6 && Math.abs(line[0].orientationDeg - 120) < 1e-6);
  assert.equal(
    curveUnits(math, drawn).map((u) => u.index),
    [0],
  );
});

test('movements: the own row first, chance beside it', () => {
  const changes = Float64Array.from([3, -4, 0, 0, 1, 0, 0, -1, 4, 3, 0, 0]);
  const whole = Float64Array.of(6, 8, 0, 1);
  const m = movementOf(changes, 4, 1, (i) => `u${i}`, whole);
  assert.equal(
    [m.up, m.down],
    [
      [{ name: 'u0', change: 3, random: 1, share: 0.5 }],
      [{ name: 'u1', change: -4, random: 0, share: -0.5 }],
    ],
  );
  assert.equal([m.rms, m.largest], [2.5, 4]);
  assert.equal(m.random, { draws: 1, rms: Math.sqrt(0.5), largest: 1, asMuch: 0 });
  assert.equal(m.others, { draws: 1, rms: 2.5, largest: 4, asMuch: 1 });
});

test('agreement: r of each prediction, what shuffling gives, nothing of three drivers', () => {
  const lost = Array.from({ length: 20 }, (_, i) => i * i);
  const agreement = agreementOf(
    lost,
    lost.map((v) => 2 * v + 1),
    lost.map((v) => -v),
    0,
  )!;
  assert.ok(Math.abs(agreement.attribution - 1) < 1e-12 && Math.abs(agreement.weights + 1) < 1e-12);
  assert.ok(agreement.shuffled > 0.2 && agreement.shuffled < 0.7, `${agreement.shuffled}`);
  assert.is(agreementOf([1, 2, 3], [1, 2, 3], [1, 2, 3], 0), null);
});

test.run();
