// .pt/.pth: a state dictionary (names -> tensors) as torch.save writes it, both containers:
// a zip of data.pkl and storages (PyTorch >= 1.6), and the older run of pickles.
// Source: torch/serialization.py, torch/_utils.py (_rebuild_tensor_v2).
import { InputError, shown } from '../core/errors.js';
import { DTYPE_BYTES, type Dtype, toF32 } from './dtypes.js';
import { Allowance } from './limits.js';
import { type Globals, globalName, PersistentId, parsePickle } from './pickle.js';
import type { Tensor, TensorFile } from './safetensors.js';
import { unzip } from './zip.js';

const STORAGES: Record<string, Dtype> = {
  'torch.FloatStorage': 'F32',
  'torch.DoubleStorage': 'F64',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
};
const MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;

interface Storage {
  key: string;
  dtype: Dtype;
  count: number;
}
/** A tensor before its storage is known. */
class Lazy {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly size: number[],
    readonly stride: number[],
  ) {}
}

const isSizes = (v: unknown): v is number[] =>
  Array.isArray(v) && v.length <= 64 && v.every((n) => Number.isSafeInteger(n) && n >= 0);

/** Everything that a state dictionary may name. Storages met are noted in `storages`. */
const globals = (storages: Map<string, Storage>): Globals =>
  new Map<string, { make?: (args: unknown[], fail: (r: string) => never) => unknown }>([
    ...Object.keys(STORAGES).map((name) => [name, {}] as const),
    [
      'collections.OrderedDict',
      {
        make: (args, fail) => {
          if (args.length) fail('an OrderedDict with arguments');
          return new Map();
        },
      },
    ],
    [
      'torch._utils._rebuild_tensor_v2',
      {
        // (storage, offset, size, stride, requires_grad, backward_hooks[, metadata])
        make: ([id, offset, size, stride], fail) => {
          if (!(id instanceof PersistentId)) return fail('a tensor without a storage');
          if (!isSizes(size) || !isSizes(stride) || !isSizes([offset]) || size.length !== stride.length)
            return fail('a tensor with a bad size, stride or offset');
          const storage = storageOf(id, fail);
          storages.set(storage.key, storage);
          return new Lazy(storage, offset as number, size, stride);
        },
      },
    ],
    [
      'torch._utils._rebuild_parameter',
      {
        make: ([tensor], fail) =>
          tensor instanceof Lazy ? tensor : fail('a parameter that is not a tensor'),
      },
    ],
  ]);

/** ('storage', type, key, location, count[, view]) */
function storageOf({ id }: PersistentId, fail: (reason: string) => never): Storage {
  const [tag, type, key, , count, view = null] = id;
  const name = globalName(type);
  if (tag !== 'storage' || name === undefined || !Object.hasOwn(STORAGES, name) || view !== null)
    return fail('a storage of a kind that is not read');
  if (typeof key !== 'string' || !isSizes([count])) return fail('a storage with a bad key or size');
  return { key, dtype: STORAGES[name], count: count as number };
}

export const isPyTorch = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0x50 && bytes[1] === 0x4b) || (bytes[0] === 0x80 && bytes[1] >= 1 && bytes[1] <= 5);

/** The tensors of a state dictionary, or of the one under `state_dict`. Nothing in the file is executed. */
export function parsePyTorch(bytes: Uint8Array, label: string): TensorFile {
  const allowance = new Allowance(bytes.byteLength, label);
  const { value, storage } = open(bytes, label, allowance);
  const fail = (reason: string): never => {
    throw new InputError(`${label}: not a PyTorch state dictionary that is read here: ${reason}`);
  };
  let dictionary = value;
  if (dictionary instanceof Map && dictionary.get('state_dict') instanceof Map)
    dictionary = dictionary.get('state_dict');
  if (!(dictionary instanceof Map)) return fail('it is not a dictionary; save model.state_dict()');
  const tensors = new Map<string, Tensor>();
  for (const [name, item] of dictionary as Map<unknown, unknown>) {
    if (!(item instanceof Lazy)) continue; // step counters and the like
    tensors.set(String(name), materialise(item, storage(item.storage), String(name), fail, allowance));
  }
  if (!tensors.size) fail('it holds no tensors');
  return { tensors, metadata: Object.create(null) };
}

/** What a saved object holds under a dotted name. A tensor is made when it is asked for. */
export type PyTorchLeaf = TensorLeaf | string | number | boolean;
export type TensorLeaf = (() => Tensor) & { shape: number[] };

/** Levels of dictionaries in dictionaries. */
const MAX_DEPTH = 8;
const MAX_LEAVES = 100_000;

/** Tensors, numbers and texts of a saved object of any nesting: `{"model": {"a": t}}` is `model.a`, a tensor by itself `tensor`. Lists are left out. */
export function parsePyTorchTree(bytes: Uint8Array, label: string): Map<string, PyTorchLeaf> {
  const allowance = new Allowance(bytes.byteLength, label);
  const { value, storage } = open(bytes, label, allowance);
  const fail = (reason: string): never => {
    throw new InputError(`${label}: not a PyTorch state dictionary that is read here: ${reason}`);
  };
  const leaves = new Map<string, PyTorchLeaf>();
  let visits = 0;
  const leafOf = (item: Lazy, name: string): TensorLeaf =>
    Object.assign(() => materialise(item, storage(item.storage), name, fail, allowance), {
      shape: item.size,
    });
  const visit = (map: Map<unknown, unknown>, before: string, depth: number) => {
    if (depth > MAX_DEPTH) fail(`its dictionaries are nested more than ${MAX_DEPTH} deep`);
    for (const [key, item] of map) {
      if (++visits > MAX_LEAVES) fail(`it holds more than ${MAX_LEAVES} names`);
      const name = `${before}${key}`;
      if (item instanceof Map) visit(item, `${name}.`, depth + 1);
      else if (item instanceof Lazy) leaves.set(name, leafOf(item, name));
      else if (['string', 'number', 'boolean'].includes(typeof item)) leaves.set(name, item as PyTorchLeaf);
    }
  };
  if (value instanceof Lazy) return leaves.set('tensor', leafOf(value, 'tensor'));
  if (!(value instanceof Map)) return fail('it is neither a tensor nor a dictionary of tensors');
  visit(value, '', 1);
  return leaves;
}

