// JSON read into Maps: duplicate keys are refused (JSON.parse keeps the last one), and
// no key can reach a prototype. For headers whose readers must agree on what they say.
import { InputError, shown } from '../core/errors.js';

const MAX_DEPTH = 32;
const WORDS: Record<string, readonly [string, boolean | null] | undefined> = {
  t: ['true', true],
  f: ['false', false],
  n: ['null', null],
};

/** Objects become Maps. `fail` is called with the reason and must throw; `count` before each value, and may. */
export function parseJsonStrict(
  text: string,
  fail: (reason: string) => never,
  count: () => void = () => {},
): unknown {
  let at = 0;
  const blank = /[ \t\n\r]*/y;
  const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  // Unrolled so that a long string costs no backtracking stack.
  const string = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;

  const skip = () => {
    blank.lastIndex = at;
    blank.test(text);
    at = blank.lastIndex;
  };
  const take = (pattern: RegExp, what: string): string => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) return fail(`expected ${what} at character ${at}`);
    at = pattern.lastIndex;
    return match[0];
  };
  const expect = (c: string) => {
    if (text[at] !== c) fail(`expected '${c}' at character ${at}`);
    at++;
  };
  const list = (close: string, item: () => void) => {
    at++;
    skip();
    if (text[at] === close) {
      at++;
      return;
    }
    for (;;) {
      skip();
      item();
      skip();
      if (text[at] === close) {
        at++;
        return;
      }
      expect(',');
    }
  };
  const decode = (token: string): string => {
    try {
      return JSON.parse(token) as string;
    } catch {
      return fail(`bad string before character ${at}`);
    }
  };
  const value = (depth: number): unknown => {
    count();
    if (depth > MAX_DEPTH) fail('nested too deeply');
    const c = text[at];
    if (c === '{') {
      const map = new Map<string, unknown>();
      list('}', () => {
        const key = decode(take(string, 'a key'));
        if (map.has(key)) fail(`duplicate key '${shown(key)}'`);
        skip();
        expect(':');
        skip();
        map.set(key, value(depth + 1));
      });
      return map;
    }
    if (c === '[') {
      const items: unknown[] = [];
      list(']', () => items.push(value(depth + 1)));
      return items;
    }
    if (c === '"') return decode(take(string, 'a string'));
    const word = WORDS[c];
    if (word && text.startsWith(word[0], at)) {
      at += word[0].length;
      return word[1];
    }
    const n = Number(take(number, 'a value'));
    return Number.isFinite(n) ? n : fail(`a number out of range before character ${at}`);
  };

  skip();
  const root = value(0);
  skip();
  if (at !== text.length) fail(`unexpected text at character ${at}`);
  return root;
}

/**
 * The object in a JSON file. InputError: not UTF-8, not JSON, no object, duplicate keys, a number out of
 * range, nested too deeply (what was read could not be written or hashed). `remedy`: what to do then.
 */
export function parseJsonObject(bytes: Uint8Array, label: string, remedy?: string): Record<string, unknown> {
  const fail = (reason: string): never => {
    throw new InputError(`${label}: ${reason}${remedy ? `; ${remedy}` : ''}`);
  };
  let text = '';
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    fail('is not UTF-8');
  }
  const root = parseJsonStrict(text, (reason) => fail(`is not valid JSON: ${reason}`));
  return root instanceof Map ? (JSON.parse(text) as Record<string, unknown>) : fail('is not an object');
}
