// A tab of a browser whose profile outlives it, so that what it keeps can be looked at after
// it was closed or killed; and a server for its pages, on this machine only.
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type BrowserName, launchProfile, openBrowser } from './browser.js';
import { ROOT } from './paths.js';

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** A page as in docs/browser: bare names resolved by an import map. */
const BLANK = `<!doctype html><meta charset="utf-8"><script type="importmap">${JSON.stringify({
  imports: {
    fflate: '/node_modules/fflate/esm/browser.js',
    '@assemblyscript/loader': '/node_modules/@assemblyscript/loader/index.js',
  },
})}</script>`;

/**
 * The library as one file, for pages of which many are opened: its 300 modules take a page four times as long, and
 * sae/slices-page, docs/library and the examples load them. As deep as the modules that name the workers' script.
 */
const IN_ONE = '/dist/src/in-one/index.js';
let inOne: Promise<string> | undefined;
async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    ...{ entryPoints: [join(ROOT, 'dist/src/index.js')], bundle: true, format: 'esm', write: false },
    // Loaded where an option asks for them.
    ...{
      external: ['hyparquet', '@uwdata/flechette', 'umap-js', '@huggingface/tokenizers'],
      logLevel: 'error',
    },
  });
  return outputFiles[0].text;
}

/** Runs the text of a function in a worker, with what the modules named export as its first argument. */
const WORKER = `
onmessage = async ({ data: { modules, source, argument, without } }) => {
  for (const key of without) delete FileSystemFileHandle.prototype[key];
  try {
    const parts = await Promise.all(modules.map((m) => import(m)));
    postMessage({ value: await self.eval('(' + source + ')')(Object.assign({}, ...parts), argument) });
  } catch (error) {
    postMessage({ error: error.name + ': ' + error.message });
  }
};`;

export class Tabs {
  /** None: a fresh context of the browser that is shared, which cannot be killed or opened again. */
  readonly profile: string | undefined;
  origin = '';
  /** Of every response. */
  headers: Record<string, string> = {};
  context: BrowserContext | undefined;
  #shared: Browser | undefined;
  #close = () => {};

  constructor(
    readonly browser: BrowserName = 'chromium',
    { shared = false } = {},
  ) {
    if (!shared) this.profile = mkdtempSync(join(tmpdir(), 'curvesae-tab-'));
  }

  /** Tabs of the browser that is shared: where nothing has to outlive it. */
  static shared(browser: BrowserName): Tabs {
    return new Tabs(browser, { shared: true });
  }

  /** Serves the checkout's dist/ and examples/ and what they import. */
  async serve(): Promise<void> {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, 'http://x');
      for (const [name, value] of Object.entries(this.headers)) response.setHeader(name, value);
      if (pathname === '/favicon.ico') return response.writeHead(204).end();
      if (pathname === '/blank') return response.setHeader('content-type', 'text/html').end(BLANK);
      if (pathname === '/test-worker.js')
        return response.setHeader('content-type', 'text/javascript').end(WORKER);
      if (pathname === IN_ONE) {
        response.setHeader('content-type', 'text/javascript');
        inOne ??= bundled();
        return void inOne.then((text) => response.end(text));
      }
      const file = join(ROOT, pathname);
      if (
        !/^\/(dist|examples|node_modules)\//.test(pathname) ||
        !statSync(file, { throwIfNoEntry: false })?.isFile()
      )
        return response.writeHead(404).end();
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
      response.end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#close = () => {
      server.closeAllConnections();
      server.close();
    };
  }

  /** A new tab; the browser is started, or started again on the same profile, where it does not run. */
  async open(path = '/blank'): Promise<Page> {
    this.context ??= await this.#start();
    const page = await this.context.newPage();
    await page.goto(`${this.origin}${path}`);
    return page;
  }

  async #start(): Promise<BrowserContext> {
    if (this.profile) return launchProfile(this.browser, this.profile);
    this.#shared = await openBrowser(this.browser);
    return this.#shared.newContext();
  }

  /** SIGKILL for the browser: nothing of it gets to say goodbye. */
  async kill(): Promise<void> {
    if (!this.profile) throw new Error('a shared browser is not killed');
    const closed = new Promise((resolve) => this.context!.once('close', resolve));
    const lock = readlinkSync(join(this.profile, this.browser === 'firefox' ? 'lock' : 'SingletonLock'));
    process.kill(Number(/\d+$/.exec(lock)![0]), 'SIGKILL');
    await closed;
    this.context = undefined;
  }

  async end(): Promise<void> {
    await this.context?.close();
    await this.#shared?.close();
    this.#close();
    if (this.profile) rmSync(this.profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

export interface Where {
  /** In a dedicated worker, or on the page itself. */
  worker: boolean;
  /** What FileSystemFileHandle lacks. */
  without?: string[];
}

/** Calls `fn` (whose text is sent: it sees nothing around it) with the exports of `modules`, paths in dist/. */
export async function runIn<M, A, T>(
  page: Page,
  { worker, without = [] }: Where,
  modules: string[],
  fn: (exports: M, argument: A) => Promise<T>,
  argument: A,
): Promise<T> {
  return page.evaluate(
    async ([modules, source, argument, worker, without]) => {
      if (worker) {
        const it = new Worker('/test-worker.js', { type: 'module' });
        const answer = await new Promise<{ value?: unknown; error?: string }>((resolve, reject) => {
          it.onmessage = ({ data }) => resolve(data);
          it.onerror = (e) => reject(new Error(e.message || 'the worker did not start'));
          it.postMessage({ modules, source, argument, without });
        });
        it.terminate();
        if (answer.error) throw new Error(answer.error);
        return answer.value as never;
      }
      for (const key of without)
        delete (FileSystemFileHandle.prototype as unknown as Record<string, unknown>)[key];
      const parts = await Promise.all(modules.map((m) => import(m)));
      // biome-ignore lint/security/noGlobalEval: the text is the test's own
      return globalThis.eval(`(${source})`)(Object.assign({}, ...parts), argument);
    },
    [modules.map((m) => `/dist/${m}`), fn.toString(), argument, worker, without] as const,
  ) as Promise<T>;
}
