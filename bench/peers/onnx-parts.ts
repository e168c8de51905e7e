// Just enough of ONNX's protobuf: nodes, tensors, values.

/** Element types of tensors. */
export const FLOAT = 1;
export const INT64 = 7;

type Part = number[] | Uint8Array;

function varint(n: number): number[] {
  const out: number[] = [];
  let v = n;
  for (; v >= 128; v = Math.floor(v / 128)) out.push((v % 128) | 128);
  out.push(v);
  return out;
}

export function join(parts: Part[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const int = (field: number, value: number): Uint8Array => join([varint(field * 8), varint(value)]);
export const bytes = (field: number, value: Uint8Array): Uint8Array =>
  join([varint(field * 8 + 2), varint(value.length), value]);
export const text = (field: number, value: string): Uint8Array =>
  bytes(field, new TextEncoder().encode(value));
export const message = (field: number, ...parts: Uint8Array[]): Uint8Array => bytes(field, join(parts));
export const float = (field: number, value: number): Uint8Array =>
  join([varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer)]);

export type Attribute = number | number[] | { float: number } | { text: string };

function attribute(name: string, value: Attribute): Uint8Array {
  if (Array.isArray(value)) return message(5, text(1, name), ...value.map((v) => int(8, v)), int(20, 7));
  if (typeof value === 'number') return message(5, text(1, name), int(3, value), int(20, 2));
  if ('text' in value) return message(5, text(1, name), text(4, value.text), int(20, 3));
  return message(5, text(1, name), float(2, value.float), int(20, 1));
}

export function node(
  op: string,
  inputs: string[],
  output: string,
  attributes: Record<string, Attribute> = {},
  further: readonly string[] = [],
): Uint8Array {
  return message(
    1,
    ...inputs.map((i) => text(1, i)),
    ...[output, ...further].map((o) => text(2, o)),
    text(4, op),
    ...Object.entries(attributes).map(([k, v]) => attribute(k, v)),
  );
}

export function tensor(name: string, dims: number[], data: Float32Array): Uint8Array {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(5, ...dims.map((d) => int(1, d)), int(2, 1), text(8, name), bytes(9, raw));
}

export function value(field: number, name: string, dims: number[], type: number = FLOAT): Uint8Array {
  const shape = message(2, ...dims.map((d) => message(1, int(1, d))));
  return message(field, text(1, name), message(2, message(1, int(1, type), shape)));
}

/** int64: shapes and axes. */
export function integers(name: string, values: number[]): Uint8Array {
  const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return message(5, int(1, values.length), int(2, INT64), text(8, name), bytes(9, raw));
}

/** The file: IR version, opset, graph. */
export const modelOf = (ir: number, opset: number, ...graph: Uint8Array[]): Uint8Array =>
  join([int(1, ir), message(8, int(2, opset)), message(7, ...graph)]);
