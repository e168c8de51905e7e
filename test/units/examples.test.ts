// What a pass keeps of units, against everything counted directly.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeSafetensors, init, LoadedSae, parseSafetensors, Rng } from '../../src/index.js';
import { ExampleSets, type SetSizes } from '../../src/units/example-sets.js';
import { type Firing, firingOf, firingOfSae, peaksOf } from '../../src/units/firing.js';
import { FiringSample } from '../../src/units/firing-sample.js';
import { levelsOf } from '../../src/units/levels.js';
import { nearMisses, noNearMisses } from '../../src/units/near-misses.js';
import { binOf, edgeOf, Octaves } from '../../src/units/octaves.js';
import { filled } from '../support/filled.js';

const test = suite('units/examples');
const UNITS = 5;
const GRID = { height: 6, width: 7 };
const PLACES = GRID.height * GRID.width;

/** A tap [PLACES][UNITS]: unit 0 never fires, the others the more often the higher their number. */
function tapOf(rng: Rng): Float32Array {
  return Float32Array.from({ length: PLACES * UNITS }, (_, i) => {
    const u = i % UNITS;
    return u > 0 && rng.uniform() < 0.15 * u ? rng.uniform() ** 4 * 10 ** u : 0;
  });
}

const PICTURES = 60;
const taps = (() => {
  const rng = new Rng(3);
  return Array.from({ length: PICTURES }, () => tapOf(rng));
})();

/** Every place where a unit fires. */
const all = (u: number) =>
  taps.flatMap((x, picture) =>
    Array.from({ length: PLACES }, (_, position) => ({
      picture,
      position,
      value: x[position * UNITS + u],
    })).filter(({ value }) => value > 0),
  );

test('bins: sixteenths of an octave, told from bits; every value lies in its bin', () => {
  const rng = new Rng(1);
  for (let i = 0; i < 2000; i++) {
    const v = Math.fround(2 ** Math.floor(rng.uniform() * 250 - 125) * (1 + rng.uniform()));
    const bin = binOf(v);
    assert.ok(edgeOf(bin) <= v && v < edgeOf(bin + 1), `${v}`);
    assert.ok(edgeOf(bin + 1) <= edgeOf(bin) * 1.0625);
  }
  assert.is(edgeOf(binOf(16)), 16);
  assert.is(edgeOf(binOf(16) + 1), 17);
  assert.is(binOf(1e-45), 0, 'denormals have the first bins');
  assert.is(edgeOf(binOf(3.4e38) + 1), Number.POSITIVE_INFINITY);
});

test('counts and sums of bins are exact: the order changes no bit, nor does a stop between', () => {
  const rng = new Rng(2);
  const values = Float32Array.from({ length: 20_000 }, () => rng.uniform() ** 8 * 1e6 + 1e-30);
  const sums = (of: Iterable<number>) => {
    const octaves = new Octaves(3);
    for (const v of of) octaves.add(1, v);
    return octaves;
  };
  const forwards = sums(values).bins(1);
  assert.equal(sums(values.toReversed()).bins(1), forwards);
  assert.is(
    forwards.reduce((n, b) => n + b.count, 0),
    20_000,
  );
  // As whole numbers: the smallest value's last bit is 2^-123.
  const whole = (v: number) => BigInt(v * 2 ** 125);
  for (const { bin, sum } of filled(forwards)) {
    const inside = values.filter((v) => binOf(v) === bin);
    assert.is(
      whole(sum),
      filled([...inside]).reduce((s, v) => s + whole(v), 0n),
    );
  }
  const half = sums(values.subarray(0, 7777)).tensors();
  const resumed = new Octaves(3, {
    octaves: half.octaves.slice(),
    counts: half.counts.slice(),
    sums: half.sums.slice(),
  });
  for (const v of values.subarray(7777)) resumed.add(1, v);
  assert.equal(resumed.bins(1), forwards);
  assert.equal(resumed.bins(0), []);
  assert.throws(() => resumed.add(2, Number.POSITIVE_INFINITY), /unit 2: an infinite activation/);
});

