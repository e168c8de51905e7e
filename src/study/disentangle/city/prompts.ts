// The city task's prompts (METHODS 8): published files of pairs [[base prompt, base label], [source prompt, source
// label]], one file an attribute, each prompt five facts about cities and then the city that is asked for.
import { InputError, shown } from '../../../core/errors.js';
import type { Tokenizer } from '../../../tokens/tokenizer.js';
import type { Pair } from '../types.js';

/** Prompts of one attribute. */
export interface PromptSet {
  name: string;
  /** Tokens of each, of one length. */
  prompts: number[][];
  /** The token that answers each: the first of its label, with the space before it. */
  targets: number[];
  labels: string[];
  /** Tokens that all prompts begin with. */
  common: number;
  /** Base and source, indices of `prompts`, in the order of the file. */
  pairs: Pair[];
}

/** Of one file. */
const MOST_PAIRS = 1_000_000;

/**
 * InputError naming file and pair: not such a file, a prompt without a label, prompts that have other numbers of tokens than
 * the first, a prompt with two labels, and labels that all begin with one token.
 */
export function readPrompts(name: string, bytes: Uint8Array, file: string, tokenizer: Tokenizer): PromptSet {
  const set: PromptSet = { name, prompts: [], targets: [], labels: [], common: 0, pairs: [] };
  const known = new Map<string, number>();
  const entity = (value: unknown, where: string): number => {
    const [prompt, label] = Array.isArray(value) ? value : [];
    if (typeof prompt !== 'string' || prompt === '')
      throw new InputError(`${file}: ${where}: '${shown(prompt)}' is no prompt; [prompt, label] is read`);
    if (typeof label !== 'string' || label === '')
      throw new InputError(`${file}: ${where}: has no label; [prompt, label] is read`);
    const at = known.get(prompt);
    if (at !== undefined) {
      if (set.labels[at] !== label)
        throw new InputError(
          `${file}: ${where}: its prompt is '${shown(label)}' here and '${shown(set.labels[at])}' further up`,
        );
      return at;
    }
    const tokens = tokenizer.encode(prompt);
    const length = set.prompts[0]?.length ?? tokens.length;
    if (tokens.length !== length)
      throw new InputError(
        `${file}: ${where}: its prompt has ${tokens.length} tokens and the first ${length}; the city must lie at one place in all, so leave it out`,
      );
    known.set(prompt, set.prompts.length);
    set.prompts.push(tokens);
    set.labels.push(label);
    set.targets.push(tokenizer.encode(` ${label}`)[0]);
    return set.prompts.length - 1;
  };
  for (const [i, pair] of pairsOf(bytes, file).entries()) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new InputError(`${file}: pair ${i + 1} is not [[prompt, label], [prompt, label]]`);
    set.pairs.push([entity(pair[0], `base of pair ${i + 1}`), entity(pair[1], `source of pair ${i + 1}`)]);
  }
  if (new Set(set.targets).size < 2)
    throw new InputError(
      `${file}: attribute '${name}' has one value ('${set.labels[0]}', by its first token); an attribute needs two or more`,
    );
  const [first] = set.prompts;
  while (set.prompts.every((tokens) => tokens[set.common] === first[set.common]) && set.common < first.length)
    set.common++;
  return set;
}

function pairsOf(bytes: Uint8Array, file: string): unknown[] {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InputError(`${file}: is no JSON (${(cause as Error).message})`, { cause });
  }
  if (!Array.isArray(json) || !json.length) throw new InputError(`${file}: holds no list of pairs`);
  if (json.length > MOST_PAIRS)
    throw new InputError(`${file}: ${json.length} pairs, more than ${MOST_PAIRS}`);
  return json;
}
