// Training in a tab of Chromium: closed, killed, in two tabs, with photographs, without room. Each
// ends with the bytes of a run in Node that nobody disturbed, and the page has no work. In Firefox, in
// npm run test:soak: closed and in two tabs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/hash.js';
import { nodeStorage } from '../../src/formats/storage.node.js';
import { unzip } from '../../src/formats/zip.js';
import { nameImages } from '../../src/images/source.node.js';
import { init, type KeptRuns, Rng, type TabRequest, type TabRun } from '../../src/index.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import { trainKept } from '../../src/tab/run.js';
import { hasBrowser, missingBrowser } from '../support/browser.js';
import { temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { LONG } from '../support/long.js';
import { Tabs } from '../support/tab.js';

const test = suite('study/tab/client');
const REQUEST: TabRequest = { images: 16, seed: 3, train: { expansion: 2, batch: 256, steps: 60, k: 8 } };
const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-inline'; worker-src 'self'";

/** What the functions below leave in a page. */
interface Held {
  runs: KeptRuns;
  step: number;
  done: Promise<TabRun | string>;
  stop: AbortController;
}
declare const held: Held;

/** Sets `held.runs` in a page. */
const openRuns = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const module = '/dist/src/in-one/index.js';
    const { init, openKeptRuns } = (await import(module)) as typeof import('../../src/index.js');
    const runs = await openKeptRuns(await init({ workers: 2 }));
    Object.assign(globalThis, { held: { runs, step: 0 } });
  });

const TO_THE_END = 1e9;

/** Begins or goes on, in the background; resolves at `until` steps, or when it ended before. */
const begin = (
  page: Page,
  name: string,
  request: TabRequest | undefined,
  until: number,
  // Where nobody interrupts it, nothing is gained by saving as often.
  checkpointEvery = until === TO_THE_END ? 20 : 5,
): Promise<unknown> =>
  page.evaluate(
    ({ name, request, until, checkpointEvery }) =>
      new Promise<unknown>((reached) => {
        held.stop = new AbortController();
        held.done = held.runs
          .train(name, request, {
            checkpointEvery,
            signal: held.stop.signal,
            onProgress: (p) => {
              if (p.stage !== 'training') return;
              held.step = p.log.length;
              if (held.step >= until) reached(held.step);
            },
          })
          .catch((e: Error) => `${e.name}: ${e.message}`);
        void held.done.then(reached);
      }),
    { name, request, until, checkpointEvery },
  );

/** What the page's own thread had to do with the core and with its workers. */
interface PageWork {
  /** Calls of functions of WebAssembly. */
  kernels: number;
  /** Messages from workers, characters of the longest of them as JSON without its arrays of numbers, and bytes of all these. */
  messages: number;
  longest: number;
  bytes: number;
}
declare const pageWork: PageWork;

/**
 * Counts, from the next page that is opened on: kernels called on the thread of the page, and messages
 * that it gets. A page that calls none and is told little has no long task, on whatever machine.
 */
const countWork = async (context: BrowserContext): Promise<void> => {
  await context.addInitScript(() => {
    const work: PageWork = { kernels: 0, messages: 0, longest: 0, bytes: 0 };
    Object.assign(globalThis, { pageWork: work });
    const { Instance } = WebAssembly;
    const counted = (exports: WebAssembly.Exports): WebAssembly.Exports =>
      Object.fromEntries(
        Object.entries(exports).map(([name, value]) => [
          name,
          typeof value === 'function'
            ? (...args: unknown[]) => {
                work.kernels++;
                return value(...args);
              }
            : value,
        ]),
      );
    const instantiate = WebAssembly.instantiate.bind(WebAssembly);
    Object.assign(WebAssembly, {
      Instance: new Proxy(Instance, {
        construct: (target, args) => ({ exports: counted(Reflect.construct(target, args).exports) }),
      }),
      instantiate: async (source: WebAssembly.Module, imports?: WebAssembly.Imports) => ({
        exports: counted((await instantiate(source, imports)).exports),
      }),
    });
    const Original = Worker;
    Object.assign(globalThis, {
      Worker: new Proxy(Original, {
        construct: (target, args) => {
          const worker: Worker = Reflect.construct(target, args);
          worker.addEventListener('message', ({ data }) => {
            work.messages++;
            const text = JSON.stringify(data, (_, value) => {
              if (!ArrayBuffer.isView(value)) return value;
              work.bytes += value.byteLength;
              return undefined;
            });
            work.longest = Math.max(work.longest, text.length);
          });
          return worker;
        },
      }),
    });
  });
};

