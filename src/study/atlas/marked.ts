// A token with the words around it, as one text in which it is marked: what a record of a token says, and pages draw.
import type { Quote } from '../examples/types.js';

const [OPEN, CLOSE] = ['⟦', '⟧'];

/** Marks of the text itself become square brackets, so that there is one pair. */
export function marked({ before, token, after }: Quote): string {
  const plain = (text: string) => text.replaceAll(OPEN, '[').replaceAll(CLOSE, ']');
  return `${plain(before)}${OPEN}${plain(token)}${CLOSE}${plain(after)}`;
}

/** Undefined: nothing is marked. */
export function unmarked(text: string): Quote | undefined {
  const from = text.indexOf(OPEN);
  const to = text.indexOf(CLOSE, from);
  if (from < 0 || to < 0) return undefined;
  return {
    before: text.slice(0, from),
    token: text.slice(from + OPEN.length, to),
    after: text.slice(to + CLOSE.length),
  };
}
