// Documents cut into windows of one length, as SAEs of language models are trained: one after the other with the token
// between documents, each window beginning with that token, which gives every window the same first vector.
import { InputError } from '../core/errors.js';

export interface Window {
  /** `window-000012`. */
  name: string;
  tokens: number[];
}

/**
 * Windows of `length` tokens; what is left over at the end is no window. `end`: the token between documents and before
 * each window; without it documents follow each other as they are.
 *
 * @throws InputError fewer tokens than one window has.
 */
export function windowsOf(
  documents: readonly (readonly number[])[],
  length: number,
  end: number | undefined,
): Window[] {
  const begin = end === undefined ? [] : [end];
  const windows: Window[] = [];
  let open = [...begin];
  let all = 0;
  for (const [i, document] of documents.entries()) {
    const tokens = i > 0 && end !== undefined ? [end, ...document] : document;
    all += tokens.length;
    for (const token of tokens) {
      open.push(token);
      if (open.length < length) continue;
      windows.push({ name: `window-${String(windows.length).padStart(6, '0')}`, tokens: open });
      open = [...begin];
    }
  }
  if (!windows.length)
    throw new InputError(
      `${all} tokens of text are less than one window of ${length}; give more text or a smaller --context`,
    );
  return windows;
}
