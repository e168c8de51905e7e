// A state dictionary (names -> tensors) as torch.save writes it since PyTorch 1.6: a zip of
// data.pkl (protocol 2) and one storage per tensor, little-endian, 64-byte aligned.
// torch.load reads it with weights_only=True. Source: torch/serialization.py, torch/_utils.py.
import { bytesOf, joined, type Pieces, partsAsPieces } from './pieces.js';
import { zipParts } from './zip-write.js';

export type StateTensor = { shape: readonly number[]; data: Float32Array | Int32Array | BigInt64Array };

const ALIGNMENT = 64;
const ROOT = 'archive';

/** One file's bytes: the tensors in the map's order. */
export const encodePyTorch = (tensors: ReadonlyMap<string, StateTensor>): Uint8Array<ArrayBuffer> =>
  joined(partsOf(tensors));

/** encodePyTorch for Storage.write(), without a copy. InputError: 4 GiB or more, which would need zip64. */
export const pytorchPieces = (tensors: ReadonlyMap<string, StateTensor>): Pieces =>
  partsAsPieces(partsOf(tensors));

function partsOf(tensors: ReadonlyMap<string, StateTensor>): Uint8Array[] {
  const files = new Map<string, Uint8Array>();
  files.set(`${ROOT}/data.pkl`, pickleOf(tensors));
  files.set(`${ROOT}/byteorder`, new TextEncoder().encode('little'));
  let key = 0;
  for (const { data } of tensors.values()) files.set(`${ROOT}/data/${key++}`, bytesOf(data));
  files.set(`${ROOT}/version`, new TextEncoder().encode('3\n'));
  return zipParts(files, ALIGNMENT);
}

const storageType = (data: StateTensor['data']): string => {
  if (data instanceof Float32Array) return 'FloatStorage';
  return data instanceof Int32Array ? 'IntStorage' : 'LongStorage';
};

/** OrderedDict of name -> _rebuild_tensor_v2(storage, 0, size, stride, False, OrderedDict()). */
function pickleOf(tensors: ReadonlyMap<string, StateTensor>): Uint8Array {
  const text = new TextEncoder();
  const out: number[] = [];
  const raw = (...bytes: number[]) => out.push(...bytes);
  const u32 = (n: number) => raw(n & 255, (n >>> 8) & 255, (n >>> 16) & 255, (n >>> 24) & 255);
  const string = (s: string) => {
    const bytes = text.encode(s);
    raw(0x58); // BINUNICODE
    u32(bytes.length);
    raw(...bytes);
  };
  const integer = (n: number) => {
    if (n < 256)
      raw(0x4b, n); // BININT1
    else if (n < 65536)
      raw(0x4d, n & 255, n >>> 8); // BININT2
    else if (n < 2 ** 31) {
      raw(0x4a); // BININT
      u32(n);
    } else {
      raw(0x8a, 8); // LONG1
      u32(n % 2 ** 32);
      u32(Math.floor(n / 2 ** 32));
    }
  };
  const global = (module: string, name: string) => raw(0x63, ...text.encode(`${module}\n${name}\n`));
  const tuple = (items: readonly number[]) => {
    if (!items.length) return raw(0x29); // EMPTY_TUPLE
    raw(0x28); // MARK
    for (const n of items) integer(n);
    return raw(0x74); // TUPLE
  };
  const orderedDict = () => {
    global('collections', 'OrderedDict');
    raw(0x29, 0x52); // EMPTY_TUPLE, REDUCE
  };

  raw(0x80, 2); // PROTO
  orderedDict();
  raw(0x28);
  let key = 0;
  for (const [name, { shape, data }] of tensors) {
    if (shape.reduce((p, n) => p * n, 1) !== data.length)
      throw new RangeError(`encodePyTorch: '${name}' has ${data.length} elements for shape [${shape}]`);
    const stride = shape.map((_, i) => shape.slice(i + 1).reduce((p, n) => p * n, 1));
    string(name);
    global('torch._utils', '_rebuild_tensor_v2');
    raw(0x28, 0x28);
    string('storage');
    global('torch', storageType(data));
    string(String(key++));
    string('cpu');
    integer(data.length);
    raw(0x74, 0x51); // TUPLE, BINPERSID
    integer(0);
    tuple(shape);
    tuple(stride);
    raw(0x89); // NEWFALSE: requires_grad
    orderedDict();
    raw(0x74, 0x52); // TUPLE, REDUCE
  }
  raw(0x75, 0x2e); // SETITEMS, STOP
  return Uint8Array.from(out);
}
