// Instruction census of the hot kernels: a compiler that no longer vectorises them, or
// spills a tile apart, changes these counts before anybody notices the time.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { filled } from '../support/filled.js';
import { KERNEL_FILES } from '../support/kernels.js';
import { ROOT } from '../support/paths.js';

const test = suite('instruction census');
const text = readFileSync(resolve(ROOT, 'dist/core/simd.wat'), 'utf8');

/** Bodies of all functions of a file of assembly/kernels, or of a helper's path in assembly/, by instruction name. */
function census(file: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const body of text.split('\n (func $').slice(1))
    if (body.startsWith(`assembly/${file.includes('/') ? file : `kernels/${file}`}/`))
      for (const [, op] of body.matchAll(/^\s*((?:v128|[if]\d+x\d+|f32)\.\w+)/gm))
        counts.set(op, (counts.get(op) ?? 0) + 1);
  return counts;
}

/** Vector instructions of each hot kernel and of what it shares with others, all functions of the file together. */
const HOT: Record<string, Record<string, number>> = {
  // Tiles of 4x8: 8 multiplications, 8 additions, 4 broadcasts (one per panel in a turn of encode's bias).
  f32_gemm_4x8: { 'f32x4.mul': 8, 'f32x4.add': 8, 'v128.load32_splat': 4 },
  // The tile twice, for few k with the first product apart; the single row, 16 and 8 columns at a time, likewise.
  f32_gemm_packed_4x8: { 'f32x4.mul': 36, 'f32x4.add': 22, 'v128.load32_splat': 16 },
  f32_outer_4x8: { 'f32x4.mul': 8, 'f32x4.add': 8, 'v128.load32_splat': 4 },
  // The tile twice, whole and by way of an edge; one row of 16 columns.
  f32_affine_4x8: { 'f32x4.mul': 20, 'f32x4.add': 20, 'v128.load32_splat': 9 },
  f32_affine_pack8: { 'v128.load': 8, 'i8x16.shuffle': 8, 'v128.store': 8 },
  // Scores and z: a tile each; exp; the way back's products of rows.
  f32_attention: { 'f32x4.mul': 31, 'f32x4.add': 28, 'v128.load32_splat': 8, 'f32x4.nearest': 1 },
  // There and back, an exp each.
  f32_gelu: { 'f32x4.mul': 37, 'f32x4.add': 20, 'f32x4.nearest': 2, 'f32x4.div': 2 },
  f32_layernorm: { 'f32x4.mul': 11, 'f32x4.add': 7, 'f32x4.sub': 7 },
  f32_conv_4x8: { 'f32x4.mul': 8, 'f32x4.add': 8, 'v128.load32_splat': 4 },
  f32_conv1x1_4x8: { 'f32x4.mul': 8, 'f32x4.add': 8, 'v128.load32_splat': 4 },
  // The tile, sums of pixels and of results, weights' sums.
  f32_conv1x1_8x16: { 'f32x4.mul': 8, 'f32x4.add': 21, 'v128.load32_splat': 4 },
  'sae/encode': { 'f32x4.mul': 8, 'f32x4.add': 8, 'v128.load32_splat': 8 },
  // Four rows side by side.
  f32_sae_encode_4x8: { 'v128.load': 4, 'i8x16.shuffle': 8, 'v128.store': 4 },
  f32_sae_encode_list_4x8: { 'v128.load': 4, 'i8x16.shuffle': 8, 'v128.store': 4 },
  // The tile's 8 sums of pairs of products, then bounds: 16 products, 8 sums, 8 comparisons.
  'sae/bound': {
    ...{ 'i32x4.dot_i16x8_s': 8, 'i32x4.add': 8, 'v128.load32_splat': 12 },
    ...{ 'f32x4.convert_i32x4_s': 8, 'f32x4.mul': 16, 'f32x4.add': 8, 'f32x4.lt': 8 },
  },
  // Four rows: scaled, rounded, narrowed; one row's norm.
  i16_quantize_rows: { 'f32x4.mul': 5, 'f32x4.nearest': 4, 'i16x8.narrow_i32x4_s': 2, 'f32x4.pmax': 1 },
  f16_widen: { 'v128.load16x4_u': 1, 'f32x4.mul': 1, 'v128.store': 1 },
  // Sixteen values counted at a time; the least from a value on, the largest, eight at a time.
  f32_kth_largest: { 'v128.load': 8, 'f32x4.ge': 6, 'f32x4.pmax': 3, 'f32x4.pmin': 3 },
  // Largest value; sixteen values of a row scaled, rounded, narrowed, their residuals; a norm.
  i8_quantize_rows: {
    'f32x4.nearest': 4,
    'i16x8.narrow_i32x4_s': 2,
    'i8x16.narrow_i16x8_s': 1,
    'f32x4.pmax': 1,
  },
  // Sixteen columns of four rows a turn, then sums across lanes and bounds.
  i8_screen_4: {
    'v128.load8x8_s': 8,
    'i32x4.dot_i16x8_s': 8,
    'i32x4.add': 11,
    'i8x16.shuffle': 6,
    'f32x4.lt': 1,
  },
  // Widening; products are those of sae/bound.
  i8_screen_4x8: { 'v128.load8x8_s': 4, 'i8x16.shuffle': 8, 'v128.store': 4 },
  f32_dots_4: { 'f32x4.mul': 4, 'f32x4.add': 4, 'i8x16.shuffle': 8 },
  f32_linear_1x16: { 'f32x4.mul': 4, 'f32x4.add': 4, 'v128.load32_splat': 1 },
  // Eight registers of columns, then one.
  f32_gather_32: { 'f32x4.mul': 9, 'f32x4.add': 9, 'v128.load32_splat': 2 },
  // Both radii, before the loop and in it: windows of 11 and 5 from sums of two and four; one and two roots.
  f32_lrn: { 'f32x4.mul': 9, 'f32x4.add': 14, 'i8x16.shuffle': 16, 'f32x4.sqrt': 3, 'f32x4.div': 2 },
  f32_maxpool_3x3: { 'f32x4.pmax': 8, 'v128.load': 9, 'v128.store': 1 },
  f32_avgpool: { 'f32x4.add': 1, 'f32x4.div': 1 },
  f32_relu: { 'f32x4.pmax': 1, 'v128.load': 1, 'v128.store': 1 },
  // As it is, and redirected.
  f32_relu_grad: { 'f32x4.gt': 3, 'f32x4.ne': 2, 'v128.load': 4, 'v128.store': 2 },
  f32_maxpool_3x3_grad: { 'f32x4.eq': 1, 'f32x4.add': 1, 'v128.andnot': 1, 'v128.load': 4, 'v128.store': 1 },
  f32_avgpool_grad: { 'f32x4.div': 1, 'f32x4.add': 1 },
  // Both radii: two windows each, of 11 and 5.
  f32_lrn_grad: { 'f32x4.add': 30, 'f32x4.sqrt': 3, 'f32x4.div': 4, 'f32x4.sub': 2 },
  // Radix 4, 2, and any.
  f32_fft: { 'f32x4.mul': 22, 'f32x4.add': 16, 'f32x4.sub': 14 },
  f32_window: { 'f32x4.mul': 2, 'f32x4.add': 2, 'v128.store': 2 },
  f32_add: { 'f32x4.add': 1, 'v128.load': 2, 'v128.store': 1 },
  f32_adam: { 'f32x4.mul': 8, 'f32x4.add': 3, 'f32x4.sqrt': 1, 'f32x4.div': 1, 'v128.store': 3 },
  f32_sae_pack_8: { 'v128.load': 2, 'f32x4.sub': 1, 'v128.store': 1 },
  // Two comparisons of 4 samples, one look at both.
  f32_topk_8: { 'f32x4.gt': 2, 'v128.any_true': 1, 'i32x4.bitmask': 2 },
  f32_positive_8: { 'f32x4.gt': 2, 'v128.any_true': 1, 'i32x4.bitmask': 2 },
  f32_above_8: { 'f32x4.gt': 2, 'v128.any_true': 1, 'i32x4.bitmask': 2 },
  f32_gated_8: { 'f32x4.gt': 2, 'f32x4.add': 2, 'v128.any_true': 1, 'i32x4.bitmask': 2 },
  // Sums across lanes come on top: four extracts and three scalar additions each.
  f32_row: { 'f32x4.mul': 8, 'f32x4.add': 7, 'f32x4.sub': 1 },
  f32_sum_squares: { 'f32x4.mul': 1, 'f32x4.add': 1 },
  f32_squared_distance: { 'f32x4.sub': 1, 'f32x4.mul': 1, 'f32x4.add': 1 },
  f32_sae_residual: { 'f32x4.sub': 1, 'f32x4.mul': 1, 'f32x4.add': 1, 'v128.store': 1 },
  f32_sae_latent_grad: { 'f32x4.mul': 3, 'f32x4.add': 4 },
  f32_lerp: { 'f32x4.sub': 1, 'f32x4.mul': 1, 'f32x4.add': 1 },
  f32_scale: { 'f32x4.mul': 1, 'v128.store': 1 },
  // 16 columns, and 4.
  f32_column_sums: { 'f32x4.add': 5, 'v128.store': 5 },
  f32_gemm_pack8: { 'v128.load': 2, 'v128.store': 2 },
  f32_resize_triangle: { 'f32x4.mul': 1, 'f32x4.add': 1 },
  f32_peak_12: { 'f32x4.mul': 12, 'f32x4.add': 23 },
};

