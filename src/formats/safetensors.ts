// safetensors, read strictly: 8-byte little-endian header length, JSON header, data.
// Source: huggingface/safetensors README and src/tensor.rs. Every refusal has its own text.
import { InputError, shown } from '../core/errors.js';
import { DTYPE_BYTES, type Dtype, toF32 } from './dtypes.js';
import { parseJsonStrict } from './json.js';
import { Allowance } from './limits.js';
import { bytesOf, joined, type Pieces, partsAsPieces } from './pieces.js';

const MAX_HEADER = 100_000_000;
/** Dimensions of an array: NumPy's and PyTorch's own limit. */
export const MAX_RANK = 64;

export interface Tensor {
  dtype: Dtype;
  shape: number[];
  /** Raw little-endian elements, a view into the file. */
  bytes: Uint8Array;
  /** Elements as f32: a copy, converted where the dtype is another. */
  f32(): Float32Array;
}

export interface TensorFile {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

export interface TensorEntry {
  dtype: Dtype;
  shape: number[];
  /** Byte range within the data part. */
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  entries: Map<string, TensorEntry>;
  metadata: Record<string, string>;
  /** Where the data part begins in the file. */
  dataStart: number;
}

/** Reads a whole file. InputError (what, where) on any deviation from the format. */
export function parseSafetensors(bytes: Uint8Array, label: string): TensorFile {
  const length = headerLength(bytes.subarray(0, 8), bytes.byteLength, label);
  const header = parseHeader(bytes.subarray(8, 8 + length), bytes.byteLength, label);
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, begin, end }] of header.entries) {
    const data = bytes.subarray(header.dataStart + begin, header.dataStart + end);
    tensors.set(name, { dtype, shape, bytes: data, f32: () => toF32(data, dtype) });
  }
  return { tensors, metadata: header.metadata };
}

/** The header's length from the first 8 bytes, checked against the file's size before anything is read. */
export function headerLength(first8: Uint8Array, fileSize: number, label: string): number {
  const fail = refuse(label);
  if (first8.byteLength < 8) fail(`is ${first8.byteLength} bytes long, too short for a header`);
  const length = new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER))
    fail(`declares a header of ${length} bytes, more than the limit of ${MAX_HEADER}`);
  if (8 + Number(length) > fileSize)
    fail(`declares a header of ${length} bytes but has ${fileSize} bytes in all (truncated?)`);
  return Number(length);
}

/** Checks a header (its JSON bytes) against the size of its file. */
export function parseHeader(json: Uint8Array, fileSize: number, label: string): SafetensorsHeader {
  const fail = refuse(label);
  if (json[0] !== 0x7b) fail("has a header that does not begin with '{'");
  let text = '';
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(json);
  } catch {
    fail('has a header that is not UTF-8');
  }
  const allowance = new Allowance(fileSize, label);
  const root = parseJsonStrict(
    text,
    (reason) => fail(`has a header that is not valid JSON: ${reason}`),
    () => allowance.count(),
  );
  if (!(root instanceof Map)) fail('has a header that is not an object');
  const metadata: Record<string, string> = Object.create(null);
  const entries = new Map<string, TensorEntry>();
  for (const [name, value] of root as Map<string, unknown>) {
    if (name === '__metadata__') {
      if (!(value instanceof Map)) fail('has a __metadata__ that is not an object');
      for (const [k, v] of value as Map<string, unknown>) {
        if (typeof v !== 'string') fail(`has metadata '${shown(k)}' that is not a string`);
        metadata[k] = v as string;
      }
    } else entries.set(name, parseEntry(name, value, fail));
  }
  const dataStart = 8 + json.byteLength;
  checkLayout(entries, fileSize - dataStart, fail);
  return { entries, metadata, dataStart };
}

type Fail = (reason: string) => never;
const refuse =
  (label: string): Fail =>
  (reason) => {
    throw new InputError(`${label}: not a valid safetensors file: it ${reason}`);
  };

function parseEntry(name: string, value: unknown, fail: Fail): TensorEntry {
  if (!(value instanceof Map)) return fail(`has an entry '${shown(name)}' that is not an object`);
  for (const key of value.keys())
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets')
      fail(`has an unknown field '${shown(key)}' in '${shown(name)}'`);
  const dtype = value.get('dtype');
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BYTES, dtype))
    return fail(`has an unknown dtype in '${shown(name)}'`);
  const shape = value.get('shape');
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isSize))
    return fail(`has a bad shape in '${shown(name)}'`);
  const offsets = value.get('data_offsets');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    return fail(`has bad data_offsets in '${shown(name)}'`);
  const [begin, end] = offsets as [number, number];
  let size: number = DTYPE_BYTES[dtype as Dtype];
  for (const n of shape as number[]) {
    size *= n;
    if (size > Number.MAX_SAFE_INTEGER) fail(`has a shape that overflows in '${shown(name)}'`);
  }
  if (end < begin || end - begin !== size)
    fail(`has '${shown(name)}' of ${size} bytes in a span of ${end - begin}`);
  return { dtype: dtype as Dtype, shape: shape as number[], begin, end };
}

