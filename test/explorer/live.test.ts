// The live pages in real browsers: curves, drawings, photographs and the camera, computed in the tab.
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { browserTests, hasBrowser, longBrowserTests } from '../support/browser.js';
import { afterTimers, exploredRun, served, watched } from '../support/explorer.js';
import { filled } from '../support/filled.js';

const test = suite('explorer/live');
let run = '';
test.before(async () => {
  if (hasBrowser('chromium') || hasBrowser('firefox')) run = await exploredRun();
});

browserTests(
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
      const drawn = await page.locator('.meters').nth(1).textContent();
      await page.getByRole('button', { name: 'Clear' }).click();
      await page.waitForFunction((was) => document.querySelectorAll('.meters')[1].textContent !== was, drawn);
      // The same by keyboard: from Clear back to the paper, over the slider.
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Shift+Tab');
      await page.locator('.pen').waitFor(); // it is seen
      await page.keyboard.press('Space');
      for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowDown');
      await page.locator('[role=status]', { hasText: 'Pen down at 48, 72.' }).waitFor();
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
  { both: true },
);

browserTests(
  test,
  'photographs dropped anywhere on the page: with a colour profile they are seen, others say why not',
  async (openContext) => {
    await served([run], async ({ url }) => {
      const { page, go, complaints } = await watched(await openContext(), url);
      await go('#/live/photograph', 'Live');
      await page.locator('.seen.filled').waitFor();
      const drop = (name: string, bytes: Uint8Array) =>
        page.evaluate(
          ([file, data]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(data)], file));
            const stays = ['dragover', 'drop'].map((type) =>
              document
                .querySelector('h1')!
                .dispatchEvent(
                  new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }),
                ),
            );
            return stays.every((followed) => !followed);
          },
          [name, [...bytes]] as const,
        );
      const red = sharp({ create: { width: 240, height: 200, channels: 3, background: '#e02010' } });
      const pictures: [string, Buffer][] = [
        ['IMG_1.HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic')],
        ['a.webp', await red.clone().webp().toBuffer()],
        ['empty.jpg', Buffer.alloc(0)],
        ['cut.jpg', (await red.clone().jpeg().toBuffer()).subarray(0, 500)],
      ];
      for (const [name, bytes] of pictures) {
        assert.ok(await drop(name, bytes), 'the browser does not leave the page to open the file');
        await page.locator('.warn', { hasText: name }).waitFor();
      }
      await drop('phone.jpg', await red.clone().withIccProfile('p3').jpeg({ quality: 95 }).toBuffer());
      await page.waitForFunction(() => document.querySelectorAll('.live .warn').length === 0);
      const middle = await page
        .locator('.seen canvas')
        .first()
        .evaluate((canvas: HTMLCanvasElement) => [
          ...canvas.getContext('2d')!.getImageData(112, 112, 1, 1).data.subarray(0, 3),
        ]);
      const expected = [0xe0, 0x20, 0x10];
      assert.ok(
        filled(middle).every((v, i) => Math.abs(v - expected[i]) <= 6),
        `${middle}: the red of the profile, in sRGB`,
      );
      assert.equal(complaints, []);
    });
  },
);

longBrowserTests(
  test,
  'a curve that turns for long: the address follows at a pace that every browser allows',
  async (openContext) => {
    await served([run], async ({ url }) => {
      const { page, go, complaints } = await watched(await openContext(), url);
      await go('#/live/curve?o=92&units=n3', 'Live');
      await page.getByRole('slider', { name: 'Orientation' }).waitFor();
      const changes = await page.evaluate(async () => {
        let calls = 0;
        const replace = history.replaceState.bind(history);
        history.replaceState = (...of) => {
          calls++;
          replace(...of);
        };
        const slider = document.querySelector<HTMLInputElement>('input[aria-label="Orientation"]')!;
        for (let i = 0; i < 300; i++) {
          slider.value = String(i);
          slider.dispatchEvent(new Event('input', { bubbles: true }));
          if (i % 20 === 0) await new Promise(requestAnimationFrame);
        }
        return calls;
      });
      await page.waitForFunction(() => location.hash.includes('o=299'));
      assert.ok(changes < 60, `${changes} changes of the address for 300 of the slider`);
      // A change that waits is not made on another page.
      await page.evaluate(() => {
        const slider = document.querySelector<HTMLInputElement>('input[aria-label="Orientation"]')!;
        for (const value of ['10', '20']) {
          slider.value = value;
          slider.dispatchEvent(new Event('input', { bubbles: true }));
        }
        location.hash = '#/neurons';
      });
      await page.locator('h1', { hasText: 'Neurons' }).waitFor();
      await afterTimers(page, 200); // the pause between two changes of the address
      assert.match(page.url(), /#\/neurons$/);
      assert.equal(complaints, []);
    });
  },
);

longBrowserTests(
  test,
  'the camera: refused, it says so; given, its frames are computed; it ends with its page',
  async (openContext) => {
    await served([run], async ({ url }) => {
      const { page, go } = await watched(await openContext(), url);
      await go('#/live/camera', 'Live');
      const button = page.getByRole('button', { name: 'Start the camera' });
      await button.waitFor();
      await page.evaluate(() => {
        const own = navigator.mediaDevices;
        const real = own.getUserMedia.bind(own);
        const given: MediaStreamTrack[] = [];
        let answer = 'refuse';
        let changed = () => {};
        Object.assign(window, {
          given,
          answer: (how: string) => {
            answer = how;
            changed();
          },
        });
        own.getUserMedia = async (constraints) => {
          if (answer === 'refuse') throw new DOMException('denied', 'NotAllowedError');
          const stream = await real(constraints);
          given.push(...stream.getTracks());
          while (answer === 'wait')
            await new Promise<void>((resolve) => {
              changed = resolve;
            });
          return stream;
        };
      });
      const answer = (how: string) =>
        page.evaluate((text) => (window as unknown as { answer(how: string): void }).answer(text), how);
      const states = () =>
        page.evaluate(() =>
          (window as unknown as { given: MediaStreamTrack[] }).given.map((t) => t.readyState).join(),
        );
      await button.click();
      await page.locator('.warn', { hasText: 'the camera was refused' }).waitFor();
      await answer('give');
      await button.click();
      await page.locator('.seen.filled').waitFor();
      await page.locator('[role=status]', { hasText: 'pictures a second' }).waitFor();
      assert.is(await states(), 'live');
      await page.getByRole('button', { name: 'Stop the camera' }).click();
      await button.waitFor();
      assert.is(await states(), 'ended');
      // Consent that comes after the page was left.
      await answer('wait');
      await button.click();
      await page.waitForFunction(() => (window as unknown as { given: unknown[] }).given.length === 2);
      await page.evaluate(() => {
        location.hash = '#/neurons';
      });
      await page.locator('h1', { hasText: 'Neurons' }).waitFor();
      await answer('give');
      await page.waitForFunction(() =>
        (window as unknown as { given: MediaStreamTrack[] }).given.every((t) => t.readyState === 'ended'),
      );
    });
  },
);

test.run();
