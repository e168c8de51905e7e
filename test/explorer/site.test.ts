// The site as a whole in real browsers: hostile and damaged data, two runs, an export on a plain host.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exportSite } from '../../src/explorer/export.node.js';
import { serve } from '../../src/explorer/server.node.js';
import { mediaType } from '../../src/explorer/site.js';
import { browserTests, hasBrowser } from '../support/browser.js';
import { temporaryFolder } from '../support/cli.js';
import { exploredRun, open, served, watched } from '../support/explorer.js';

const test = suite('explorer/site');
const dir = temporaryFolder('explorer-site');
let run = '';
test.before(async () => {
  if (hasBrowser('chromium') || hasBrowser('firefox')) run = await exploredRun();
});

const HOSTILE = `</script><script>alert(1)</script>"onload='x' \u2028 & <b>bold</b><img src=x onerror=alert(1)>`;

browserTests(test, 'hostile names are text on every page', async (openContext, browser) => {
  const hostile = join(dir, browser, 'hostile <b>');
  cpSync(run, hostile, { recursive: true, filter: (f) => basename(f) !== 'explorer' });
  const file = join(hostile, 'result.json');
  const result = JSON.parse(readFileSync(file, 'utf8'));
  result.model.name = HOSTILE;
  result.version = HOSTILE;
  result.sae.architecture = HOSTILE;
  result.curves.neurons.detectors[0].unit = `${HOSTILE}:0`;
  writeFileSync(file, JSON.stringify(result));
  rmSync(join(hostile, 'checksums.json'));
  const { site, runs } = await open([hostile]);
  const names = join(runs[0].storage.label, 'pictures.json');
  writeFileSync(names, JSON.stringify(JSON.parse(readFileSync(names, 'utf8')).map(() => HOSTILE)));
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

browserTests(
  test,
  'parts that are missing or damaged: that page says so, the others work',
  async (openContext, browser) => {
    const partial = join(dir, browser, 'partial');
    cpSync(run, partial, { recursive: true, filter: (f) => basename(f) !== 'explorer' });
    const { paths } = JSON.parse(readFileSync(join(partial, 'result.json'), 'utf8'));
    rmSync(join(partial, paths.sae), { recursive: true });
    const { site, runs } = await open([partial]);
    const data = runs[0].storage.label;
    rmSync(join(data, 'features-0001.safetensors'));
    writeFileSync(join(data, 'neurons-0001.safetensors'), 'cut short');
    rmSync(join(data, 'pictures', '000002.jpg'));
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

browserTests(test, 'two runs are compared; each keeps its own addresses', async (openContext, browser) => {
  const other = join(dir, browser, 'other run');
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

browserTests(
  test,
  'an export works below another path of a plain host, under the policy that it states',
  async (openContext, browser) => {
    const host = join(dir, browser, 'host');
    const out = join(host, 'some', 'where');
    mkdirSync(host, { recursive: true });
    const { site } = await open([run]);
    await exportSite(site, out);
    const server = createServer((request, response) => {
      const file = join(
        host,
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

      const weights = join(out, 'data', 'a', 'model.safetensors');
      const whole = readFileSync(weights);
      const flipped = Buffer.from(whole);
      flipped[flipped.length - 3] ^= 1;
      for (const [bytes, reason] of [
        [flipped, 'other SHA-256'],
        [Buffer.from('<!doctype html><title>All is well</title>'), 'HTML'],
        [Buffer.alloc(0), 'is empty'],
      ] as const) {
        writeFileSync(weights, bytes);
        await go('#/', 'Who covers');
        await go('#/live/curve', 'Live');
        await page.locator('.warn', { hasText: reason }).waitFor();
      }
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
);

test.run();
