// A small finished run for the explorer's tests, also with the explorer's data; and its site, served.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { openExplorer } from '../../src/api/explorer/open.node.js';
import { type Served, serve } from '../../src/explorer/server.node.js';
import { type Engine, init } from '../../src/index.js';
import { curvesae, temporaryFolder } from './cli.js';
import { sharedCopy } from './shared.js';

const SMALL = '--seeds 1 --steps 120 --batch 256 --d-sae 128 --orientations 72 --radii 30 --quiet'.split(' ');

const dir = temporaryFolder('explorer');

/** Runs the main job into a new folder. */
export async function runInto(out: string, images = 'procedural:24'): Promise<void> {
  const r = await curvesae(['run', ...SMALL, '--images', images, '--out', out]);
  assert.is(r.code, 0, r.stderr);
}

/** A folder of one's own with the small run, which is made once. */
export const smallRun = (): Promise<string> => sharedCopy('small-run', runInto);

/** The same with the explorer's data. */
export const exploredRun = (): Promise<string> =>
  sharedCopy('explored-run', async (folder) => {
    cpSync(await smallRun(), folder, { recursive: true });
    await open([folder]);
  });

const QUIET = { start: () => {}, update: () => {}, finish: () => {} };
const engines = new Map<number, Promise<Engine>>();

/** On one thread, which is this one: others are started anew for each data that are made. */
export async function open(
  folders: string[],
  options: { photographs?: number; images?: string[]; workers?: number } = {},
) {
  const { workers = 1 } = options;
  const engine = engines.get(workers) ?? init({ workers });
  engines.set(workers, engine);
  return openExplorer({
    engine: await engine,
    folders,
    photographs: options.photographs ?? 1000,
    images: options.images,
    cache: join(dir, 'cache'),
    version: '0.0.0',
    progress: QUIET,
    warn: () => {},
  });
}

/** Serves folders of runs for the time of `use`. */
export async function served<T>(folders: string[], use: (server: Served) => Promise<T>): Promise<T> {
  const { site } = await open(folders);
  const server = await serve(site, 0);
  try {
    return await use(server);
  } finally {
    server.close();
  }
}

/** A page whose complaints and foreign requests are collected. */
export async function watched(context: BrowserContext, url: string) {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (m) => m.type() === 'error' && complaints.push(m.text()));
  page.on('pageerror', (e) => complaints.push(e.message));
  page.on('request', (r) => requests.push(r.url()));
  const go = async (hash: string, heading?: string) => {
    const now = page.url();
    // As a link does it: Firefox, by BiDi, once told nothing of the end of such a navigation.
    if (hash.startsWith('#') && now.split('#')[0] === url && now !== `${url}${hash}`)
      await page.evaluate(
        (to) =>
          new Promise((changed) => {
            addEventListener('hashchange', changed, { once: true });
            location.hash = to;
          }),
        hash,
      );
    else await page.goto(`${url}${hash}`);
    await page.locator('h1').waitFor();
    if (heading) await page.locator('h1', { hasText: heading }).waitFor();
  };
  const foreign = () => requests.filter((r) => !r.startsWith(url) && !/^(data|blob):/.test(r));
  return { page, go, complaints, requests, foreign };
}

/** Pixels by which a page is wider than its window. */
export const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Resolves once nothing of the page has changed for ten pictures in a row. */
export const quiet = (page: Page): Promise<void> =>
  page.evaluate(
    () =>
      new Promise<void>((done) => {
        let still = 0;
        const observer = new MutationObserver(() => {
          still = 0;
        });
        observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
        const next = () => {
          if (++still < 10) return requestAnimationFrame(next);
          observer.disconnect();
          done();
        };
        requestAnimationFrame(next);
      }),
  );

/** Resolves after every timer that the page has set for `ms` milliseconds or less: timers fire in order. */
export const afterTimers = (page: Page, ms: number): Promise<void> =>
  page.evaluate((wait) => new Promise<void>((done) => setTimeout(done, wait)), ms);
