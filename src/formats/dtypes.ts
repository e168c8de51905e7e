// Element types of tensor files and their conversion to f32.

/** safetensors names -> bytes per element. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

export type Dtype = keyof typeof DTYPE_BYTES;

/** Little-endian elements as f32 (F64 and integers rounded to nearest). A copy, aligned. */
export function toF32(bytes: Uint8Array, dtype: Dtype): Float32Array {
  const n = bytes.byteLength / DTYPE_BYTES[dtype];
  if (dtype === 'F32') {
    const out = new Float32Array(n);
    new Uint8Array(out.buffer).set(bytes);
    return out;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(n);
  const read = READERS[dtype];
  for (let i = 0; i < n; i++) out[i] = read(view, i);
  return out;
}

/** As toF32(), but where the bytes are aligned F32 they themselves and no copy: only to be read. */
export function asF32(bytes: Uint8Array, dtype: Dtype): Float32Array {
  return dtype === 'F32' && bytes.byteOffset % 4 === 0
    ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    : toF32(bytes, dtype);
}

const READERS: Record<Exclude<Dtype, 'F32'>, (v: DataView, i: number) => number> = {
  BOOL: (v, i) => (v.getUint8(i) ? 1 : 0),
  U8: (v, i) => v.getUint8(i),
  I8: (v, i) => v.getInt8(i),
  U16: (v, i) => v.getUint16(2 * i, true),
  I16: (v, i) => v.getInt16(2 * i, true),
  F16: (v, i) => halfToNumber(v.getUint16(2 * i, true)),
  BF16: (v, i) => bits(v.getUint16(2 * i, true) << 16),
  U32: (v, i) => v.getUint32(4 * i, true),
  I32: (v, i) => v.getInt32(4 * i, true),
  U64: (v, i) => Number(v.getBigUint64(8 * i, true)),
  I64: (v, i) => Number(v.getBigInt64(8 * i, true)),
  F64: (v, i) => v.getFloat64(8 * i, true),
};

const scratch = new DataView(new ArrayBuffer(4));

function bits(u32: number): number {
  scratch.setInt32(0, u32);
  return scratch.getFloat32(0);
}

/** f32 as IEEE binary16, rounded to nearest, ties to even; beyond 65504 infinity. */
export function toHalves(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (x) => {
    const sign = (x >>> 16) & 0x8000;
    const magnitude = x & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00;
    if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds to 65536 or more
    if (magnitude >= 0x38800000) {
      // Normal: exponent from bias 127 to 15, 13 bits rounded away; a carry moves the exponent up.
      const kept = magnitude - 0x38000000;
      return sign | ((kept + 0xfff + ((kept >>> 13) & 1)) >>> 13);
    }
    if (magnitude < 0x33000000) return sign;
    // Subnormal: units of 2^-24.
    const shift = 126 - (magnitude >>> 23);
    const fraction = (magnitude & 0x7fffff) | 0x800000;
    const half = 1 << (shift - 1);
    return sign | ((fraction + half - 1 + ((fraction >>> shift) & 1)) >>> shift);
  });
}

/** IEEE binary16. */
export function halfToNumber(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  // A subnormal counts 2^-24; the exponent of others moves from bias 15 to bias 127.
  if (exponent === 0) return sign * fraction * 5.9604644775390625e-8;
  return bits(((h & 0x8000) << 16) | ((exponent + 112) << 23) | (fraction << 13));
}
