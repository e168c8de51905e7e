import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, Rng } from '../../src/index.js';
import { filled } from '../support/filled.js';

const test = suite('core/random');

test('a seed fixes the sequence (golden values: a change breaks every stored result)', () => {
  const rng = new Rng(42);
  assert.equal([rng.u32(), rng.u32(), rng.u32()], [3308293827, 1579791675, 2929259487]);
});

test('state saves and restores', () => {
  const rng = new Rng(7);
  rng.u32();
  const copy = new Rng(rng.state);
  for (let i = 0; i < 100; i++) assert.is(copy.uniform(), rng.uniform());
});

test('seeds and streams differ', () => {
  const firsts = new Set<number>();
  for (let seed = 0; seed < 50; seed++)
    for (let stream = 0; stream < 50; stream++) firsts.add(new Rng(seed, stream).u32());
  assert.ok(firsts.size > 2490, `${firsts.size} of 2500 distinct`);
});

test('uniform, below and normal have their moments', async () => {
  const { math } = await init();
  const rng = new Rng(3);
  const n = 200_000;
  let u = 0;
  let z = 0;
  let zz = 0;
  const counts = new Array(7).fill(0);
  for (let i = 0; i < n; i++) {
    u += rng.uniform();
    const x = rng.normal(math);
    z += x;
    zz += x * x;
    counts[rng.below(7)]++;
  }
  assert.ok(Math.abs(u / n - 0.5) < 0.005);
  assert.ok(Math.abs(z / n) < 0.01);
  assert.ok(Math.abs(zz / n - 1) < 0.02);
  for (const c of filled(counts)) assert.ok(Math.abs(c / n - 1 / 7) < 0.005);
});

test('shuffle is a permutation', () => {
  const a = new Rng(1).shuffle(Int32Array.from({ length: 100 }, (_, i) => i));
  assert.equal(
    [...a].sort((x, y) => x - y),
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test.run();
