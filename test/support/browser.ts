// Chromium as installed on the machine, driven through playwright-core.
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import type { Suite } from './paths.js';

const CHROMIUM = '/usr/bin/chromium';

/** A test in a real browser; skipped with a message where it is not installed. */
export function browserTest(
  suite: Suite,
  name: string,
  fn: (open: () => Promise<BrowserContext>) => Promise<void>,
): void {
  if (!existsSync(CHROMIUM)) {
    console.log(`skipped: '${name}' needs ${CHROMIUM} (Debian: apt-get install chromium)`);
    suite.skip(name, () => {});
    return;
  }
  suite(name, async () => {
    let context: BrowserContext | undefined;
    try {
      await fn(async () => {
        context = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), 'curvesae-browser-')), {
          executablePath: CHROMIUM,
          headless: true,
          timeout: 60_000,
          args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        });
        return context;
      });
    } finally {
      await context?.close();
    }
  });
}