/** After the start of an engine, which asks its core what it is. */
const fromHere = (page: Page): Promise<unknown> =>
  page.evaluate(() => Object.assign(pageWork, { kernels: 0, messages: 0, longest: 0, bytes: 0 }));

/** Of a run of `pictures` pictures and `steps` steps: no kernel on the page, and a short message a picture or step at most. */
function assertLittle(work: PageWork, pictures: number, steps: number): void {
  assert.is(work.kernels, 0, 'kernels on the thread of the page');
  assert.ok(work.messages > 0, 'its workers were heard');
  assert.ok(work.messages <= 20 + pictures + steps, `${work.messages} messages`);
  assert.ok(work.longest < 64 * 1024, `a message of ${work.longest} characters`);
  // At the end, once: six crops of 24 features.
  assert.ok(work.bytes <= 24 * 6 * 72 * 72 * 3, `${work.bytes} bytes of numbers`);
}

/** Begins a run and comes back while pictures are still being looked at. */
const beginActivations = (page: Page, name: string, request: TabRequest): Promise<void> =>
  page.evaluate(
    ({ name, request }) =>
      new Promise<void>((reached) => {
        void held.runs
          .train(name, request, { onProgress: (p) => p.stage === 'activations' && p.done > 4 && reached() })
          .catch(() => {});
      }),
    { name, request },
  );

const done = (page: Page): Promise<TabRun | string> => page.evaluate(() => held.done);

/** Hashed in the page: what crosses over as numbers is slow. */
const weightsIn = (page: Page, name: string): Promise<string> =>
  page.evaluate(async (n) => {
    const digest = await crypto.subtle.digest('SHA-256', await held.runs.files(n, 'safetensors'));
    return Array.from(new Uint8Array(digest), (b) => b.toString(16).padStart(2, '0')).join('');
  }, name);

const engine = await init();
const dir = temporaryFolder('tab-client');
const inNode = async (name: string, request: TabRequest): Promise<string> => {
  const env = {
    engine,
    pool: (model: Parameters<typeof nodePool>[1]) => nodePool(engine, model),
    nameImages,
  };
  await trainKept(env, nodeStorage(dir), name, request);
  return sha256(readFileSync(join(dir, 'runs', name, 'sae', 'sae_weights.safetensors')));
};

/** In `npm run test:soak`: seconds each, of mechanisms of which other tests here see the end. */
const whole = (name: string, body: () => Promise<void>): void => {
  if (LONG) test(name, body);
};

