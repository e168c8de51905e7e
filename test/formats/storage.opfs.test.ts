import { existsSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type * as Opfs from '../../src/formats/storage.opfs.js';
import { filled } from '../support/filled.js';
import { LONG } from '../support/long.js';
import { runIn, Tabs, type Where } from '../support/tab.js';
import { until } from '../support/until.js';

const test = suite('formats/storage.opfs');
const MODULES = ['src/formats/storage.opfs.js', 'src/formats/opfs/explain.js', 'src/core/errors.js'];
type Exports = typeof Opfs & typeof import('../../src/formats/opfs/explain.js');

const tabs = new Tabs();
const browser = existsSync('/usr/bin/chromium');
if (!browser) {
  console.log('skipped: storage.opfs needs chromium (Debian: apt-get install chromium)');
  test.skip('storage.opfs');
}
test.before(async () => {
  if (browser) await tabs.serve();
});
test.after(() => tabs.end());

/** How files are written, and replaced, depends on what the browser has: every way keeps the contract. */
const WAYS: Record<string, Where> = {
  'a worker': { worker: true },
  'a page': { worker: false },
  'a worker without move()': { worker: true, without: ['move'] },
  'a page without move()': { worker: false, without: ['move'] },
  'a worker with synchronous handles only': { worker: true, without: ['move', 'createWritable'] },
};

/** Killing and filling take seconds each: two ways that differ most, all of them in `npm run test:soak`. */
const HARMED = new Set(LONG ? Object.keys(WAYS) : ['a worker', 'a page without move()']);

/** Bytes of the file in whose middle the browser is killed. */
const LARGE = (LONG ? 32 : 8) << 20;

/** A page with nothing done to it, in a tab that is used again: a window is half of what a short test costs. */
let kept: Page | undefined;
async function blank(): Promise<Page> {
  if (kept && !kept.isClosed()) await kept.goto(`${tabs.origin}/blank`);
  else kept = await tabs.open();
  return kept;
}

/** What a folder holds after a kill. */
interface Left {
  size: number;
  mixed: boolean;
  same: boolean;
  names: string[];
  raw: string[];
}

/** That the lock is held, and then that the first large file is whole: the next one is being written. */
const MOMENTS = [
  async ({ path }: { path: string; large: number }) =>
    (await navigator.locks.query()).held!.some(({ name }) => name!.endsWith(`/${path}`)),
  async ({ path, large }: { path: string; large: number }) => {
    const dir = await (await navigator.storage.getDirectory()).getDirectoryHandle(path);
    return dir
      .getFileHandle('f')
      .then((handle) => handle.getFile())
      .then(({ size }) => size === large)
      .catch(() => false);
  },
];

/** The folder of each way after a kill at each moment. All ways write at once: what takes long is to start the browser again. */
async function kills(): Promise<Map<string, Left[]>> {
  const ways = [...HARMED].map((name, i) => ({ name, where: WAYS[name], path: `kill-${i}` }));
  const left = new Map(ways.map(({ name }) => [name, [] as Left[]]));
  for (const moment of MOMENTS) {
    for (const { where, path } of ways) {
      const page = await blank();
      await runIn(
        page,
        where,
        MODULES,
        ({ opfsStorage }: Exports, at) => opfsStorage(at).write('f', 'old'),
        path,
      );
    }
    const victims: Page[] = [];
    for (const _ of ways) victims.push(await tabs.open());
    const writing = ways.map(({ where, path }, i) =>
      runIn(
        victims[i],
        where,
        MODULES,
        async ({ opfsStorage }: Exports, [at, size]) => {
          const storage = opfsStorage(at);
          await storage.lock();
          for (let i = 0; ; i++) await storage.write('f', new Uint8Array(size).fill(i % 2 ? 120 : 121));
        },
        [path, LARGE] as const,
      ).catch(() => {}),
    );
    await Promise.all(
      ways.map(({ path }, i) => until(() => victims[i].evaluate(moment, { path, large: LARGE }))),
    );
    await tabs.kill();
    await Promise.all(writing);
    for (const { name, where, path } of ways) left.get(name)!.push(await found(where, path));
  }
  return left;
}

async function found(where: Where, path: string): Promise<Left> {
  const page = await blank();
  const state = await runIn(
    page,
    where,
    MODULES,
    async ({ opfsStorage }: Exports, at) => {
      const storage = opfsStorage(at);
      const bytes = await storage.read('f');
      const names = await storage.list();
      await (await storage.lock())();
      const dir = await (await navigator.storage.getDirectory()).getDirectoryHandle(at);
      const raw: string[] = [];
      for await (const key of (dir as unknown as { keys(): AsyncIterable<string> }).keys()) raw.push(key);
      const again = await storage.read('f');
      return {
        size: bytes.length,
        mixed: bytes.some((b) => b !== bytes[0]) && bytes.length !== 3,
        same: again.length === bytes.length && again[0] === bytes[0],
        names,
        raw,
      };
    },
    path,
  );
  return state;
}
let killed: Promise<Map<string, Left[]>> | undefined;

// First, while nothing is kept; and after a kill Chromium's estimates are off until it is started again.
if (browser)
  for (const name of HARMED)
    test(`${name}: a full store is explained, and what was there stays`, async () => {
      const { origin } = tabs;
      const page = await blank();
      const cdp = await page.context().newCDPSession(page);
      await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 6e6 });
      const got = await runIn(
        page,
        WAYS[name],
        MODULES,
        async ({ opfsStorage, removeOpfsFolder }: Exports) => {
          const storage = opfsStorage('full');
          await storage.write('f', 'old');
          const error = await storage.write('f', new Uint8Array(20e6)).catch((e) => e as Error);
          const dir = await (await navigator.storage.getDirectory()).getDirectoryHandle('full');
          const raw: string[] = [];
          for await (const key of (dir as unknown as { keys(): AsyncIterable<string> }).keys()) raw.push(key);
          const text = new TextDecoder().decode(await storage.read('f'));
          await removeOpfsFolder('full');
          return { name: error?.name, message: error?.message, text, raw };
        },
        0,
      );
      await cdp.send('Storage.overrideQuotaForOrigin', { origin });
      assert.is(got.name, 'StorageFullError', got.message);
      assert.match(
        got.message!,
        /^opfs:\/full\/f: the browser's storage for this site is full: 20\.0 MB wanted, 0\.0 MB used of \d+ MB, \d+ MB free by its estimate, so the disk itself is probably full; delete runs .* what was saved is kept$/,
      );
      assert.is(got.text, 'old');
      assert.equal(got.raw, ['f'], 'left over');
    });

