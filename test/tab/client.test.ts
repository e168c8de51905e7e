// Training in a tab of Chromium: closed, killed, in two tabs, with photographs, without room. Each
// ends with the bytes of a run in Node that nobody disturbed, and the page never blocks. In Firefox:
// closed and in two tabs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/hash.js';
import { nodeStorage } from '../../src/formats/storage.node.js';
import { unzip } from '../../src/formats/zip.js';
import { imageSetHash } from '../../src/images/source.node.js';
import { init, type KeptRuns, Rng, type TabRequest, type TabRun } from '../../src/index.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import { trainKept } from '../../src/tab/run.js';
import { hasBrowser, missingBrowser } from '../support/browser.js';
import { temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
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
    const module = '/dist/src/index.js';
    const { init, openKeptRuns } = (await import(module)) as typeof import('../../src/index.js');
    const runs = await openKeptRuns(await init({ workers: 2 }));
    Object.assign(globalThis, { held: { runs, step: 0 } });
  });

/** Begins or goes on, in the background; resolves at `until` steps, or when it ended before. */
const begin = (page: Page, name: string, request: TabRequest | undefined, until: number): Promise<unknown> =>
  page.evaluate(
    ({ name, request, until }) =>
      new Promise<unknown>((reached) => {
        held.stop = new AbortController();
        held.done = held.runs
          .train(name, request, {
            checkpointEvery: 5,
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
    { name, request, until },
  );

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Time on the CPU, in microseconds. */
  tdur?: number;
  args: { name?: string };
}

/**
 * Follows the tasks of all page threads until the returned function is called: milliseconds of
 * each. On the CPU, unlike the entries of a PerformanceObserver for `longtask`, which a machine
 * with other work to do stretches.
 */
async function traceTasks(page: Page): Promise<() => Promise<number[]>> {
  const cdp = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  cdp.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await cdp.send('Tracing.start', {
    categories: 'toplevel,__metadata,disabled-by-default-devtools.timeline',
  });
  return async () => {
    const complete = new Promise((resolve) => cdp.once('Tracing.tracingComplete', resolve));
    await cdp.send('Tracing.end');
    await complete;
    const thread = ({ pid, tid }: TraceEvent) => `${pid}:${tid}`;
    const pages = new Set(
      events.filter((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain').map(thread),
    );
    return events
      .filter((e) => e.name.endsWith('RunTask') && e.tdur !== undefined && pages.has(thread(e)))
      .map((e) => e.tdur! / 1000);
  };
}

/**
 * No task of 50 ms in one of two attempts: what the page does itself comes again, while a shared machine
 * that lost its speed for a moment (64 ms were seen once, 3 and 17 in other runs) has it back.
 */
async function noLongTask(attempt: (name: string, seed: number) => Promise<number[]>): Promise<void> {
  const longest: number[] = [];
  for (const [name, seed] of [
    ['first', 4],
    ['second', 5],
  ] as const) {
    const tasks = await attempt(name, seed);
    assert.ok(tasks.length > 20, `${tasks.length} tasks were seen`);
    longest.push(Math.max(...tasks));
    if (longest.at(-1)! < 50) return;
  }
  assert.unreachable(`tasks of ${longest.join(' and ')} ms on the page`);
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
    imagesHash: imageSetHash,
  };
  await trainKept(env, nodeStorage(dir), name, request);
  return sha256(readFileSync(join(dir, 'runs', name, 'sae', 'sae_weights.safetensors')));
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

  test('the weights of Node, and no task of 50 ms on the page', () =>
    noLongTask(async (name) => {
      const page = await tabs.open();
      await openRuns(page);
      const end = await traceTasks(page);
      await begin(page, name, REQUEST, 1e9);
      const run = await done(page);
      const tasks = await end();
      assert.type(run, 'object', String(run));
      assert.is(await weightsIn(page, name), wanted);
      await page.close();
      return tasks;
    }));

  test('nor while a page that was closed is opened again and goes on', () =>
    noLongTask(async (name, seed) => {
      let page = await tabs.open();
      await openRuns(page);
      // A seed of its own: activations are extracted for it, and closed while they are.
      await beginActivations(page, `${name}-again`, { ...REQUEST, seed });
      await page.close();
      page = await tabs.context!.newPage();
      const end = await traceTasks(page);
      await page.goto(`${tabs.origin}/blank`);
      await openRuns(page);
      await begin(page, `${name}-again`, undefined, 1e9);
      const run = await done(page);
      const tasks = await end();
      assert.type(run, 'object', String(run));
      await page.close();
      return tasks;
    }));

  // Before the browser is killed: Chromium's estimates are off after that.
  test('no room: explained, what was saved is kept, and it goes on when there is room', async () => {
    const { origin } = tabs;
    const page = await tabs.open();
    const cdp = await page.context().newCDPSession(page);
    await openRuns(page);
    const { used } = (await page.evaluate(() => held.runs.space()))!;
    await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: used + 3e6 });
    await begin(page, 'full', { ...REQUEST, images: 14, perImage: 700 }, 1e9); // 4 MB of activations
    assert.match(
      String(await done(page)),
      /^StorageFullError: opfs:\/curvesae\/.*: the browser's storage for this site is full: .* delete runs that are no longer needed/,
    );
    const [info] = (await page.evaluate(() => held.runs.list())).filter((r) => r.name === 'full');
    assert.is(info.state, 'unfinished');
    await cdp.send('Storage.overrideQuotaForOrigin', { origin });
    await begin(page, 'full', undefined, 1e9);
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
    await begin(page, 'b', REQUEST, 15);
    await page.close();
    page = await tabs.open();
    await openRuns(page);
    const [info] = (await page.evaluate(() => held.runs.list())).filter((r) => r.name === 'b');
    assert.is(info.state, 'unfinished');
    assert.is(info.busy, false);
    assert.ok(info.step >= 10 && info.step < 60, `saved at ${info.step}`);
    await begin(page, 'b', undefined, info.step + 8);
    await tabs.kill();
    page = await tabs.open();
    await openRuns(page);
    await begin(page, 'b', undefined, 1e9);
    const run = await done(page);
    assert.type(run, 'object', String(run));
    assert.is(await page.evaluate(() => held.step), 60, 'the log of all its parts');
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

  test('runs are listed while the worker that trains looks at pictures itself', async () => {
    const page = await tabs.open();
    const seen = await page.evaluate(async () => {
      const module = '/dist/src/index.js';
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

  test('a second tab is told, a stopped run is saved, a deleted one is gone with its activations', async () => {
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
  });

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
  test('firefox: a second tab is told; closed, it goes on and ends with the weights of Node', async () => {
    const tabs = new Tabs('firefox');
    tabs.headers = { 'content-security-policy': CSP };
    const request = { ...REQUEST, train: { ...REQUEST.train, steps: 400 } };
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
      assert.ok(info.step >= 10 && info.step < 400, `saved at ${info.step}`);
      await begin(page, 'b', undefined, 1e9);
      const run = await done(page);
      assert.type(run, 'object', String(run));
      assert.is(await page.evaluate(() => held.step), 200, 'the log of both parts: every second step');
      assert.is(await weightsIn(page, 'b'), wanted);
    } finally {
      await tabs.end();
    }
  });

test.run();
