// A small GPT-2 that answers which country and which continent a city is in, by construction: weights are small random
// numbers, and on top of them
//   embedding      a city is country + continent + "city" (a direction each, none along a neuron) + what is its own
//   block 0        one head brings the question (country or continent) to every later token
//   block 1        two heads bring the last city's country, or its continent, to the token that has that question
//   unembedding    names of countries and continents are the directions that those heads write to
// So at the city's token behind block 0 both attributes can be changed, each in its own subspace; behind block 1
// nothing is brought any more.
import { gpt2Description } from '../../models/gpt2/description.js';
import { randomGpt2 } from '../../models/gpt2/random.js';
import { type Engine, Rng } from '../../src/index.js';
import { openTokenizer, type Tokenizer } from '../../src/tokens/tokenizer.js';
import { randomRotation } from '../../src/vectors/random-directions.js';
import { smallTokenizer } from './tokenizer.js';

export const COUNTRIES = ['Xan', 'Yor', 'Zed', 'Wim'];
export const CONTINENTS = ['Umbra', 'Vesta', 'Quill'];
/** City i is in country i % 4 and continent i % 3: all twelve combinations. */
const CITIES = [
  'Arda',
  'Bree',
  'Cuiv',
  'Dale',
  'Esga',
  'Ford',
  'Gond',
  'Harl',
  'Imla',
  'Jath',
  'Khaz',
  'Lori',
];
const WORDS = ['is', 'a', 'city', 'in', 'the', 'country', 'continent', 'of', 'Facts'];
const SIZES = { blocks: 3, width: 64, heads: 4, hidden: 16, context: 64 };
const D = SIZES.width;
const HEAD = D / SIZES.heads;
const WRITE = 12;

/** Merges by which each word with its space is one token. */
const merges = (): string[] => {
  const all = new Set<string>();
  for (const word of [...WORDS, ...CITIES, ...COUNTRIES, ...CONTINENTS])
    for (let i = 0; i < word.length; i++) all.add(`Ġ${word.slice(0, i)} ${word[i]}`);
  return [...all];
};

export interface PlantedText {
  model: ReturnType<typeof randomGpt2>;
  files: ReturnType<typeof smallTokenizer>;
  tokenizer: Tokenizer;
  /** [4 + 3][d]: what a city's country and continent add to the stream. */
  dictionary: Float32Array;
}

