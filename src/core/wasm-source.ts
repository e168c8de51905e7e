// Where the core's bytes come from: inlined in the package, or given by the caller.
import { fromBase64 } from './base64.js';
import { InputError, UnsupportedError, UsageError } from './errors.js';
import { BUILDS, type Build } from './features.js';
import { kernelBuildId } from './generated/build-id.js';

export type WasmSource =
  | URL
  | string
  | Response
  | ArrayBuffer
  | Uint8Array
  | WebAssembly.Module
  | Promise<Response>;

export interface LoadedModule {
  module: WebAssembly.Module;
  build: Build;
  buildId: string;
}

/** Custom section that scripts/build-wasm.mjs stamps: `<id of the kernels> <build>`. */
const STAMP = 'curvesae.build';

/** Loaded when wanted, and only the one that is. */
const INLINE: Record<Build, () => Promise<{ base64: string }>> = {
  simd: () => import('./generated/simd.js'),
  scalar: () => import('./generated/scalar.js'),
  relaxed: () => import('./generated/relaxed.js'),
};

/** The build that ships inside the package: no URL, no MIME type, no file. */
export async function inlineModule(build: Build): Promise<LoadedModule> {
  return { module: await WebAssembly.compile(await inlineBytes(build)), build, buildId: kernelBuildId };
}

export async function inlineBytes(build: Build): Promise<Uint8Array<ArrayBuffer>> {
  return fromBase64((await INLINE[build]()).base64);
}

/** The caller's module, refused where it is not the core of exactly this package. */
export async function givenModule(source: WasmSource): Promise<LoadedModule> {
  const given = await awaited(source);
  const name = nameOf(given);
  const module = given instanceof WebAssembly.Module ? given : await compile(await bytesOf(given), name);
  return { module, build: stampedBuild(module, name), buildId: kernelBuildId };
}

async function compile(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<WebAssembly.Module> {
  if (!bytes.length) throw new InputError(`${name}: is empty; check the URL or file of the .wasm`);
  if (looksLikeMarkup(bytes))
    throw new InputError(`${name}: the server returned HTML instead of WebAssembly; check the URL`);
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new InputError(
      `${name}: ${bytes.length} bytes that are not a whole WebAssembly module this engine accepts ` +
        `(${(cause as Error).message}); copy the file again, or use the scalar build`,
      { cause },
    );
  }
}

/** Which build a module is, from its stamp. Kernels of another version would compute other bits, or crash. */
function stampedBuild(module: WebAssembly.Module, name: string): Build {
  const [stamp] = WebAssembly.Module.customSections(module, STAMP);
  const advice = 'use curvesae/core/simd.wasm of the same version as the JavaScript';
  if (!stamp) throw new InputError(`${name}: this WebAssembly module is not a curvesae core; ${advice}`);
  const [id, build] = new TextDecoder().decode(stamp).split(' ');
  if (id !== kernelBuildId)
    throw new InputError(
      `${name}: core of build ${id}, but this package has build ${kernelBuildId}; ${advice}`,
    );
  if (!BUILDS.includes(build as Build)) throw new InputError(`${name}: unknown build '${build}'; ${advice}`);
  return build as Build;
}

/** Byte order mark and white space, then `<`: a page, whatever its status and MIME type say. */
export function looksLikeMarkup(bytes: Uint8Array): boolean {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (bytes[at] === 0x20 || (bytes[at] >= 0x09 && bytes[at] <= 0x0d)) at++;
  return bytes[at] === 0x3c;
}

async function awaited(source: WasmSource): Promise<Exclude<WasmSource, Promise<Response>>> {
  try {
    return await source;
  } catch (cause) {
    throw new InputError(`the .wasm cannot be fetched (${(cause as Error).message}); check its URL`, {
      cause,
    });
  }
}

async function bytesOf(source: Exclude<WasmSource, Promise<Response>>): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Uint8Array) return new Uint8Array(source);
  if (isResponse(source)) return readResponse(source);
  if (typeof source === 'string' || source instanceof URL) {
    const url = resolved(source);
    if (url.protocol === 'file:' && !globalThis.location) return readFileUrl(url);
    let response: Response;
    try {
      response = await fetch(url);
    } catch (cause) {
      throw new InputError(`${url}: cannot be fetched (${(cause as Error).message}); check the URL`, {
        cause,
      });
    }
    return readResponse(response);
  }
  throw new UsageError('init({wasm}) takes a URL, a Response, bytes or a WebAssembly.Module');
}

function resolved(source: string | URL): URL {
  try {
    return new URL(source, globalThis.location?.href);
  } catch (cause) {
    throw new UsageError(
      `init({wasm: '${source}'}): a path is no URL; give pathToFileURL(path), new URL(name, import.meta.url), or the bytes`,
      { cause },
    );
  }
}

// Asked of the runtime, not imported: a `node:` import breaks bundlers that build for pages.
async function readFileUrl(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (!fs)
    throw new UnsupportedError(`${url}: this runtime reads no files here; give init({wasm}) the bytes`);
  try {
    return new Uint8Array(await fs.readFile(url));
  } catch (cause) {
    throw new InputError(`${url}: cannot be read (${(cause as Error).message}); check the path`, { cause });
  }
}

async function readResponse(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const name = nameOf(response);
  if (!response.ok) throw new InputError(`${name}: HTTP ${response.status}; check the URL of the .wasm`);
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new InputError(`${name}: broke off while reading (${(cause as Error).message}); try again`, {
      cause,
    });
  }
}

/** By its tag: Node loads all of its HTTP client at the first mention of `Response`, in each thread. */
const isResponse = (source: unknown): source is Response =>
  Object.prototype.toString.call(source) === '[object Response]';

const nameOf = (source: unknown): string => {
  if (isResponse(source)) return source.url || 'response';
  if (source instanceof URL || typeof source === 'string') return String(source);
  return source instanceof WebAssembly.Module ? 'WebAssembly.Module' : 'wasm bytes';
};
