// Finding one's way as a user does: search, filter, what is next in the list, keys, a photograph from a unit's page.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { browserTests, hasBrowser } from '../support/browser.js';
import { exploredRun, overflow, served, watched } from '../support/explorer.js';
import { filled } from '../support/filled.js';

const test = suite('explorer/finding');
let run = '';
test.before(async () => {
  if (hasBrowser('chromium') || hasBrowser('firefox')) run = await exploredRun();
});

browserTests(
  test,
  'a list: orientation is switched by its box, f12 comes first, n5 and what is next in the list',
  async (openContext) => {
    await served([run], async ({ url }) => {
      const { page, go, complaints } = await watched(await openContext(), url);
      const names = () => page.locator('.unit-row b').allTextContents();
      await go('#/features', 'Features');
      const box = page.locator('#around');
      const legend = page.locator('legend', { hasText: 'Orientation' });
      for (const on of [true, false, true]) {
        await box.click();
        assert.is(await box.isChecked(), on);
        assert.match((await legend.textContent())!, on ? /0° ± 20°/ : /any/);
      }
      await page.waitForURL(/o=0/);
      await box.click();

      const search = page.locator('#search');
      await search.fill('f1');
      assert.is((await names())[0], 'f1');
      assert.ok((await names()).length > 10, 'and those that begin with it');
      await search.fill('f');
      assert.ok((await names()).length > 11, 'a letter alone looks for nothing');
      await search.fill('n5');
      const copies = await names();
      await search.fill('neuron:5');
      assert.equal(await names(), copies);
      await search.fill('abc');
      assert.equal(await names(), []);

      await go('#/neurons?state=detector&sort=orientation', 'Neurons');
      const list = await names();
      assert.is(list.length, 10);
      await search.fill('n3');
      assert.ok(filled(await names()).every((name) => name.startsWith('3')));
      await search.fill('');
      await page.locator('.unit-row').first().click();
      await page.locator('h1', { hasText: `Neuron ${list[0]}` }).waitFor();
      await page.locator('.steps', { hasText: '1 of 10' }).waitFor();
      assert.is(await page.locator('a[rel=prev]').count(), 0);
      await page.keyboard.press('ArrowRight');
      await page.locator('.steps', { hasText: '2 of 10' }).waitFor();
      assert.is(await page.locator('h1').textContent(), `Neuron ${list[1]}`);
      await page.keyboard.press('ArrowLeft');
      await page.locator('h1', { hasText: `Neuron ${list[0]}` }).waitFor();
      await page.locator('.steps a', { hasText: '1 of 10' }).click();
      await page.locator('h1', { hasText: 'Neurons' }).waitFor();
      assert.equal(await names(), list, 'back in the list');
      // Without a list, by number.
      await go('#/neurons/7', 'Neuron 7');
      await page.keyboard.press('ArrowRight');
      await page.locator('h1', { hasText: 'Neuron 8' }).waitFor();

      await page.keyboard.press('/');
      await page.locator('h1', { hasText: 'Features' }).waitFor();
      await page.waitForFunction(() => document.activeElement?.id === 'search');
      await page.keyboard.type('f2');
      assert.is((await names())[0], 'f2');
      await page.keyboard.press('/');
      assert.is(await search.inputValue(), 'f2/', 'in the field itself it is a letter');
      assert.equal(complaints, []);
    });
  },
);

browserTests(
  test,
  'a photograph: what it was opened for is outlined; dropped on any page it is looked at',
  async (openContext) => {
    await served([run], async ({ url }) => {
      const { page, go, complaints } = await watched(await openContext(), url);
      await go('#/neurons/3', 'Neuron 3');
      const outlines = page.locator('.picture .place rect:not(.halo)');
      const place = async () => [
        await outlines.first().getAttribute('x'),
        await outlines.first().getAttribute('y'),
      ];
      const there = await place();
      await page.locator('.picture-tile').first().click();
      await page.locator('h1', { hasText: 'Photograph' }).waitFor();
      await page.locator('p', { hasText: 'Outlined: where neuron 3 fires most here.' }).waitFor();
      assert.is(await outlines.count(), 1);
      assert.equal(await place(), there);
      await go('#/photographs/0?unit=n96&at=3', 'Photograph 0');
      assert.is(await page.locator('p', { hasText: 'Outlined' }).count(), 0, 'no such neuron');

      await go('#/features/5', 'Feature 5');
      await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(64, 64);
        canvas.getContext('2d')!.fillRect(8, 8, 20, 20);
        const data = new DataTransfer();
        data.items.add(new File([await canvas.convertToBlob()], 'mine.png', { type: 'image/png' }));
        for (const type of ['dragover', 'drop'])
          document.body.dispatchEvent(
            new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }),
          );
      });
      await page.locator('h1', { hasText: 'Live' }).waitFor();
      await page.locator('.seen.filled').waitFor();
      assert.match(page.url(), /live\/photograph\?units=f5/);
      const [red] = await page
        .locator('.seen canvas')
        .first()
        .evaluate((canvas: HTMLCanvasElement) => canvas.getContext('2d')!.getImageData(60, 60, 1, 1).data);
      assert.is(red, 0, 'the dropped one: black there');
      assert.equal(complaints, []);
    });
  },
);

browserTests(
  test,
  'drawing marks where it reads; on a phone a turned curve and its answer are in view together',
  async (openContext) => {
    await served([run], async ({ url }) => {
      const { page, go, complaints } = await watched(await openContext(), url);
      await go('#/live/draw', 'Live');
      await page.locator('.meters li').first().waitFor();
      const paper = (await page.locator('canvas.paper').boundingBox())!;
      const read = (await page.locator('.read').boundingBox())!;
      const { apex, side, field } = await page.evaluate(async () => {
        const { geometry } = (await (await fetch('data/a/index.json')).json()) as {
          geometry: { field: number; centre: number; stride: number };
        };
        const canvas = document.querySelector<HTMLCanvasElement>('canvas.paper')!;
        const { field, centre, stride } = geometry;
        const index = Math.max(0, Math.ceil(((field - 1) / 2 - centre) / stride));
        return { apex: stride * index + centre, side: canvas.width, field };
      });
      const scale = paper.width / side;
      assert.ok(Math.abs(read.x + read.width / 2 - paper.x - (apex + 0.5) * scale) < 1.5);
      assert.ok(Math.abs(read.width - field * scale) < 2.5, `${read.width}`);

      await page.setViewportSize({ width: 390, height: 780 });
      await go('#/live/curve?o=92&units=n3', 'Live');
      await page.locator('.polar .petal').first().waitFor();
      for (const what of ['canvas.stimulus', '.bench .polar', 'input[aria-label="Orientation"]']) {
        const box = (await page.locator(what).first().boundingBox())!;
        assert.ok(box.y >= 0 && box.y + box.height <= 780, `${what}: ${JSON.stringify(box)}`);
      }
      assert.ok((await overflow(page)) <= 0);
      assert.equal(complaints, []);
    });
  },
);

test.run();