test('levels: disjoint, without gaps, as equal as edges of bins allow; their shares are the whole', () => {
  const octaves = new Octaves(UNITS);
  for (let u = 0; u < UNITS; u++) for (const { value } of all(u)) octaves.add(u, value);
  assert.equal(levelsOf(octaves.bins(0), 5), [], 'of a unit that never fires');
  for (let u = 1; u < UNITS; u++) {
    const bins = octaves.bins(u);
    const values = filled(all(u)).map(({ value }) => value);
    const levels = levelsOf(bins, 5);
    assert.is(levels.length, 5);
    const total = values.reduce((s, v) => s + v, 0);
    for (const [i, { from, to, fires, share }] of levels.entries()) {
      const inside = values.filter((v) => v >= from && v < to);
      assert.is(fires, inside.length);
      assert.ok(Math.abs(share - inside.reduce((s, v) => s + v, 0) / total) < 1e-12);
      if (i) assert.is(to, levels[i - 1].from);
      const largest = Math.max(...bins.map((b) => b.count));
      assert.ok(Math.abs(fires - values.length / 5) <= largest, `${fires} of ${values.length}`);
    }
    assert.ok(Math.abs(levels.reduce((s, l) => s + l.share, 0) - 1) < 1e-12);
  }
  const ranks = new Octaves(2);
  for (let i = 1; i <= 1000; i++) ranks.add(1, i);
  for (const [rank, exact] of [
    [1, 1000],
    [10, 991],
    [500, 501],
    [1000, 1],
  ])
    assert.ok(Math.abs(ranks.largest(1, rank) / exact - 1) < 0.035, `${rank}: ${ranks.largest(1, rank)}`);
  assert.ok(ranks.largest(1, 1001) > 900, 'fewer fire: the largest');
  assert.is(ranks.largest(0, 1), 0);
  const most = new Octaves(1);
  for (let i = 0; i < 100; i++) most.add(0, i < 3 ? 1 : i < 90 ? 2 : 4);
  assert.equal(
    levelsOf(most.bins(0), 5).map(({ from, fires }) => [from, fires]),
    [
      [4, 10],
      [1, 90],
    ],
    'a few places are no level',
  );
  const one = new Octaves(1);
  for (let i = 0; i < 9; i++) one.add(0, 3);
  assert.equal(levelsOf(one.bins(0), 5), [{ from: 3, to: 3.125, fires: 9, share: 1 }]);
});

test('where units fire: of a tap, and of an SAE, as its dense encoding says', async () => {
  const direct = (x: Float32Array, units: number): Firing => {
    const start = [0];
    const position: number[] = [];
    const value: number[] = [];
    for (let u = 0; u < units; u++) {
      for (let i = u; i < x.length; i += units)
        if (x[i] > 0) {
          position.push((i - u) / units);
          value.push(x[i]);
        }
      start.push(position.length);
    }
    return {
      start: Int32Array.from(start),
      position: Int32Array.from(position),
      value: Float32Array.from(value),
    };
  };
  assert.equal(firingOf(taps[0], UNITS), direct(taps[0], UNITS));
  const { values, positions } = peaksOf(firingOf(Float32Array.of(0, 2, 5, 0, 5, 1), 2));
  assert.equal(
    [[...values], [...positions]],
    [
      [5, 2],
      [1, 0],
    ],
  );
  const rng = new Rng(4);
  const tensor = (...shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => rng.uniform() - 0.4),
  });
  const engine = await init();
  const sae = new LoadedSae(
    engine,
    { architecture: 'topk', dIn: UNITS, dSae: 9, k: 2 },
    { W_enc: tensor(UNITS, 9), W_dec: tensor(9, UNITS), b_enc: tensor(9), b_dec: tensor(UNITS) },
  );
  // More vectors than are encoded at a time.
  const many = Float32Array.from({ length: 600 * UNITS }, () => rng.uniform());
  const dense = sae.encode(many);
  assert.ok(dense.some((v) => v > 0));
  assert.equal(firingOfSae(sae, many), direct(dense, 9));
  sae.dispose();
});

