// Contact sheets and their page.
import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Canvas } from '../../src/report/canvas.js';
import { drawContactSheet } from '../../src/report/contact-sheet.js';
import { levelText, sheetText } from '../../src/report/example-text.js';
import { writeExamples } from '../../src/report/examples.js';
import type { SheetContent, SheetTile } from '../../src/study/examples/sheet.js';
import type { Example, ExamplesResult, UnitExamples } from '../../src/study/examples/types.js';
import { filled } from '../support/filled.js';

const test = suite('report/examples');
const HOSTILE = `</style><script>alert(1)</script>"onload='x'`;

const example = (value: number): Example => ({
  ...{ image: 'a.jpg', y: 10, x: 20, crop: [0, 0, 30, 20], row: 1, column: 2, value },
});

const unit = (fires: number): UnitExamples => ({
  ...{ fires, density: fires / 1000, images: 3, max: 7.5, top: [example(7.5)] },
  levels: fires
    ? [
        { from: 2, to: 8, fires: fires / 2, share: 0.75, examples: [example(4)] },
        { from: 0.5, to: 2, fires: fires / 2, share: 0.25, examples: [example(1)] },
      ]
    : [],
  nearMisses: [example(-0.1)],
  sheet: fires ? 'sheets/u.jpg' : null,
});

const result = (): ExamplesResult => ({
  version: '0.0.0',
  model: { name: 'net', architecture: 'a', sha256: 'abc' },
  tap: 't',
  sae: { architecture: 'topk', dIn: 4, dSae: 8 },
  numerics: 'relaxed',
  ...{ seed: 0, images: 5, places: 1000, size: 224, failures: [], page: 'examples.html' },
  units: { 't:0': unit(40), 't:1': unit(0), [HOSTILE]: unit(120) },
  random: [example(0)],
});

test('the page: every unit that fires with its sheet and levels, chance beside, the silent ones named', async () => {
  const page = await writeExamples(
    result(),
    { units: new Map([['t:0', 'sheets/t-0.jpg']]), random: 'sheets/random.jpg' },
    'curvesae examples --out x',
  );
  assert.match(page, '<img src="sheets/t-0.jpg" loading="lazy"');
  assert.match(page, '<img src="sheets/random.jpg"');
  assert.match(page, 'a random place fires it with 4 %');
  assert.match(page, 'from 4 % to 12 %');
  assert.match(page, '<td>2 to 8</td><td>20</td><td>50 %</td><td>75 %</td>');
  assert.match(page, '<span title="never fires">t:1</span>');
  assert.is(page.match(/<section class="unit"/g)?.length, 2);
  assert.match(page, 'curvesae examples --out x');
  assert.match(page, 'Computed with the relaxed build');
});

test('what is named from outside stays text; no script, and the style is the one that the policy names', async () => {
  const page = await writeExamples(result(), { units: new Map(), random: undefined }, HOSTILE);
  assert.not.match(page, /<script/);
  assert.match(page, '&lt;/style&gt;&lt;script&gt;');
  const [, policy] = /Content-Security-Policy" content="([^"]+)"/.exec(page)!;
  const [, style] = /<style>([\s\S]*?)<\/style>/.exec(page)!;
  const hash = createHash('sha256').update(style).digest('base64');
  assert.match(policy.replace(/&#39;/g, "'"), `style-src 'sha256-${hash}'`);
  assert.match(policy, /^default-src &#39;none&#39;/);
});

test('a level in words', () => {
  assert.is(levelText(unit(40).levels[0], 40), '2 to 8: 50 % of places, 75 % of activation');
  const { captions } = sheetText('t:0', unit(40), result());
  assert.is(captions.length, 4);
});

test('text is drawn, cut where it would leave its room', () => {
  const canvas = new Canvas(60, 12, [0, 0, 0]);
  canvas.text('i', 0, 0, 1, [9, 9, 9]);
  const inked = () => canvas.pixels.reduce((n, v) => n + (v > 0 ? 1 : 0), 0) / 3;
  assert.is(inked(), 9, 'a dot, a serif of two, three of the stem, a foot of three');
  canvas.text('abcdefghijklmnop', 0, 0, 1, [9, 9, 9], 30);
  for (let y = 0; y < 12; y++) for (let x = 30; x < 60; x++) assert.is(canvas.pixels[(y * 60 + x) * 3], 0);
});

const TILE = 16;
const tile = (grey: number): SheetTile => ({
  pixels: new Uint8Array(TILE * TILE * 3).fill(grey),
  value: grey,
  mark: { left: 6, top: 6, side: 6 },
});

test('a contact sheet: rows below each other, every part where it belongs, its place marked', () => {
  const sheet: SheetContent = {
    ...{ title: 't:0', facts: 'facts', captions: ['top', 'level'], tile: TILE },
    rows: [
      Array.from({ length: 3 }, (_, i) => tile(100 + i)),
      Array.from({ length: 10 }, (_, i) => tile(200 + i)),
    ],
  };
  const { pixels, width, height } = drawContactSheet(sheet);
  assert.is(pixels.length, width * height * 3);
  /** Pixels of a grey, and where the first is. */
  const of = (grey: number) => {
    const found: number[] = [];
    for (let i = 0; i < pixels.length; i += 3)
      if (pixels[i] === grey && pixels[i + 1] === grey && pixels[i + 2] === grey) found.push(i / 3);
    return { count: found.length, x: found[0] % width, y: Math.floor(found[0] / width) };
  };
  // Outside of the mark's two lines, 8 x 8 and 6 x 6, and what lies within them.
  for (const grey of [100, 101, 102, 200, 209]) assert.is(of(grey).count, TILE * TILE - 64 + 16);
  assert.is(of(101).x - of(100).x, TILE + 6);
  assert.is(of(101).y, of(100).y);
  assert.ok(of(200).y > of(102).y + TILE);
  assert.equal([of(208).x, of(208).y > of(207).y], [of(200).x, true], 'the ninth begins a line');
});

test('the strongest picture stands whole, and under what the unit does', () => {
  const size = 40;
  const map = new Float32Array(25);
  map[2 * 5 + 3] = 2;
  const { pixels, width } = drawContactSheet({
    ...{ title: 't', facts: '', captions: ['top'], tile: TILE, rows: [[tile(100)]] },
    strongest: {
      ...{ pixels: new Uint8Array(size * size * 3).fill(150), size, crop: [0, 0, size, size], map },
      grid: { height: 5, width: 5, stride: 8, centre: 4 },
    },
  });
  const orange: number[] = [];
  for (let i = 0; i < pixels.length; i += 3) if (pixels[i] > pixels[i + 2] + 80) orange.push(i / 3);
  assert.ok(orange.length > 4);
  const side = 2 * (TILE + 6) - 6;
  const left = 12 + 2 * (TILE + 6);
  const [x, y] = [(p: number) => p % width, (p: number) => Math.floor(p / width)].map(
    (of) => filled(orange).reduce((s, p) => s + of(p), 0) / orange.length,
  );
  // The place of the map's only value: column 3 of 5, row 2.
  assert.ok(Math.abs((x - left) / side - 28.5 / 40) < 0.05, `${x}`);
  const top = y - (20.5 / 40) * side;
  assert.ok(Math.abs(top - 91) < 1.5, `${top}`);
});

test.run();
