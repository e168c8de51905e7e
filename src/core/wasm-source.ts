// Where the core's bytes come from: inlined in the package, or given by the caller.
import { CurvesaeError, InputError, UsageError } from './errors.js';
import type { Build } from './features.js';

export type WasmSource =
  | URL
  | string
  | Response
  | ArrayBuffer
  | Uint8Array
  | WebAssembly.Module
  | Promise<Response>;

export async function loadModule(
  source: WasmSource | undefined,
  build: Build,
): Promise<{ module: WebAssembly.Module; buildId: string }> {
  const inline = await import('./generated/wasm.js');
  const buildId = inline.kernelBuildId;
  if (source === undefined) return { module: await WebAssembly.compile(fromBase64(inline[build])), buildId };
  const given = await source;
  if (given instanceof WebAssembly.Module) return { module: checked(given), buildId };
  const bytes = await bytesOf(given);
  if (bytes[0] === 0x3c)
    throw new InputError(`${nameOf(source)}: the server returned HTML instead of WebAssembly; check the URL`);
  try {
    return { module: checked(await WebAssembly.compile(bytes)), buildId };
  } catch (cause) {
    if (cause instanceof CurvesaeError) throw cause;
    throw new InputError(
      `${nameOf(source)}: not a WebAssembly module this engine accepts (${(cause as Error).message})`,
      { cause },
    );
  }
}

function checked(module: WebAssembly.Module): WebAssembly.Module {
  const names = new Set(WebAssembly.Module.exports(module).map((e) => e.name));
  if (!names.has('heap_base') || !names.has('memory'))
    throw new InputError(
      'this WebAssembly module is not a curvesae core; use curvesae/core/simd.wasm of the same version',
    );
  return module;
}

async function bytesOf(source: Exclude<WasmSource, Promise<Response>>): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Uint8Array) return new Uint8Array(source);
  if (source instanceof Response) return readResponse(source);
  if (typeof source === 'string' || source instanceof URL) {
    const url = new URL(source, globalThis.location?.href);
    if (url.protocol === 'file:') {
      const { readFile } = await import('node:fs/promises');
      return new Uint8Array(await readFile(url));
    }
    return readResponse(await fetch(url));
  }
  throw new UsageError('init({wasm}) takes a URL, a Response, bytes or a WebAssembly.Module');
}

async function readResponse(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  if (!response.ok)
    throw new InputError(`${response.url}: HTTP ${response.status}; check the URL of the .wasm`);
  return new Uint8Array(await response.arrayBuffer());
}

const nameOf = (source: unknown): string =>
  source instanceof Response
    ? source.url || 'response'
    : source instanceof URL || typeof source === 'string'
      ? String(source)
      : 'wasm bytes';

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
