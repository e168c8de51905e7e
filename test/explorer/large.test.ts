// A large run: 8192 features, 10,000 photographs. The page holds what is in sight, and asks
// for what is looked at.

import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { serve } from '../../src/explorer/server.node.js';
import type { Site, SiteFile } from '../../src/explorer/site.js';
import { encodeSafetensors } from '../../src/index.js';
import { nodeStorage } from '../../src/node.js';
import { writePictureChunks, writeUnitChunks } from '../../src/study/facts/chunks.js';
import {
  CURVE_SAMPLES,
  EXPLORER_FORMAT,
  EXPLORER_VERSION,
  type ExplorerIndex,
  INDEX_FILE,
  NAMES_FILE,
  pictureFile,
  SKETCH_SAMPLES,
  TABLE_FILE,
} from '../../src/study/facts/format.js';
import { RELATIVES } from '../../src/units/co-occurrence.js';
import { TOP_PICTURES, TOP_UNITS, TopPictures } from '../../src/units/top-examples.js';
import { browserTests } from '../support/browser.js';
import { temporaryFolder } from '../support/cli.js';
import { ROOT } from '../support/paths.js';

const test = suite('explorer/large');
const FEATURES = 8192;
const NEURONS = 480;
const PICTURES = 10_000;

/** Data in the format of a real run; values follow from the numbers of units. */
async function synthetic(dir: string): Promise<Site> {
  const storage = nodeStorage(dir);
  const counts = { neurons: NEURONS, features: FEATURES };
  const tensors: Parameters<typeof encodeSafetensors>[0] = {};
  for (const [kind, n] of Object.entries(counts)) {
    const column = (value: (u: number) => number) => ({
      shape: [n],
      data: Float32Array.from({ length: n }, (_, u) => value(u)),
    });
    tensors[`${kind}.orientation`] = column((u) => (u * 37) % 360);
    tensors[`${kind}.peak`] = column((u) => (u % 5) + 0.5);
    tensors[`${kind}.strength`] = column((u) => ((u * 7919) % 1000) / 1000);
    tensors[`${kind}.density`] = column((u) => (u % 3 ? ((u % 100) + 1) / 5000 : 0));
    tensors[`${kind}.detector`] = {
      shape: [n],
      data: Uint8Array.from({ length: n }, (_, u) => Number(u % 11 === 0)),
    };
    tensors[`${kind}.sketch`] = {
      shape: [n, SKETCH_SAMPLES],
      data: Uint8Array.from({ length: n * SKETCH_SAMPLES }, (_, i) => (i * 31) % 256),
    };
    tensors[`${kind}.petals`] = { shape: [0, CURVE_SAMPLES], data: new Float32Array(0) };
  }
  tensors['features.alignment'] = { shape: [FEATURES], data: new Float32Array(FEATURES).fill(0.5) };
  tensors['features.neuron'] = { shape: [FEATURES], data: new Int32Array(FEATURES) };
  await storage.write(TABLE_FILE, encodeSafetensors(tensors));
  const curves = Array.from({ length: FEATURES }, () => new Float32Array(720).fill(1));
  const similar = {
    index: new Int32Array(FEATURES * RELATIVES).fill(1),
    cosine: new Float32Array(FEATURES * RELATIVES).fill(0.5),
  };
  const top = { features: new TopPictures(FEATURES) };
  for (let i = 0; i < FEATURES * TOP_PICTURES; i++) top.features.picture[i] = (i * 13) % PICTURES;
  const strongest = {
    features: {
      index: new Int32Array(PICTURES * TOP_UNITS).fill(3),
      value: new Float32Array(PICTURES * TOP_UNITS).fill(2),
      position: new Int32Array(PICTURES * TOP_UNITS).fill(100),
    },
  };
  await writeUnitChunks(storage, 'features', FEATURES, {
    curves,
    similar,
    decoder: { data: new Float32Array(FEATURES * NEURONS).fill(0.1), d: NEURONS },
    pictures: { top, strongest, failures: [] },
  });
  await writePictureChunks(storage, PICTURES, { top, strongest, failures: [] });
  await storage.write(
    NAMES_FILE,
    JSON.stringify(Array.from({ length: PICTURES }, (_, i) => `photo-${i}.jpg`)),
  );
  const pictures = join(dir, 'pictures');
  mkdirSync(pictures);
  const first = join(pictures, 'first.jpg');
  writeFileSync(
    first,
    await sharp({ create: { width: 224, height: 224, channels: 3, background: '#7a6' } })
      .jpeg()
      .toBuffer(),
  );
  for (let i = 0; i < PICTURES; i++) linkSync(first, join(pictures, pictureFile(i)));
  const index: ExplorerIndex = {
    format: EXPLORER_FORMAT,
    version: EXPLORER_VERSION,
    hash: '0',
    run: {
      version: '0',
      model: { name: 'synthetic', architecture: 'inceptionv1', sha256: '' },
      tap: 'mixed3b',
      build: 'simd',
      numerics: 'exact',
      seed: 0,
      images: PICTURES,
      vectors: 1,
      sae: {
        architecture: 'topk',
        dIn: NEURONS,
        dSae: FEATURES,
        k: 32,
        l0: 32,
        fvu: 0.1,
        gamma: 1,
        deadFraction: 0,
      },
      hashes: {},
      planted: [],
    },
    curves: { neurons: { count: 0, largestGapDeg: 360, detectors: [] } },
    verdict: 'A synthetic run.',
    controls: null,
    geometry: {
      name: 'mixed3b',
      channels: NEURONS,
      height: 28,
      width: 28,
      stride: 8,
      centre: 7,
      field: 91,
      inputSize: 224,
    },
    counts,
    vectors: { histogram: 1, together: { neurons: 1, features: 1 } },
    pictures: { listed: PICTURES, shown: PICTURES, failures: [] },
    behind: { reason: 'made up' },
    missing: [{ part: 'model', reason: 'synthetic' }],
  };
  await storage.write(INDEX_FILE, JSON.stringify(index));
  const page = (name: string) => [name, { file: join(ROOT, 'dist/explorer', name) }] as const;
  return {
    files: new Map<string, SiteFile>([
      ...['index.html', 'style.css', 'main.js', 'worker.js'].map(page),
      [
        'runs.json',
        { text: JSON.stringify({ version: '0', runs: [{ id: 'a', label: 'large', data: 'data/a' }] }) },
      ],
    ]),
    folders: new Map([['data/a', dir]]),
  };
}

