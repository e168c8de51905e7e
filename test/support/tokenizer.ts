// A small tokenizer in GPT-2's two files: every byte, a few merges, the token between documents last.
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** GPT-2's letters for bytes: printable ones are themselves, the others from 256 on. */
export function byteLetters(): string[] {
  const shown = new Set([...range(33, 126), ...range(161, 172), ...range(174, 255)]);
  let next = 256;
  return range(0, 255).map((byte) => String.fromCharCode(shown.has(byte) ? byte : next++));
}

export const MERGES = [
  'Ġ t',
  'h e',
  'Ġt he',
  'i n',
  'o u',
  'n t',
  'r y',
  'c ou',
  'cou nt',
  'count ry',
  'Ġ country',
];
export const END = '<|endoftext|>';

export function smallTokenizer(merges = MERGES): { vocab: Uint8Array; merges: Uint8Array; size: number } {
  const vocab: Record<string, number> = {};
  const add = (word: string) => {
    vocab[word] = Object.keys(vocab).length;
  };
  for (const letter of byteLetters()) add(letter);
  for (const pair of merges) add(pair.replace(' ', ''));
  add(END);
  const encode = (text: string) => new TextEncoder().encode(text);
  return {
    vocab: encode(JSON.stringify(vocab)),
    merges: encode(`#version: 0.2\n${merges.join('\n')}\n`),
    size: Object.keys(vocab).length,
  };
}
