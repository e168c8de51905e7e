// The three methods on an SAE whose features are axes, where what they should do is known.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, LoadedSae, NearestIndex, type SteerMethod, steer } from '../../../src/index.js';
import { editsOf, parseWishes, strengthOf } from '../../../src/study/search/edits.js';
import { cosine, lengthOf } from '../../../src/study/search/lengths.js';
import { clampedLatents } from '../../../src/study/search/steer-clamp.js';
import { matrixRows } from '../../../src/vectors/matrix.js';
import { axesDocuments, axesSae } from '../../support/planted-sae.js';
import { randomNormal } from '../../support/random.js';
import { rejection } from '../../support/rejection.js';

const test = suite('study/search/steer');
const engine = await init();
const METHODS: SteerMethod[] = ['direction', 'clamp', 'optimise'];
const near = (a: ArrayLike<number>, b: readonly number[], by = 1e-5) => {
  assert.is(a.length, b.length);
  b.forEach((v, i) => void assert.ok(Math.abs(a[i] - v) < by, `${i}: ${a[i]} and ${v}`));
};

test('direction keeps what the SAE does not explain, clamp drops it and chooses anew', () => {
  const sae = axesSae(engine, 8, 2);
  // Its features are 0 and 1; the 0.2 and -0.3 are not explained.
  const x = Float32Array.of(0.8, 0.5, 0.2, 0, -0.3, 0, 0, 0);
  const edits = [[{ feature: 3, from: 0, to: 0.6 }]];
  const scaled = (v: number[]) => {
    const by = lengthOf(x) / Math.sqrt(v.reduce((s, a) => s + a * a, 0));
    return v.map((a) => a * by);
  };
  near(steer(sae, 'direction', x, edits), scaled([0.8, 0.5, 0.2, 0.6, -0.3, 0, 0, 0]));
  // Two of three stay: 0.8 and 0.6.
  near(steer(sae, 'clamp', x, edits), scaled([0.8, 0, 0, 0.6, 0, 0, 0, 0]));
  near(steer(sae, 'clamp', x, [[{ feature: 0, from: 0.8, to: 0 }]]), scaled([0, 0.5, 0, 0, 0, 0, 0, 0]));
  sae.dispose();
});

test('optimise brings the latents to what was asked, whose encoding of a decoding would not', () => {
  const d = 24;
  const random = randomNormal(d * 3 * d, 5).map((v) => v / Math.sqrt(d));
  const transposed = Float32Array.from(random, (_, i) => random[(i % (3 * d)) * d + Math.floor(i / (3 * d))]);
  const tensors = {
    W_enc: { shape: [d, 3 * d], data: transposed },
    W_dec: { shape: [3 * d, d], data: random },
    b_enc: { shape: [3 * d], data: new Float32Array(3 * d) },
    b_dec: { shape: [d], data: new Float32Array(d) },
  };
  const sae = new LoadedSae(engine, { architecture: 'topk', dIn: d, dSae: 3 * d, k: 4 }, tensors);
  const x = randomNormal(6 * d, 6);
  const f = sae.encode(x, 6);
  const edits = Array.from({ length: 6 }, (_, i) => {
    const silent = f.subarray(i * 3 * d, (i + 1) * 3 * d).findIndex((v, j) => !(v > 0) && j > 5 * i);
    return [{ feature: silent, from: 0, to: 2 }];
  });
  const wanted = clampedLatents(sae, f, edits);
  const off = (method: SteerMethod) =>
    sae.encode(steer(sae, method, x, edits), 6).reduce((s, v, i) => s + (v - wanted[i]) ** 2, 0);
  const [optimised, clamped, moved] = [off('optimise'), off('clamp'), off('direction')];
  assert.ok(optimised < 0.9 * Math.min(clamped, moved), `${optimised}, ${clamped}, ${moved}`);
  // One vector by itself and among others: the same bits.
  const one = steer(sae, 'optimise', x.slice(2 * d, 3 * d), [edits[2]]);
  assert.equal([...one], [...steer(sae, 'optimise', x, edits).subarray(2 * d, 3 * d)]);
  sae.dispose();
});

test('all methods keep the length, change nothing where nothing is asked that the SAE explains, and go further the more is asked', () => {
  const sae = axesSae(engine, 32, 4);
  const { data } = axesDocuments(1, 32, 4, 3);
  const f = sae.encode(data, 1);
  const silent = f.findIndex((v) => !(v > 0));
  for (const method of METHODS) {
    assert.ok(cosine(data, steer(sae, method, data, [[]])) > 0.999999, method);
    const cosines = [0.2, 0.5, 1].map((to) => {
      const out = steer(sae, method, data, [[{ feature: silent, from: 0, to }]]);
      assert.ok(Math.abs(lengthOf(out) - lengthOf(data)) < 1e-5, method);
      return cosine(data, out);
    });
    assert.ok(cosines[0] > cosines[1] && cosines[1] > cosines[2], `${method}: ${cosines}`);
  }
  sae.dispose();
});

test('wishes: signs are changes, the rest levels, in units of the 99.9th percentile', async () => {
  const [n, d] = [3000, 16];
  const { data } = axesDocuments(n, d, 3, 8);
  const sae = axesSae(engine, d, 3);
  const matrix = matrixRows({ label: 'documents', hash: '', shape: [n, d], data });
  const index = await NearestIndex.of(engine, matrix);
  const own = Array.from({ length: n }, (_, i) => data[i * d + 5]).sort((a, b) => b - a);
  const strength = await strengthOf(index, matrix, sae, 5);
  assert.is(strength, own[3], 'rank n - ceil(0.999 n) + 1 = 4');
  const strengths = new Map([
    [5, 2],
    [6, 4],
    [7, 10],
  ]);
  const f = Float32Array.of(0, 0, 0, 0, 0, 1, 1, 3);
  const wishes = parseWishes(['f5=+2', ' f6=-0.5', 'f7=0'], 16);
  assert.equal(editsOf(wishes, f, strengths), [
    { feature: 5, from: 1, to: 5 },
    { feature: 6, from: 1, to: -1 },
    { feature: 7, from: 3, to: 0 },
  ]);
  for (const [pattern, texts] of [
    [/write f12=\+2/, ['f5']],
    [/write f12=\+2/, ['g5=1']],
    [/write f12=\+2/, ['f5=2x']],
    [/has 16 features, f0 to f15/, ['f16=1']],
    [/names f5 twice/, ['f5=+1', 'f5=0']],
  ] as const)
    assert.throws(() => parseWishes(texts, 16), pattern);
  const silent = {
    ...matrix,
    rows: async (first: number, count: number) => (await matrix.rows(first, count)).map(() => -1),
  };
  assert.match(
    (await rejection(strengthOf(index, silent, sae, 5))).message,
    /f5 fires on none of the 3000 documents/,
  );
  index.dispose();
  sae.dispose();
});

test.run();
