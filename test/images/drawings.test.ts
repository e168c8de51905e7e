import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BLACK, draw, hueColour, type Pattern, type Rgb, WHITE } from '../../src/images/drawings.js';
import { drawingThumbnail } from '../../src/images/thumbnail.js';
import { drawStimulus, greyToRgb, init, type Stimulus } from '../../src/index.js';
import { decodeImage } from '../../src/node.js';

const test = suite('images/drawings');
const { math } = await init();
const size = 41;
const middle = 20;
const black = (pattern: Pattern, ink: Rgb = BLACK, ground: Rgb = WHITE) =>
  draw(math, { pattern, ink, ground }, { size, middle });
const at = (p: Float32Array, x: number, y: number, c = 0) => p[3 * ((middle + y) * size + middle + x) + c];

test('a stimulus in black on white is the stimulus', () => {
  const stimulus: Stimulus = { kind: 'curve', orientationDeg: 35, radius: 12 };
  const plain = greyToRgb(drawStimulus(math, stimulus, { size, apexX: middle, apexY: middle, lineWidth: 2 }));
  const drawn = black({ kind: 'stimulus', stimulus, lineWidth: 2, offset: 0 });
  for (let i = 0; i < plain.length; i++) assert.ok(Math.abs(plain[i] - drawn[i]) < 1e-3, `${i}`);
  const white = black({ kind: 'stimulus', stimulus, lineWidth: 2, offset: 0 }, WHITE, BLACK);
  for (let i = 0; i < plain.length; i++) assert.ok(Math.abs(255 - plain[i] - white[i]) < 1e-3, `${i}`);
});

test('a grating is a sine across its normal', () => {
  const wavelength = 8;
  const p = black({ kind: 'grating', orientationDeg: 0, wavelength, phaseDeg: 0 });
  for (let x = -20; x <= 20; x++) {
    const light = 127.5 * (1 - Math.cos((2 * Math.PI * x) / wavelength));
    for (const y of [-20, 3]) assert.ok(Math.abs(at(p, x, y) - light) < 0.05, `${x}`);
  }
  const turned = black({ kind: 'grating', orientationDeg: 90, wavelength, phaseDeg: 0 });
  assert.ok(Math.abs(at(turned, 5, 3) - at(p, 3, 5)) < 0.05);
});

test('ramps and splits have ink and fine noise on the inner side', () => {
  const ramp = black({ kind: 'ramp', orientationDeg: 0, width: 10, offset: 0 });
  assert.equal([at(ramp, -8, 0), at(ramp, 8, 5)], [0, 255]);
  assert.ok(Math.abs(at(ramp, 0, 0) - 127.5) < 0.1);
  const split = black({ kind: 'split', orientationDeg: 90, fine: 3, coarse: 30, seed: 1 });
  const roughness = (sign: number) => {
    let sum = 0;
    for (let y = 4; y < 18; y++)
      for (let x = -18; x < 18; x++) sum += Math.abs(at(split, x, sign * y) - at(split, x + 1, sign * y));
    return sum;
  };
  assert.ok(roughness(-1) > 4 * roughness(1), 'above, behind the normal that points down');
});

test('noise has half its ink on average, and a spread of few degrees is oriented', () => {
  const noise = { kind: 'noise', wavelength: 6, seed: 3, orientationDeg: 0 } as const;
  const every = black({ ...noise, spreadDeg: 90 });
  assert.ok(Math.abs(every.reduce((a, b) => a + b) / every.length - 127.5) < 12);
  const along = black({ ...noise, spreadDeg: 10 });
  let [across, down] = [0, 0];
  for (let y = -18; y < 18; y++)
    for (let x = -18; x < 18; x++) {
      across += Math.abs(at(along, x, y) - at(along, x + 1, y));
      down += Math.abs(at(along, x, y) - at(along, x, y + 1));
    }
  assert.ok(across > 3 * down);
});

test('hues are equally light, opposite ones are complements', () => {
  for (const deg of [0, 37, 120, 251]) {
    const [a, b] = [hueColour(math, deg), hueColour(math, deg + 180)];
    assert.ok(Math.abs(a[0] + a[1] + a[2] - 382.5) < 1e-9);
    for (let c = 0; c < 3; c++) assert.ok(Math.abs(a[c] + b[c] - 255) < 1e-9);
  }
  assert.equal(hueColour(math, 0).map(Math.round), [255, 64, 64]);
});

test('a corner of radius 0 is sharp; rounded, it is the arc at its apex and the arms beyond', () => {
  const geometry = { size, apexX: middle, apexY: middle, lineWidth: 2 };
  const angle = { kind: 'angle', orientationDeg: 20, openingDeg: 90 } as const;
  assert.equal(drawStimulus(math, { ...angle, radius: 0 }, geometry), drawStimulus(math, angle, geometry));
  const round = drawStimulus(math, { ...angle, orientationDeg: 0, radius: 10 }, geometry);
  const arc = drawStimulus(math, { kind: 'curve', orientationDeg: 0, radius: 10 }, geometry);
  for (let y = middle - 6; y <= middle + 6; y++)
    for (let x = middle - 3; x <= middle + 3; x++)
      assert.ok(Math.abs(round[y * size + x] - arc[y * size + x]) < 1e-3, `${x} ${y}`);
  // The arms meet the circle at 45 degrees and leave it straight: at (-16, 16 - 10 (sqrt 2 - 1) - ...) there is ink.
  const vertex = 10 * (Math.SQRT2 - 1);
  assert.ok(round[(middle + Math.round(14 + vertex)) * size + middle - 14] < 128, 'on the arm');
  assert.is(arc[(middle + Math.round(14 + vertex)) * size + middle - 14], 255, 'which the circle is not');
});

test('a thumbnail is a PNG of the middle', async () => {
  const address = drawingThumbnail(
    math,
    { pattern: { kind: 'plain' }, ink: [250, 10, 20], ground: WHITE },
    91,
  );
  const bytes = Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');
  const { width, data } = await decodeImage(bytes, 'thumbnail.png');
  assert.equal([width, ...data.subarray(0, 3)], [45, 250, 10, 20]);
});

test.run();
