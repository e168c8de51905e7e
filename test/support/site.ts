// Pages of examples and tests: a server on this machine only, and what a page shows in the end.
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve, sep } from 'node:path';
import type { Browser } from 'playwright-core';

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
};

/** With these a page is cross-origin isolated: it has SharedArrayBuffer. */
export const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

export interface Site {
  origin: string;
  close(): void;
}

/** Serves `root`; `aliases` maps prefixes of paths to other folders. */
export async function serveSite(
  root: string,
  headers: Record<string, string> = {},
  aliases: Record<string, string> = {},
): Promise<Site> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://x');
    const prefix = Object.keys(aliases).find((p) => pathname.startsWith(p));
    const folder = resolve(prefix === undefined ? root : aliases[prefix]);
    const rest = decodeURIComponent(pathname.slice(prefix?.length ?? 1)) || 'index.html';
    const file = resolve(folder, rest);
    if (!file.startsWith(folder + sep) || !statSync(file, { throwIfNoEntry: false })?.isFile())
      return response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      ...headers,
    });
    response.end(readFileSync(file));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The text of #result, as soon as there is one, and what the page warned of. */
export async function readPage(
  browser: Browser,
  url: string,
  timeoutMs = 240_000,
): Promise<{ output: string; said: string[] }> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const said: string[] = [];
    page.on('console', (message) => {
      if (['warning', 'error'].includes(message.type())) said.push(message.text());
    });
    page.on('pageerror', (error) => said.push(error.message));
    await page.goto(url, { timeout: timeoutMs });
    const result = page.locator('#result', { hasText: /\S/ });
    // Attached, not visible: some pages fill a hidden element.
    await result.waitFor({ state: 'attached', timeout: timeoutMs }).catch((cause) => {
      throw new Error(`no result in ${url}; the page said: ${said.join(' | ') || 'nothing'}`, { cause });
    });
    return { output: (await result.textContent())!, said };
  } finally {
    await context.close();
  }
}
