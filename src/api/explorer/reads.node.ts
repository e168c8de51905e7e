// A text as the network reads it, token for token: what the live explorer answers its page about tokens.
import type { Engine } from '../../core/engine.js';
import { CurvesaeError, InputError, shown, UsageError } from '../../core/errors.js';
import { encodeSafetensors } from '../../formats/safetensors.js';
import { createSession } from '../../network/session.js';
import type { Model, Session } from '../../network/types.js';
import type { EmbeddingManifest } from '../../vectors/embedding-folder.js';
import { normalise } from '../../vectors/unit-length.js';
import type { Call } from '../call.js';
import type { Platform } from '../platform.js';
import { textInput, tokenizerFor } from '../texts.js';

/** Tokens of a text at most: what a page shows at a glance, and an activation of it still fits. */
const MOST = 1024;

/** What a page sends, and is answered. */
export type Service = (body: Uint8Array) => Promise<Uint8Array>;

/** The network that made a folder of tokens, ready to read more. */
export interface TextNetwork {
  engine: Engine;
  model: Model;
  tap: string;
  /** Vectors were divided by their lengths. */
  unitLength: boolean;
  /** Tokens that a text begins with. */
  begin: number[];
  tokenizer: { encode(text: string): number[]; show(token: number): string; size: number };
}

/**
 * The network of a folder of tokens; a reason where it is not here. `flag`: what --model gave; it is that network or an
 * InputError.
 */
export async function textNetworkOf(
  platform: Platform,
  { engine, signal }: Call,
  { recipe, source }: EmbeddingManifest,
  { model: flag, tokenizer: path }: { model?: string; tokenizer?: string },
): Promise<TextNetwork | { reason: string }> {
  const spec = flag ?? source;
  try {
    const model = await platform.openModel(spec, engine.math, { signal });
    const { sha256 } = recipe.model as { sha256: string };
    if (model.sha256 !== sha256)
      throw new InputError(`${shown(spec)}: not the weights of these tokens (other SHA-256)`);
    const tokenizer = await tokenizerFor(platform, model, { model: spec, tokenizer: path });
    const begin = tokenizer.end === undefined ? [] : [tokenizer.end];
    const unitLength = recipe.normalize === true;
    return { engine, model, tap: String(recipe.tap), unitLength, begin, tokenizer };
  } catch (error) {
    if (!(error instanceof CurvesaeError) || flag !== undefined) throw error;
    return { reason: error.message };
  }
}

/** The largest number of tokens that are read at once, those that a text begins with included. */
export const widthFor = ({ model, begin }: TextNetwork, most: number): number =>
  Math.min(textInput(model).context, most + begin.length);

/** A text's own tokens. UsageError: none, or more than there is room for. */
export function tokensWithin({ tokenizer, begin }: TextNetwork, text: string, width: number): number[] {
  const tokens = tokenizer.encode(text);
  if (!tokens.length) throw new UsageError('a text to read is needed');
  if (begin.length + tokens.length > width)
    throw new UsageError(
      `${tokens.length} tokens; ${width - begin.length} are read at once: shorten the text`,
    );
  return tokens;
}

/** Text in UTF-8 -> vectors [T][d] as safetensors, its metadata `tokens` a JSON list of texts. */
export function readerOf(network: TextNetwork): Service {
  const { engine, model, tap, begin, tokenizer, unitLength } = network;
  const width = widthFor(network, MOST);
  // Of the weights: made for the first text, kept for the next ones.
  let session: Session | undefined;
  return async (body) => {
    const tokens = tokensWithin(network, new TextDecoder().decode(body), width);
    session ??= createSession(engine, model, { width, cache: width, taps: [tap] });
    session.rewind();
    session.run(Float32Array.from([...begin, ...tokens]));
    const d = session.info(tap).channels;
    const data = session.tap(tap).slice(begin.length * d);
    if (unitLength) normalise({ rows: tokens.length, d, data }, 0);
    return encodeSafetensors(
      { vectors: { shape: [tokens.length, d], data } },
      { tokens: JSON.stringify(tokens.map((token) => tokenizer.show(token))) },
    );
  };
}