/** Read by both browsers. */
let site: Promise<Site> | undefined;

browserTests(
  test,
  '8192 features and 10,000 photographs: bounded page, few requests, scrolls to the end',
  async (open) => {
    site ??= synthetic(temporaryFolder('large'));
    const server = await serve(await site, 0);
    try {
      const page = await (await open()).newPage();
      page.setDefaultTimeout(60_000);
      const requests: string[] = [];
      page.on('request', (r) => requests.push(new URL(r.url()).pathname));
      const nodes = () => page.evaluate(() => document.querySelectorAll('*').length);
      const chunks = () => requests.filter((r) => /\/(features|neurons|pictures)-\d+\.safetensors$/.test(r));

      await page.goto(`${server.url}#/features`);
      await page.locator('.unit-row').first().waitFor();
      assert.match(String(await page.locator('[role=status]').first().textContent()), /8192 features/);
      let most = 0;
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      assert.ok(height > 8192 * 50);
      for (let i = 0; i <= 40; i++) {
        await page.evaluate((y) => scrollTo(0, y), (height * i) / 40);
        await page.evaluate(() => new Promise(requestAnimationFrame));
        most = Math.max(most, await nodes());
      }
      assert.ok(most < 2500, `${most} elements at once`);
      assert.ok((await page.locator('.unit-row').count()) < 80);
      assert.is(await page.locator('.long-row').last().getAttribute('aria-posinset'), '8192');
      assert.equal(chunks(), [], 'a list needs no chunk');

      await page.goto(`${server.url}#/features/8000`);
      await page.locator('h1', { hasText: 'Feature 8000' }).waitFor();
      assert.equal(chunks(), ['/data/a/features-0125.safetensors'], 'one chunk for one feature');

      requests.length = 0;
      await page.goto(`${server.url}#/photographs`);
      await page.locator('.gallery-row').first().waitFor();
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2));
      // Those in sight; what is further away is loaded when it comes near.
      await page.waitForFunction(() => {
        const seen = [...document.images].filter((i) => {
          const { top, bottom } = i.getBoundingClientRect();
          return bottom > 0 && top < innerHeight;
        });
        return seen.length > 0 && seen.every((i) => i.complete);
      });
      assert.ok((await nodes()) < 2500, `${await nodes()} elements`);
      const pictures = requests.filter((r) => r.endsWith('.jpg')).length;
      assert.ok(pictures > 0 && pictures < 400, `${pictures} of 10,000 photographs were fetched`);
      await page.goto(`${server.url}#/photographs/9999`);
      await page.locator('h1', { hasText: 'Photograph 9999' }).waitFor();
      assert.equal(chunks(), ['/data/a/pictures-0078.safetensors']);
    } finally {
      server.close();
    }
  },
);

test.run();
