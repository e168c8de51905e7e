// The protobuf wire format (protobuf.dev/programming-guides/encoding), enough to read weights:
// varint, 64-bit, length-delimited and 32-bit fields. Groups (wire types 3, 4) are refused.

export type Fail = (reason: string) => never;

export interface Field {
  number: number;
  /** 0 varint, 1 64-bit, 2 bytes, 5 32-bit. */
  wire: 0 | 1 | 2 | 5;
  /** Varints only. */
  value: bigint;
  /** Payload of the other wire types: a view, not a copy. */
  bytes: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/** The fields of one message, in order. Lengths are checked before anything is used. */
export function* fields(message: Uint8Array, fail: Fail): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= message.length) fail('is truncated in a number');
      const byte = message[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    return fail('has a number of more than 10 bytes');
  };
  const take = (length: number): Uint8Array => {
    if (length > message.length - at)
      fail(`has a field of ${length} bytes where ${message.length - at} are left (truncated?)`);
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = Number(varint());
    const number = Math.floor(key / 8);
    const wire = key % 8;
    if (number < 1 || number > 0x1fffffff) fail(`has a field number ${number}`);
    if (wire === 0) yield { number, wire, value: varint(), bytes: EMPTY };
    else if (wire === 1) yield { number, wire, value: 0n, bytes: take(8) };
    else if (wire === 2) yield { number, wire, value: 0n, bytes: take(Number(varint())) };
    else if (wire === 5) yield { number, wire, value: 0n, bytes: take(4) };
    else fail(`has a field of wire type ${wire}`);
  }
}

/** A message or string field: must be length-delimited. */
export function bytesOf(field: Field, what: string, fail: Fail): Uint8Array {
  return field.wire === 2 ? field.bytes : fail(`has a ${what} of wire type ${field.wire}`);
}

export function textOf(field: Field, what: string, fail: Fail): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(field, what, fail));
  } catch {
    return fail(`has a ${what} that is not UTF-8`);
  }
}

/** A size: a varint from 0 to 2^53. */
export function sizeOf(field: Field, what: string, fail: Fail): number {
  if (field.wire !== 0 || field.value > BigInt(Number.MAX_SAFE_INTEGER)) fail(`has a bad ${what}`);
  return Number(field.value);
}

/** Repeated sizes, packed or not, one at a time: a packed field may hold millions. */
export function* sizesOf(field: Field, what: string, fail: Fail): Generator<number> {
  if (field.wire === 0) {
    yield sizeOf(field, what, fail);
    return;
  }
  const bytes = bytesOf(field, what, fail);
  let value = 0;
  let scale = 1;
  for (const byte of bytes) {
    value += (byte & 127) * scale;
    if (!(value <= Number.MAX_SAFE_INTEGER)) fail(`has a bad ${what}`);
    if (byte < 128) {
      yield value;
      value = 0;
      scale = 1;
    } else scale *= 128;
  }
  if (scale !== 1) fail(`has a bad ${what}`);
}

/** A repeated fixed-width field, packed (one view, not copied) or value by value. */
export class Repeated {
  #buffer: Uint8Array = EMPTY;
  #length = 0;

  push(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (this.#length === 0) this.#buffer = chunk;
    else {
      if (length > this.#buffer.length || this.#buffer.buffer === chunk.buffer) {
        const grown = new Uint8Array(Math.max(64, 2 * length));
        grown.set(this.#buffer.subarray(0, this.#length));
        this.#buffer = grown;
      }
      this.#buffer.set(chunk, this.#length);
    }
    this.#length = length;
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}