type Opened = { value: unknown; storage: (s: Storage) => Uint8Array };

const open = (bytes: Uint8Array, label: string, allowance: Allowance): Opened =>
  bytes[0] === 0x50 ? openZip(bytes, label, allowance) : openLegacy(bytes, label, allowance);

function openZip(bytes: Uint8Array, label: string, allowance: Allowance): Opened {
  const files = unzip(bytes, label, allowance);
  const fail = (reason: string): never => {
    throw new InputError(`${label}: not a PyTorch file: ${reason}`);
  };
  const pickles = [...files.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) fail('it has no data.pkl');
  const root = pickles[0].slice(0, -'data.pkl'.length);
  const order = files.get(`${root}byteorder`);
  if (order && new TextDecoder().decode(order).trim() !== 'little') fail('it is big-endian');
  const pickle = files.get(pickles[0])!;
  const { value, end } = parsePickle(
    pickle,
    0,
    globals(new Map()),
    `${label}:${shown(pickles[0])}`,
    allowance,
  );
  if (end !== pickle.length) fail('data.pkl goes on after its end');
  return {
    value,
    storage: ({ key, dtype, count }) => {
      const data = files.get(`${root}data/${key}`);
      if (!data) return fail(`storage '${shown(key)}' is missing`);
      if (data.length !== count * DTYPE_BYTES[dtype])
        fail(`storage '${shown(key)}' has ${data.length} bytes for ${count} elements of ${dtype}`);
      return data;
    },
  };
}

function openLegacy(bytes: Uint8Array, label: string, allowance: Allowance): Opened {
  const fail = (reason: string): never => {
    throw new InputError(`${label}: not a PyTorch file: ${reason}`);
  };
  const storages = new Map<string, Storage>();
  const known = globals(storages);
  let at = 0;
  const next = (): unknown => {
    const { value, end } = parsePickle(bytes, at, known, label, allowance);
    at = end;
    return value;
  };
  if (next() !== MAGIC) fail('a pickle without the PyTorch magic number');
  if (next() !== LEGACY_PROTOCOL) fail('an unknown protocol version');
  const system = next();
  if (!(system instanceof Map) || system.get('little_endian') !== true) fail('it is big-endian');
  const value = next();
  const keys = next();
  if (!Array.isArray(keys) || !keys.every((k) => typeof k === 'string'))
    return fail('a bad list of storages');
  const data = new Map<string, Uint8Array>();
  for (const key of keys as string[]) {
    const storage = storages.get(key);
    if (!storage) return fail(`storage '${shown(key)}' belongs to no tensor`);
    if (at + 8 > bytes.length) fail('it is truncated');
    const count = new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigInt64(0, true);
    at += 8;
    const length = storage.count * DTYPE_BYTES[storage.dtype];
    if (count !== BigInt(storage.count))
      fail(`storage '${shown(key)}' has ${count} elements, ${storage.count} are declared`);
    if (length > bytes.length - at) fail('it is truncated');
    data.set(key, bytes.subarray(at, at + length));
    at += length;
  }
  if (at !== bytes.length) fail(`it has ${bytes.length - at} bytes after its end`);
  return { value, storage: ({ key }) => data.get(key) ?? fail(`storage '${shown(key)}' is missing`) };
}

function materialise(
  { storage, offset, size, stride }: Lazy,
  data: Uint8Array,
  name: string,
  fail: (reason: string) => never,
  allowance: Allowance,
): Tensor {
  const { dtype } = storage;
  const width = DTYPE_BYTES[dtype];
  const available = data.length / width;
  const count = size.reduce((p, n) => p * n, 1);
  const last = size.reduce((p, n, i) => p + (n - 1) * stride[i], offset);
  if (!Number.isSafeInteger(count * width)) fail(`the size of '${shown(name)}' overflows`);
  if (count > 0 && last >= available) fail(`'${shown(name)}' reaches past its storage`);
  const tensor = (bytes: Uint8Array): Tensor => ({
    dtype,
    shape: size,
    bytes,
    f32: () => toF32(bytes, dtype),
  });
  if (count === 0) return tensor(new Uint8Array(0));
  let expected = 1;
  let contiguous = true;
  for (let d = size.length - 1; d >= 0; d--) {
    if (size[d] !== 1 && stride[d] !== expected) contiguous = false;
    expected *= size[d];
  }
  if (contiguous) return tensor(data.subarray(offset * width, (offset + count) * width));
  allowance.take(count * width, `laying out '${shown(name)}'`);
  const out = new Uint8Array(count * width);
  const index = new Array<number>(size.length).fill(0);
  let from = offset;
  for (let i = 0; i < count; i++) {
    out.set(data.subarray(from * width, (from + 1) * width), i * width);
    for (let d = size.length - 1; d >= 0; d--) {
      from += stride[d];
      if (++index[d] < size[d]) break;
      from -= stride[d] * size[d];
      index[d] = 0;
    }
  }
  return tensor(out);
}