test('the sample is the places of the lowest numbers: in any order of pictures, and uniform', () => {
  const MOST = 40;
  const sampleOf = (order: number[]) => {
    const sample = new FiringSample(UNITS, MOST, 11);
    for (const p of order) sample.add(p, firingOf(taps[p], UNITS));
    return sample;
  };
  const order = Array.from({ length: PICTURES }, (_, i) => i);
  const sample = sampleOf(order);
  for (const other of [order.toReversed(), new Rng(9).shuffle([...order])])
    assert.equal(sampleOf(other), sample);
  assert.is(sample.size[0], 0);
  const everything = new FiringSample(UNITS, 5000, 11);
  for (const p of order) everything.add(p, firingOf(taps[p], UNITS));
  for (let u = 1; u < UNITS; u++) {
    const places = filled(all(u));
    assert.is(everything.size[u], places.length);
    const first = (s: FiringSample) =>
      Array.from({ length: MOST }, (_, i) =>
        [s.picture, s.position, s.value].map((list) => list[u * s.most + i]),
      );
    assert.equal(first(sample), first(everything));
    for (const [picture, position, value] of filled(first(sample)))
      assert.is(value, taps[picture][position * UNITS + u]);
  }
  // Each place is drawn about equally often: of 4000 draws of 10 from 40 places, 1000 each, with a deviation of 27.
  const counts = new Int32Array(40);
  const place = {
    start: Int32Array.of(0, 40),
    position: Int32Array.from(counts.keys()),
    value: new Float32Array(40).fill(1),
  };
  for (let seed = 0; seed < 4000; seed++) {
    const draw = new FiringSample(1, 10, seed);
    draw.add(7, place);
    for (const p of draw.position) counts[p]++;
  }
  assert.ok(
    filled(counts).every((n) => Math.abs(n - 1000) < 5 * 27),
    `${counts}`,
  );
});

test('near misses: the largest peak of its own where a unit is silent', () => {
  const rng = new Rng(6);
  const pre = Float32Array.from({ length: PLACES * UNITS }, () => Math.floor(40 * rng.uniform() - 30));
  const firing = firingOf(
    pre.map((v) => Math.max(0, v)),
    UNITS,
  );
  const out = noNearMisses(UNITS);
  nearMisses(pre, GRID, firing, out);
  const at = (y: number, x: number, u: number) => pre[(y * GRID.width + x) * UNITS + u];
  for (let u = 0; u < UNITS; u++) {
    let best = { value: Number.NEGATIVE_INFINITY, position: 0 };
    for (let y = 0; y < GRID.height; y++)
      for (let x = 0; x < GRID.width; x++) {
        const around = [-1, 0, 1].flatMap((b) => [-1, 0, 1].map((a) => [y + b, x + a]));
        const there = around.filter(([b, a]) => b >= 0 && a >= 0 && b < GRID.height && a < GRID.width);
        const v = at(y, x, u);
        if (v <= 0 && v > best.value && there.every(([b, a]) => at(b, a, u) <= v))
          best = { value: v, position: y * GRID.width + x };
      }
    assert.equal([out.values[u], out.positions[u]], [best.value, best.position]);
  }
  const lone = noNearMisses(1);
  nearMisses(Float32Array.of(-1, 4), { height: 1, width: 2 }, firingOf(Float32Array.of(0, 4), 1), lone);
  assert.is(lone.values[0], Number.NEGATIVE_INFINITY, 'the rim of what fires is none');
});

test('sets of all of it: written and read again they go on as if nothing had been', () => {
  const sizes: SetSizes = { units: UNITS, top: 3, sample: 10, seed: 5, near: true };
  const near = (p: number) => ({
    values: Float32Array.from({ length: UNITS }, (_, u) => -((p * 7 + u) % 13)),
    positions: new Int32Array(UNITS).fill(p),
  });
  const add = (sets: ExampleSets, from: number, to: number) => {
    for (let p = from; p < to; p++) sets.add(p, firingOf(taps[p], UNITS), near(p));
    return sets;
  };
  const whole = add(new ExampleSets(sizes), 0, PICTURES);
  const bytes = encodeSafetensors(add(new ExampleSets(sizes), 0, 23).tensors('neurons'));
  const resumed = ExampleSets.from(sizes, 'neurons', parseSafetensors(bytes, 'x'), 'x');
  add(resumed, 23, PICTURES);
  assert.equal(resumed.tensors('n'), whole.tensors('n'));
  assert.equal(
    Array.from(whole.pictures),
    Array.from({ length: UNITS }, (_, u) => new Set(all(u).map((p) => p.picture)).size),
  );
  const strongest = filled(all(4)).reduce((a, b) => (b.value > a.value ? b : a));
  assert.equal([whole.top.picture[4 * 3], whole.top.value[4 * 3]], [strongest.picture, strongest.value]);
  assert.is(whole.near!.value[0], -0, 'near misses may lie below 0');
  const other = { ...sizes, sample: 11 };
  assert.throws(
    () => ExampleSets.from(other, 'neurons', parseSafetensors(bytes, 'x'), 'x'),
    /x: neurons\.sample\.number is of 200 bytes, not 220/,
  );
  assert.throws(
    () => ExampleSets.from(sizes, 'features', parseSafetensors(bytes, 'x'), 'x'),
    /has no features/,
  );
});

test.run();
