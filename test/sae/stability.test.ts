import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng, stability } from '../../src/index.js';
import { cosines } from '../../src/sae/cosines.js';
import { bothBuilds } from '../support/guarded.js';
import { randomNormal } from '../support/random.js';

const test = suite('sae/stability');
const engines = await bothBuilds();
const engine = engines.simd;

/** Only the decoder is looked at. */
function decoder(dIn: number, rows: Float32Array) {
  const dSae = rows.length / dIn;
  return {
    config: { architecture: 'relu', dIn, dSae },
    tensors: { W_dec: { shape: [dSae, dIn], data: rows } },
  };
}

const near = (a: number, b: number, by = 1e-6) => assert.ok(Math.abs(a - b) <= by, `${a}, not ${b}`);

/** n rows of the unit matrix, times `scale`. */
const axes = (n: number, d: number, scale = 1) =>
  Float32Array.from({ length: n * d }, (_, i) => (i % d === Math.floor(i / d) ? scale : 0));

test('the same directions in another order and of other lengths: everything is 1', () => {
  const [n, d] = [90, 17];
  const rows = randomNormal(n * d, 1);
  const order = new Rng(2).shuffle(Array.from({ length: n }, (_, i) => i));
  const other = new Float32Array(n * d);
  order.forEach((from, to) => {
    for (let j = 0; j < d; j++) other[to * d + j] = (1 + to) * rows[from * d + j];
  });
  const s = stability(engine, decoder(d, rows), decoder(d, other));
  near(s.matchedCosine, 1);
  near(s.meanMaxCosine, 1);
  assert.equal([s.pairs, s.above70, s.above90], [n, 1, 1]);
  assert.ok(s.matchedCosine <= 1);
});

test('two latents cannot share one of the other SAE; the mean of the largest cosines lets them', () => {
  const twice = Float32Array.of(1, 0, 0, 1, 0, 0);
  const s = stability(engine, decoder(3, twice), decoder(3, axes(2, 3)));
  assert.is(s.matchedCosine, 0.5);
  assert.is(s.meanMaxCosine, 1);
  assert.equal([s.above70, s.above90], [0.5, 0.5]);
});

test('opposite directions do not match; dead latents have cosine 0', () => {
  const minus = stability(engine, decoder(4, axes(4, 4)), decoder(4, axes(4, 4, -1)));
  assert.is(minus.matchedCosine, 0);
  const dead = axes(4, 4);
  dead[0] = 0;
  assert.is(stability(engine, decoder(4, axes(4, 4)), decoder(4, dead)).matchedCosine, 0.75);
  const none = stability(engine, decoder(4, new Float32Array(16)), decoder(4, axes(4, 4)));
  assert.equal(none, { matchedCosine: 0, meanMaxCosine: 0, pairs: 4, above70: 0, above90: 0 });
});

test('of two sizes the smaller one counts, on either side', () => {
  const d = 11;
  const large = randomNormal(50 * d, 3);
  const small = large.slice(20 * d, 32 * d);
  const s = stability(engine, decoder(d, small), decoder(d, large));
  near(s.matchedCosine, 1);
  assert.is(s.pairs, 12);
  const other = randomNormal(30 * d, 4);
  assert.equal(
    stability(engine, decoder(d, other), decoder(d, large)),
    stability(engine, decoder(d, large), decoder(d, other)),
  );
});

test('independent directions: far from 1, and matched below the largest', () => {
  const s = stability(engine, decoder(32, randomNormal(64 * 32, 5)), decoder(32, randomNormal(64 * 32, 6)));
  assert.ok(s.matchedCosine > 0.2 && s.matchedCosine < s.meanMaxCosine && s.meanMaxCosine < 0.6);
  assert.is(s.above70, 0);
});

test('shares are of cosines strictly above', () => {
  // cos = 0.8 and 0.6 against the axes.
  const rows = Float32Array.of(0.8, 0, 0.6, 0, 0, 0.6, 0, 0.8);
  const s = stability(engine, decoder(4, rows), decoder(4, axes(2, 4)));
  near(s.matchedCosine, 0.7);
  assert.equal([s.above70, s.above90], [0.5, 0]);
});

test('cosines are those of f64, at every tail, with equal bits on both builds', () => {
  for (const [n, m, d] of [
    [1, 1, 1],
    [257, 9, 5],
    [6, 8, 12],
    [3, 31, 70],
  ]) {
    const [a, b] = [randomNormal(n * d, n), randomNormal(m * d, m + 1)];
    const [simd, scalar] = [engines.simd, engines.scalar].map((e) =>
      cosines(e, { count: n, data: a }, { count: m, data: b }, d),
    );
    assert.equal(simd, scalar);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < m; j++) {
        let [ab, aa, bb] = [0, 0, 0];
        for (let k = 0; k < d; k++) {
          ab += a[i * d + k] * b[j * d + k];
          aa += a[i * d + k] ** 2;
          bb += b[j * d + k] ** 2;
        }
        near(simd[i * m + j], ab / Math.sqrt(aa * bb), 1e-6);
      }
  }
});

test('SAEs of other widths are refused', () => {
  assert.throws(() => stability(engine, decoder(3, axes(3, 3)), decoder(4, axes(4, 4))), /d_in 3 and 4/);
});

test.run();