for (const [name, where] of browser ? Object.entries(WAYS) : []) {
  test(`${name}: write, read, range, size, list, remove, sub, lock`, async () => {
    const page = await blank();
    const got = await runIn(
      page,
      where,
      MODULES,
      async ({ opfsStorage, removeOpfsFolder }: Exports, path) => {
        const text = (data: Uint8Array) => new TextDecoder().decode(data);
        const refused = (p: Promise<unknown>) =>
          p.then(
            () => 'no error',
            (e) => `${e.name}: ${e.message}`,
          );
        const storage = opfsStorage(path);
        const out: Record<string, unknown> = { empty: [await storage.list(), await storage.size('a')] };
        await storage.write('b', 'two');
        await storage.write('a', 'a longer text, to be replaced');
        await storage.write('a', new TextEncoder().encode('hello'));
        await storage.sub('inner').write('c', '');
        await storage.write('Größe ☃', '1');
        out.list = await storage.list();
        out.read = text(await storage.read('a'));
        out.range = text(await storage.readRange('a', 1, 3));
        out.sizes = [
          await storage.size('a'),
          await storage.sub('inner').size('c'),
          await storage.size('none'),
        ];
        out.errors = [
          await refused(storage.read('none')),
          await refused(storage.readRange('a', 3, 9)),
          await refused(storage.write('a/b', 'x')),
          await refused(storage.write('..', 'x')),
          await refused(storage.write('.a.commit', 'x')),
          await refused(storage.read('inner')),
          await refused(storage.write('inner', 'x')),
        ];
        const shared = new Uint8Array(4).fill(7);
        await storage.write('part', shared.subarray(1, 3));
        out.part = [...(await storage.read('part'))];
        const release = await storage.lock();
        out.locked = await refused(opfsStorage(path).lock());
        await release();
        await (await storage.lock())();
        await storage.remove('a');
        await storage.remove('a');
        out.removed = await storage.size('a');
        await removeOpfsFolder(path);
        await removeOpfsFolder(path);
        out.gone = await storage.list();
        return out;
      },
      'tests/contract',
    );
    const errors = got.errors as string[];
    assert.equal(got.empty, [[], undefined]);
    assert.equal(got.list, ['Größe ☃', 'a', 'b', 'inner']);
    assert.is(got.read, 'hello');
    assert.is(got.range, 'ell');
    assert.equal(got.sizes, [5, 0, undefined]);
    assert.match(errors[0], /^InputError: opfs:\/tests\/contract\/none: no such file$/);
    assert.match(errors[1], /^InputError: .*truncated: 9 bytes wanted at 3, 2 are there/);
    for (const i of [2, 3]) assert.match(errors[i], /^InputError: .*is not a file name/);
    assert.match(errors[4], /^InputError: .*a name that the storage itself uses/);
    assert.match(errors[5], /^InputError: .*is a folder, not a file/);
    assert.match(errors[6], /^CurvesaeError: .*inner: cannot be written: a folder has this name/);
    assert.equal(got.part, [7, 7]);
    assert.match(got.locked as string, /^CurvesaeError: .*in use by another tab or worker of this site/);
    assert.is(got.removed, undefined);
    assert.equal(got.gone, []);
  });

  if (!HARMED.has(name)) continue;
  test(`${name}: killed in the middle of writing: the old or the new file, and nothing is left over`, async () => {
    killed ??= kills();
    const states = (await killed).get(name)!;
    assert.is(states.length, MOMENTS.length);
    for (const state of filled(states)) {
      assert.ok(state.size === 3 || state.size === LARGE, `half a file of ${state.size} bytes`);
      assert.is(state.mixed, false, 'a mixture of two files');
      assert.is(state.same, true, 'cleaning up changed what is read');
      assert.equal(state.names, ['f']);
      assert.equal(state.raw, ['f'], 'left over');
    }
  });
}

