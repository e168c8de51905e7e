// A tiny GPT-2 of random weights as files: weights, configuration, tokenizer, and texts for it to read.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomGpt2 } from '../../models/gpt2/random.js';
import { huggingFaceFile } from './gpt2.js';
import { smallTokenizer } from './tokenizer.js';

/** Writes `tiny/` and `texts.jsonl` into a folder. */
export function tinyGpt2(dir: string, seed = 3) {
  const folder = join(dir, 'tiny');
  mkdirSync(folder);
  const { vocab, merges, size } = smallTokenizer();
  const shape = { blocks: 2, width: 16, heads: 2, hidden: 64, context: 48, vocabulary: size };
  const model = randomGpt2(shape, seed, 0.3);
  const weights = join(folder, 'model.safetensors');
  writeFileSync(weights, huggingFaceFile(model));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ n_head: 2 }));
  writeFileSync(join(folder, 'vocab.json'), vocab);
  writeFileSync(join(folder, 'merges.txt'), merges);
  const documents = Array.from({ length: 60 }, (_, i) => ({
    id: `d${i}`,
    text: `the country number ${i} is in the ${'north south east west'.split(' ')[i % 4]}`,
  }));
  const texts = join(dir, 'texts.jsonl');
  writeFileSync(texts, documents.map((document) => JSON.stringify(document)).join('\n'));
  return { model, weights, vocab, merges, size, texts, documents, tap: 'blocks.0.hook_resid_post' };
}
