// One WebAssembly instance with its own memory, and a bump arena over it. An owner
// (a network session, an SAE, a worker) takes a Core, allocates, and gives it back.
import { instantiateSync } from '@assemblyscript/loader';
import { MemoryLimitError } from './errors.js';
import type { Build } from './features.js';
import { type KernelExports, type Kernels, namedKernels } from './kernels.js';
import { type CoreMath, coreMath } from './math.js';

const PAGE = 65536;
const ALIGN = 64;
/** wasm32 addresses 4 GiB; the last page is kept free so that end pointers never wrap. */
const LIMIT = 65535 * PAGE;

type Exports = KernelExports & { memory: WebAssembly.Memory } & Record<string, unknown>;

/**
 * A memory that several threads have a Core over. Its arena is one for all of them: what is allocated
 * in it stays for as long as it lives, and is zero.
 */
export interface SharedSpace {
  memory: WebAssembly.Memory;
  /** One word in memory of its own: the arena's top, in blocks of 64 bytes; 0 before the first Core. */
  top: Int32Array;
}

export class Core {
  readonly build: Build;
  /** The kernels, called with named operands. */
  readonly kernels: Kernels;
  /** The same as the module exports them: operands in the order of docs/abi.md. */
  readonly exports: KernelExports;
  readonly math: CoreMath;
  #memory: WebAssembly.Memory;
  #base: number;
  #top: number;
  #peak: number;
  /** Above this address nothing was ever written: the engine's pages are still zero. */
  #touched: number;
  #release: ((core: Core) => void) | undefined;
  #views: { buffer: ArrayBufferLike; f32: Float32Array; i32: Int32Array; u8: Uint8Array } | undefined;
  #space: SharedSpace | undefined;

  /** `space`: a memory that other threads compute in too; `module` is then one for shared memories. */
  constructor(module: WebAssembly.Module, build: Build, space?: SharedSpace) {
    this.build = build;
    this.#space = space;
    try {
      const { exports } = instantiateSync<Exports>(module, space ? { env: { memory: space.memory } } : {});
      this.exports = exports;
      this.#memory = space?.memory ?? exports.memory;
    } catch (cause) {
      throw new MemoryLimitError(
        'cannot create a WebAssembly instance: the engine could not reserve address space for its memory; ' +
          'raise the address-space limit (ulimit -v) or use fewer workers',
        { cause },
      );
    }
    this.kernels = namedKernels(this.exports);
    this.math = coreMath(this.kernels);
    this.#base = align(this.kernels.heap_base());
    this.#top = this.#base;
    this.#peak = this.#base;
    this.#touched = this.#base;
    if (space) Atomics.compareExchange(space.top, 0, 0, this.#base / ALIGN);
  }

  /** Zeroed block of `bytes`, 64-byte aligned. Lives until release() or dispose(). */
  alloc(bytes: number): number {
    if (!(bytes >= 0) || !Number.isFinite(bytes)) throw new RangeError(`alloc: ${bytes} bytes`);
    if (this.#space) return this.#allocShared(this.#space, bytes);
    const ptr = this.#top;
    const top = align(ptr + Math.ceil(bytes));
    this.#grow(top);
    this.#top = top;
    if (top > this.#peak) this.#peak = top;
    // Fresh pages are zero, and touching them twice is a good part of a session's creation.
    if (ptr < this.#touched) this.u8(ptr, Math.min(top, this.#touched) - ptr).fill(0);
    if (top > this.#touched) this.#touched = top;
    return ptr;
  }

  #allocShared({ top }: SharedSpace, bytes: number): number {
    const blocks = Math.ceil(bytes / ALIGN);
    const first = Atomics.add(top, 0, blocks) >>> 0;
    this.#grow((first + blocks) * ALIGN);
    return first * ALIGN;
  }

  /** Waits until this thread sees the memory as large as other threads have made it. */
  settle(): void {
    if (!this.#space) return;
    const { top } = this.#space;
    // The engine tells each thread of growth by an interrupt, for which a loop has room.
    while (this.#memory.buffer.byteLength < (Atomics.load(top, 0) >>> 0) * ALIGN);
  }

  /** `alloc` for n f32 or i32. */
  alloc32(n: number): number {
    return this.alloc(4 * n);
  }

  /** A copy of `data` in this core's memory. */
  put(data: Float32Array | Int32Array | Uint8Array): number {
    const ptr = this.alloc(data.byteLength);
    this.u8(ptr, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return ptr;
  }

  /** View of n f32 at ptr. Valid until the next alloc (growth detaches it). */
  f32(ptr: number, n: number): Float32Array {
    return this.#all().f32.subarray(ptr >>> 2, (ptr >>> 2) + n);
  }

  i32(ptr: number, n: number): Int32Array {
    return this.#all().i32.subarray(ptr >>> 2, (ptr >>> 2) + n);
  }

  u8(ptr: number, n: number): Uint8Array {
    return this.#all().u8.subarray(ptr, ptr + n);
  }

  /** Position of the arena, to be handed to release(): scratch that lives for one call. */
  mark(): number {
    return this.#top;
  }

  /** Frees everything allocated since the mark; in a shared space nothing is freed. */
  release(mark: number): void {
    this.#top = mark;
  }

  get bytesUsed(): number {
    return (this.#space ? (Atomics.load(this.#space.top, 0) >>> 0) * ALIGN : this.#top) - this.#base;
  }

  get bytesPeak(): number {
    return this.#space ? this.bytesUsed : this.#peak - this.#base;
  }

  /** Gives the memory back to the engine for the next owner. Pointers into it are dead. */
  dispose(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.(this);
  }

  /** Engine only: empties the arena for a new owner. */
  adopt(release: (core: Core) => void): this {
    this.#top = this.#base;
    this.#peak = this.#base;
    this.#release = release;
    return this;
  }

  get capacity(): number {
    return this.#memory.buffer.byteLength;
  }

  #all() {
    const buffer = this.#memory.buffer;
    if (this.#views?.buffer !== buffer)
      this.#views = {
        buffer,
        f32: new Float32Array(buffer),
        i32: new Int32Array(buffer),
        u8: new Uint8Array(buffer),
      };
    return this.#views;
  }

  #grow(top: number): void {
    const have = this.#memory.buffer.byteLength;
    if (top <= have) return;
    const fail = (limit: string, cause?: unknown): never => {
      throw new MemoryLimitError(
        `out of WebAssembly memory: needs ${mb(top)}, limit ${limit}; use a smaller batch or model`,
        { cause },
      );
    };
    if (top > LIMIT) fail(mb(LIMIT));
    try {
      this.#memory.grow(Math.ceil((top - have) / PAGE));
    } catch (cause) {
      // Another thread may have grown it meanwhile, up to the limit that both asked for.
      if (this.#memory.buffer.byteLength < top) fail(`${mb(have)} (the engine refused to grow it)`, cause);
    }
  }
}

const align = (n: number): number => Math.ceil(n / ALIGN) * ALIGN;
const mb = (bytes: number): string => `${Math.ceil(bytes / 1048576)} MB`;
