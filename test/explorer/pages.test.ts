// The pages in real browsers, on a small run: what they show, where they lead, what they ask for.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exportSite } from '../../src/explorer/export.node.js';
import { mediaType } from '../../src/explorer/site.js';
import { browserTest, hasBrowser } from '../support/browser.js';
import { temporaryFolder } from '../support/cli.js';
import { open, served, smallRun } from '../support/explorer.js';

const test = suite('explorer/pages');
const dir = temporaryFolder('explorer-pages');
let run = '';
test.before(async () => {
  if (hasBrowser('chromium') || hasBrowser('firefox')) run = await smallRun();
});

/** A page whose complaints and foreign requests are collected. */
async function watched(context: BrowserContext, url: string) {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (m) => m.type() === 'error' && complaints.push(m.text()));
  page.on('pageerror', (e) => complaints.push(e.message));
  page.on('request', (r) => requests.push(r.url()));
  const go = async (hash: string, heading?: string) => {
    await page.goto(`${url}${hash}`);
    await page.locator('h1').waitFor();
    if (heading) await page.locator('h1', { hasText: heading }).waitFor();
  };
  const foreign = () => requests.filter((r) => !r.startsWith(url) && !/^(data|blob):/.test(r));
  return { page, go, complaints, requests, foreign };
}

const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

for (const browser of ['chromium', 'firefox'] as const)
  browserTest(
    test,
    `overview, lists, pages of units and photographs in ${browser}; back and forward; no other host`,
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
        assert.is(await page.locator('.picture img').count(), 12);
        await page.waitForFunction(() =>
          [...document.images].slice(0, 4).every((i) => i.complete && i.naturalWidth === 224),
        );
        await page.goBack();
        await page.locator('h1', { hasText: 'Who covers' }).waitFor();
        await page.goForward();
        await page.locator('h1', { hasText: 'Neuron' }).waitFor();

        await go('#/features?state=detector', 'Features');
        const shown = await page.locator('.unit-row').count();
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
        assert.match(page.url(), /q=f12/, 'the search is in the address');
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
    browser,
  );

browserTest(
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
      const dead = await page.locator('.unit-row').count();
      const texts = await page.locator('.unit-row .cell:nth-of-type(3)').allTextContents();
      assert.ok(
        texts.every((t) => t.includes('dead')),
        `${dead} rows, all dead`,
      );
      const started = Date.now();
      await page.evaluate(() => {
        const search = document.querySelector<HTMLInputElement>('#search')!;
        search.value = 'a'.repeat(1 << 20);
        search.dispatchEvent(new Event('input', { bubbles: true }));
      });
      assert.match(await page.locator('[role=status]').first().textContent().then(String), /^0 of 128/);
      assert.ok(Date.now() - started < 20_000);
      assert.ok(page.url().length < 1000, 'the address stays short');
      await go(
        `#/features?q=${encodeURIComponent('(a+)+$'.repeat(100))}&within=1e999&o=NaN&density=-99&sort=__proto__`,
        'Features',
      );
      assert.equal(complaints, []);
    });
  },
);

