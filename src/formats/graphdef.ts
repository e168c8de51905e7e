// TensorFlow GraphDef (.pb): the floating-point Const nodes of a frozen graph. Nothing is
// evaluated and no input is followed, so that the graph's structure cannot matter.
// Source: tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape}.proto.
import { InputError, shown } from '../core/errors.js';
import { DTYPE_BYTES, type Dtype, toF32 } from './dtypes.js';
import { Allowance } from './limits.js';
import { bytesOf, type Fail, fields, Repeated, sizeOf, textOf } from './protobuf.js';
import { MAX_RANK, type Tensor, type TensorFile } from './safetensors.js';

/** DataType -> dtype and the TensorProto field of its repeated values. Others are not weights. */
const DTYPES: Record<number, { dtype: Dtype; values?: 5 | 6 }> = {
  1: { dtype: 'F32', values: 5 },
  2: { dtype: 'F64', values: 6 },
  14: { dtype: 'BF16' },
  19: { dtype: 'F16' },
};

/** Const nodes of floating-point type by node name. InputError where the file is not a whole graph. */
export function parseGraphDef(bytes: Uint8Array, label: string): TensorFile {
  const fail: Fail = (reason) => {
    throw new InputError(`${label}: not a valid GraphDef: it ${reason}`);
  };
  const allowance = new Allowance(bytes.byteLength, label);
  const tensors = new Map<string, Tensor>();
  const names = new Set<string>();
  for (const field of fields(bytes, fail)) {
    if (field.number !== 1) continue;
    const node = readNode(bytesOf(field, 'node', fail), fail);
    if (names.has(node.name)) fail(`has two nodes named '${shown(node.name)}'`);
    names.add(node.name);
    allowance.count();
    if (node.op !== 'Const') continue;
    if (!node.value) return fail(`has a Const '${shown(node.name)}' without a value`);
    const tensor = readTensor(node.value, node.name, fail, allowance);
    if (tensor) tensors.set(node.name, tensor);
  }
  if (!tensors.size) fail('holds no weights (is it frozen?)');
  return { tensors, metadata: Object.create(null) };
}

function readNode(message: Uint8Array, fail: Fail) {
  const node = { name: '', op: '', value: undefined as Uint8Array | undefined };
  for (const field of fields(message, fail)) {
    if (field.number === 1) node.name = textOf(field, 'node name', fail);
    else if (field.number === 2) node.op = textOf(field, 'op', fail);
    else if (field.number === 5) {
      let key = '';
      let value: Uint8Array = new Uint8Array(0);
      for (const part of fields(bytesOf(field, 'attribute', fail), fail))
        if (part.number === 1) key = textOf(part, 'attribute name', fail);
        else if (part.number === 2) value = bytesOf(part, 'attribute', fail);
      if (key !== 'value') continue;
      for (const part of fields(value, fail))
        if (part.number === 8) node.value = bytesOf(part, 'tensor', fail);
    }
  }
  if (node.name === '') fail('has a node without a name');
  return node;
}

function readTensor(message: Uint8Array, name: string, fail: Fail, allowance: Allowance): Tensor | undefined {
  let type = 0;
  let shape: number[] = [];
  let content: Uint8Array | undefined;
  const values = { 5: new Repeated(), 6: new Repeated() };
  for (const field of fields(message, fail)) {
    if (field.number === 1) type = sizeOf(field, `type of '${shown(name)}'`, fail);
    else if (field.number === 2) shape = readShape(bytesOf(field, 'shape', fail), name, fail);
    else if (field.number === 4) content = bytesOf(field, 'tensor_content', fail);
    else if (field.number === 5 || field.number === 6) {
      const want = field.number === 5 ? 5 : 1;
      if (field.wire !== 2 && field.wire !== want)
        fail(`has values of wire type ${field.wire} in '${shown(name)}'`);
      values[field.number].push(field.bytes);
    }
  }
  if (!Object.hasOwn(DTYPES, type)) return undefined;
  const { dtype, values: number } = DTYPES[type];
  const width = DTYPE_BYTES[dtype];
  const count = shape.reduce((p, n) => p * n, 1);
  if (!Number.isSafeInteger(count * width)) fail(`has a shape that overflows in '${shown(name)}'`);
  const listed = number === undefined ? new Uint8Array(0) : values[number].bytes;
  if (content?.length && listed.length) fail(`has both tensor_content and values in '${shown(name)}'`);
  const bytes = listed.length
    ? repeated(listed, count, width, name, allowance)
    : (content ?? new Uint8Array(0));
  if (bytes.length !== count * width)
    fail(`has ${bytes.length} bytes for shape [${shape}] of ${dtype} in '${shown(name)}'`);
  return { dtype, shape, bytes, f32: () => toF32(bytes, dtype) };
}

function readShape(message: Uint8Array, name: string, fail: Fail): number[] {
  const shape: number[] = [];
  for (const field of fields(message, fail)) {
    if (field.number === 3 && field.value) fail(`has a tensor of unknown rank, '${shown(name)}'`);
    if (field.number !== 2) continue;
    let size = 0;
    for (const part of fields(bytesOf(field, 'dimension', fail), fail))
      if (part.number === 1) size = sizeOf(part, `shape in '${shown(name)}'`, fail);
    shape.push(size);
    if (shape.length > MAX_RANK) fail(`has a shape of more than ${MAX_RANK} dimensions in '${shown(name)}'`);
  }
  return shape;
}

/** Fewer values than elements: the last one stands for the rest (tensor.proto). */
function repeated(
  bytes: Uint8Array,
  count: number,
  width: number,
  name: string,
  allowance: Allowance,
): Uint8Array {
  if (bytes.length === count * width || bytes.length % width || bytes.length === 0) return bytes;
  if (bytes.length > count * width) return bytes;
  allowance.take(count * width, `repeating the last value of '${shown(name)}'`);
  const out = new Uint8Array(count * width);
  out.set(bytes);
  for (let at = bytes.length; at < out.length; at += width) out.set(bytes.subarray(-width), at);
  return out;
}
