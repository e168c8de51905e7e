// .npy (NumPy format 1.0, 2.0, 3.0): the header is parsed, never evaluated; object
// arrays are refused. Source: numpy/lib/format.py docstring.
import { InputError, shown } from '../core/errors.js';
import { DTYPE_BYTES, type Dtype, toF32 } from './dtypes.js';
import type { Allowance } from './limits.js';
import { bytesOf } from './pieces.js';
import { MAX_RANK } from './safetensors.js';

export interface Matrix {
  shape: number[];
  /** Row-major. */
  data: Float32Array;
}

const MAX_HEADER = 1 << 20;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

const KINDS: Record<string, Dtype> = {
  b1: 'BOOL',
  u1: 'U8',
  i1: 'I8',
  u2: 'U16',
  i2: 'I16',
  f2: 'F16',
  u4: 'U32',
  i4: 'I32',
  f4: 'F32',
  u8: 'U64',
  i8: 'I64',
  f8: 'F64',
};

export interface NpyHeader {
  dtype: Dtype;
  bigEndian: boolean;
  fortran: boolean;
  shape: number[];
  /** Where the elements begin in the file. */
  dataStart: number;
}

/** Reads the header; `bytes` holds at least the beginning of the file. */
export function parseNpyHeader(bytes: Uint8Array, label: string): NpyHeader {
  const fail = (reason: string): never => {
    throw new InputError(`${label}: not a valid .npy file: it ${reason}`);
  };
  if (bytes.byteLength < 10 || MAGIC.some((b, i) => bytes[i] !== b))
    fail('does not begin with the NumPy magic');
  const version = bytes[6];
  if (version < 1 || version > 3) fail(`has format version ${version}; 1 to 3 are known`);
  const wide = version > 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (wide && bytes.byteLength < 12) fail('is truncated in its header');
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const dataStart = (wide ? 12 : 10) + length;
  if (length > MAX_HEADER) fail(`declares a header of ${length} bytes`);
  if (dataStart > bytes.byteLength) fail('is truncated in its header');
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(
    bytes.subarray(wide ? 12 : 10, dataStart),
  );
  const fields = headerFields(text);
  if (!fields) return fail('has a header that is not {descr, fortran_order, shape}');
  const descr = /^'([^']{1,16})'$/.exec(fields.descr)?.[1];
  const order = fields.fortran_order;
  const shape = shapeOf(fields.shape);
  if (descr === undefined)
    return fail('has a header without a plain dtype (structured or object arrays are refused)');
  if ((order !== 'True' && order !== 'False') || !shape) return fail('has a bad fortran_order or shape');
  const [mark, kind] = [descr[0], descr.slice(1)];
  if (kind.startsWith('O')) fail('holds Python objects, which are refused: save it with a numeric dtype');
  if (!'<>|='.includes(mark) || !Object.hasOwn(KINDS, kind))
    fail(`has dtype '${shown(descr)}'; floats and integers are read`);
  return { dtype: KINDS[kind], bigEndian: mark === '>', fortran: order === 'True', shape, dataStart };
}

/**
 * The three values of `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }` as they
 * are written, keys in any order; undefined for anything else.
 */
function headerFields(text: string): { descr: string; fortran_order: string; shape: string } | undefined {
  const open = /^\{\s*/y;
  const field = /'(descr|fortran_order|shape)'\s*:\s*('[^']*'|\w+|\([^()]*\)|\[[^\n]*\])\s*(,\s*|(?=\}))/y;
  const fields = new Map<string, string>();
  if (!open.test(text)) return undefined;
  field.lastIndex = open.lastIndex;
  let at = open.lastIndex;
  for (let m = field.exec(text); m; m = field.exec(text)) {
    if (fields.has(m[1])) return undefined;
    fields.set(m[1], m[2]);
    at = field.lastIndex;
  }
  if (fields.size !== 3 || !/^\}[ ]*\n?$/.test(text.slice(at))) return undefined;
  return Object.fromEntries(fields) as { descr: string; fortran_order: string; shape: string };
}

/** The tuple of a shape as Python writes it: `()`, `(3,)`, `(3, 4)`; undefined for anything else. */
function shapeOf(text: string): number[] | undefined {
  const open = /^\(\s*/y;
  const item = /(\d{1,16})\s*(?:,\s*|(?=\)))/y;
  if (!open.test(text)) return undefined;
  const shape: number[] = [];
  let at = open.lastIndex;
  while (at < text.length - 1) {
    item.lastIndex = at;
    const match = item.exec(text);
    if (!match || shape.length >= MAX_RANK) return undefined;
    shape.push(Number(match[1]));
    at = item.lastIndex;
  }
  return text[at] === ')' && shape.every(Number.isSafeInteger) ? shape : undefined;
}

/** Whole array as f32, row-major whatever its order on disk; its bytes are taken from `allowance`, where one is given. */
export function parseNpy(bytes: Uint8Array, label: string, allowance?: Allowance): Matrix {
  const { dtype, bigEndian, fortran, shape, dataStart } = parseNpyHeader(bytes, label);
  let size: number = DTYPE_BYTES[dtype];
  for (const n of shape) size *= n;
  if (!Number.isSafeInteger(size) || dataStart + size !== bytes.byteLength)
    throw new InputError(
      `${label}: not a valid .npy file: shape (${shape.join(', ')}) needs ${size} bytes, ${bytes.byteLength - dataStart} are there`,
    );
  allowance?.take((size / DTYPE_BYTES[dtype]) * 4, 'its values');
  const data = npyElements(bytes.subarray(dataStart), { dtype, bigEndian });
  return { shape, data: fortran && shape.length > 1 ? fromFortran(data, shape) : data };
}

/** Some of an array's elements, in the order of the file. */
export function npyElements(
  raw: Uint8Array,
  { dtype, bigEndian }: Pick<NpyHeader, 'dtype' | 'bigEndian'>,
): Float32Array {
  return toF32(bigEndian ? swapped(raw, DTYPE_BYTES[dtype]) : raw, dtype);
}

function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes.byteLength);
  for (let i = 0; i < out.length; i += width)
    for (let j = 0; j < width; j++) out[i + j] = bytes[i + width - 1 - j];
  return out;
}

function fromFortran(data: Float32Array, shape: number[]): Float32Array {
  const out = new Float32Array(data.length);
  const index = new Array<number>(shape.length).fill(0);
  for (let from = 0; from < data.length; from++) {
    let to = 0;
    for (let d = 0; d < shape.length; d++) to = to * shape[d] + index[d];
    out[to] = data[from];
    for (let d = 0; d < shape.length && ++index[d] === shape[d]; d++) index[d] = 0;
  }
  return out;
}

/** Little-endian f32, row-major, format 1.0. */
export function encodeNpy(shape: number[], data: Float32Array): Uint8Array<ArrayBuffer> {
  const head = npyHead(shape);
  const out = new Uint8Array(head.length + data.byteLength);
  out.set(head);
  out.set(bytesOf(data), head.length);
  return out;
}

/** What comes before the values of an array of this shape. */
export function npyHead(shape: number[], dtype: 'F32' | 'F16' = 'F32'): Uint8Array<ArrayBuffer> {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  let header = `{'descr': '${dtype === 'F16' ? '<f2' : '<f4'}', 'fortran_order': False, 'shape': (${dims}), }`;
  header += `${' '.repeat((64 - ((10 + header.length + 1) % 64)) % 64)}\n`;
  const out = new Uint8Array(10 + header.length);
  out.set([...MAGIC, 1, 0, header.length & 255, header.length >> 8]);
  out.set(new TextEncoder().encode(header), 10);
  return out;
}
