// GPT-2 as TransformerLens has it: what writes to the residual stream is taken without its mean over the stream's values
// (center_writing_weights). Layer normalisation takes that mean away anyway, so that normalised values and logits stay and
// the stream loses its mean. SAEs that were trained there read that stream.
import { UsageError } from '../../src/core/errors.js';
import type { Model, Parameters } from '../../src/network/types.js';

/** Behind the name of a model. */
export const CENTRED = '#centred';

const UNEMBED = 'unembed';
const WRITES = /^(hook_embed|hook_pos_embed|blocks\.\d+\.hook_(attn|mlp)_out)$/;

/** Stores and SAEs are told apart from those of the model itself. UsageError: no GPT-2. */
export function centred(model: Model): Model {
  const { description } = model;
  if (description.architecture !== 'gpt2')
    throw new UsageError(`${model.name}: ${CENTRED} is for GPT-2, not for ${description.architecture}`);
  const parameters: Parameters = new Map(model.parameters);
  const table = model.parameters.get('hook_embed')!;
  const width = model.parameters.get('ln_final.hook_normalized')!.bias.length;
  for (const [layer, { weight, bias }] of model.parameters)
    if (WRITES.test(layer))
      parameters.set(layer, { weight: withoutMeans(weight, width), bias: withoutMeans(bias, width) });
  // The unembedding is the embedding as it was.
  parameters.set(UNEMBED, table);
  const layers = description.layers.map((layer) =>
    layer.op === 'affine' && layer.tied !== undefined ? { ...layer, tied: UNEMBED } : layer,
  );
  return {
    ...model,
    name: `${model.name}${CENTRED}`,
    sha256: `${model.sha256}${CENTRED}`,
    description: { ...description, layers },
    parameters,
  };
}

/** Rows of `width` values. */
function withoutMeans(rows: Float32Array, width: number): Float32Array {
  const out = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += width) {
    let mean = 0;
    for (let c = 0; c < width; c++) mean += rows[at + c] / width;
    for (let c = 0; c < width; c++) out[at + c] = rows[at + c] - mean;
  }
  return out;
}
