import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeJpeg } from '../../src/explorer/jpeg.node.js';
import type { Detector } from '../../src/index.js';
import { escapeHtml, html } from '../../src/report/html.js';
import { type ReportExtras, writeReport } from '../../src/report/report.js';
import { OLDER } from '../../src/study/curves/verdict.js';
import type { JobResult } from '../../src/study/result.js';
import { browserTest } from '../support/browser.js';
import { temporaryFolder } from '../support/cli.js';
import { CONFIRMED, COPY, randomOnly } from '../support/curve-results.js';
import { filled } from '../support/filled.js';

const test = suite('report/report');
const dir = temporaryFolder('report');
const HOSTILE = `</style><script>alert(1)</script>"onload='x' \u2028 & <b>`;

const detector = (index: number, orientationDeg: number, prefix: string): Detector => ({
  unit: `${prefix}${index}`,
  orientationDeg,
  argmaxDeg: orientationDeg,
  peak: 12.3,
  strength: 0.8,
  resultant: 0.93,
  echo: 0.01,
  fwhmDeg: 40,
  ...(prefix === 'f' && { neuronAlignment: 0.4 }),
});

function example(name = 'example'): { result: JobResult; extras: ReportExtras } {
  const neurons = [0, 30, 60, 90, 120, 150, 185, 250, 272, 295].map((d, i) => detector(i, d, 'mixed3b_5x5:'));
  const features = [10, 215, 325].map((d, i) => detector(i, d, 'f'));
  const bump = (deg: number) =>
    Float32Array.from({ length: 720 }, (_, i) =>
      Math.max(0, 1 - Math.abs(((i / 2 - deg + 540) % 360) - 180) / 40),
    );
  const metrics = {
    l0: 4,
    fvu: 0.05,
    explainedVariance: 0.95,
    gamma: 1,
    cosine: 0.97,
    deadFraction: 0.1,
    vectors: 500,
  };
  const statistics = (n: number) => ({
    percentile999: new Float32Array(n).fill(9),
    density: Float32Array.from({ length: n }, (_, i) => (i % 4) / 40),
    vectors: 4000,
  });
  return {
    result: {
      version: '0.0.0',
      model: { name, architecture: 'inceptionv1', sha256: 'ab'.repeat(32) },
      tap: 'mixed3b_5x5',
      build: 'simd',
      seed: 1,
      activations: { images: 40, vectors: 5000, dIn: 96 },
      sae: { architecture: 'topk', dIn: 96, dSae: 64, k: 4, ...metrics },
      curves: {
        neurons: { count: neurons.length, largestGapDeg: 65, detectors: neurons },
        features: { count: 3, largestGapDeg: 200, detectors: features },
        filledGaps: [
          { fromDeg: 185, toDeg: 250, features: ['f1'] },
          { fromDeg: 295, toDeg: 0, features: ['f2'] },
        ],
      },
      seconds: { activations: 3.2, sae: 20 },
      report: 'report.html',
      hashes: { images: '1', weights: '2', store: '3', sae: '4', curves: '5' },
      paths: { activations: 'a', sae: 'b', curves: 'c' },
      sampling: { sample: 'norm', perImage: 128, excludeBorder: false },
      failures: [],
      numerics: 'exact',
    },
    extras: {
      tuning: {
        units: neurons.map((n) => bump(n.orientationDeg)),
        features: features.map((f) => bump(f.orientationDeg)),
      },
      statistics: { units: statistics(10), features: statistics(64) },
      trainingLog: Array.from({ length: 50 }, (_, i) => ({
        step: 10 * (i + 1),
        steps: 500,
        loss: 1 / (i + 1),
        l0: 4,
        fvu: 1 / (i + 2),
        dead: i,
        gamma: 1,
        cosine: 0.9,
        l2Ratio: 0.95,
        vectorsPerSecond: 1000,
      })),
      metrics,
      heldOut: true,
      commandLine: `curvesae run --model ${name}`,
    },
  };
}

test('markup escapes every value', () => {
  assert.is(escapeHtml(`<a b="c" d='e'>&`), '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;');
  assert.is(
    html`<p>${'<'}${[html`<b>${'>'}</b>`, '&']}${false}${undefined}${0}</p>`.text,
    '<p>&lt;<b>&gt;</b>&amp;0</p>',
  );
});

test('densities over training are drawn where the log has them', async () => {
  const { result, extras } = example('x');
  assert.not.match(await writeReport(result, extras), 'how often features fire');
  const latents = new Array<number>(32).fill(0);
  latents[24] = 60;
  extras.trainingLog = extras.trainingLog!.map((p) => ({ ...p, density: { silent: 4, latents } }));
  const page = await writeReport(result, extras);
  const chart = /<svg[^>]*aria-label="how often features fire, over training; 4 never[\s\S]*?<\/svg>/.exec(
    page,
  )![0];
  assert.is(chart.match(/class="cell"/g)!.length, 100, 'one bin and the silent ones, 50 points');
  assert.not.match(chart, /NaN|Infinity|undefined/);
});

