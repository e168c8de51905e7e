import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, Rng } from '../../../src/index.js';
import { centred, randomAffine, windowOf } from '../../../src/study/visualize/transforms.js';
import { filled } from '../../support/filled.js';

const test = suite('visualize/transforms');
const { math } = await init();

test('what the network sees is the size that Lucid gives at scale 1, the picture in its middle', () => {
  assert.is(windowOf(128), 140);
  assert.equal(centred(128), [1, 0, -6, 0, 1, -6]);
});

test('scales of 0.9 to 1.1 in eleven steps, turns of up to 10 degrees, a quarter of them none, moves of 12 pixels', () => {
  const rng = new Rng(1);
  const [size, draws] = [128, 4000];
  const scales = new Map<string, number>();
  let straight = 0;
  const middles: number[] = [];
  for (let i = 0; i < draws; i++) {
    const [a, b, c, d, e, f] = randomAffine(math, rng, size);
    assert.ok(Math.abs(a - e) < 1e-12 && Math.abs(b + d) < 1e-12, 'no shear, no mirror');
    const scale = 1 / Math.sqrt(a * a + d * d);
    scales.set(scale.toFixed(2), (scales.get(scale.toFixed(2)) ?? 0) + 1);
    const angle = (Math.atan2(d, a) * 180) / 3.14;
    assert.ok(Math.abs(angle) < 10.001 && Math.abs(angle - Math.round(angle)) < 0.01, `${angle}`);
    if (Math.abs(angle) < 0.5) straight++;
    const m = (windowOf(size) - 1) / 2;
    middles.push(a * m + b * m + c - (size - 1) / 2, d * m + e * m + f - (size - 1) / 2);
  }
  // Of 144 pixels, cut to whole ones: 1.02 * 144 = 146.9 is 146.
  const want = Array.from({ length: 11 }, (_, k) => (Math.floor(144 * (0.9 + 0.02 * k)) / 144).toFixed(2));
  assert.equal([...scales.keys()].sort(), want);
  for (const n of scales.values()) assert.ok(n > 0.06 * draws && n < 0.13 * draws, `${n}`);
  // Six of 26 choices are 0.
  assert.ok(Math.abs(straight / draws - 6 / 26) < 0.03, `${straight}`);
  // The middle of what is seen stays near the picture's: jitter of 0..8 and 0..4, scaled and turned.
  assert.ok(filled(middles).every((v) => Math.abs(v) < 9));
  assert.ok(Math.abs(middles.reduce((s, v) => s + v, 0) / middles.length) < 0.3);
});

test.run();