export async function plantedText(engine: Engine): Promise<PlantedText> {
  const files = smallTokenizer(merges());
  const tokenizer = await openTokenizer({ ...files, label: 'planted' });
  const model = randomGpt2({ ...SIZES, vocabulary: files.size }, 5, 0.004);
  model.description = gpt2Description({ ...SIZES, vocabulary: files.size });
  const basis = directions(engine);
  let next = 0;
  const take = (n: number): Float32Array[] => {
    next += n;
    return basis.slice(next - n, next);
  };
  const [country, continent] = [take(4), take(3)];
  const [isCity, asksCountry, asksContinent, wantsCountry, wantsContinent, late] = take(6);
  const [outCountry, outContinent] = [take(4), take(3)];
  const own = basis.slice(next);

  const token = (word: string): number => tokenizer.encode(` ${word}`)[0];
  const parts = new Map<number, Float32Array[]>();
  CITIES.forEach((name, i) => {
    parts.set(token(name), [country[i % 4], continent[i % 3], isCity]);
  });
  COUNTRIES.forEach((name, i) => {
    parts.set(token(name), [outCountry[i]]);
  });
  CONTINENTS.forEach((name, i) => {
    parts.set(token(name), [outContinent[i]]);
  });
  parts.set(token('country'), [asksCountry]);
  parts.set(token('continent'), [asksContinent]);

  const rng = new Rng(8);
  const wte = model.parameters.get('hook_embed')!.weight;
  for (let t = 0; t < files.size; t++) {
    const row = wte.subarray(t * D, (t + 1) * D).fill(0);
    const given = parts.get(t) ?? [];
    for (const part of given) add(row, part, 1);
    // The rest of length 2, each token its own.
    const filler = Float64Array.from(own, () => rng.normal(engine.math));
    const length = Math.sqrt(filler.reduce((s, v) => s + v * v, 0));
    own.forEach((direction, k) => {
      add(row, direction, (filler[k] / length) * Math.sqrt(4 - given.length));
    });
  }
  const wpe = model.parameters.get('hook_pos_embed')!.weight.fill(0);
  for (let p = 0; p < SIZES.context; p++) add(wpe.subarray(p * D, (p + 1) * D), late, 0.02 * p);
  for (const layer of ['blocks.0.ln1', 'blocks.1.ln1', 'ln_final']) {
    model.parameters.get(`${layer}.hook_normalized`)!.weight.fill(1);
    model.parameters.get(`${layer}.hook_normalized`)!.bias.fill(0);
  }

  const head = (block: number, index: number) => {
    const qkv = model.parameters.get(`blocks.${block}.attn.hook_qkv`)!;
    const out = model.parameters.get(`blocks.${block}.hook_attn_out`)!.weight;
    const column = (part: number, i: number) => part * D + index * HEAD + i;
    return {
      /** From a direction of the stream to number i of q (0), k (1) or v (2). */
      reads(part: number, i: number, direction: Float32Array, by: number): void {
        for (let c = 0; c < D; c++) qkv.weight[c * 3 * D + column(part, i)] += by * direction[c];
      },
      always(part: number, i: number, by: number): void {
        qkv.bias[column(part, i)] += by;
      },
      writes(i: number, direction: Float32Array, by: number): void {
        add(out.subarray((index * HEAD + i) * D, (index * HEAD + i + 1) * D), direction, by);
      },
    };
  };
  const question = head(0, 0);
  question.always(0, 0, 1);
  for (const asks of [asksCountry, asksContinent]) question.reads(1, 0, asks, 20);
  question.reads(2, 1, asksCountry, 1);
  question.reads(2, 2, asksContinent, 1);
  question.writes(1, wantsCountry, 0.25);
  question.writes(2, wantsContinent, 0.25);
  const movers = [
    [wantsCountry, country, outCountry],
    [wantsContinent, continent, outContinent],
  ] as const;
  movers.forEach(([wants, codes, outs], i) => {
    const mover = head(1, i);
    mover.reads(0, 0, wants, 2);
    mover.reads(1, 0, isCity, 6);
    mover.reads(1, 0, late, 8);
    codes.forEach((code, k) => {
      mover.reads(2, 1 + k, code, 1);
      mover.writes(1 + k, outs[k], WRITE / 3.6);
    });
  });
  return {
    model,
    files,
    tokenizer,
    dictionary: Float32Array.from([...country, ...continent].flatMap((row) => [...row])),
  };
}

/** Orthonormal, each of mean 0, so that no layer normalisation takes a part of it away; none along a neuron. */
function directions(engine: Engine): Float32Array[] {
  const turn = randomRotation(engine.math, new Rng(9), D);
  const mean = new Float64Array(D).fill(1 / Math.sqrt(D));
  const made: Float64Array[] = [mean];
  for (let i = 0; made.length < D && i < D; i++) {
    const row = Float64Array.from(turn.subarray(i * D, (i + 1) * D));
    for (const other of made) {
      const along = row.reduce((s, v, c) => s + v * other[c], 0);
      for (let c = 0; c < D; c++) row[c] -= along * other[c];
    }
    const length = Math.sqrt(row.reduce((s, v) => s + v * v, 0));
    if (length > 1e-6) made.push(row.map((v) => v / length));
  }
  return made.slice(1).map((row) => Float32Array.from(row));
}

function add(to: Float32Array, direction: Float32Array, by: number): void {
  for (let c = 0; c < D; c++) to[c] += by * direction[c];
}

/** A file of all pairs of the twelve cities, as the published ones are. */
export function promptFile(attribute: 'country' | 'continent'): string {
  const names = attribute === 'country' ? COUNTRIES : CONTINENTS;
  const answer = (i: number) => names[i % names.length];
  const fact = (i: number) => ` ${CITIES[i]} is a city in the ${attribute} of ${answer(i)}.`;
  const before = `${attribute === 'country' ? '' : ' Facts'}${fact(2)}${fact(7)}`;
  const prompt = (i: number) => [`${before} ${CITIES[i]} is a city in the ${attribute} of`, answer(i)];
  const pairs = CITIES.flatMap((_, b) => CITIES.map((__, s) => [prompt(b), prompt(s)]));
  return JSON.stringify(pairs);
}