browserTest(
  test,
  'live: a curve, a drawing and a photograph are computed in the tab, which stays responsive',
  async (openContext) => {
    await served([run], async ({ url }) => {
      const { page, go, complaints, foreign } = await watched(await openContext(), url);
      await go('#/live/curve?o=92&units=n3,n8', 'Live');
      const meter = (name: string) =>
        page.locator('.meters').first().locator('li', { hasText: name }).locator('.number');
      const value = async (name: string) => Number(await meter(name).textContent());
      await page.waitForFunction(() => Number(document.querySelector('.meters .number')?.textContent) > 0);
      const there = await value('neuron 3');
      assert.ok(there > 10, 'the neuron planted at 92 degrees');
      const spokes = () =>
        page.locator('.spoke').evaluateAll((lines) => lines.map((l) => l.getAttribute('x2')).join());
      const before = await spokes();
      const slider = page.getByRole('slider', { name: 'Orientation' });
      await slider.focus();
      for (let i = 0; i < 3; i++) await page.keyboard.press('PageUp');
      await page.keyboard.press('ArrowRight');
      await page.waitForFunction(
        (was) => Number(document.querySelector('.meters .number')?.textContent) < was / 2,
        there,
      );
      assert.is.not(await spokes(), before, 'the polar plot moved');
      assert.not.match(page.url(), /o=92/, 'the address follows');
      await page.waitForFunction(() => document.querySelectorAll('.polar .petal').length === 2);

      assert.is(page.workers().length, 1, 'computed in a worker');

      await go('#/live/draw', 'Live');
      const paper = page.locator('canvas.paper');
      await paper.waitFor();
      await page.waitForFunction(() => document.querySelectorAll('.meters li').length > 5);
      const blank = await page.locator('.meters').nth(1).textContent();
      const box = (await paper.boundingBox())!;
      await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.1);
      await page.mouse.down();
      for (let i = 1; i <= 8; i++)
        await page.mouse.move(
          box.x + box.width * (0.5 + (0.03 * i * (8 - i)) / 4),
          box.y + box.height * (0.1 + 0.1 * i),
        );
      await page.mouse.up();
      await page.waitForFunction((was) => document.querySelectorAll('.meters')[1].textContent !== was, blank);

      await go('#/live/photograph?units=n3', 'Live');
      await page.locator('.seen.filled').waitFor();
      const own = await page.locator('.meters').nth(1).textContent();
      const photograph = await sharp({
        create: {
          width: 300,
          height: 260,
          channels: 3,
          background: '#888',
          noise: { type: 'gaussian', mean: 128, sigma: 60 },
        },
      })
        .jpeg()
        .toBuffer();
      await page.locator('#file').setInputFiles({
        name: '<img src=x onerror=alert(1)>.jpg',
        mimeType: 'image/jpeg',
        buffer: photograph,
      });
      await page.waitForFunction((was) => document.querySelectorAll('.meters')[1].textContent !== was, own);
      await page
        .locator('#file')
        .setInputFiles({ name: 'broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('not a picture') });
      await page.locator('.warn', { hasText: 'broken.jpg' }).waitFor();
      assert.equal(complaints, []);
      assert.equal(foreign(), []);
    });
  },
);

browserTest(test, 'the camera: refused, it says so; given, its frames are computed', async (openContext) => {
  await served([run], async ({ url }) => {
    const context = await openContext();
    const { page, go } = await watched(context, url);
    await go('#/live/camera', 'Live');
    const button = page.getByRole('button', { name: 'Start the camera' });
    await button.waitFor();
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException('denied', 'NotAllowedError');
      };
    });
    await button.click();
    await page.locator('.warn', { hasText: 'the camera was refused' }).waitFor();
    await page.evaluate(() => {
      const canvas = document.createElement('canvas');
      const paper = canvas.getContext('2d')!;
      setInterval(() => {
        paper.fillStyle = `rgb(${Math.random() * 255},90,90)`;
        paper.fillRect(Math.random() * 200, Math.random() * 100, 40, 40);
      }, 30);
      navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(30);
    });
    await button.click();
    await page.locator('.seen.filled').waitFor();
    await page.locator('[role=status]', { hasText: 'pictures a second' }).waitFor();
    await page.getByRole('button', { name: 'Stop the camera' }).click();
    await button.waitFor();
  });
});

browserTest(
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

browserTest(
  test,
  'dark and light, a phone’s width, and a scrolled list that Back returns to',
  async (openContext) => {
    await served([run], async ({ url }) => {
      const { page, go, complaints } = await watched(await openContext(), url);
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.emulateMedia({ colorScheme: 'light' });
      await go('', 'Who covers');
      const light = await ground();
      await page.emulateMedia({ colorScheme: 'dark' });
      assert.is.not(await ground(), light);
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
        await page.waitForTimeout(300);
        assert.ok((await overflow(page)) <= 0, `${hash} scrolls sideways by ${await overflow(page)} pixels`);
      }
      await go('#/features?sort=index', 'Features');
      await page.evaluate(() => scrollTo(0, 3000));
      await page.waitForTimeout(400);
      const first = await page.locator('.unit-row').first().textContent();
      await page.locator('.unit-row').nth(20).click();
      await page.locator('h1', { hasText: 'Feature' }).waitFor();
      assert.is(await page.evaluate(() => scrollY), 0);
      await page.goBack();
      await page.locator('h1', { hasText: 'Features' }).waitFor();
      await page.waitForFunction(() => scrollY > 2500);
      assert.is(await page.locator('.unit-row').first().textContent(), first);
      assert.equal(complaints, []);
    });
  },
);

const HOSTILE = `</script><script>alert(1)</script>"onload='x' \u2028 & <b>bold</b><img src=x onerror=alert(1)>`;

browserTest(test, 'hostile names are text on every page', async (openContext) => {
  const hostile = join(dir, 'hostile <b>');
  cpSync(run, hostile, { recursive: true, filter: (f) => basename(f) !== 'explorer' });
  const file = join(hostile, 'result.json');
  const result = JSON.parse(readFileSync(file, 'utf8'));
  result.model.name = HOSTILE;
  result.version = HOSTILE;
  result.sae.architecture = HOSTILE;
  result.curves.neurons.detectors[0].unit = `${HOSTILE}:0`;
  writeFileSync(file, JSON.stringify(result));
  const { site, runs } = await open([hostile]);
  const names = join(runs[0].storage.label, 'pictures.json');
  writeFileSync(names, JSON.stringify(JSON.parse(readFileSync(names, 'utf8')).map(() => HOSTILE)));
  const { serve } = await import('../../src/explorer/server.node.js');
  const server = await serve(site, 0);
  try {
    const { page, go, complaints, foreign } = await watched(await openContext(), server.url);
    let dialogs = 0;
    page.on('dialog', (d) => {
      dialogs++;
      return d.dismiss();
    });
    for (const hash of [
      '#/',
      '#/features',
      '#/features/3',
      '#/neurons/0',
      '#/photographs',
      '#/photographs/1',
      '#/live/curve',
      `#/${encodeURIComponent(HOSTILE)}`,
      `#/features?q=${encodeURIComponent(HOSTILE)}`,
    ]) {
      await go(hash);
      assert.is(await page.locator('main script, main b b, main img[src="x"]').count(), 0, hash);
    }
    await go('#/');
    assert.ok((await page.locator('main').textContent())!.includes('<b>bold</b>'));
    await go('#/photographs/1');
    assert.ok((await page.locator('main').textContent())!.includes('<img src=x'));
    assert.is(dialogs, 0);
    assert.equal(complaints, []);
    assert.equal(foreign(), []);
  } finally {
    server.close();
  }
});

