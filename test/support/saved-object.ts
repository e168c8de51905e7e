// Any nesting of dictionaries, tensors, numbers and texts as torch.save writes it, and pickles by hand.
import { zipStored } from '../../src/formats/zip-write.js';

export type Saved =
  | string
  | number
  | boolean
  | { shape: readonly number[]; data: Float32Array }
  | { [name: string]: Saved };

const text = new TextEncoder();
const u32 = (n: number) => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, (n >>> 24) & 255];
export const unicode = (s: string) => {
  const bytes = text.encode(s);
  return [0x58, ...u32(bytes.length), ...bytes];
};
export const int = (n: number) => [0x4a, ...u32(n)];
export const global = (module: string, name: string) => [0x63, ...text.encode(`${module}\n${name}\n`)];
const tuple = (...items: number[][]) => [0x28, ...items.flat(), 0x74];

/** _rebuild_tensor_v2 of f32 storage `key` with `count` elements. */
export const tensorOps = (
  key: string,
  count: number,
  shape: readonly number[],
  stride: readonly number[],
) => [
  ...global('torch._utils', '_rebuild_tensor_v2'),
  ...tuple(
    [
      ...tuple(unicode('storage'), global('torch', 'FloatStorage'), unicode(key), unicode('cpu'), int(count)),
      0x51,
    ],
    int(0),
    tuple(...shape.map(int)),
    tuple(...stride.map(int)),
    [0x89],
    [...global('collections', 'OrderedDict'), 0x29, 0x52],
  ),
  0x52,
];

/** A .pt file around the opcodes of data.pkl. */
export function ptFile(
  ops: Iterable<number>,
  storages: Record<string, Uint8Array> = {},
): Uint8Array<ArrayBuffer> {
  const files = new Map<string, Uint8Array>([['archive/data.pkl', Uint8Array.from([0x80, 2, ...ops, 0x2e])]]);
  for (const [key, bytes] of Object.entries(storages)) files.set(`archive/data/${key}`, bytes);
  return zipStored(files, 64);
}

/** torch.save(value) */
export function torchSave(value: Saved): Uint8Array<ArrayBuffer> {
  const storages: Record<string, Uint8Array> = {};
  const ops = (v: Saved): number[] => {
    if (typeof v === 'string') return unicode(v);
    if (typeof v === 'boolean') return [v ? 0x88 : 0x89];
    if (typeof v === 'number') return int(v);
    if (!(v.data instanceof Float32Array))
      return [0x7d, 0x28, ...Object.entries(v).flatMap(([k, item]) => [...unicode(k), ...ops(item)]), 0x75];
    const { shape, data } = v as { shape: number[]; data: Float32Array };
    const key = String(Object.keys(storages).length);
    storages[key] = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const stride = shape.map((_, i) => shape.slice(i + 1).reduce((p, n) => p * n, 1));
    return tensorOps(key, data.length, shape, stride);
  };
  return ptFile(ops(value), storages);
}
