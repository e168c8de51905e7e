// What every importer of a foreign SAE checks: its configuration is JSON without surprises,
// its tensors are exactly those of its class, of the right shapes, floating point and finite.
import { InputError, shown } from '../../core/errors.js';
import { parseJsonObject } from '../../formats/json.js';
import type { Tensor } from '../../formats/safetensors.js';
import type { Storage } from '../../formats/storage.js';
import type { SaeConfig } from '../types.js';

const MAX_CONFIG_BYTES = 1 << 20;
const MAX_SIZE = 1 << 24;
const FLOATS: ReadonlySet<string> = new Set(['F32', 'F64', 'F16', 'BF16']);

export type Json = Record<string, unknown>;
export type Fail = (reason: string) => never;

export const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** An object's own field: names of Object.prototype are not there. */
export const own = (object: unknown, key: string): unknown =>
  isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;

/** A setting that turns nothing on. */
export const isOff = (value: unknown): boolean =>
  !value || value === 'none' || (typeof value === 'object' && Object.keys(value).length === 0);

export const failAt =
  (label: string): Fail =>
  (reason) => {
    throw new InputError(`${label}: ${reason}`);
  };

/** The object in a configuration; NaN and Infinity, which Python writes, are refused. */
export async function readJson(
  storage: Pick<Storage, 'label' | 'size' | 'read'>,
  file: string,
): Promise<Json> {
  const fail = failAt(`${storage.label}/${file}`);
  const size = await storage.size(file);
  if (size === undefined) return fail('no such file');
  if (size > MAX_CONFIG_BYTES) return fail(`${size} bytes is too large`);
  return parseJsonObject(await storage.read(file), `${storage.label}/${file}`);
}

/** A whole number of `object`, undefined where it is absent or null. */
export function wholeNumber(object: Json, key: string, fail: Fail): number | undefined {
  const n = own(object, key);
  if (n === undefined || n === null) return undefined;
  if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 1 || n > MAX_SIZE)
    return fail(`'${key}' must be a whole number from 1 to ${MAX_SIZE}`);
  return n;
}

/** k within the SAE's width. */
export function checkK(k: number, dSae: number, fail: Fail): number {
  if (k > dSae) fail(`k ${k} is larger than the ${dSae} latents`);
  return k;
}

/** Refuses an SAE that normalises each vector, which only SAELens can say. */
export function checkPlain({ normalizeActivations }: SaeConfig, fail: Fail): void {
  if (normalizeActivations)
    fail(`it normalises each vector (${normalizeActivations}), which only a SAELens folder can say`);
}

/** Refuses missing and unexpected names. */
export function checkNames(
  found: Iterable<string>,
  required: readonly string[],
  optional: readonly string[],
  what: string,
  fail: Fail,
): void {
  const names = new Set(found);
  const missing = required.filter((name) => !names.has(name));
  const extra = [...names].filter((name) => !required.includes(name) && !optional.includes(name));
  const list = (all: string[]) =>
    all
      .slice(0, 8)
      .map((name) => shown(name))
      .join(', ');
  if (!missing.length && !extra.length) return;
  const parts = [missing.length && `missing ${list(missing)}`, extra.length && `unexpected ${list(extra)}`];
  fail(`wrong tensors for ${what}: ${parts.filter(Boolean).join('; ')}`);
}

/** Values of a tensor: of this shape, floating point, finite. */
export function finite(
  name: string,
  tensor: Tensor,
  shape: readonly number[],
  fail: Fail,
): Float32Array<ArrayBuffer> {
  if (tensor.shape.join() !== shape.join()) {
    const turned = tensor.shape.length === 2 && tensor.shape.toReversed().join() === shape.join();
    fail(`${name} has shape [${tensor.shape}], not [${shape}]${turned ? '; it is transposed' : ''}`);
  }
  if (!FLOATS.has(tensor.dtype)) fail(`${name} has dtype ${tensor.dtype}, which is no floating-point type`);
  const data = tensor.f32() as Float32Array<ArrayBuffer>;
  const bad = data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) fail(`${name} holds ${data[bad]} at element ${bad}; train or download it again`);
  return data;
}

/** [rows, columns] of a matrix, from which the sizes of the others follow. */
export function matrixShape(name: string, tensor: Tensor, fail: Fail): [number, number] {
  const { shape } = tensor;
  if (shape.length !== 2 || shape.some((n) => n < 1 || n > MAX_SIZE))
    return fail(`${name} has shape [${shape}], not a matrix`);
  return [shape[0], shape[1]];
}

/** Whole numbers of a tensor. */
export function integers(name: string, { dtype, bytes }: Tensor, fail: Fail): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype === 'I32') return Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(4 * i, true));
  if (dtype === 'I64')
    return Array.from({ length: bytes.length / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)));
  return fail(`${name} has dtype ${dtype}, not whole numbers of 32 or 64 bits`);
}