browserTest(
  test,
  'parts that are missing or damaged: that page says so, the others work',
  async (openContext) => {
    const partial = join(dir, 'partial');
    cpSync(run, partial, { recursive: true, filter: (f) => basename(f) !== 'explorer' });
    const { paths } = JSON.parse(readFileSync(join(partial, 'result.json'), 'utf8'));
    rmSync(join(partial, paths.sae), { recursive: true });
    const { site, runs } = await open([partial]);
    const data = runs[0].storage.label;
    rmSync(join(data, 'features-0001.safetensors'));
    writeFileSync(join(data, 'neurons-0001.safetensors'), 'cut short');
    rmSync(join(data, 'pictures', '000002.jpg'));
    const { serve } = await import('../../src/explorer/server.node.js');
    const server = await serve(site, 0);
    try {
      const { page, go } = await watched(await openContext(), server.url);
      await go('#/', 'Who covers');
      await page.locator('.warn', { hasText: 'Missing here: sae' }).waitFor();
      await go('#/features/3', 'Feature 3');
      await page.locator('.note', { hasText: 'The decoder is not here' }).first().waitFor();
      await go('#/features/100', 'Feature 100');
      await page.locator('.warn', { hasText: 'cannot be read' }).waitFor();
      await go('#/neurons/70', 'Neuron 70');
      await page.locator('.warn', { hasText: 'not a valid safetensors file' }).waitFor();
      await go('#/neurons/2', 'Neuron 2');
      assert.ok((await page.locator('section').count()) >= 4);
      await go('#/live/curve', 'Live');
      await page.locator('.note', { hasText: 'Neurons only' }).waitFor();
      await page.waitForFunction(() => Number(document.querySelector('.meters .number')?.textContent) >= 0);
      const index = JSON.parse(readFileSync(join(data, 'index.json'), 'utf8'));
      writeFileSync(join(data, 'index.json'), JSON.stringify({ ...index, version: 0 }));
      await page.goto(`${server.url}#/`);
      await page.reload();
      await page.locator('.warn', { hasText: 'data of version 0' }).waitFor();
    } finally {
      server.close();
    }
  },
);

browserTest(test, 'two runs are compared; each keeps its own addresses', async (openContext) => {
  const other = join(dir, 'other run');
  cpSync(run, other, { recursive: true });
  await served([run, other], async ({ url }) => {
    const { page, go, complaints } = await watched(await openContext(), url);
    await go('#/compare', 'Two runs');
    await page.locator('.match-row').first().waitFor();
    assert.match(
      String(await page.locator('.match-row .cosine').first().textContent()),
      /^1\.000/,
      'a copy matches itself',
    );
    assert.ok((await page.locator('.match-row .badge').count()) > 10, 'both ways');
    await page.locator('.match-cell').nth(1).click();
    await page.waitForFunction(() => location.hash.includes('run=b'));
    await page.locator('.run-choice select').selectOption('a');
    await page.waitForFunction(() => !location.hash.includes('run=b'));
    assert.equal(complaints, []);
  });
});

browserTest(
  test,
  'an export works below another path of a plain host, under the policy that it states',
  async (openContext) => {
    const out = join(dir, 'host', 'some', 'where');
    mkdirSync(join(dir, 'host'), { recursive: true });
    const { site } = await open([run]);
    await exportSite(site, out);
    const server = createServer((request, response) => {
      const file = join(
        dir,
        'host',
        decodeURIComponent(new URL(request.url!, 'http://x').pathname).replace(/\/$/, '/index.html'),
      );
      try {
        response.writeHead(200, { 'content-type': mediaType(extname(file)) }).end(readFileSync(file));
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/where/`;
    try {
      const { page, go, complaints, foreign } = await watched(await openContext(), url);
      await go('#/', 'Who covers');
      await go('#/live/photograph', 'Live');
      await page.locator('.seen.filled').waitFor();
      assert.equal(complaints, []);
      assert.equal(foreign(), [], 'nothing outside its folder');
      const blocked = await page.evaluate(async () => {
        const script = document.createElement('script');
        script.textContent = 'window.injected = true';
        document.body.append(script);
        return (window as unknown as { injected?: boolean }).injected !== true;
      });
      assert.ok(blocked, 'inline script is refused');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
);

test.run();
