// Options and prompts of `disentangle --task city`.
import { InputError, UsageError } from '../core/errors.js';
import type { Model } from '../network/types.js';
import { type PromptSet, readPrompts } from '../study/disentangle/city/prompts.js';
import type { Options } from './options.js';
import type { ModelSpec, Platform } from './platform.js';
import { TEXT_OPTIONS, textInput, tokenizerFor } from './texts.js';

export const CITY_OPTIONS = {
  prompts: {
    kind: 'list',
    value: 'NAME=FILE,...',
    paths: true,
    help: 'city: the pairs of prompts of each attribute, as country=final_data_country.json',
  },
  position: {
    kind: 'integer',
    value: 'N',
    help: "city: the city's token, from the end of a prompt",
    min: -8192,
    max: -1,
    default: -8,
  },
  epochs: {
    kind: 'integer',
    value: 'N',
    help: 'city: passes over the training pairs',
    min: 1,
    max: 1000,
    default: 20,
  },
  patch: {
    kind: 'choice',
    of: ['every', 'first'],
    help: 'city: methods with an SAE change every prompt (the formula), or the first of each batch (the public code, read literally)',
    default: 'every',
  },
  tokenizer: { ...TEXT_OPTIONS.tokenizer, help: `city: ${TEXT_OPTIONS.tokenizer.help}` },
} as const satisfies Options;

export interface CityOption {
  /** City: `'NAME=FILE'` for each attribute, the pairs of its prompts. */
  prompts?: string | readonly string[];
  /** City: the city's token, from the end of a prompt; -8 unless given. */
  position?: number;
  /** City: passes over the training pairs; 20 unless given. */
  epochs?: number;
  /** City: methods with an SAE change every prompt (the default), or the first of each batch. */
  patch?: 'every' | 'first';
  /** City: tokenizer.json, or a folder with it or with vocab.json and merges.txt; beside the weights unless given. */
  tokenizer?: string;
}

const LARGEST_FILE = 1 << 30;
/** Fewer batches of an attribute leave one of the splits empty. */
const FEWEST = 5;

/** Everything that can be wrong with prompts is refused here. */
export async function promptSets(
  platform: Platform,
  model: Model,
  o: { prompts?: string[]; position: number; batch: number; tokenizer?: string; model: ModelSpec },
): Promise<{ sets: PromptSet[]; files: string[] }> {
  const { context } = textInput(model);
  if (o.prompts === undefined || o.prompts.length !== 2)
    throw new UsageError(
      'disentangle: the city task needs --prompts of two attributes, as country=FILE,continent=FILE',
    );
  const named = o.prompts.map((text) => {
    const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined) throw new UsageError(`--prompts '${text}' is not written NAME=FILE`);
    return { name, file };
  });
  if (named[0].name === named[1].name) throw new UsageError(`--prompts names '${named[0].name}' twice`);
  const tokenizer = await tokenizerFor(platform, model, o);
  const sets: PromptSet[] = [];
  for (const { name, file } of named) {
    const bytes = await platform.readFile(file, LARGEST_FILE, 'give the published files of pairs');
    const set = readPrompts(name, bytes, file, tokenizer);
    const [{ length }] = set.prompts;
    if (length > context)
      throw new InputError(`${file}: prompts of ${length} tokens, and ${model.name} looks at ${context}`);
    if (length + o.position < 0)
      throw new UsageError(`--position ${o.position}: the prompts of ${file} have ${length} tokens`);
    const batches = Math.ceil(set.pairs.length / o.batch);
    if (batches < FEWEST)
      throw new InputError(
        `${file}: ${set.pairs.length} pairs are ${batches} batches of ${o.batch}, too few to be split; give more, or a smaller --batch`,
      );
    sets.push(set);
  }
  return { sets, files: named.map(({ file }) => file) };
}
