// Pickle, as far as PyTorch's state dictionaries need it: a closed opcode table and a
// closed table of globals. Nothing is imported, called or executed: REDUCE builds the few
// values listed in the table the caller gives. Source: Lib/pickletools.py.
import { InputError, shown } from '../core/errors.js';
import type { Allowance } from './limits.js';

/** A name that GLOBAL may resolve to, and what REDUCE makes of it. */
export type Globals = ReadonlyMap<string, { make?: (args: unknown[], fail: Fail) => unknown }>;
type Fail = (reason: string) => never;

class Global {
  constructor(
    readonly name: string,
    readonly make: ((args: unknown[], fail: Fail) => unknown) | undefined,
  ) {}
}
/** What a persistent id stands for is the caller's: here only its tuple. */
export class PersistentId {
  constructor(readonly id: unknown[]) {}
}
/** Name of a global that was resolved (a storage type), or undefined. */
export const globalName = (value: unknown): string | undefined =>
  value instanceof Global ? value.name : undefined;

const MARK = Symbol('mark');
const MAX_MEMO = 1_000_000;

/** Opcodes that are known and refused, by name, so that the error says what was met. */
const REFUSED: Record<number, string> = {
  105: 'INST',
  111: 'OBJ',
  129: 'NEWOBJ',
  146: 'NEWOBJ_EX',
  130: 'EXT1',
  131: 'EXT2',
  132: 'EXT4',
  80: 'PERSID',
  73: 'INT',
  76: 'LONG',
  70: 'FLOAT',
  83: 'STRING',
  86: 'UNICODE',
  139: 'LONG4',
  141: 'BINUNICODE8',
  142: 'BINBYTES8',
  66: 'BINBYTES',
  67: 'SHORT_BINBYTES',
  150: 'BYTEARRAY8',
  151: 'NEXT_BUFFER',
  152: 'READONLY_BUFFER',
  143: 'EMPTY_SET',
  144: 'ADDITEMS',
  145: 'FROZENSET',
  100: 'DICT',
  108: 'LIST',
  103: 'GET',
  112: 'PUT',
  48: 'POP',
  49: 'POP_MARK',
  50: 'DUP',
};

