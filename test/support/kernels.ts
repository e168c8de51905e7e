// The files of assembly/ that hold the exports of the core, as tests hold them against names.
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ROOT } from './paths.js';

const stems = (folder: string) =>
  readdirSync(resolve(ROOT, folder))
    .filter((f) => f.endsWith('.ts'))
    .map((f) => f.replace(/\.ts$/, ''))
    .sort();

/** Kernels by file: assembly/kernels. */
export const KERNEL_FILES = stems('assembly/kernels');

/** Every file with exports of the ABI, by stem. */
export const ABI_FILES: ReadonlyMap<string, string> = new Map([
  ...KERNEL_FILES.map((stem) => [stem, `assembly/kernels/${stem}.ts`] as const),
  ...stems('assembly/math').map((stem) => [stem, `assembly/math/${stem}.ts`] as const),
]);

/** Where an export must stand: the file of its name, else of the longest stem `STEM_...` that there is. */
export function homeOf(name: string): string | undefined {
  return [...ABI_FILES.keys()]
    .filter((stem) => name === stem || name.startsWith(`${stem}_`))
    .sort((a, b) => b.length - a.length)[0];
}

/** `name(parameters): result` of each exported function of a file. */
export function signaturesOf(path: string): { name: string; signature: string }[] {
  const text = readFileSync(resolve(ROOT, path), 'utf8');
  return [...text.matchAll(/^export function ((\w+)\([^)]*\)\s*:\s*\w+)/gm)].map(([, signature, name]) => ({
    name,
    signature,
  }));
}

const PACKING = 'made once from weights';
const TEXT = 'a step of a network of text, timed beside its peers (bench --only gpt2)';
const PASS = 'one pass over lists or a vector, timed as a part of a step (bench --only sae)';
const BACK = 'a step of a way back (bench --only back)';
const PICTURE = 'a step of a picture that is optimised (docs/visualize.md)';
const BOUND = 'a part of screening (i16_sae_screen_4x8), timed with a step (bench --only sae)';

/** Kernels without a benchmark and a naive form of their own, and why. */
export const UNTIMED: Readonly<Record<string, string>> = {
  f32_conv_pack8: PACKING,
  f32_gemm_pack8: PACKING,
  f32_linear_pack16: PACKING,
  f32_affine_pack8: PACKING,
  f32_affine_4x8: TEXT,
  f32_attention: TEXT,
  f32_gelu: TEXT,
  f32_layernorm: TEXT,
  f32_add: BACK,
  f32_avgpool_grad: BACK,
  f32_cross_entropy: BACK,
  f32_image_input_grad: BACK,
  f32_fft: PICTURE,
  f32_colour: PICTURE,
  f32_window: PICTURE,
  f32_lrn_grad: BACK,
  f32_maxpool_3x3_grad: BACK,
  f32_relu_grad: BACK,
  f32_softmax_grad: BACK,
  f32_winograd_6x6_grad: BACK,
  f32_add_feature_sums: PASS,
  f32_add_indexed: PASS,
  f32_column_sums: PASS,
  f32_gated_grad: PASS,
  f32_gated_lists: PASS,
  f32_keep_largest: PASS,
  f32_keep_top: PASS,
  f32_lerp: PASS,
  f32_pow_sum: PASS,
  f32_preact_correction: PASS,
  f32_sae_latent_grad: PASS,
  f32_sae_pick_8: PASS,
  f32_sae_residual: PASS,
  f32_sae_scatter: PASS,
  f32_scale: PASS,
  f32_squared_distance: PASS,
  f32_sum_squares: PASS,
  f32_sums_by_index: PASS,
  f32_tanh_penalty: PASS,
  i32_count_active: PASS,
  f32_sae_encode_list_4x8: 'f32_sae_encode_4x8 of listed features: the same tile',
  i16_sae_beta: BOUND,
  i16_sae_prune: BOUND,
  i16_sae_screen_top_4x8: BOUND,
  i16_sae_slack: BOUND,
};
