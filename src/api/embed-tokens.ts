// `embed` of a network that reads text: a row for each token, with the words around it as its record.
import { UsageError } from '../core/errors.js';
import { numericsOf } from '../core/features.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import type { ImageRef } from '../images/types.js';
import type { Model } from '../network/types.js';
import { TOKENS } from '../study/atlas/format.js';
import { marked } from '../study/atlas/marked.js';
import { Quotes } from '../study/examples/quotes.js';
import type { MetadataRecord } from '../vectors/metadata.js';
import { tokensOf } from '../vectors/sample.js';
import type { TokensPayload, TokensResult } from '../vectors/tasks.js';
import type { Call } from './call.js';
import { reachableTap } from './checks.js';
import type { EmbedWork } from './embed-work.js';
import type { ModelSpec, Platform } from './platform.js';
import { textWindows, tokenizerFor } from './texts.js';

/** Rows of a part of the folder, about. */
const PART = 1024;

interface TokensAsked {
  model: ModelSpec;
  texts: string;
  tokenizer?: string;
  tap?: string;
  context: number;
  perWindow?: number;
  seed: number;
}

/** UsageError: no tap, or one that the network has not; text that fills no window. */
export async function ofTokens(
  platform: Platform,
  { engine, signal, warn }: Call,
  model: Model,
  o: TokensAsked,
): Promise<EmbedWork> {
  if (o.tap === undefined)
    throw new UsageError(
      `embed: --tap says which vectors of ${model.name}'s tokens; curvesae model info lists its taps`,
    );
  const { channels, name: tap } = reachableTap(model, o.tap);
  const tokenizer = await tokenizerFor(platform, model, o);
  const windows = await textWindows(platform, model, o);
  const { name, description, sha256: weights } = model;
  const each = Math.min(o.perWindow ?? o.context, o.context - 1);
  const { seed, context: size } = o;
  const pool = await platform.pool(engine, model, warn);
  return {
    recipe: {
      ...{ kind: TOKENS, model: { name, architecture: description.architecture, sha256: weights } },
      ...{ tap, context: size, each, ...(each < size - 1 && { seed }) },
      windows: await sha256(canonicalJson(windows.map((ref) => (ref.kind === 'tokens' ? ref.tokens : [])))),
      numerics: numericsOf(engine.info().build),
    },
    source: typeof o.model === 'string' ? o.model : name,
    records: recordsOf(windows, new Quotes(tokenizer), (window) =>
      tokensOf({ name: tap, width: size }, window, each, seed),
    ),
    unit: 'tokens',
    each: each * Math.ceil(PART / each),
    async part(first, n, onDone) {
      const from = Math.floor(first / each);
      const some = windows.slice(from, Math.ceil((first + n) / each));
      // Whole windows; a shard of the work may begin and end within one.
      const data = new Float32Array(some.length * each * channels);
      await pool.mapOrdered<ImageRef, TokensResult>(
        some,
        (ref, i) => ({
          name: 'tokens',
          payload: { ref, window: from + i, tap, size, each, seed } satisfies TokensPayload,
        }),
        ({ vectors }, i) => {
          data.set(vectors, i * each * channels);
          onDone(Math.min(n, (i + 1) * each), null);
        },
        { ahead: 2, signal },
      );
      const skipped = (first - from * each) * channels;
      const own = data.slice(skipped, skipped + n * channels);
      return { rows: n, d: channels, data: own, tokens: null, left: [] };
    },
    dispose: () => pool.dispose(),
  };
}

/** `window-000012:45` is token 45 of its window. */
function recordsOf(
  windows: readonly ImageRef[],
  quotes: Quotes,
  positions: (window: number) => Int32Array,
): MetadataRecord[] {
  return windows.flatMap((ref, window) =>
    Array.from(positions(window), (position) => {
      // Of quotes, position p is token p + 1 of the window.
      const { text } = quotes.placeOf(ref, position - 1)!;
      return { id: `${ref.name}:${position}`, text: marked(text!), token: text!.token };
    }),
  );
}
