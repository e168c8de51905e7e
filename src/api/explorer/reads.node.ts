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

/** What a page sends and is answered: text in UTF-8; vectors [T][d] as safetensors, its metadata `tokens` a JSON list of texts. */
export type Reads = (body: Uint8Array) => Promise<Uint8Array>;

/**
 * The network that made a folder of tokens, ready to read more; a reason where it is not here. `flag`: what --model gave; it is
 * that network or an InputError.
 */
export async function readsOf(
  platform: Platform,
  { engine, signal }: Call,
  { recipe, source }: EmbeddingManifest,
  { model: flag, tokenizer }: { model?: string; tokenizer?: string },
): Promise<{ reads: Reads } | { reason: string }> {
  const spec = flag ?? source;
  try {
    const model = await platform.openModel(spec, engine.math, { signal });
    const { sha256 } = recipe.model as { sha256: string };
    if (model.sha256 !== sha256)
      throw new InputError(`${shown(spec)}: not the weights of these tokens (other SHA-256)`);
    const read = await tokenizerFor(platform, model, { model: spec, tokenizer });
    return { reads: reader(engine, model, read, recipe) };
  } catch (error) {
    if (!(error instanceof CurvesaeError) || flag !== undefined) throw error;
    return { reason: error.message };
  }
}

function reader(
  engine: Engine,
  model: Model,
  tokenizer: { encode(text: string): number[]; show(token: number): string; end: number | undefined },
  recipe: Record<string, unknown>,
): Reads {
  const tap = String(recipe.tap);
  const begin = tokenizer.end === undefined ? [] : [tokenizer.end];
  const width = Math.min(textInput(model).context, MOST + begin.length);
  // Of the weights: made for the first text, kept for the next ones.
  let session: Session | undefined;
  return async (body) => {
    const text = new TextDecoder().decode(body);
    const tokens = tokenizer.encode(text);
    if (!tokens.length) throw new UsageError('a text to read is needed');
    if (begin.length + tokens.length > width)
      throw new UsageError(
        `${tokens.length} tokens; ${width - begin.length} are read at once: shorten the text`,
      );
    session ??= createSession(engine, model, { width, cache: width, taps: [tap] });
    session.rewind();
    session.run(Float32Array.from([...begin, ...tokens]));
    const d = session.info(tap).channels;
    const data = session.tap(tap).slice(begin.length * d);
    if (recipe.normalize === true) normalise({ rows: tokens.length, d, data }, 0);
    return encodeSafetensors(
      { vectors: { shape: [tokens.length, d], data } },
      { tokens: JSON.stringify(tokens.map((token) => tokenizer.show(token))) },
    );
  };
}
