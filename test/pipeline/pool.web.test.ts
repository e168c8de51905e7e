// The browser's pool in Chromium and Firefox: the bits of Node with any number of workers, on pages with and
// without cross-origin isolation, under a strict CSP, and where workers cannot start.
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/hash.js';
import { embeddedModel, init } from '../../src/index.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import type { ExtractResult } from '../../src/vectors/extract.js';
import type { StoreRecipe } from '../../src/vectors/types.js';
import { hasBrowser, missingBrowser } from '../support/browser.js';
import { LONG } from '../support/long.js';
import { Tabs } from '../support/tab.js';

const test = suite('study/pool.web');
const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-inline'";
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};
const RECIPE = {
  ...{ tap: 'mixed3b_5x5', inputSize: 96, perImage: 16, reference: 4 },
  ...{ sample: 'norm', excludeBorder: false, seed: 5 },
} as StoreRecipe;
const IMAGES = 3;

const PAYLOADS = Array.from({ length: IMAGES }, (_, index) => ({
  ref: { kind: 'procedural', name: `p${index}`, seed: 1, index },
  image: index,
  recipe: RECIPE,
}));

interface Outcome {
  hash: string;
  warnings: string[];
  isolated: boolean;
}

/** Sampled vectors of all pictures, one after another, computed in a page. */
function compute(page: Page, options: { workers: number; workerUrl?: string }): Promise<Outcome> {
  return page.evaluate(
    async ({ options, payloads }) => {
      const module = '/dist/src/in-one/index.js';
      const c = (await import(module)) as typeof import('../../src/index.js');
      const warnings: string[] = [];
      const engine = await c.init(options);
      const pool = c.webPool(engine, await c.embeddedModel(engine.math), (w) => warnings.push(w));
      const parts: Float32Array[] = [];
      await pool.mapOrdered<unknown, { sample: { activations: Float32Array } }>(
        payloads,
        (payload) => ({ name: 'extract', payload }),
        ({ sample }) => {
          parts.push(sample.activations);
        },
      );
      pool.dispose();
      const bytes = await new Blob(parts as BlobPart[]).arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      const hash = Array.from(digest, (b) => b.toString(16).padStart(2, '0')).join('');
      return { hash, warnings, isolated: globalThis.crossOriginIsolated };
    },
    { options, payloads: PAYLOADS },
  );
}

async function expected(): Promise<string> {
  const engine = await init();
  const pool = nodePool(engine, await embeddedModel(engine.math));
  const parts: Buffer[] = [];
  await pool.mapOrdered<unknown, ExtractResult>(
    PAYLOADS,
    (payload) => ({ name: 'extract', payload }),
    (result) => {
      if ('failure' in result) throw new Error(result.failure.reason);
      const { buffer, byteOffset, byteLength } = result.sample.activations;
      parts.push(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength));
    },
  );
  return sha256(Buffer.concat(parts));
}

// 1, 2, 3 and 8 in both: npm run test:portability, and the long version of this test.
const COUNTS = { chromium: LONG ? [0, 1, 2, 3, 8] : [0, 3], firefox: [0, 2] };
const wanted = hasBrowser('chromium') || hasBrowser('firefox') ? await expected() : '';

// In Firefox the hash of a whole study is in portability/identity.
for (const browser of LONG ? (['chromium', 'firefox'] as const) : (['chromium'] as const)) {
  if (!hasBrowser(browser)) {
    console.log(`skipped: pool.web in ${browser} ${missingBrowser(browser)}`);
    test.skip(browser);
    continue;
  }
  const tabs = Tabs.shared(browser);
  const open = async (headers: Record<string, string>) => {
    tabs.headers = headers;
    return tabs.open();
  };
  test.before(() => tabs.serve());
  test.after(() => tabs.end());

  test(`${browser}: ${COUNTS[browser].join(', ')} workers give the bits of Node, with and without COOP/COEP`, async () => {
    for (const isolated of [false, true]) {
      const page = await open(isolated ? ISOLATED : {});
      for (const workers of isolated ? [2] : COUNTS[browser]) {
        const got = await compute(page, { workers });
        assert.is(got.isolated, isolated);
        assert.equal(got.warnings, []);
        assert.is(got.hash, wanted, `${workers} workers, isolated ${isolated}`);
      }
    }
  });

  test(`${browser}: under a strict CSP, with workerUrl, and where workers cannot start`, async () => {
    const page = await open({ 'content-security-policy': `${CSP}; worker-src 'self'` });
    const got = await compute(page, { workers: 2, workerUrl: '/dist/src/worker.js' });
    assert.equal(got.warnings, []);
    assert.is(got.hash, wanted);
    const lost = await compute(page, { workers: 2, workerUrl: '/dist/nothing.js' });
    assert.is(lost.warnings.length, 1);
    assert.match(
      lost.warnings[0],
      /^curvesae: workers cannot start \(its script was not loaded: serve worker\.js .*init\(\{workerUrl\}\)\); computing on this thread, same results$/,
    );
    assert.is(lost.hash, wanted);
    const html = await compute(page, { workers: 2, workerUrl: '/blank' });
    assert.match(html.warnings.join(), /workers cannot start/);
    assert.is(html.hash, wanted);
    const forbidding = await open({ 'content-security-policy': `${CSP}; worker-src 'none'` });
    const none = await compute(forbidding, { workers: 3 });
    assert.is(none.warnings.length, 1);
    assert.match(none.warnings[0], /workers cannot start/);
    assert.is(none.hash, wanted);
  });
}

test.run();