/** Kernels whose own work has no vectors, and why. */
const SCALAR: Record<string, string> = {
  f32_add_feature_sums: 'list entries in order',
  f32_add_indexed: 'list entries, gathered by index',
  f32_colour: 'f64 exponentials',
  f32_conv_pack8: 'packing, once per session',
  f32_cross_entropy: 'f64 exponentials',
  f32_gated_grad: 'list entries, gathered by index',
  f32_gated_lists: 'list entries, gathered by index',
  f32_image_input: 'three channels of a pixel',
  f32_image_input_grad: 'three channels of a pixel',
  f32_jumprelu: 'list entries, gathered by index',
  f32_keep_largest: 'list entries in order',
  f32_keep_top: 'list entries in order',
  f32_linear_pack16: 'packing, once per session',
  f32_pow_penalty: 'f64 powers',
  f32_pow_sum: 'f64 powers',
  f32_preact_correction: 'list entries, gathered by index',
  f32_sae_decode: 'calls f32_gather_32',
  f32_sae_pick_8: 'list entries, gathered by index',
  f32_sae_rescore: 'lists; calls f32_dots_4',
  f32_softmax: 'f64 exponentials',
  f32_softmax_grad: 'f64 sums and products',
  f32_sae_scatter: 'list entries, scattered by index',
  f32_sae_weight_grad: 'calls f32_gather_32',
  f32_sums_by_index: 'list entries, scattered by index',
  f32_tanh_penalty: 'f64 tanh',
  f32_winograd_6x6: 'turns over winograd/tile6 and f32_gemm_packed_4x8; weights in f64',
  f32_winograd_6x6_grad: 'transforms; its products are those of f32_outer_4x8',
  f32_winograd_8x8: 'turns over winograd/tile8 and f32_gemm_packed_4x8; weights in f64',
  i16_sae_beta: 'f64 bounds, once per step and latent',
  i16_sae_prune: 'list entries, gathered by index',
  i16_sae_screen_4x8: 'turns over sae/bound',
  i16_sae_screen_top_4x8: 'turns over sae/bound; lists',
  i16_sae_slack: 'one number',
  i32_count_active: 'list entries, gathered by index',
  i32_csc: 'a counting sort',
};

