// Browsers as installed on the machine, driven through playwright-core. Firefox is Debian's own, by
// WebDriver BiDi (playwright-core <= 1.64: later ones send a command that Firefox ESR 153 lacks).
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserServer, chromium, firefox } from 'playwright-core';
import { LONG } from './long.js';
import type { Suite } from './paths.js';

export type BrowserName = 'chromium' | 'firefox';

const INSTALLED = {
  chromium: { path: '/usr/bin/chromium', debian: 'chromium' },
  firefox: { path: '/usr/bin/firefox-esr', debian: 'firefox-esr' },
} as const;

export const hasBrowser = (name: BrowserName): boolean => existsSync(INSTALLED[name].path);

/** Why a test is skipped, and how to have it run. */
export const missingBrowser = (name: BrowserName): string =>
  `needs ${INSTALLED[name].path} (Debian: apt-get install ${INSTALLED[name].debian})`;

/**
 * A window of Chromium 156 loads the pages of its own address bar (400 modules, for what is typed there) and starts a
 * process for a page that may come next: half of what a test's window costs. The last list given counts: above the
 * line what playwright-core 1.64 turns off.
 */
const OFF = [
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'DialMediaRouteProvider'],
  ...['GlobalMediaControls', 'HttpsUpgrades', 'LensOverlay', 'MediaRouter', 'PaintHolding'],
  ...['ThirdPartyStoragePartitioning', 'BlockOriginHeaderModificationOnRedirect', 'Translate'],
  ...['AvoidCorsURLLoaderRestartOnRedirect', 'AutoDeElevate', 'OptimizationHints'],
  ...['NetworkTimeServiceQuerying', 'AimEnabled'],
  // ------------------------------------------------------------------------
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup', 'PreloadTopChromeWebUI'],
];

const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${OFF.join()}`,
  '--renderer-process-limit=1',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

const FIREFOX_PREFS = {
  // A camera that shows a test picture, given without a question.
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  // As users have it; WebDriver lifts this limit on changes of the address.
  'dom.navigation.navigationRateLimit.count': 200,
};

const options = (name: BrowserName) => ({
  ...{ executablePath: INSTALLED[name].path, headless: true, timeout: 120_000 },
  ...(name === 'firefox'
    ? { channel: 'moz-firefox', firefoxUserPrefs: FIREFOX_PREFS }
    : { args: CHROMIUM_ARGS }),
});
const type = (name: BrowserName) => (name === 'firefox' ? firefox : chromium);

/** A fresh profile that ends with the browser; nothing is asked of any other host. */
export const launchBrowser = (name: BrowserName): Promise<Browser> => type(name).launch(options(name));

/** The same with a profile that outlives the browser. */
export const launchProfile = (name: BrowserName, profile: string): Promise<BrowserContext> =>
  type(name).launchPersistentContext(profile, options(name));

/** A browser that several processes use in turn, by its address. */
export const serveBrowser = (name: BrowserName): Promise<BrowserServer> =>
  type(name).launchServer(options(name));

/** Addresses of the browsers that scripts/test.mjs serves to the files that it runs one after another. */
const SERVED: Partial<Record<BrowserName, string>> = JSON.parse(process.env.CURVESAE_TEST_BROWSERS ?? '{}');

/** The browser that is served, else a new one. What was opened in it ends with `close()`. */
export async function openBrowser(name: BrowserName): Promise<Browser> {
  const address = SERVED[name];
  if (!address) return launchBrowser(name);
  return type(name)
    .connect(address, { timeout: 120_000 })
    .catch((cause) => {
      console.log(`the served ${name} is gone (${String(cause).split('\n')[0]}); another one is started`);
      return launchBrowser(name);
    });
}

/** One browser of a kind for all tests of a file, each in a context of its own. */
const running = new Map<BrowserName, Promise<Browser>>();
const ending = new WeakSet<Suite>();

async function newContext(name: BrowserName): Promise<BrowserContext> {
  let browser = running.get(name);
  if (!browser || !(await browser).isConnected()) {
    browser = openBrowser(name);
    running.set(name, browser);
  }
  return (await browser).newContext();
}

/** A test in a real browser; skipped with a message where it is not installed. */
export function browserTest(
  suite: Suite,
  name: string,
  fn: (open: () => Promise<BrowserContext>) => Promise<void>,
  browserName: BrowserName = 'chromium',
): void {
  if (!hasBrowser(browserName)) {
    console.log(`skipped: '${name}' ${missingBrowser(browserName)}`);
    suite.skip(name, () => {});
    return;
  }
  if (!ending.has(suite)) {
    ending.add(suite);
    suite.after(async () => {
      for (const browser of running.values()) await (await browser).close();
      running.clear();
    });
  }
  suite(name, async () => {
    const contexts: BrowserContext[] = [];
    try {
      await fn(async () => {
        const context = await newContext(browserName);
        contexts.push(context);
        return context;
      });
    } finally {
      for (const context of contexts) await context.close();
    }
  });
}

/** A test in Chromium, and the same in Firefox: where it says `both`, all of them in npm run test:soak. */
export function browserTests(
  suite: Suite,
  name: string,
  fn: (open: () => Promise<BrowserContext>, browser: BrowserName) => Promise<void>,
  { both = LONG } = {},
): void {
  browserTest(suite, `${name} (chromium)`, (open) => fn(open, 'chromium'));
  if (both) browserTest(suite, `${name} (firefox)`, (open) => fn(open, 'firefox'), 'firefox');
}

/** As browserTests(), in npm run test:soak alone. */
export const longBrowserTests: typeof browserTests = (...given) => {
  if (LONG) browserTests(...given);
};
