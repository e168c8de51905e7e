// examples/train-in-tab in Chromium: the page as people use it, under its own strict CSP.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/paths.js';
import { Tabs } from '../support/tab.js';

const test = suite('study/tab/page');

if (!existsSync('/usr/bin/chromium')) {
  console.log('skipped: tab/page needs chromium (Debian: apt-get install chromium)');
  test.skip('tab/page');
} else {
  const tabs = new Tabs();
  const out = mkdtempSync(join(ROOT, 'dist', 'train-in-tab-'));
  const url = `/dist/${out.split('/').at(-1)}/index.html`;
  test.before(async () => {
    const builder = join(ROOT, 'examples/train-in-tab/build.mjs');
    await ((await import(builder)) as { buildPage(out: string): Promise<void> }).buildPage(out);
    await tabs.serve();
  });
  test.after(async () => {
    await tabs.end();
    rmSync(out, { recursive: true, force: true });
  });

  test('train, close in the middle, open again: it goes on by itself; curves, download, delete; keyboard', async () => {
    let page = await tabs.open(url);
    const problems: string[] = [];
    const watch = () => {
      page.on('pageerror', (e) => problems.push(e.message));
      page.on('console', (m) => m.type() === 'error' && problems.push(m.text()));
      page.on(
        'request',
        (r) => r.url().startsWith(tabs.origin) || /^(data|blob):/.test(r.url()) || problems.push(r.url()),
      );
    };
    watch();
    await page.getByText('No runs yet.').waitFor();
    await page.getByLabel('How many').fill('24');
    await page.getByLabel('Features per channel').fill('2');
    await page.getByLabel('Vectors per step').fill('512');
    await page.getByLabel('Steps').fill('1000');
    await page.getByLabel('Name').fill('<i>one & only');
    assert.is(await page.getByLabel('Sparsity (l1)').isVisible(), false, 'topk has no l1');
    await page.getByRole('button', { name: 'Train' }).focus();
    await page.keyboard.press('Enter');
    const words = page.locator('#status');
    await words.filter({ hasText: /training: step [1-9]\d* of 1000/ }).waitFor({ timeout: 120_000 });
    assert.is(
      await page.evaluate(() => document.activeElement!.id),
      'stop',
      'the keyboard is where it can go on',
    );
    const [share, bar] = await page.evaluate(() => {
      const [, step, steps] = /step (\d+) of (\d+)/.exec(document.querySelector('#status')!.textContent!)!;
      return [Number(step) / Number(steps), document.querySelector<HTMLProgressElement>('#bar')!.value];
    });
    assert.is(bar, share, 'the bar says what the words say');
    if (process.env.SCREENSHOTS)
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/training.png`, fullPage: true });
    await page.close();

    page = await tabs.open(url);
    watch();
    const finished = { hasText: /is finished: L0 .*, FVU .* on held-out vectors/ };
    await page.locator('#status').filter(finished).waitFor({ timeout: 120_000 });
    assert.is(await page.locator('#bar').isVisible(), false, 'nothing goes on');
    await page.getByText(/The 24 features that fire most often on [\d,]+ sampled places/).waitFor();
    const seen = page.locator('#seen canvas');
    assert.is(await seen.count(), 24);
    const shades = await seen.first().evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return new Set(data).size;
    });
    assert.ok(shades > 20, `${shades}`);
    const item = page.getByRole('listitem').filter({ hasText: '<i>one & only' });
    await item.getByText(/finished, 1000 steps · topk, 192 features of mixed3b_5x5 · L0 /).waitFor();
    const points = await page.locator('polyline').first().getAttribute('points');
    assert.ok(points!.split(' ').length > 20 && Number.parseFloat(points!) < 5, 'the curve of both parts');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      item.getByRole('button', { name: 'Download' }).click(),
    ]);
    assert.is(await download.failure(), null);
    const lines = async (name: string) => {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name }).click(),
      ]);
      return readFileSync(await file.path(), 'utf8')
        .trim()
        .split(/\r?\n/);
    };
    const log = await lines('log as CSV');
    assert.match(log[0], /^step,/);
    assert.is(Number(log.at(-1)!.split(',')[0]), 1000);
    const listed = await lines('features as CSV');
    assert.equal([listed[0], listed.length], ['feature,fires,share,strongest', 25]);
    assert.match((await page.locator('#space').textContent())!, /MB used of .* GB that the browser allows/);
    await page.getByLabel('Layer').fill('mixed3b_5y5');
    await page.getByLabel('Name').fill('two');
    await page.getByRole('button', { name: 'Train' }).click();
    await page.getByText(/mixed3b_5y5.*closest: mixed3b_5x5/).waitFor();
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/finished.png`, fullPage: true });
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize({ width: 375, height: 700 });
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/phone-dark.png`, fullPage: true });
    }
    await page.setViewportSize({ width: 360, height: 700 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 360, `${wide} pixels wide on a phone of 360`);
    page.on('dialog', (dialog) => void dialog.accept());
    await item.getByRole('button', { name: 'Delete' }).click();
    await item.waitFor({ state: 'detached' });
    assert.is(await page.locator('#curves').isVisible(), false, 'its curves are gone with it');
    assert.equal(problems, []);
  });
}

test.run();