/** Nothing but list entries and epilogues may multiply or add single floats in these. */
const NO_SCALAR_ARITHMETIC = Object.keys(HOT).filter(
  (f) =>
    ![
      ...['f32_attention', 'f32_layernorm'],
      ...[
        'f32_adam',
        'f32_lrn_grad',
        'f32_window',
        'f32_gated_8',
        'f32_resize_triangle',
        'f32_peak_12',
        'i16_quantize_rows',
        'i8_quantize_rows',
      ],
      ...['f32_row', 'f32_sum_squares', 'f32_squared_distance', 'f32_sae_residual', 'f32_sae_latent_grad'],
    ].includes(f),
);

test('every kernel is in the census or has its reason not to be', () => {
  const kernels = [...Object.keys(HOT), ...Object.keys(SCALAR)].filter((f) => !f.includes('/'));
  assert.equal(kernels.sort(), KERNEL_FILES);
});

for (const [file, expected] of Object.entries(HOT))
  test(`${file}: its vector instructions are there`, () => {
    const counts = census(file);
    for (const [op, n] of filled(Object.entries(expected))) assert.is(counts.get(op) ?? 0, n, op);
    // Eight instructions in V8, where pmax is one.
    assert.is(counts.get('f32x4.max') ?? 0, 0);
    if (NO_SCALAR_ARITHMETIC.includes(file))
      for (const op of ['f32.mul', 'f32.add', 'f32.sub', 'f32.div']) assert.is(counts.get(op) ?? 0, 0, op);
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

test('f32_peak_12: twelve products and twelve sums inside its loop', () => {
  const body = text.slice(text.indexOf('\n (func $assembly/kernels/f32_peak_12/f32_peak_12'));
  const inner = body.slice(body.lastIndexOf('loop $', body.indexOf('br_if')));
  const loop = inner.slice(0, inner.indexOf('br_if'));
  assert.is(loop.match(/f32x4\.mul/g)?.length, 12);
  assert.is(loop.match(/f32x4\.add/g)?.length, 12);
});

test('sae/bound: eight pairs of products, eight sums, four broadcasts in its loop', () => {
  const body = text.slice(text.indexOf('\n (func $assembly/sae/bound/boundTile'));
  const loop = body.slice(body.indexOf('loop $'), body.indexOf('br_if'));
  assert.is(loop.match(/i32x4\.dot_i16x8_s/g)?.length, 8);
  assert.is(loop.match(/i32x4\.add/g)?.length, 8);
  assert.is(loop.match(/v128\.load32_splat/g)?.length, 4);
  assert.is(loop.match(/v128\.load(?!32)/g)?.length, 2);
});

test.run();
