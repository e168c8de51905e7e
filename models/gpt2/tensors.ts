// GPT-2's tensors as Hugging Face's files name them (METHODS 14), and which sizes they are of.
import { InputError } from '../../src/core/errors.js';
import type { NamedTensor } from '../../src/network/load.js';
import type { Gpt2Sizes } from './description.js';

const PARTS: Record<string, string> = {
  'ln1.hook_normalized': 'ln_1',
  'attn.hook_qkv': 'attn.c_attn',
  hook_attn_out: 'attn.c_proj',
  'ln2.hook_normalized': 'ln_2',
  'mlp.hook_pre': 'mlp.c_fc',
  hook_mlp_out: 'mlp.c_proj',
};
const OUTSIDE: Record<string, string> = {
  hook_embed: 'wte',
  hook_pos_embed: 'wpe',
  'ln_final.hook_normalized': 'ln_f',
};

/** Hugging Face's name of the layer that makes a tap. */
export function huggingFaceName(tap: string): string {
  const [, i, part] = /^blocks\.(\d+)\.(.+)$/.exec(tap) ?? [];
  return i === undefined ? (OUTSIDE[tap] ?? tap) : `h.${i}.${PARTS[part] ?? part}`;
}

/** Masks that old files hold as tensors. */
const BUFFER = /^h\.\d+\.attn\.(bias|masked_bias)$/;
const TABLE = 'wte.weight';
const HEAD = 'lm_head.weight';
/** Values of a head in every published GPT-2. */
const HEAD_WIDTH = 64;

export const isGpt2 = (tensors: ReadonlyMap<string, NamedTensor>): boolean =>
  [TABLE, `transformer.${TABLE}`, 'hook_embed.weight'].some((name) => tensors.has(name));

/** Without the prefix `transformer.`, without masks and the unembedding where it is the embedding. InputError: it is another. */
export function gpt2Tensors<T extends NamedTensor>(
  tensors: ReadonlyMap<string, T>,
  label: string,
): Map<string, T> {
  const all = new Map([...tensors].map(([name, tensor]) => [name.replace(/^transformer\./, ''), tensor]));
  for (const name of [...all.keys()]) if (BUFFER.test(name)) all.delete(name);
  const [head, table] = [all.get(HEAD), all.get(TABLE)];
  if (head && table) {
    const [a, b] = [head.f32(), table.f32()];
    if (a.length !== b.length || a.some((v, i) => v !== b[i]))
      throw new InputError(
        `${label}: ${HEAD} is not ${TABLE}; this is no GPT-2, whose unembedding is its embedding`,
      );
  }
  all.delete(HEAD);
  return all;
}

/**
 * Sizes from the shapes of the tensors. `heads`: `n_head` of the config.json beside the file. InputError: shapes of no
 * GPT-2, or heads that shapes do not tell.
 */
export function sizesOf(tensors: ReadonlyMap<string, NamedTensor>, label: string, heads?: number): Gpt2Sizes {
  const shape = (tap: string): readonly number[] => {
    const named = tensors.get(`${huggingFaceName(tap)}.weight`) ?? tensors.get(`${tap}.weight`);
    if (named?.shape.length !== 2)
      throw new InputError(
        `${label}: looks like GPT-2 but has no ${huggingFaceName(tap)}.weight of two axes; get the whole file of the original`,
      );
    return named.shape;
  };
  const [vocabulary, width] = shape('hook_embed');
  const [context] = shape('hook_pos_embed');
  const [, hidden] = shape('blocks.0.mlp.hook_pre');
  let blocks = 1;
  const has = (i: number): boolean =>
    [...tensors.keys()].some((name) => name.startsWith(`h.${i}.`) || name.startsWith(`blocks.${i}.`));
  while (has(blocks)) blocks++;
  if (heads === undefined && width % HEAD_WIDTH)
    throw new InputError(
      `${label}: ${width} values are not whole heads of ${HEAD_WIDTH}; put its config.json, which says n_head, beside it`,
    );
  const count = heads ?? width / HEAD_WIDTH;
  if (!Number.isInteger(width / count / 8))
    throw new InputError(`${label}: ${count} heads do not divide ${width} values into multiples of 8`);
  return { blocks, width, heads: count, hidden, context, vocabulary };
}
