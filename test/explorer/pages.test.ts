// The pages in real browsers, on a small run: what they show, where they lead, what they ask for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { browserTests, hasBrowser } from '../support/browser.js';
import { exploredRun, overflow, quiet, served, watched } from '../support/explorer.js';
import { filled } from '../support/filled.js';

const test = suite('explorer/pages');
let run = '';
const result = () => JSON.parse(readFileSync(join(run, 'result.json'), 'utf8'));
test.before(async () => {
  if (hasBrowser('chromium') || hasBrowser('firefox')) run = await exploredRun();
});

browserTests(
  test,
  'overview, lists, pages of units and photographs; back and forward; no other host',
  async (openContext) => {
    await served([run], async ({ url }) => {
      const { page, go, complaints, foreign } = await watched(await openContext(), url);
      await go('', 'Who covers which orientation?');
      assert.ok((await page.locator('.polar').count()) >= 2);
      const petals = await page.locator('.polar').first().locator('path.petal').count();
      assert.is(petals, 10, 'the ten curve neurons');
      assert.is(await page.locator('.truth').count(), 24, 'twelve planted curves, in both pictures');
      await page.locator('.polar').first().locator('a').first().focus();
      await page.keyboard.press('Enter');
      await page.locator('h1', { hasText: 'Neuron' }).waitFor();
      assert.match(page.url(), /#\/neurons\/\d+$/);
      assert.match(await page.title(), /^Neuron/);
      assert.is(await page.locator('.picture-tile img').count(), 12);
      await page.waitForFunction(() =>
        [...document.images].slice(0, 4).every((i) => i.complete && i.naturalWidth === 224),
      );
      await page.evaluate(() => history.back());
      await page.locator('h1', { hasText: 'Who covers' }).waitFor();
      await page.evaluate(() => history.forward());
      await page.locator('h1', { hasText: 'Neuron' }).waitFor();

      await go('#/features?state=detector', 'Features');
      const { features } = result().curves;
      assert.ok(features.count > 0);
      const counter = page.locator('[role=status]').first();
      assert.match(String(await counter.textContent()), new RegExp(`^${features.count} of 128`));
      const shown = await page.locator('.unit-row').count();
      assert.ok(shown > 0);
      assert.is(await page.locator('.unit-row .badge').count(), shown, 'only detectors');
      await page.locator('#state').selectOption('all');
      await page.locator('#search').fill('f12');
      await page.waitForFunction(() => document.querySelectorAll('.unit-row').length < 12);
      assert.equal((await page.locator('.unit-row b').allTextContents()).sort(), [
        'f12',
        'f120',
        'f121',
        'f122',
        'f123',
        'f124',
        'f125',
        'f126',
        'f127',
      ]);
      await page.waitForURL(/q=f12/); // the search is in the address
      const address = page.url();
      await page.goto('about:blank');
      await page.goto(address);
      await page.locator('.unit-row').first().waitFor();
      assert.is(await page.locator('.unit-row').count(), 9, 'and an address brings it back');
      await page.locator('.unit-row').first().click();
      await page.locator('h1', { hasText: 'Feature 12' }).waitFor();
      assert.ok((await page.locator('.weight').count()) === 24);
      assert.ok((await page.locator('.strip rect').count()) > 10);

      await go('#/photographs/3', 'Photograph 3');
      assert.ok((await page.locator('.ranking a').count()) > 16);
      assert.is(await page.locator('.picture .place').count(), 1, 'the strongest place is outlined');
      await go('#/features/999999', 'Not found');
      await go('#/nowhere/%E0%A4%A', 'Not found');
      assert.equal(complaints, []);
      assert.equal(foreign(), []);
    });
  },
);

browserTests(
  test,
  'filters by orientation, density and alignment agree with the table; 1 MB of search is harmless',
  async (openContext) => {
    await served([run], async ({ url }) => {
      const { page, go, complaints } = await watched(await openContext(), url);
      await go('#/neurons?o=90&within=20&sort=orientation', 'Neurons');
      const angles = (await page.locator('.cell-orientation').allTextContents()).map(Number.parseFloat);
      assert.ok(angles.length > 0 && angles.every((a) => Math.abs(a - 90) <= 20.5), angles.join());
      assert.equal(
        angles,
        [...angles].sort((a, b) => a - b),
      );
      await go('#/features?state=dead', 'Features');
      const texts = await page.locator('.unit-row .cell:nth-of-type(5)').allTextContents();
      assert.is(texts.length, await page.locator('.unit-row').count());
      assert.ok(
        filled(texts).every((t) => t.includes('dead')),
        `${texts.length} rows, all dead`,
      );
      await page.evaluate(() => {
        const search = document.querySelector<HTMLInputElement>('#search')!;
        search.value = 'a'.repeat(1 << 20);
        search.dispatchEvent(new Event('input', { bubbles: true }));
      });
      assert.match(await page.locator('[role=status]').first().textContent().then(String), /^0 of 128/);
      assert.ok(page.url().length < 1000, 'the address stays short');
      await go(
        `#/features?q=${encodeURIComponent('(a+)+$'.repeat(100))}&within=1e999&o=NaN&density=-99&sort=__proto__`,
        'Features',
      );
      assert.equal(complaints, []);
    });
  },
);

browserTests(
  test,
  'keyboard: skip link, focus that is seen, arrows through a list, headings that take the focus',
  async (openContext) => {
    await served([run], async ({ url }) => {
      const { page, go } = await watched(await openContext(), url);
      await go('', 'Who covers');
      await page.keyboard.press('Tab');
      assert.is(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content');
      await page.keyboard.press('Enter');
      assert.is(await page.evaluate(() => document.activeElement?.tagName), 'H1');
      await go('#/features?sort=index', 'Features');
      await page.locator('.unit-row').first().focus();
      const focused = () => page.evaluate(() => document.activeElement?.querySelector('b')?.textContent);
      assert.is(await focused(), 'f0');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      assert.is(await focused(), 'f2');
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle);
      assert.is(outline, 'solid');
      await page.keyboard.press('End');
      assert.is(await focused(), 'f127');
      await page.keyboard.press('Home');
      assert.is(await focused(), 'f0');
      await page.keyboard.press('Enter');
      await page.locator('h1', { hasText: 'Feature 0' }).waitFor();
      await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
    });
  },
);

browserTests(
  test,
  'dark and light, a phone’s width, and a scrolled list that Back returns to',
  async (openContext, browser) => {
    await served([run], async ({ url }) => {
      const { page, go, complaints } = await watched(await openContext(), url);
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.emulateMedia({ colorScheme: 'light' });
      await go('', 'Who covers');
      const light = await ground();
      await page.emulateMedia({ colorScheme: 'dark' });
      // Firefox by WebDriver BiDi keeps the scheme of its profile.
      if (browser === 'chromium') assert.is.not(await ground(), light);
      await page.setViewportSize({ width: 390, height: 800 });
      for (const hash of [
        '#/',
        '#/features',
        '#/neurons',
        '#/features/5',
        '#/photographs',
        '#/photographs/2',
        '#/live/curve',
        '#/live/photograph',
        '#/live/draw',
      ]) {
        await go(hash);
        await quiet(page);
        assert.ok((await overflow(page)) <= 0, `${hash} scrolls sideways by ${await overflow(page)} pixels`);
        const current = await page
          .locator('nav [aria-current]')
          .evaluateAll((links) => links.map((a) => a.getBoundingClientRect().right));
        assert.ok(current.length && current.every((x) => x <= 390), `${hash}: its link is in sight`);
      }
      await go('#/features?sort=index', 'Features');
      await page.evaluate(() => scrollTo(0, 3000));
      await page.waitForFunction(() => history.state?.scroll === 3000);
      const first = await page.locator('.unit-row').first().textContent();
      // Not by a pointer, for which the row would be scrolled to.
      await page
        .locator('.unit-row')
        .nth(20)
        .evaluate((row: HTMLElement) => row.click());
      await page.locator('h1', { hasText: 'Feature' }).waitFor();
      assert.is(await page.evaluate(() => scrollY), 0);
      await page.evaluate(() => history.back());
      await page.locator('h1', { hasText: 'Features' }).waitFor();
      await page.waitForFunction(() => scrollY > 2500);
      assert.is(await page.locator('.unit-row').first().textContent(), first);
      assert.equal(complaints, []);
    });
  },
);

test.run();
