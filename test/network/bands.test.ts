// Bands: rows of a convolution pooled as they come. The bits of the whole tensor, whatever the size.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { imageInput, init } from '../../src/index.js';
import { type Band, turnsOf } from '../../src/network/ops/conv/bands.js';
import { NetworkSession } from '../../src/network/session.js';
import { filled } from '../support/filled.js';
import { heModel, randomImage } from '../support/he.js';

const test = suite('network/bands');
const engine = await init({ build: 'simd' });
const models = { inceptionv1: heModel('inceptionv1'), googlenet: heModel('googlenet') };

test('turns cover both tensors once, in order; every window finds its rows in the buffer', () => {
  for (let height = 1; height <= 70; height++)
    for (const rows of [5, 8, 20])
      for (const stride of [1, 2])
        for (const before of [0, 1]) {
          const pool = {
            ...{ op: 'maxpool', out: 'p', in: 'c', size: 3, stride },
            padding: { rule: 'same' },
          } as const;
          const band = { pool, rows, kept: 2 } as unknown as Band;
          const out = Math.ceil(height / stride);
          let [y, pooled, top] = [0, 0, 0];
          for (const turn of filled(turnsOf(band, height, out, before))) {
            assert.is(turn.y, y);
            assert.is(turn.pooled, pooled);
            assert.ok(
              turn.top >= top && turn.y - turn.top <= band.kept,
              `${height}: kept ${turn.y - turn.top}`,
            );
            for (let i = pooled; i < pooled + turn.pools; i++) {
              assert.ok(Math.max(0, i * stride - before) >= turn.top, 'first row of the window');
              assert.ok(Math.min(height, i * stride - before + 3) <= y + turn.rows, 'last row of the window');
            }
            [y, pooled, top] = [y + turn.rows, pooled + turn.pools, turn.top];
          }
          assert.is(y, height);
          assert.is(pooled, out);
        }
});

for (const architecture of ['inceptionv1', 'googlenet'] as const)
  test(`${architecture}: the bits of a session that keeps the convolutions whole`, () => {
    for (const [height, width] of [
      [224, 224],
      [225, 97],
      [131, 200],
      [90, 60],
      [47, 130],
    ]) {
      const image = randomImage(height, width, height);
      // A part without anything: sums of zeros, whose sign must not depend on the band either.
      const { channels, mean } = imageInput(models[architecture].description);
      const rgb = channels === 'bgr' ? mean.toReversed() : mean;
      for (let i = image.length >> 1; i < image.length; i++) image[i] = rgb[i % 3];
      const [banded, whole] = [[], ['conv2d0', 'conv2d2']].map((more) => {
        const taps = ['maxpool0', 'maxpool1', 'mixed3a', ...more];
        const session = new NetworkSession(engine, models[architecture], { height, width, taps });
        session.run(image);
        session.run(image); // the buffer of the band holds old rows
        const values = taps.slice(0, 3).map((tap) => session.tap(tap));
        const steps = session.steps.map(({ name }) => name);
        session.dispose();
        return { values, steps };
      });
      assert.ok(
        whole.steps.includes('conv2d0') && !banded.steps.includes('conv2d0'),
        `${height}: has a band`,
      );
      for (const [i, values] of filled(banded.values.entries()))
        assert.ok(
          Buffer.from(values.buffer).equals(Buffer.from(whole.values[i].buffer)),
          `${height}x${width}`,
        );
    }
  });

test('a band takes the memory of some rows', () => {
  const [banded, whole] = [['maxpool0'], ['maxpool0', 'conv2d0']].map((taps) => {
    const session = new NetworkSession(engine, models.inceptionv1, { taps });
    const { bytes } = session;
    session.dispose();
    return bytes;
  });
  assert.ok(whole - banded > 0.75 * 4 * 112 * 112 * 64, `${whole} and ${banded}`);
});

test.run();