if (!hasBrowser('chromium')) {
  console.log(`skipped: tab/client in chromium ${missingBrowser('chromium')}`);
  test.skip('chromium');
} else {
  const tabs = new Tabs();
  tabs.headers = { 'content-security-policy': CSP };
  const wanted = await inNode('a', REQUEST);
  test.before(() => tabs.serve());
  test.after(() => tabs.end());

  test('the weights of Node, with no work on the page', async () => {
    await (await tabs.open()).close();
    await countWork(tabs.context!);
    const page = await tabs.open();
    await openRuns(page);
    await fromHere(page);
    await begin(page, 'a', REQUEST, TO_THE_END);
    const run = await done(page);
    const work = await page.evaluate(() => pageWork);
    assert.type(run, 'object', String(run));
    assertLittle(work, 16, 60);
    // The counter counts: a picture that the page draws itself takes kernels.
    const own = await page.evaluate(async () => {
      const module = '/dist/src/in-one/index.js';
      const { init, proceduralImage } = (await import(module)) as typeof import('../../src/index.js');
      proceduralImage((await init()).math, 0, 0, 224);
      return pageWork.kernels;
    });
    assert.ok(own > 0, `${own} kernels`);
    assert.is(await weightsIn(page, 'a'), wanted);
    await page.close();
  });

  whole('nor any while a page that was closed is opened again and goes on', async () => {
    let page = await tabs.open();
    await openRuns(page);
    // A seed of its own: activations are extracted for it, and closed while they are.
    await beginActivations(page, 'again', { ...REQUEST, seed: 4 });
    await page.close();
    page = await tabs.open();
    await openRuns(page);
    await fromHere(page);
    await begin(page, 'again', undefined, TO_THE_END);
    const run = await done(page);
    const work = await page.evaluate(() => pageWork);
    assert.type(run, 'object', String(run));
    assertLittle(work, 16, 60);
    await page.close();
  });

  // Before the browser is killed: Chromium's estimates are off after that.
  whole('no room: explained, what was saved is kept, and it goes on when there is room', async () => {
    const { origin } = tabs;
    const page = await tabs.open();
    const cdp = await page.context().newCDPSession(page);
    await openRuns(page);
    const { used } = (await page.evaluate(() => held.runs.space()))!;
    await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: used + 3e6 });
    await begin(page, 'full', { ...REQUEST, images: 14, perImage: 700 }, TO_THE_END); // 4 MB of activations
    assert.match(
      String(await done(page)),
      /^StorageFullError: opfs:\/curvesae\/.*: the browser's storage for this site is full: .* delete runs that are no longer needed/,
    );
    const [info] = (await page.evaluate(() => held.runs.list())).filter((r) => r.name === 'full');
    assert.is(info.state, 'unfinished');
    await cdp.send('Storage.overrideQuotaForOrigin', { origin });
    await begin(page, 'full', undefined, TO_THE_END);
    const run = await done(page);
    assert.type(run, 'object', String(run));
    await page.close();
  });

  test('closed, killed, closed: it goes on each time, and ends with the same weights', async () => {
    let page = await tabs.open();
    await openRuns(page);
    // Before training.
    await beginActivations(page, 'b', { ...REQUEST, images: 17 });
    await page.close();
    page = await tabs.open();
    await openRuns(page);
    assert.match(
      await page.evaluate(() => held.runs.train('b', { images: 18 }).then(String, String)),
      /UsageError: run 'b' exists with other settings \(/,
    );
    await page.evaluate(() => held.runs.delete('b'));
    // So many steps that it is closed before it is done.
    const request = { ...REQUEST, train: { ...REQUEST.train, steps: 300 } };
    const wanted = await inNode('b', request);
    await begin(page, 'b', request, 15);
    await page.close();
    page = await tabs.open();
    await openRuns(page);
    const [info] = (await page.evaluate(() => held.runs.list())).filter((r) => r.name === 'b');
    assert.is(info.state, 'unfinished');
    assert.is(info.busy, false);
    assert.ok(info.step >= 10 && info.step < 300, `saved at ${info.step}`);
    await begin(page, 'b', undefined, info.step + 8);
    await tabs.kill();
    page = await tabs.open();
    await openRuns(page);
    await begin(page, 'b', undefined, TO_THE_END);
    const run = await done(page);
    assert.type(run, 'object', String(run));
    assert.is(await page.evaluate(() => held.step), 300, 'the log of all its parts');
    assert.is(await weightsIn(page, 'b'), wanted);
    const zip = await page.evaluate(async () => {
      const reader = new FileReader();
      reader.readAsDataURL(new Blob([await held.runs.files('b', 'zip')]));
      await new Promise((loaded) => reader.addEventListener('load', loaded));
      return String(reader.result).split(',')[1];
    });
    assert.equal(
      [...unzip(Buffer.from(zip, 'base64'), 'b.zip').keys()],
      ['b/cfg.json', 'b/sae_weights.safetensors', 'b/training.json', 'b/log.jsonl'],
    );
    await page.close();
  });

  whole('runs are listed while the worker that trains looks at pictures itself', async () => {
    const page = await tabs.open();
    const seen = await page.evaluate(async () => {
      const module = '/dist/src/in-one/index.js';
      const { init, openKeptRuns } = (await import(module)) as typeof import('../../src/index.js');
      const runs = await openKeptRuns(await init({ workers: 1 }), { folder: 'alone' });
      const stop = new AbortController();
      let done = 0;
      let began = () => {};
      const first = new Promise<void>((resolve) => {
        began = resolve;
      });
      const run = runs
        .train(
          'd',
          { images: 300 },
          {
            signal: stop.signal,
            onProgress: (p) => {
              done = p.stage === 'activations' ? p.done : 300;
              began();
            },
          },
        )
        .catch((e: Error) => e.message);
      await first;
      const [info] = await runs.list();
      const answered = done;
      stop.abort(new Error('enough'));
      return { answered, busy: info.busy, error: await run };
    });
    assert.ok(seen.answered < 300, 'an answer in the middle');
    assert.is(seen.busy, true);
    assert.is(seen.error, 'enough');
    await page.close();
  });

  whole(
    'a second tab is told, a stopped run is saved, a deleted one is gone with its activations',
    async () => {
      const one = await tabs.open();
      const two = await tabs.open();
      await openRuns(one);
      await openRuns(two);
      const train = { dSae: 64, batch: 64, steps: 4000, k: 4 };
      await begin(one, 'c', { images: 15, seed: 3, train }, 8);
      const busy = await two.evaluate(async () => {
        const say = (p: Promise<unknown>) => p.then(String, (e: Error) => e.message);
        const [info] = (await held.runs.list()).filter((r) => r.name === 'c');
        return [info.busy, await say(held.runs.train('c')), await say(held.runs.delete('c'))];
      });
      assert.is(busy[0], true);
      for (const message of filled(busy.slice(1)))
        assert.match(
          String(message),
          /^opfs:\/curvesae\/runs\/c: in use by another tab or worker of this site; close it/,
        );
      const stopped = await one.evaluate(async () => {
        held.stop.abort(new Error('enough'));
        const error = await held.done;
        const [info] = (await held.runs.list()).filter((r) => r.name === 'c');
        await held.runs.delete('c');
        const space = await held.runs.space();
        const names = (await held.runs.list()).map((r) => r.name);
        return { error, step: info.step, names, space, persistent: await held.runs.persist() };
      });
      assert.is(stopped.error, 'Error: enough');
      assert.ok(stopped.step >= 8 && stopped.step < 4000, `saved at ${stopped.step}`);
      assert.not.ok(stopped.names.includes('c'));
      assert.ok(stopped.space!.used > 0 && stopped.space!.quota > stopped.space!.used);
      assert.type(stopped.persistent, 'boolean');
      await one.close();
      await two.close();
    },
  );

  test('photographs that were dropped, one of them broken: as in Node', async () => {
    const rng = new Rng(8);
    const files: { name: string; base64: string }[] = [];
    for (let i = 0; i < 5; i++) {
      const raw = Uint8Array.from({ length: 3 * 260 * 240 }, () => rng.below(256));
      const picture = sharp(raw, { raw: { width: 260, height: 240, channels: 3 } }).blur(3);
      const bytes = i % 2 ? await picture.png().toBuffer() : await picture.jpeg().toBuffer();
      files.push({
        name: `${i}.${i % 2 ? 'png' : 'jpg'}`,
        base64: (i === 4 ? bytes.subarray(0, 900) : bytes).toString('base64'),
      });
    }
    const train = { dSae: 64, batch: 128, steps: 10, k: 4 };
    const images = files.map(({ name, base64 }) => ({
      kind: 'blob' as const,
      name,
      blob: new Blob([Buffer.from(base64, 'base64')]),
    }));
    const expected = await inNode('photographs', { images, train });
    const page = await tabs.open();
    await openRuns(page);
    const run = await page.evaluate(
      async ({ files, train }) => {
        const images = files.map(({ name, base64 }) => ({
          kind: 'blob' as const,
          name,
          blob: new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name),
        }));
        return held.runs.train('photographs', { images, train });
      },
      { files, train },
    );
    assert.equal(run.failures, [{ name: '4.jpg', reason: '4.jpg: it is truncated' }]);
    assert.is(await weightsIn(page, 'photographs'), expected);
    await page.close();
  });
}