if (browser) {
  test('two steps: every state that a kill can leave reads as old or new, and is settled by the next', async () => {
    const page = await blank();
    const states = await runIn(
      page,
      { worker: true },
      MODULES,
      async ({ opfsStorage }: Exports) => {
        const storage = opfsStorage('steps');
        const root = await navigator.storage.getDirectory();
        const out: unknown[] = [];
        // The file, its copy, its commit: as a kill between the steps leaves them.
        const cases: [string | undefined, string | undefined, boolean][] = [
          ['old', 'ne', false],
          ['old', 'new', true],
          ['o', 'new', true],
          ['new', 'new', true],
          ['new', 'new', false],
          [undefined, 'new', true],
          [undefined, 'ne', false],
        ];
        for (const [file, copy, commit] of cases) {
          await root.removeEntry('steps', { recursive: true }).catch(() => {});
          const dir = await root.getDirectoryHandle('steps', { create: true });
          const put = async (name: string, text: string) => {
            const w = await (await dir.getFileHandle(name, { create: true })).createWritable();
            await w.write(text);
            await w.close();
          };
          if (file !== undefined) await put('f', file);
          if (copy !== undefined) await put('.f.new', copy);
          if (commit) await put('.f.commit', '');
          const look = async () => [
            await storage.list(),
            await storage.read('f').then(
              (d) => new TextDecoder().decode(d),
              () => undefined,
            ),
          ];
          const before = await look();
          await (await storage.lock())();
          const after = await look();
          const raw: string[] = [];
          for await (const key of (dir as unknown as { keys(): AsyncIterable<string> }).keys()) raw.push(key);
          out.push([before, after, raw]);
        }
        return out;
      },
      0,
    );
    const old = [[['f'], 'old'], [['f'], 'old'], ['f']];
    const fresh = [[['f'], 'new'], [['f'], 'new'], ['f']];
    const none = [[[], undefined], [[], undefined], []];
    assert.equal(states, [old, fresh, fresh, fresh, fresh, fresh, none]);
  });

  test('a move() that refuses to overwrite: the two steps take over', async () => {
    const page = await blank();
    const got = await runIn(
      page,
      { worker: true },
      MODULES,
      async ({ opfsStorage }: Exports) => {
        const proto = FileSystemFileHandle.prototype as unknown as { move(name: string): Promise<void> };
        let calls = 0;
        proto.move = async () => {
          calls++;
          throw new DOMException('The object can not be modified in this way.', 'InvalidModificationError');
        };
        const storage = opfsStorage('refusing');
        for (const text of ['one', 'two', 'three']) await storage.write('f', text);
        return {
          text: new TextDecoder().decode(await storage.read('f')),
          names: await storage.list(),
          calls,
        };
      },
      0,
    );
    assert.equal(got, { text: 'three', names: ['f'], calls: 1 });
  });

  test('what a full store says follows the estimate of the browser', async () => {
    const page = await blank();
    const messages = await runIn(
      page,
      { worker: false },
      MODULES,
      async ({ writeError }: Exports) => {
        const out: string[] = [];
        for (const estimate of [
          { usage: 90e6, quota: 100e6 },
          { usage: 110e6, quota: 100e6 },
          {},
          undefined,
        ]) {
          navigator.storage.estimate = async () => {
            if (!estimate) throw new TypeError('not here');
            return estimate;
          };
          out.push((await writeError('x', new DOMException('no', 'QuotaExceededError'), 12.34e6)).message);
        }
        return out;
      },
      0,
    );
    assert.match(messages[0], /12\.3 MB wanted, 90\.0 MB used of 100 MB, 10\.0 MB free; delete runs/);
    assert.match(messages[1], /110 MB used of 100 MB, 0\.0 MB free; delete runs/);
    for (const i of [2, 3]) assert.match(messages[i], /12\.3 MB wanted, the browser does not say how much/);
  });

  test('a tab that holds a lock keeps another one out until it is closed', async () => {
    const one = await tabs.open();
    const two = await tabs.open();
    const take = ({ opfsStorage }: Exports) =>
      opfsStorage('locked')
        .lock()
        .then(
          () => 'taken',
          (e: Error) => e.message,
        );
    assert.is(await runIn(one, { worker: false }, MODULES, take, 0), 'taken');
    assert.match(await runIn(two, { worker: true }, MODULES, take, 0), /in use by another tab or worker/);
    // A tab that is being closed while the other asks.
    const [, taken] = await Promise.all([one.close(), runIn(two, { worker: true }, MODULES, take, 0)]);
    assert.is(taken, 'taken');
    await two.close();
  });

  test('where there is no private file system: one line that says what to do', async () => {
    const page = await blank();
    const got = await runIn(
      page,
      { worker: true },
      MODULES,
      async ({ opfsStorage, storageSpace, requestPersistence }: Exports) => {
        const space = await storageSpace();
        const before = [typeof space?.used, typeof space?.quota, await requestPersistence()];
        Object.defineProperty(navigator, 'storage', {
          value: { getDirectory: () => Promise.reject(new DOMException('no storage', 'SecurityError')) },
        });
        const failed = (e: Error) => `${e.name}: ${e.message}`;
        return [
          before,
          await storageSpace(),
          await opfsStorage('x').read('f').then(String, failed),
          await opfsStorage('x').write('f', '1').then(String, failed),
          await opfsStorage('x').list().then(String, failed),
        ];
      },
      0,
    );
    assert.equal(got.slice(0, 2), [['number', 'number', false], undefined]);
    for (const line of filled(got.slice(2)))
      assert.match(
        String(line),
        /^UnsupportedError: this page has no private file system \(SecurityError: no storage\): serve it over https:/,
      );
  });
}

test.run();
