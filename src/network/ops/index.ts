// The table of operations: what a description may hold. A new one is a file beside these and a line here.
import { unknownName } from '../../core/errors.js';
import { type AffineLayer, affine } from './affine.js';
import { type AttentionLayer, attention } from './attention.js';
import { type AvgpoolLayer, avgpool } from './avgpool.js';
import { type ConcatLayer, concat } from './concat.js';
import { type ConvLayer, conv } from './conv.js';
import { type EmbedLayer, embed } from './embed.js';
import { type GeluLayer, gelu } from './gelu.js';
import { type ImageInput, image } from './image.js';
import { type LayernormLayer, layernorm } from './layernorm.js';
import { type LinearLayer, linear } from './linear.js';
import { type LrnLayer, lrn } from './lrn.js';
import { type MaxpoolLayer, maxpool } from './maxpool.js';
import type { BaseInput, BaseLayer, InputOp, Op } from './op.js';
import { type SoftmaxLayer, softmax } from './softmax.js';
import { type SumLayer, sum } from './sum.js';
import { type TensorInput, tensor } from './tensor.js';
import { type TokensInput, tokens } from './tokens.js';

export type Layer =
  | ConvLayer
  | MaxpoolLayer
  | AvgpoolLayer
  | LrnLayer
  | ConcatLayer
  | LinearLayer
  | SoftmaxLayer
  | AffineLayer
  | AttentionLayer
  | EmbedLayer
  | GeluLayer
  | LayernormLayer
  | SumLayer;
export type Input = ImageInput | TensorInput | TokensInput;

const OPS: Record<Layer['op'], Op<never>> = {
  ...{ conv, maxpool, avgpool, lrn, concat, linear, softmax },
  ...{ affine, attention, embed, gelu, layernorm, sum },
};
const INPUTS: Record<Input['op'], InputOp<never>> = { image, tensor, tokens };

/** UsageError, naming the closest ones, for an operation that there is not. */
export const opOf = ({ op }: BaseLayer): Op<BaseLayer> => entry(OPS, 'operation', op);
export const inputOpOf = ({ op }: BaseInput): InputOp<BaseInput> => entry(INPUTS, 'kind of input', op);

function entry<T>(table: Record<string, unknown>, what: string, name: string): T {
  if (!Object.hasOwn(table, name)) throw unknownName(what, String(name), Object.keys(table));
  return table[name] as T;
}

/** Names of the tensors that a layer reads. */
export const inputsOf = (layer: BaseLayer): readonly string[] =>
  typeof layer.in === 'string' ? [layer.in] : layer.in;
