// The core over a memory that several threads share. The module of the package makes a memory of its own
// and exports it; here the same code takes its memory from outside: the memory section becomes an import,
// marked as shared. Nothing else changes, so the kernels are the same, bit for bit.
//   memory section   id 5: count 1, flags 0, min
//   import section   id 2: count 1, 'env' 'memory', kind 2 (memory), flags 3 (shared, has a maximum), min, max
import type { Build } from './features.js';
import { inlineBytes } from './wasm-source.js';

/** 4 GiB, as much as wasm32 addresses: a shared memory must say how far it may grow. */
const MOST_PAGES = 65536;

const [TYPES, IMPORTS, MEMORY] = [1, 2, 5];
const HEADER_BYTES = 8;

/** Whether this engine shares memory between threads: Node always, pages where they are isolated. */
export const canShare = (): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && (globalThis.crossOriginIsolated ?? true);

const compiled = new Map<Build, Promise<WebAssembly.Module>>();

/** The build, compiled for shared memories; the same module whenever it is asked for. */
export function sharedModule(build: Build): Promise<WebAssembly.Module> {
  let module = compiled.get(build);
  if (!module) {
    module = inlineBytes(build).then((bytes) => WebAssembly.compile(withSharedMemory(bytes)));
    module.catch(() => compiled.delete(build));
    compiled.set(build, module);
  }
  return module;
}

/** For a thread that has no copy of the core's bytes: the module that another one compiled. */
export function takeSharedModule(build: Build, module: WebAssembly.Module): void {
  compiled.set(build, Promise.resolve(module));
}

export const sharedMemory = (): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });

/** A module whose memory is imported as `env.memory`, from one that has its own and imports nothing. */
export function withSharedMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [bytes.subarray(0, HEADER_BYTES)];
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const id = bytes[at];
    const [size, body] = unsigned(bytes, at + 1);
    const end = body + size;
    if (id === IMPORTS) throw new Error('the core has imports, which none of its builds has');
    if (id !== MEMORY) parts.push(bytes.subarray(at, end));
    if (id === TYPES) parts.push(importSection());
    at = end;
  }
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let to = 0;
  for (const part of parts) {
    out.set(part, to);
    to += part.length;
  }
  return out;
}

function importSection(): Uint8Array {
  const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
  const body = [1, ...name('env'), ...name('memory'), 2, 3, 1, ...leb(MOST_PAGES)];
  return Uint8Array.of(IMPORTS, ...leb(body.length), ...body);
}

/** LEB128. */
function leb(value: number): number[] {
  const out: number[] = [];
  do {
    const rest = value >>> 7;
    out.push((value & 127) | (rest ? 128 : 0));
    value = rest;
  } while (value);
  return out;
}

/** The number at `at`, and where what follows it begins. */
function unsigned(bytes: Uint8Array, at: number): [value: number, next: number] {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = bytes[at++];
    value |= (byte & 127) << shift;
    if (byte < 128) return [value >>> 0, at];
    shift += 7;
  }
}