if (!hasBrowser('firefox')) {
  console.log(`skipped: tab/client in firefox ${missingBrowser('firefox')}`);
  test.skip('firefox');
} else
  whole('firefox: a second tab is told; closed, it goes on and ends with the weights of Node', async () => {
    const tabs = new Tabs('firefox');
    tabs.headers = { 'content-security-policy': CSP };
    // So many that it is closed in the middle, on fast machines too.
    const steps = 6000;
    const request = { ...REQUEST, train: { ...REQUEST.train, steps } };
    const wanted = await inNode('firefox', request);
    try {
      await tabs.serve();
      const one = await tabs.open();
      const two = await tabs.open();
      await openRuns(one);
      await openRuns(two);
      await begin(one, 'b', request, 15);
      const busy = await two.evaluate(() => held.runs.train('b').then(String, String));
      assert.match(
        busy,
        /CurvesaeError: opfs:\/curvesae\/runs\/b: in use by another tab or worker of this site/,
      );
      await one.close();
      const page = await tabs.open();
      await openRuns(page);
      const [info] = await page.evaluate(() => held.runs.list());
      assert.is(info.state, 'unfinished');
      assert.is(info.busy, false);
      assert.ok(info.step >= 10 && info.step < steps, `saved at ${info.step}`);
      await begin(page, 'b', undefined, TO_THE_END);
      const run = await done(page);
      assert.type(run, 'object', String(run));
      assert.is(await page.evaluate(() => held.step), 200, 'the log of both parts: every thirtieth step');
      assert.is(await weightsIn(page, 'b'), wanted);
    } finally {
      await tabs.end();
    }
  });

test.run();
