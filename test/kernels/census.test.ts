// Instruction census of the hot kernels: a compiler that no longer vectorises them, or
// spills a tile apart, changes these counts before anybody notices the time.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/paths.js';

const test = suite('instruction census');
const text = readFileSync(resolve(ROOT, 'dist/core/simd.wat'), 'utf8');

/** Bodies of all functions of a file of assembly/, by instruction name. */
function census(file: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const body of text.split('\n (func $').slice(1))
    if (body.startsWith(`assembly/${file}/`))
      for (const [, op] of body.matchAll(/^\s*((?:v128|f32x4|f32)\.\w+)/gm))
        counts.set(op, (counts.get(op) ?? 0) + 1);
  return counts;
}

// One tile of 4x8: 8 multiplications, 8 additions, 4 broadcasts.
for (const file of ['f32_gemm_packed_4x8', 'f32_conv1x1_4x8', 'f32_conv_4x8'])
  test(`${file}: one tile, all of it in vectors`, () => {
    const counts = census(`kernels/${file}`);
    assert.is(counts.get('f32x4.mul'), 8);
    assert.is(counts.get('f32x4.add'), 8);
    assert.is(counts.get('v128.load32_splat'), 4);
    assert.is(counts.get('f32.mul') ?? 0, 0);
    assert.is(counts.get('f32.add') ?? 0, 0);
  });

test('f32_peak_12: twelve products and twelve sums inside its loop', () => {
  const body = text.slice(text.indexOf('\n (func $assembly/kernels/f32_peak_12/f32_peak_12'));
  const inner = body.slice(body.lastIndexOf('loop $', body.indexOf('br_if')));
  const loop = inner.slice(0, inner.indexOf('br_if'));
  assert.is(loop.match(/f32x4\.mul/g)?.length, 12);
  assert.is(loop.match(/f32x4\.add/g)?.length, 12);
});

test('f32_maxpool_3x3: eight pmax, nine loads, no f32x4.max', () => {
  const counts = census('kernels/f32_maxpool_3x3');
  assert.is(counts.get('f32x4.pmax'), 8);
  assert.is(counts.get('v128.load'), 9);
  assert.is(counts.get('f32x4.max') ?? 0, 0);
});

// Two passes of B^T, and of A^T for three numbers of outputs a side.
for (const [file, least] of [
  ['winograd/tile6', 15],
  ['winograd/tile8', 24],
] as const)
  test(`${file}: transforms in vectors`, () => {
    const counts = census(file);
    for (const op of ['f32x4.add', 'f32x4.sub', 'f32x4.mul']) assert.ok((counts.get(op) ?? 0) >= least, op);
    assert.is(counts.get('f32.mul') ?? 0, 0);
  });

test.run();
