// init(): picks a build, compiles it once, hands out Cores. Nothing happens at import.
import { keptAlive } from './alive.js';
import { Core } from './core.js';
import { UnsupportedError, UsageError } from './errors.js';
import { BUILDS, type Build, checkByteOrder, supportedBuilds } from './features.js';
import type { CoreMath } from './math.js';
import { givenModule, inlineModule, type LoadedModule, type WasmSource } from './wasm-source.js';

export interface InitOptions {
  /** Where the WebAssembly comes from; by default the bytes inlined in the package. */
  wasm?: WasmSource;
  /** Instruction set; by default `simd`, or `scalar` where SIMD is missing. */
  build?: Build;
  /** Number of workers a caller may start; 0 or 1: everything on this thread. Never changes a bit. */
  workers?: number;
  /** The package's worker.js at an address of this site, for pages where its own is not found. */
  workerUrl?: string | URL;
  /** Receives the one warning of a fallback; by default console.warn. */
  warn?: (message: string) => void;
}

export interface EngineInfo {
  build: Build;
  /** Why this build runs. */
  reason: string;
  workers: number;
  /** Hash of the kernel sources: equal ids give equal bits. */
  buildId: string;
  supported: Record<Build, boolean>;
}

export interface Engine {
  info(): EngineInfo;
  /** Compiled module, to hand to workers. */
  readonly module: WebAssembly.Module;
  readonly math: CoreMath;
  readonly workerUrl: string | URL | undefined;
  /** A core of one's own; give it back with core.dispose(). */
  acquire(): Core;
  dispose(): void;
}

export async function init(options: InitOptions = {}): Promise<Engine> {
  if (typeof WebAssembly === 'undefined')
    throw new UnsupportedError(
      'this runtime has no WebAssembly (a browser in lockdown mode switches it off); allow it for this page',
    );
  checkByteOrder();
  const { module, build, buildId, reason } = await keptAlive(() => choose(options));
  const workers = options.workers ?? 1;
  if (!Number.isInteger(workers) || workers < 0 || workers > 256)
    throw new UsageError(`workers must be a whole number from 0 to 256, not ${workers}`);
  const info = { build, reason, workers, buildId, supported: { ...supportedBuilds() } };
  return new CoreEngine(module, info, options.workerUrl);
}

async function choose(options: InitOptions): Promise<LoadedModule & { reason: string }> {
  if (options.wasm === undefined) {
    const { build, reason } = chooseBuild(options);
    return { ...(await inlineModule(build)), reason };
  }
  if (options.build !== undefined) chooseBuild(options); // refuses what cannot run before anything is fetched
  const loaded = await givenModule(options.wasm);
  if (options.build !== undefined && options.build !== loaded.build)
    throw new UsageError(
      `init({wasm}) was given the ${loaded.build} build, but build: '${options.build}' was asked for`,
    );
  return { ...loaded, reason: 'the module given to init({wasm})' };
}

function chooseBuild({ build, warn = console.warn }: InitOptions): { build: Build; reason: string } {
  const supported = supportedBuilds();
  if (build !== undefined) {
    if (!BUILDS.includes(build))
      throw new UsageError(`unknown build '${build}'; known: ${BUILDS.join(', ')}`);
    if (!supported[build])
      throw new UnsupportedError(
        `this engine cannot run the ${build} build; ` +
          (supported.simd ? 'use --build simd, or Node 22 and later' : 'use --build scalar'),
      );
    return { build, reason: 'asked for' };
  }
  if (supported.simd) return { build: 'simd', reason: 'default: this engine has WebAssembly SIMD' };
  const reason = 'this engine has no WebAssembly SIMD: the scalar build runs, same results, slower';
  warn(`curvesae: ${reason}`);
  return { build: 'scalar', reason };
}

class CoreEngine implements Engine {
  readonly module: WebAssembly.Module;
  readonly math: CoreMath;
  readonly workerUrl: string | URL | undefined;
  #info: EngineInfo;
  #idle: Core[] = [];
  #disposed = false;

  constructor(module: WebAssembly.Module, info: EngineInfo, workerUrl: string | URL | undefined) {
    this.module = module;
    this.workerUrl = workerUrl;
    this.#info = info;
    const first = new Core(module, info.build);
    this.math = first.math;
    this.#idle.push(first);
  }

  info(): EngineInfo {
    return { ...this.#info };
  }

  acquire(): Core {
    if (this.#disposed) throw new UsageError('the engine was disposed; call init() again');
    const core = this.#idle.pop() ?? new Core(this.module, this.#info.build);
    return core.adopt((c) => {
      if (!this.#disposed) this.#idle.push(c);
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.#idle.length = 0;
  }
}