test('the page says the verdict, the evidence of each feature, and what chance gives', async () => {
  const { result, extras } = example();
  const { detectors } = result.curves.features!;
  detectors[0].evidence = COPY;
  detectors[1].evidence = CONFIRMED;
  result.controls = randomOnly(3.1, 0.55, 0.2, 1);
  result.verdict = 'Ten neurons are curve detectors.';
  result.sae.firing = { vectors: 51_200, never: 3, rare: 40, alive: 21 };
  const page = await writeReport(result, extras);
  assert.match(page, `<p class="lead">${result.verdict}</p>`);
  const rows = page
    .slice(page.indexOf('Evidence of the features'))
    .split('</table>')[0]
    .match(/<tr><td>.*?<\/tr>/g)!;
  assert.equal(
    rows.map((row) =>
      row
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim()
        .split(' ')
        .slice(3)
        .join(' '),
    ),
    ['mixed3b_5x5:4 (80°) no 3/3 4° 0.30 refuted', 'mixed3b_5x5:4 (80°) yes 3/3 4° 0.30 confirmed'],
  );
  assert.match(page, /<td>this autoencoder<\/td><td>64<\/td><td>3<\/td><td>1<\/td><td>1<\/td><td>2<\/td>/);
  assert.match(page, /<td>120, 100 draws<\/td><td>3.1 \(p = 0.55\)<\/td>.*\(p = 1\)<\/td><\/tr>/);
  assert.is(
    page.match(/21 of 64 features fire on 20 or more of 51200 vectors/g)!.length,
    1,
    'how many fire is said once',
  );
  const older = example();
  assert.match(await writeReport(older.result, older.extras), OLDER);
});

test('hostile names are text wherever they are shown', async () => {
  const { result, extras } = example(HOSTILE);
  result.tap = HOSTILE;
  result.curves.neurons.detectors[0].unit = `${HOSTILE}:0`;
  result.failures = [{ name: HOSTILE, reason: HOSTILE }];
  const page = await writeReport(result, extras);
  assert.not.match(page, '<script');
  assert.not.match(page, '"onload');
  assert.is(page.match(/<\/style>/g)?.length, 1);
  assert.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
});

test('the page states a policy that its own style satisfies, and asks nobody for anything', async () => {
  const { result, extras } = example();
  const page = await writeReport(result, extras);
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)![1];
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)![1];
  assert.ok(policy.includes('default-src &#39;none&#39;'));
  assert.ok(policy.includes(createHash('sha256').update(style).digest('base64')));
  assert.not.match(page, /<script|<link|<img|\ssrc=|style="|href=|url\(/);
});

test('photographs: each unit once, wherever it is named; as many as 5 MB hold, whatever they show', async () => {
  const { result, extras } = example();
  const [tile, n] = [72, 6];
  const tiles = Uint8Array.from({ length: n * tile * tile * 3 }, (_, i) => (i * 2654435761) >>> 24);
  const spots = Array.from({ length: n }, (_, i) => ({ picture: i, position: i, value: 9 - i }));
  const names = [...result.curves.neurons.detectors, ...result.curves.features!.detectors].map((d) => d.unit);
  const many = [...names, ...Array.from({ length: 700 }, (_, i) => `f${1000 + i}`)];
  const silent = { spots: [], tiles: new Uint8Array(0) };
  const units = new Map(many.map((unit) => [unit, unit === names[0] ? silent : { spots, tiles }]));
  extras.crops = { tile, places: 500, units, random: { spots, tiles } };
  const page = await writeReport(result, extras, encodeJpeg);
  const [, style] = /<style>([\s\S]*?)<\/style>/.exec(page)!;
  const csp = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)![1];
  assert.ok(csp.includes(createHash('sha256').update(style).digest('base64')));
  assert.equal([...new Set(page.match(/url\(.{20}/g))], ['url(data:image/jpeg;base']);
  assert.ok(page.length > 3_000_000 && page.length < 5_000_000, `${page.length} bytes`);
  assert.match(page, /\d+ units more would make this page too large/);
  assert.not.match(page, `where ${names[0]} fires most`);
  for (const unit of filled(names.slice(1))) {
    assert.match(page, `aria-label="where ${unit} fires most"`);
    assert.match(page, `aria-label="the 6 places that fire ${unit} most, 9, 8, 7, 6, 5, 4"`);
  }
  assert.match(page, 'aria-label="6 places drawn at random"');
});

test('missing parts are said to be missing; the rest still works', async () => {
  const { result } = example();
  const page = await writeReport(result, {});
  assert.match(page, 'cannot be drawn');
  assert.match(page, 'No training log');
  assert.match(page, '</html>');
  result.curves = { neurons: { count: 0, largestGapDeg: 360, detectors: [] } };
  result.numerics = 'relaxed';
  assert.match(await writeReport(result, {}), 'relaxed build');
});

browserTest(
  test,
  'opens offline in Chromium: no request, no violation, light and dark, on a phone',
  async (open) => {
    const { result, extras } = example(HOSTILE);
    const file = join(dir, 'page.html');
    writeFileSync(file, await writeReport(result, extras));
    const context = await open();
    const page = await context.newPage();
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (r) => requests.push(r.url()));
    page.on('console', (m) => complaints.push(m.text()));
    page.on('pageerror', (e) => complaints.push(String(e)));
    const url = pathToFileURL(file).href;
    await page.goto(url);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.is.not(await ground(), light, 'the style applies, and follows the colour scheme');
    assert.is(await page.locator('path.petal').count(), 10 + 10 + 3);
    assert.is(await page.locator('tbody tr').count(), 13);
    await page.setViewportSize({ width: 390, height: 800 });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(overflow <= 0, `the page scrolls sideways by ${overflow} pixels on a phone`);
    assert.equal(requests, [url]);
    assert.equal(complaints, []);
  },
);

test.run();
