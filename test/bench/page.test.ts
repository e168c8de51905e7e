// The benchmark's page in a real browser: it runs, draws and gives its rows as JSON.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchResult } from '../../src/bench/types.js';
import { type BrowserName, browserTest } from '../support/browser.js';
import { LONG } from '../support/long.js';
import { ROOT } from '../support/paths.js';

const test = suite('bench/page');
const page = await import(pathToFileURL(resolve(ROOT, 'scripts/bench-page.mjs')).href);
process.chdir(ROOT);
let built: Promise<unknown> | undefined;

const BROWSERS: BrowserName[] = LONG ? ['chromium', 'firefox'] : ['chromium'];
for (const name of BROWSERS)
  browserTest(
    test,
    `${name} runs the suite of its kernels and two workers`,
    async (open) => {
      built ??= page.buildPage();
      const server: Server = await page.servePage(await built);
      try {
        const context = await open();
        const tab = await context.newPage();
        const errors: string[] = [];
        tab.on('pageerror', (e) => errors.push(e.message));
        tab.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
        const { port } = server.address() as AddressInfo;
        await tab.goto(`http://127.0.0.1:${port}/?only=f32_relu,f32_gemm_packed_4x8&rounds=1&ms=1&run`);
        await tab.locator('#progress', { hasText: /^(done|It stopped)/ }).waitFor({ timeout: 120_000 });
        const { result, error } = await tab.evaluate(() => {
          const w = window as { benchResult?: unknown; benchError?: string };
          return { result: w.benchResult as BenchResult, error: w.benchError };
        });
        assert.is(error, undefined);
        assert.equal(errors, []);
        assert.match(result.machine.runtime, name === 'chromium' ? 'Chrome' : 'Firefox');
        const builds = result.rows.filter((r) => r.work.startsWith('f32_relu: ')).map((r) => r.build);
        assert.equal(builds.slice(0, 2), ['simd', 'scalar']);
        assert.ok(result.peak.simd > 0.1);
        assert.ok((await tab.locator('#result svg').count()) >= 2);
        assert.is(await tab.locator('#progress').textContent(), 'done');
        assert.ok(await tab.locator('#json').isVisible());
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
    name,
  );

test.run();