const isSize = (n: unknown): boolean =>
  typeof n === 'number' && Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0);

/** No holes, no overlap, no tail: offsets cover the data part exactly. */
function checkLayout(entries: Map<string, TensorEntry>, size: number, fail: Fail): void {
  let at = 0;
  const inOrder = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, { begin, end }] of inOrder) {
    if (begin < at) fail(`has '${shown(name)}' overlapping another tensor`);
    if (begin > at) fail(`has a hole of ${begin - at} bytes before '${shown(name)}'`);
    at = end;
  }
  if (at > size) fail(`is truncated: the tensors take ${at} bytes, ${Math.max(0, size)} are there`);
  if (at < size) fail(`has ${size - at} bytes after the last tensor`);
}

export type TensorData = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array | BigInt64Array;

export type Tensors = Record<string, { shape: number[]; data: TensorData }>;

/** One file's bytes: tensors by decreasing alignment then name, header padded to 8 bytes with spaces. */
export function encodeSafetensors(
  tensors: Tensors,
  metadata: Record<string, string> = {},
): Uint8Array<ArrayBuffer> {
  return joined(partsOf(tensors, metadata));
}

/** encodeSafetensors for Storage.write(), without a copy: the tensors must stay as they are until it is written. */
export function safetensorsPieces(tensors: Tensors, metadata: Record<string, string> = {}): Pieces {
  return partsAsPieces(partsOf(tensors, metadata));
}

function partsOf(tensors: Tensors, metadata: Record<string, string>): Uint8Array[] {
  const order = Object.entries(tensors).sort(
    ([a, x], [b, y]) => y.data.BYTES_PER_ELEMENT - x.data.BYTES_PER_ELEMENT || (a < b ? -1 : 1),
  );
  for (const [name, { shape, data }] of order)
    if (shape.reduce((p, n) => p * n, 1) !== data.length)
      throw new RangeError(`encodeSafetensors: '${name}' has ${data.length} elements for shape [${shape}]`);
  const entries = order.map(([name, { shape, data }]) => ({ name, dtype: dtypeOf(data), shape }));
  return [safetensorsHead(entries, metadata), ...order.map(([, { data }]) => bytesOf(data))];
}

/** A file of tensors of 4 bytes an element, as encodeSafetensors() orders them, whose data are yet to be written: `room` of each. */
export function safetensorsRoom(
  tensors: readonly { name: string; dtype: 'F32' | 'I32'; shape: number[] }[],
): {
  bytes: Uint8Array<ArrayBuffer>;
  room(name: string): Float32Array | Int32Array;
} {
  const order = tensors.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const head = safetensorsHead(order);
  const rooms = new Map<
    string,
    { of: typeof Float32Array | typeof Int32Array; at: number; length: number }
  >();
  let at = head.byteLength;
  for (const { name, dtype, shape } of order) {
    const length = shape.reduce((p, n) => p * n, 1);
    rooms.set(name, { of: dtype === 'F32' ? Float32Array : Int32Array, at, length });
    at += 4 * length;
  }
  const bytes = new Uint8Array(at);
  bytes.set(head);
  return {
    bytes,
    room: (name) => {
      const { of, at, length } = rooms.get(name)!;
      return new of(bytes.buffer, at, length);
    },
  };
}

/** What comes before the data of tensors in this order. */
export function safetensorsHead(
  tensors: readonly { name: string; dtype: Dtype; shape: number[] }[],
  metadata: Record<string, string> = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = Object.create(null); // a tensor may be named __proto__
  if (Object.keys(metadata).length)
    header.__metadata__ = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
  let at = 0;
  for (const { name, dtype, shape } of tensors) {
    const end = at + shape.reduce((p, n) => p * n, DTYPE_BYTES[dtype]);
    header[name] = { dtype, shape, data_offsets: [at, end] };
    at = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.byteLength / 8) * 8;
  const out = new Uint8Array(8 + padded).fill(0x20);
  new DataView(out.buffer).setBigUint64(0, BigInt(padded), true);
  out.set(json, 8);
  return out;
}

function dtypeOf(data: TensorData): Dtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Int32Array) return 'I32';
  if (data instanceof Uint32Array) return 'U32';
  if (data instanceof Uint8Array) return 'U8';
  return 'I64';
}
