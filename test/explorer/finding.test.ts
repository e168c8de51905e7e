// Finding one's way as a user does: search, filter, what is next in the list, keys, a photograph from a unit's page.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodePng } from '../../src/images/png-write.js';
import { browserTest, browserTests, hasBrowser, longBrowserTests } from '../support/browser.js';
import { temporaryFolder } from '../support/cli.js';
import { exploredRun, overflow, served, watched } from '../support/explorer.js';
import { filled } from '../support/filled.js';

const test = suite('explorer/finding');
let run = '';
test.before(async () => {
  if (!hasBrowser('chromium') && !hasBrowser('firefox')) return;
  run = await exploredRun();
  const json = (name: string, content: unknown) => writeFileSync(join(run, name), JSON.stringify(content));
  json('labels.json', { f3: { label: 'a round corner', kind: 'terms', f1: 0.5, pearson: 0.4, terms: [] } });
  json('taxonomy.json', {
    units: [{ unit: 'mixed3b_5x5:3', family: 'centre-surround', at: [0, 2] }],
    features: [{ unit: 'f4', family: 'centre-surround', at: [1, 1] }],
  });
  const random = { draws: 20, rms: 0.1, largest: 0.25, asMuch: 1 };
  const classes = {
    up: [{ name: 'tabby', change: 1 }],
    down: [{ name: 'wheel', change: -2 }],
    rms: 1,
    largest: 2,
  };
  json('circuit.json', {
    units: {
      f3: {
        ablate: { pictures: 4, classes: { ...classes, random } },
        add: {
          pictures: 6,
          classes: { ...classes, down: [{ name: 'sundial', change: -0.5, random: 0.125 }], random },
        },
      },
    },
  });
  mkdirSync(join(run, 'visualize'));
  json('visualize/visualize.json', {
    images: [{ unit: 'f3', file: 'f3.png', objective: 'neuron', strength: 1.5, steps: 512 }],
  });
  writeFileSync(join(run, 'visualize/f3.png'), encodePng(new Uint8Array(3 * 8 * 8).fill(99), 8, 8));
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

longBrowserTests(
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

longBrowserTests(
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

browserTests(
  test,
  'what a unit sees: crops of each level, where it is lit, its card; what it looks for is painted while one watches',
  async (openContext) => {
    await served([run], async ({ url }) => {
      const { page, go, complaints } = await watched(await openContext(), url);
      await go('#/neurons/3', 'Neuron 3');
      const levels = page.locator('.level');
      const titles = await levels.locator('b').allTextContents();
      assert.is(titles[0], 'Strongest');
      assert.is(titles.at(-1), 'Chance');
      assert.ok(titles.length > 3, titles.join());
      const shares = (await levels.locator('small').allTextContents()).flatMap((t) =>
        [...t.matchAll(/(\d+) % of the activation/g)].map((m) => Number(m[1])),
      );
      assert.ok(Math.abs(filled(shares).reduce((a, b) => a + b) - 100) <= shares.length, shares.join());
      const values = (at: number) => levels.nth(at).locator('.caption').allTextContents();
      const [top, weak] = [await values(0), await values(shares.length)];
      assert.ok(Math.min(...top.map(Number)) > 0);
      assert.ok(Math.max(...filled(weak).map(Number)) <= Number(top[0]));
      // The field of the place: its middle in the middle of the crop, unless the field is the picture.
      const centred = await levels
        .nth(0)
        .locator('.crop-tile')
        .first()
        .evaluate((tile) => {
          const [crop, mark] = ['.crop', '.mark'].map((c) => tile.querySelector(c)!.getBoundingClientRect());
          return [mark.x + mark.width / 2 - crop.x - crop.width / 2, crop.width];
        });
      assert.ok(Math.abs(centred[0]) < centred[1] / 20, centred.join());
      const alpha = (canvas: ReturnType<typeof page.locator>) =>
        canvas.evaluate((c: HTMLCanvasElement) => {
          const { data } = c.getContext('2d')!.getImageData(0, 0, c.width, c.height);
          const all = Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 3]);
          return [Math.max(...all), all.indexOf(Math.max(...all)), c.width, all.filter(Boolean).length];
        });
      const [largest, at, width, lit] = await alpha(page.locator('.hero canvas.heat'));
      assert.is(largest, 220);
      const { stride, centre } = await page.evaluate(
        async () => (await (await fetch('data/a/index.json')).json()).geometry as Record<string, number>,
      );
      const dot = Number(await page.locator('.hero .place circle').getAttribute('cx'));
      assert.is(stride * (at % width) + centre + 0.5, dot, 'brightest where the dot is');
      assert.ok(lit > 1 && lit < width * width);
      await page.locator('#lit').check();
      await page.locator('.tiles canvas.heat').nth(3).waitFor();
      await page.locator('.crop-tile').last().click();
      await page.locator('h1', { hasText: 'Photograph' }).waitFor();
      await page.locator('p', { hasText: 'Outlined: ' }).waitFor();

      await go('#/features/3', 'Feature 3');
      await page.locator('.own', { hasText: 'labels.json calls it “a round corner” (F1 0.50' }).waitFor();
      await page
        .locator('.hero figcaption', { hasText: 'fires at 1.5 times the 99.9th percentile' })
        .waitFor();
      await page.waitForFunction(
        () => document.querySelector<HTMLImageElement>('img[src$="visualize/f3.png"]')?.naturalWidth === 8,
      );
      assert.equal(await page.locator('.moved li').allTextContents(), [
        ...['tabby+1', 'wheel-2', 'tabby+1', 'sundial-0.5'],
      ]);
      const beside = page.locator('.effects figcaption', {
        hasText: '1 of 20 random directions of the same length',
      });
      assert.is(await beside.count(), 2);
      const wide = (of: string) =>
        page
          .locator(`.moved li:has-text("sundial") ${of}`)
          .evaluate((bar: HTMLElement) => bar.getBoundingClientRect().width);
      const [chance, own] = [await wide('.chance'), await wide('.less')];
      assert.ok(Math.abs(chance - own / 2) < 1, `${chance}, ${own}: to both sides, a quarter as far`);
      await page.locator('.weight').first().hover();
      await page.locator('.hover-card img').waitFor();
      assert.match((await page.locator('.hover-card').textContent())!, /^neuron \d+.*fires at/);
      await page.mouse.move(0, 0);
      await page.locator('.hover-card').waitFor({ state: 'hidden' });

      await go('#/neurons/7', 'Neuron 7');
      await page
        .locator('.note', {
          hasText: /Class effects cannot be computed here: its weights end at mixed3b.*circuit --units/,
        })
        .waitFor();
      await page.locator('button', { hasText: 'Paint what it looks for' }).click();
      await page.locator('figcaption', { hasText: /step \d+ of 512; fires at/ }).waitFor();
      await page.locator('button', { hasText: 'Stop' }).click();
      await page.locator('figcaption', { hasText: 'Stopped' }).waitFor();
      const shades = await page.locator('.looks-for canvas').evaluate((c: HTMLCanvasElement) => {
        const { data } = c.getContext('2d')!.getImageData(0, 0, c.width, c.height);
        return new Set(data).size;
      });
      assert.ok(shades > 3, `${shades}`);

      await go('#/live/photograph?picture=2&units=n3', 'Live');
      await page.locator('.stored', { hasText: /The run has/ }).waitFor();
      await go('#/map', 'Map');
      // A finger has no pointer to hover with: the first tap says what it is, the card leads there.
      const tap = (what: string) =>
        page
          .locator(what)
          .first()
          .evaluate((link) =>
            link.dispatchEvent(
              new PointerEvent('click', { pointerType: 'touch', bubbles: true, cancelable: true }),
            ),
          );
      await tap('.map a');
      await page.locator('.hover-card', { hasText: 'neuron 3' }).locator('img').waitFor();
      assert.match(page.url(), /map$/);
      await page.locator('.hover-card a', { hasText: 'Open' }).click();
      await page.locator('h1', { hasText: 'Neuron 3' }).waitFor();
      await tap('.weight, .tile');
      await page.locator('h1', { hasText: /Feature/ }).waitFor(); // its picture is seen already
      await go('#/map', 'Map');
      await page.locator('.map a').nth(1).click();
      await page.locator('h1', { hasText: 'Feature 4' }).waitFor();
      assert.equal(complaints, []);
    });
  },
);

// In Chromium alone: Firefox's driver tells of no download.
browserTest(
  test,
  'labels, notes and lists are kept, searched, saved and merged; tables and charts are saved; the address is copied',
  async (openContext) => {
    const saved = join(run, 'notes.json');
    await served([run], async ({ url }) => {
      const context = await openContext();
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      const { page, go, complaints } = await watched(context, url);
      const names = () => page.locator('.unit-row b').allTextContents();
      const folder = temporaryFolder('download');
      let copies = 0;
      const download = async (button: string) => {
        const [file] = await Promise.all([
          page.waitForEvent('download'),
          page.locator(`button[aria-label="${button}"], button:text-is("${button}")`).first().click(),
        ]);
        // Of a browser that others use too: only a copy can be had.
        const copy = join(folder, `file-${++copies}`);
        await file.saveAs(copy);
        return readFileSync(copy, 'utf8');
      };
      await go('#/features?q=CORNER', 'Features');
      assert.equal(await names(), ['f3']);
      assert.is(await page.locator('.cell-name small').textContent(), 'a round corner');
      await go('#/features?q=surround', 'Features');
      assert.equal(await names(), ['f4'], 'by family');
      await go('#/neurons', 'Neurons');
      await page.locator('#family').selectOption({ label: 'centre-surround (1)' });
      assert.equal(await names(), ['3']);
      await page.waitForURL(/family=centre-surround/);
      await page.reload();
      await page.locator('.unit-row').first().waitFor();
      assert.equal(await names(), ['3'], 'kept in the address');
      await page.locator('#state').selectOption('dead');
      assert.equal(await names(), [], 'together with the other filters');
      await page.locator('#state').selectOption('all');
      await page.locator('.unit-row').click();
      await page.locator('.steps', { hasText: '1 of 1' }).waitFor();
      await go('#/neurons?q=90°', 'Neurons');
      const angles = (await page.locator('.cell-orientation').allTextContents()).map(Number.parseFloat);
      assert.ok(
        filled(angles).every((a) => Math.abs(a - 90) <= 10.5),
        angles.join(),
      );

      await go('#/features/7', 'Feature 7');
      await page.locator('.own summary').click();
      await page.locator('#own-label').fill('=mine, "really"');
      await page.locator('#own-lists').fill('to do, odd');
      await page.locator('#own-note').fill('look\nagain');
      await page.reload();
      await page.locator('h1', { hasText: 'Feature 7' }).waitFor();
      assert.is(await page.locator('.given').textContent(), '=mine, "really"');
      await go('#/features?q=mine', 'Features');
      assert.equal(await names(), ['f7']);
      await page.locator('#search').fill('');
      await page.locator('#list').selectOption('to do');
      assert.equal(await names(), ['f7']);
      await page.waitForURL(/list=to/);
      const [columns, row] = (await download('features as CSV')).split('\r\n');
      assert.match(columns, /^unit,label,family,orientation,/);
      assert.match(row, /^f7,"'=mine, ""really""",,/);
      assert.is(JSON.parse(await download('features as JSON'))[0].unit, 'f7');
      await page.locator('button', { hasText: 'Copy link' }).click();
      await page.locator('button', { hasText: 'Copied' }).waitFor();
      assert.is(await page.evaluate(() => navigator.clipboard.readText()), page.url());
      await page.locator('.unit-row').click();
      await page.locator('.steps', { hasText: '1 of 1' }).waitFor();
      const decoder = (await download('decoder as CSV')).trim().split('\r\n');
      assert.is(decoder.length, 1 + 96);

      const lines = async (button: string) => (await download(button)).trim().split('\r\n');
      await go('#/', 'Who covers');
      const petals = await lines('orientations-neurons as CSV');
      assert.equal([petals[0], petals.length], ['unit,degrees,response', 1 + 10 * 360]);
      assert.match((await lines('run as CSV')).join(), /tap,mixed3b_5x5/);
      await go('#/neurons/3', 'Neuron 3');
      assert.match((await lines('mixed3b_5x5-3-examples as CSV'))[1], /^Strongest,\d+,\d+,[\d.]+$/);
      await go('#/features/3', 'Feature 3');
      const moved = JSON.parse(await download('f3-classes as JSON'));
      assert.equal(moved.at(-1), { way: 'add', class: 'sundial', change: -0.5, randomDirections: 0.125 });
      await go('#/live/curve?o=92&units=n3', 'Live');
      await page.locator('.polar .petal').first().waitFor();
      const [, n3] = await lines('watched as CSV');
      assert.match(n3, /^mixed3b_5x5:3,\d/);
      assert.is((await lines('petals as CSV')).length, 1 + 120);
      assert.match((await lines('answer as CSV'))[0], /^unit,orientationDeg,value,peak$/);

      await go('#/notes', 'Notes');
      assert.match((await page.locator('.note-row').textContent())!, /f7 =mine, "really".*look/s);
      const file = JSON.parse(await download('Save notes.json'));
      assert.equal(Object.keys(file.units), ['f7']);
      const merge = (content: unknown) =>
        page.locator('#notes-file').setInputFiles({
          ...{ name: 'theirs.json', mimeType: 'application/json' },
          buffer: Buffer.from(JSON.stringify(content)),
        });
      const theirs = { label: 'theirs', text: '', lists: ['odd'], changed: '2000-01-01T00:00:00.000Z' };
      await merge({ ...file, units: { f7: theirs, 'mixed3b_5x5:2': theirs } });
      await page.locator('.note', { hasText: 'theirs.json: 1 unit changed' }).waitFor();
      assert.equal(await page.locator('.note-row b').allTextContents(), ['f7', 'neuron 2']);
      await merge({ ...file, sae: 'another' });
      await page.locator('.warn', { hasText: 'another autoencoder' }).waitFor();
      writeFileSync(saved, await download('Save notes.json'));
      assert.equal(complaints, []);
    });
    // Next to the run, they are there for others.
    await served([run], async ({ url }) => {
      const { page, go } = await watched(await openContext(), url);
      await go('#/neurons?q=theirs', 'Neurons');
      assert.equal(await page.locator('.unit-row b').allTextContents(), ['2']);
    });
  },
);

test.run();
