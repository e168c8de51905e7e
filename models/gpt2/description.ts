// GPT-2 (Radford et al. 2019) of any size, taps under TransformerLens' names. METHODS 14:
//   x += attn(ln1(x)), x += mlp(ln2(x)) in every block, then ln_final; logits = x wte^T
// `hook_normalized` is behind gain and bias, as in TransformerLens without folding.
import type { Layer, NetworkDescription } from '../../src/network/types.js';

/** What differs between models of the family. */
export interface Gpt2Sizes {
  blocks: number;
  /** Values of the residual stream, a multiple of 4. */
  width: number;
  heads: number;
  /** Values of the hidden layer of an MLP; four times the width in the published ones. */
  hidden: number;
  context: number;
  vocabulary: number;
}

/** 124 million parameters. */
export const GPT2_SMALL: Gpt2Sizes = {
  blocks: 12,
  width: 768,
  heads: 12,
  hidden: 3072,
  context: 1024,
  vocabulary: 50257,
};

const EPS = 1e-5;

function block(i: number, from: string, { width, heads, hidden }: Gpt2Sizes): Layer[] {
  const name = (tap: string): string => `blocks.${i}.${tap}`;
  const [pre, mid, post] = ['hook_resid_pre', 'hook_resid_mid', 'hook_resid_post'].map(name);
  const [ln1, ln2] = [name('ln1.hook_normalized'), name('ln2.hook_normalized')];
  const [qkv, z] = [name('attn.hook_qkv'), name('attn.hook_z')];
  const [up, gelu] = [name('mlp.hook_pre'), name('mlp.hook_post')];
  const [attn, mlp] = [name('hook_attn_out'), name('hook_mlp_out')];
  const begin: Layer[] = from === pre ? [] : [{ op: 'sum', out: pre, in: [from] }];
  return [
    ...begin,
    { op: 'layernorm', out: ln1, in: pre, eps: EPS },
    { op: 'affine', out: qkv, in: ln1, units: 3 * width },
    { op: 'attention', out: z, in: qkv, heads },
    { op: 'affine', out: attn, in: z, units: width },
    { op: 'sum', out: mid, in: [pre, attn] },
    { op: 'layernorm', out: ln2, in: mid, eps: EPS },
    { op: 'affine', out: up, in: ln2, units: hidden },
    { op: 'gelu', out: gelu, in: up },
    { op: 'affine', out: mlp, in: gelu, units: width },
    { op: 'sum', out: post, in: [mid, mlp] },
  ];
}

export function gpt2Description(sizes: Gpt2Sizes): NetworkDescription {
  const { blocks, width, context, vocabulary } = sizes;
  const first = 'blocks.0.hook_resid_pre';
  return {
    architecture: 'gpt2',
    inputs: [{ op: 'tokens', out: 'tokens', context, vocabulary }],
    classes: vocabulary,
    layers: [
      { op: 'embed', out: 'hook_embed', in: 'tokens', by: 'token', rows: vocabulary, units: width },
      { op: 'embed', out: 'hook_pos_embed', in: 'tokens', by: 'position', rows: context, units: width },
      { op: 'sum', out: first, in: ['hook_embed', 'hook_pos_embed'] },
      ...Array.from({ length: blocks }, (_, i) =>
        block(i, i ? `blocks.${i - 1}.hook_resid_post` : first, sizes),
      ).flat(),
      {
        op: 'layernorm',
        out: 'ln_final.hook_normalized',
        in: `blocks.${blocks - 1}.hook_resid_post`,
        eps: EPS,
      },
      { op: 'affine', out: 'logits', in: 'ln_final.hook_normalized', units: vocabulary, tied: 'hook_embed' },
    ],
  };
}
