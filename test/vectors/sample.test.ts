import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { description, Rng, tapInfo, UsageError } from '../../src/index.js';
import { candidatePositions, gather, imageRng, samplePositions } from '../../src/vectors/sample.js';
import { filled } from '../support/filled.js';

const test = suite('activations/sample');
const all = (n: number) => Int32Array.from({ length: n }, (_, i) => i);

test('border exclusion keeps the positions whose whole field is inside (METHODS 1.6)', () => {
  for (const architecture of ['inceptionv1', 'googlenet']) {
    const info = tapInfo(description(architecture), 'mixed3b', 224, 224);
    const inside = candidatePositions(info, 224, true);
    const rows = [...new Set([...inside].map((p) => Math.floor(p / info.width)))];
    // inceptionv1: 8i+7 +- 45 within 0..223 gives 5..21.
    if (architecture === 'inceptionv1')
      assert.equal(
        rows,
        Array.from({ length: 17 }, (_, i) => i + 5),
      );
    assert.is(inside.length, rows.length ** 2);
    assert.is(candidatePositions(info, 224, false).length, 28 * 28);
  }
});

test('a field wider than the image: an error, not an endless search', () => {
  const info = tapInfo(description('inceptionv1'), 'mixed4e', 224, 224);
  assert.throws(
    () => candidatePositions(info, 224, true),
    (e: Error) => e instanceof UsageError && /receptive field \(363 px\)|receptive field/.test(e.message),
  );
});

test('uniform: no position twice before all were drawn; all equally often', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(100), fc.nat(), (n, count, seed) => {
      const drawn = samplePositions('uniform', new Float32Array(n), 1, all(n), count, new Rng(seed));
      const times = new Array(n).fill(0);
      for (const p of drawn) times[p]++;
      assert.is(drawn.length, count);
      assert.ok(Math.max(...times) - Math.min(...times) <= 1);
    }),
  );
});

test('norm: frequency is the L2 norm over the sum of norms', () => {
  // Norms 5, 0, 13, 2 at positions 0..3; only candidates 0, 2, 3.
  const x = Float32Array.of(3, 4, 0, 0, 5, 12, 2, 0);
  const times = [0, 0, 0, 0];
  const n = 60_000;
  for (const p of samplePositions('norm', x, 2, Int32Array.of(0, 2, 3), n, new Rng(1))) times[p]++;
  assert.is(times[1], 0);
  for (const [p, norm] of [
    [0, 5],
    [2, 13],
    [3, 2],
  ])
    assert.ok(Math.abs(times[p] / n - norm / 20) < 0.01, `${times}`);
});

test('norm: an image without any activation is sampled uniformly', () => {
  const times = new Array(8).fill(0);
  for (const p of samplePositions('norm', new Float32Array(16), 2, all(8), 8000, new Rng(1))) times[p]++;
  for (const t of filled(times)) assert.ok(Math.abs(t - 1000) < 150, `${times}`);
});

test('a function of seed, image and kind of sample only', () => {
  const x = Float32Array.from({ length: 400 }, (_, i) => i % 7);
  const draw = (seed: number, image: number, kind: 'training' | 'reference') =>
    [...samplePositions('norm', x, 4, all(100), 10, imageRng(seed, image, kind))].join();
  assert.is(draw(1, 2, 'training'), draw(1, 2, 'training'));
  const others = [draw(1, 3, 'training'), draw(2, 2, 'training'), draw(1, 2, 'reference')];
  assert.is(new Set([draw(1, 2, 'training'), ...others]).size, 4);
});

test('gather', () => {
  const x = Float32Array.of(0, 1, 2, 3, 4, 5);
  assert.equal([...gather(x, 2, Int32Array.of(2, 0, 2))], [4, 5, 0, 1, 4, 5]);
});

test.run();
