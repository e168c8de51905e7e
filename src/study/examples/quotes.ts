// What stands around a token of a window of text.
import type { ImageRef } from '../../images/types.js';
import type { Place, Quote } from './types.js';

/** Tokens before and behind. */
const BEFORE = 16;
const AFTER = 4;

/** What reads tokens: a tokenizer. */
interface Reader {
  decode(tokens: readonly number[]): string;
  show(token: number): string;
}

export class Quotes {
  constructor(readonly reader: Reader) {}

  /** `position` p is token p + 1 of the window: the first is looked at by nobody. Undefined of a picture. */
  placeOf(ref: ImageRef, position: number): Omit<Place, 'image'> | undefined {
    if (ref.kind !== 'tokens') return undefined;
    const { tokens } = ref;
    const x = position + 1;
    const [from, to] = [Math.max(0, x - BEFORE), Math.min(tokens.length, x + AFTER + 1)];
    const text: Quote = {
      before: this.reader.decode(tokens.slice(from, x)),
      token: this.reader.show(tokens[x]),
      after: this.reader.decode(tokens.slice(x + 1, to)),
    };
    return { y: 0, x, crop: [from, 0, to, 1], row: 0, column: x, text };
  }
}