/** One pickle from `bytes` at `start`; `end` is where it stopped. Dictionaries become Maps. Each opcode counts as a value. */
export function parsePickle(
  bytes: Uint8Array,
  start: number,
  globals: Globals,
  label: string,
  allowance: Allowance,
): { value: unknown; end: number } {
  const fail: Fail = (reason) => {
    throw new InputError(`${label}: not a pickle that is read here: ${reason}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo: unknown[] = [];
  let at = start;

  const take = (n: number): number => {
    if (n > bytes.length - at) fail('it is truncated');
    at += n;
    return at - n;
  };
  const text = (n: number): string => {
    const from = take(n);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(from, from + n));
    } catch {
      return fail('a string is not UTF-8');
    }
  };
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    if (end < 0 || end - at > 1000) fail('it is truncated in a name');
    const name = text(end - at);
    at++;
    return name;
  };
  const pop = (): unknown => {
    if (!stack.length || stack[stack.length - 1] === MARK) fail('its stack is empty');
    return stack.pop();
  };
  const top = <T>(check: (v: unknown) => v is T, what: string): T => {
    const value = stack[stack.length - 1];
    return check(value) ? value : fail(`${what} where there is none`);
  };
  const toMark = (): unknown[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) fail('a mark is missing');
    const items = stack.splice(mark);
    items.shift();
    return items;
  };
  const tuple = (n: number) => {
    const items: unknown[] = [];
    for (let i = 0; i < n; i++) items.unshift(pop());
    stack.push(items);
  };
  const put = (index: number) => {
    if (index >= MAX_MEMO) fail(`its memo has more than ${MAX_MEMO} entries`);
    if (!stack.length || stack[stack.length - 1] === MARK) fail('its stack is empty');
    memo[index] = stack[stack.length - 1];
  };
  const get = (index: number) => {
    if (!Object.hasOwn(memo, index)) fail(`memo entry ${index} is missing`);
    stack.push(memo[index]);
  };
  const resolve = (name: string) => {
    const known = globals.get(name);
    if (!known) fail(`it names '${shown(name)}', which is refused`);
    stack.push(new Global(name, known!.make));
  };
  const store = (map: Map<unknown, unknown>, key: unknown, value: unknown) => {
    if (typeof key !== 'string' && typeof key !== 'number') fail('a key is neither a string nor a number');
    map.set(key, value);
  };

  for (;;) {
    allowance.count();
    const code = bytes[take(1)];
    switch (code) {
      case 0x80: {
        const protocol = bytes[take(1)];
        if (protocol > 5) fail(`protocol ${protocol}`);
        break;
      }
      case 0x95: // FRAME: its length only helps buffering
        take(8);
        break;
      case 0x2e: // STOP
        if (stack.length !== 1) fail('it stops with an unfinished stack');
        return { value: pop(), end: at };
      case 0x28:
        stack.push(MARK);
        break;
      case 0x4e:
        stack.push(null);
        break;
      case 0x88:
        stack.push(true);
        break;
      case 0x89:
        stack.push(false);
        break;
      case 0x4a:
        stack.push(view.getInt32(take(4), true));
        break;
      case 0x4b:
        stack.push(bytes[take(1)]);
        break;
      case 0x4d:
        stack.push(view.getUint16(take(2), true));
        break;
      case 0x47:
        stack.push(view.getFloat64(take(8)));
        break;
      case 0x8a: {
        const n = bytes[take(1)];
        const from = take(n);
        let value = 0n;
        for (let i = n - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i]);
        const signed = BigInt.asIntN(8 * Math.max(1, n), value);
        const small = signed >= -(2n ** 53n) && signed <= 2n ** 53n;
        stack.push(small ? Number(signed) : signed);
        break;
      }
      case 0x58:
        stack.push(text(view.getUint32(take(4), true)));
        break;
      case 0x8c:
        stack.push(text(bytes[take(1)]));
        break;
      case 0x54: // BINSTRING and SHORT_BINSTRING: Python 2's str
        stack.push(text(view.getUint32(take(4), true)));
        break;
      case 0x55:
        stack.push(text(bytes[take(1)]));
        break;
      case 0x7d:
        stack.push(new Map());
        break;
      case 0x5d:
        stack.push([]);
        break;
      case 0x29:
        stack.push([]);
        break;
      case 0x74:
        stack.push(toMark());
        break;
      case 0x85:
        tuple(1);
        break;
      case 0x86:
        tuple(2);
        break;
      case 0x87:
        tuple(3);
        break;
      case 0x71:
        put(bytes[take(1)]);
        break;
      case 0x72:
        put(view.getUint32(take(4), true));
        break;
      case 0x94:
        put(memo.length);
        break;
      case 0x68:
        get(bytes[take(1)]);
        break;
      case 0x6a:
        get(view.getUint32(take(4), true));
        break;
      case 0x63:
        resolve(`${line()}.${line()}`);
        break;
      case 0x93: {
        const [name, module] = [pop(), pop()];
        if (typeof name !== 'string' || typeof module !== 'string') fail('STACK_GLOBAL without names');
        resolve(`${module}.${name}`);
        break;
      }
      case 0x51: {
        const id = pop();
        if (!Array.isArray(id)) fail('a persistent id is not a tuple');
        stack.push(new PersistentId(id as unknown[]));
        break;
      }
      case 0x52: {
        const [args, callee] = [pop(), pop()];
        if (!(callee instanceof Global) || !callee.make)
          return fail('REDUCE of something that is not in its table');
        if (!Array.isArray(args)) return fail('REDUCE without arguments');
        stack.push(callee.make(args, fail));
        break;
      }
      case 0x62: // BUILD: attributes of a dictionary (OrderedDict's _metadata) are dropped
        pop();
        top(isMap, 'BUILD of a dictionary');
        break;
      case 0x61: {
        const value = pop();
        top(Array.isArray as (v: unknown) => v is unknown[], 'APPEND to a list').push(value);
        break;
      }
      case 0x65: {
        const items = toMark();
        const list = top(Array.isArray as (v: unknown) => v is unknown[], 'APPENDS to a list');
        for (const item of items) list.push(item);
        break;
      }
      case 0x73: {
        const [value, key] = [pop(), pop()];
        store(top(isMap, 'SETITEM of a dictionary'), key, value);
        break;
      }
      case 0x75: {
        const items = toMark();
        if (items.length % 2) fail('SETITEMS with a key without value');
        const map = top(isMap, 'SETITEMS of a dictionary');
        for (let i = 0; i < items.length; i += 2) store(map, items[i], items[i + 1]);
        break;
      }
      default: {
        const known = Object.hasOwn(REFUSED, code)
          ? REFUSED[code]
          : `0x${code.toString(16).padStart(2, '0')}`;
        fail(`opcode ${known} is refused`);
      }
    }
  }
}

const isMap = (value: unknown): value is Map<unknown, unknown> => value instanceof Map;
