// A text as input: numbers of tokens, [T]. How many a session takes is chosen, up to the network's context.
import { InputError, UsageError } from '../../core/errors.js';
import { writeView } from '../view.js';
import { type BaseInput, type InputOp, sequenceShape } from './op.js';
import { take } from './span.js';
import { isCount } from './window.js';

export interface TokensInput extends BaseInput {
  op: 'tokens';
  /** Most tokens that it can look at. */
  context: number;
  /** Tokens are 0 to vocabulary - 1. */
  vocabulary: number;
}

const isTokens = (input: BaseInput): input is TokensInput => input.op === 'tokens';

/** The text that a network takes; undefined where it takes none. */
export const tokensInput = ({ inputs }: { inputs: readonly BaseInput[] }): TokensInput | undefined =>
  inputs.length === 1 && isTokens(inputs[0]) ? inputs[0] : undefined;

export const tokens: InputOp<TokensInput> = {
  check: ({ context, vocabulary }) =>
    isCount(context) && isCount(vocabulary)
      ? undefined
      : `context ${context} and vocabulary ${vocabulary} must be whole numbers from 1`,
  isSized: true,
  isText: true,
  shape({ context }, { height, width = context }) {
    if (height !== undefined && height !== 1)
      throw new UsageError('a text has no height; choose the number of its tokens as width');
    if (!isCount(width) || width > context)
      throw new UsageError(`${width} tokens: this network takes 1 to ${context}`);
    return { ...sequenceShape(width, 1), dims: [width] };
  },
  load(core, { out, vocabulary }, { width }, to, _staging, span) {
    return (values) => {
      take(span, values.length, width, out);
      const bad = values.findIndex((v) => !Number.isInteger(v) || v < 0 || v >= vocabulary);
      if (bad >= 0)
        throw new InputError(
          `token ${bad} is ${values[bad]}: tokens are whole numbers from 0 to ${vocabulary - 1}`,
        );
      const all = new Float32Array(width);
      all.set(values);
      writeView(core, to, all);
    };
  },
  gradient() {
    throw new UsageError('tokens are numbers of words and have no gradient; take that of hook_embed');
  },
};
