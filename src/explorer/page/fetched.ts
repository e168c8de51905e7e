// Files of the site, as pages read them.
import { InputError } from '../../core/errors.js';
import { parseSafetensors, type Tensor } from '../../formats/safetensors.js';

export type Ints = Int32Array | Uint8Array | Uint32Array;

export class Tensors {
  #tensors: Map<string, Tensor>;
  constructor(tensors: Map<string, Tensor>) {
    this.#tensors = tensors;
  }

  /** Undefined where the data have no such tensor. */
  f32(name: string): Float32Array | undefined {
    return this.#tensors.get(name)?.f32();
  }

  ints(name: string): Ints | undefined {
    const tensor = this.#tensors.get(name);
    if (!tensor) return undefined;
    const bytes = tensor.bytes.slice();
    if (tensor.dtype === 'U8') return bytes;
    return tensor.dtype === 'U32' ? new Uint32Array(bytes.buffer) : new Int32Array(bytes.buffer);
  }

  /** Row `row` of a matrix. */
  row<T extends Float32Array | Ints>(values: T | undefined, name: string, row: number) {
    const width = this.#tensors.get(name)?.shape[1] ?? 0;
    return values?.subarray(row * width, (row + 1) * width) as T | undefined;
  }
}

export async function fetched(url: string): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw new InputError(`${url}: cannot be fetched; is the explorer still running?`, { cause });
  }
  if (!response.ok) throw new InputError(`${url}: not there (HTTP ${response.status})`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  // Hosts of single-page sites answer every address with their page.
  if (bytes[0] === 0x3c) throw new InputError(`${url}: not there (the host answered with a page)`);
  return bytes;
}

export async function json<T>(url: string): Promise<T> {
  const text = new TextDecoder().decode(await fetched(url));
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new InputError(`${url}: not valid JSON; make the explorer's data again`, { cause });
  }
}

export async function tensors(url: string): Promise<Tensors> {
  return new Tensors(parseSafetensors(await fetched(url), url).tensors);
}
