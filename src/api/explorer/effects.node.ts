// What a unit does to the token that comes next: the network reads a text again with the unit taken away wherever it fires, and
// with random directions of the same length in its place; what the live explorer answers its page about tokens.
import { InputError, UsageError } from '../../core/errors.js';
import { parseJsonObject } from '../../formats/json.js';
import { createSession } from '../../network/session.js';
import type { Session } from '../../network/types.js';
import type { LoadedSae } from '../../sae/inference.js';
import type { TokenEffect, TokenQuestion } from '../../study/atlas/format.js';
import { directionsOf, type EffectQuestion, EffectSum, effectSeen } from '../../study/circuit/effect.js';
import { parseUnit } from '../../units/unit.js';
import { type Service, type TextNetwork, tokensWithin, widthFor } from './reads.node.js';

/** Tokens at most: logits of all of them are kept. */
const MOST = 256;
/** Of the directions of chance: the same for everyone. */
const SEED = 0;
const LOGITS = 'logits';

/** `saes`: by number, undefined where there is none. A TokenQuestion as JSON -> a TokenEffect as JSON. */
export function effectsOf(
  network: TextNetwork,
  saes: (number: number) => Promise<LoadedSae | undefined>,
): Service {
  const { engine, model, tap, begin, tokenizer, unitLength } = network;
  const width = widthFor(network, MOST);
  let session: Session | undefined;
  return async (body) => {
    const question = questionOf(body);
    if (unitLength)
      throw new InputError(
        'effects are of vectors as the network has them, and these were divided by their lengths',
      );
    const tokens = tokensWithin(network, question.text, width);
    const { unit, token } = question;
    if (token >= tokens.length) throw new UsageError(`token ${token}: the text has ${tokens.length}`);
    const sae = unit.kind === 'features' ? await saes(question.sae) : undefined;
    if (unit.kind === 'features' && !sae) throw new UsageError(`there is no SAE ${question.sae}`);
    session ??= createSession(engine, model, { width, cache: width, taps: [LOGITS], splice: tap });
    session.rewind();
    // What comes later changes nothing here.
    session.run(Float32Array.from([...begin, ...tokens.slice(0, token + 1)]));
    const d = session.info(tap).channels;
    const count = sae?.config.dSae ?? d;
    if (unit.index >= count) throw new UsageError(`unit ${unit.index}: there are ${count}`);
    const { directions, others } = directionsOf({ math: engine.math, d, sae, seed: SEED }, unit, []);
    const asked: EffectQuestion = {
      ...{ tap, index: unit.index, directions, others },
      ...{ logits: LOGITS, token: begin.length + token },
    };
    const sum = new EffectSum(asked, d);
    sum.add(effectSeen(session, asked, sae));
    const { amount, classes } = sum.effect({
      class: (id) => (id < tokenizer.size ? tokenizer.show(id) : `token ${id}`),
      later: String, // none is asked for
    });
    const effect: TokenEffect = { amount, moved: classes! };
    return new TextEncoder().encode(JSON.stringify(effect));
  };
}

function questionOf(body: Uint8Array) {
  const asked = parseJsonObject(body, 'the question', 'ask again') as Partial<TokenQuestion>;
  const unit = typeof asked.unit === 'string' ? parseUnit(asked.unit) : undefined;
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof asked.text !== 'string' || !unit || !whole(asked.token) || !whole(asked.sae))
    throw new UsageError('a text, a unit, a token and the number of an SAE are needed');
  return { text: asked.text, unit, token: asked.token, sae: asked.sae };
}
