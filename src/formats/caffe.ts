// .caffemodel: a binary NetParameter (BVLC caffe.proto). Only names and blobs are read:
// `layer` (100) of newer files, `layers` (2, V1LayerParameter) of older ones.
import { InputError, shown } from '../core/errors.js';
import { DTYPE_BYTES, toF32 } from './dtypes.js';
import { Allowance } from './limits.js';
import { bytesOf, type Fail, fields, Repeated, sizeOf, sizesOf, textOf } from './protobuf.js';
import { MAX_RANK, type Tensor, type TensorFile } from './safetensors.js';

/** Field numbers of the two kinds of layer messages. */
const NEW = { name: 1, type: 2, blobs: 7 };
const V1 = { name: 4, type: 5, blobs: 6 };
/** V1LayerParameter.LayerType INNER_PRODUCT. */
const V1_INNER_PRODUCT = 14n;

/**
 * Blobs as `<layer>.weight` and `<layer>.bias` (OIHW, [out, in], [out]); a third and later
 * ones as `<layer>.blob2` ... InputError where the file is not a whole Caffe model.
 */
export function parseCaffe(bytes: Uint8Array, label: string): TensorFile {
  const fail: Fail = (reason) => {
    throw new InputError(`${label}: not a valid Caffe model: it ${reason}`);
  };
  const tensors = new Map<string, Tensor>();
  const allowance = new Allowance(bytes.byteLength, label);
  for (const field of fields(bytes, fail)) {
    const numbers = field.number === 100 ? NEW : field.number === 2 ? V1 : undefined;
    if (!numbers) continue;
    const layer = readLayer(bytesOf(field, 'layer', fail), numbers, fail, allowance);
    layer.blobs.forEach((blob, i) => {
      const name = `${layer.name}.${['weight', 'bias'][i] ?? `blob${i}`}`;
      if (tensors.has(name)) fail(`has two layers named '${shown(layer.name)}'`);
      tensors.set(name, readBlob(blob, name, layer.linear, i, fail));
    });
  }
  if (!tensors.size) fail('holds no weights');
  return { tensors, metadata: Object.create(null) };
}

function readLayer(message: Uint8Array, numbers: typeof NEW, fail: Fail, allowance: Allowance) {
  allowance.count();
  const layer = { name: '', linear: false, blobs: [] as Uint8Array[] };
  for (const field of fields(message, fail)) {
    if (field.number === numbers.name) layer.name = textOf(field, 'layer name', fail);
    else if (field.number === numbers.blobs) {
      allowance.count();
      layer.blobs.push(bytesOf(field, 'blob', fail));
    } else if (field.number === numbers.type)
      layer.linear =
        field.wire === 0
          ? field.value === V1_INNER_PRODUCT
          : textOf(field, 'layer type', fail) === 'InnerProduct';
  }
  return layer;
}

function readBlob(message: Uint8Array, name: string, linear: boolean, index: number, fail: Fail): Tensor {
  const legacy = [0, 0, 0, 0];
  let shape: number[] | undefined;
  const data = new Repeated();
  const doubles = new Repeated();
  for (const field of fields(message, fail)) {
    if (field.number >= 1 && field.number <= 4)
      legacy[field.number - 1] = sizeOf(field, `shape in '${shown(name)}'`, fail);
    else if (field.number === 5 || field.number === 8) {
      const want = field.number === 5 ? 5 : 1;
      if (field.wire !== 2 && field.wire !== want)
        fail(`has data of wire type ${field.wire} in '${shown(name)}'`);
      (field.number === 5 ? data : doubles).push(field.bytes);
    } else if (field.number === 7) {
      shape = [];
      for (const dim of fields(bytesOf(field, 'shape', fail), fail))
        if (dim.number === 1)
          for (const size of sizesOf(dim, `shape in '${shown(name)}'`, fail)) {
            if (shape.length >= MAX_RANK)
              fail(`has a shape of more than ${MAX_RANK} dimensions in '${shown(name)}'`);
            shape.push(size);
          }
    }
  }
  if (!shape) {
    // Older files give every blob four dimensions: a bias is 1x1x1xN, a linear weight 1x1xOxI.
    const flat = index > 0 ? 3 : linear ? 2 : 0;
    shape = legacy.slice(0, flat).every((n) => n === 1) ? legacy.slice(flat) : legacy;
  }
  if (data.bytes.length && doubles.bytes.length) fail(`has both float and double data in '${shown(name)}'`);
  const dtype = doubles.bytes.length ? 'F64' : 'F32';
  const { bytes } = doubles.bytes.length ? doubles : data;
  const size = shape.reduce((p, n) => p * n, DTYPE_BYTES[dtype]);
  if (size !== bytes.length)
    fail(`has ${bytes.length} bytes of data for shape [${shape}] in '${shown(name)}'`);
  return { dtype, shape, bytes, f32: () => toF32(bytes, dtype) };
}
