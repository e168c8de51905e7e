// Reading through a network: gradients by finite differences, what stands beside the tap, and hidden neurons.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { embeddedModel, init, UsageError } from '../../../src/index.js';
import { endsOf } from '../../../src/study/disentangle/job.js';
import {
  SeenPictures,
  type TaskData,
  type VisionEntities,
  visionMaterial,
} from '../../../src/study/disentangle/materials.js';
import { basisOf, checkMethod, parseMethod } from '../../../src/study/disentangle/methods.js';
import { Parts } from '../../../src/study/disentangle/network-reading.js';
import { splitEntities } from '../../../src/study/disentangle/pairs.js';
import { trainProbe } from '../../../src/study/disentangle/probes.js';
import {
  checkVisionAttributes,
  curvePictures,
  drawCurve,
  VISION_ATTRIBUTES,
} from '../../../src/study/disentangle/stimuli.js';
import { usualTap, visionSetting } from '../../../src/study/disentangle/vision.js';
import { picked } from '../../../src/vectors/matrix.js';
import { TaskContext } from '../../../src/vectors/task-context.js';
import { saeOfRows } from '../../support/disentangle.js';
import { relativeError } from '../../support/guarded.js';
import { randomNormal } from '../../support/random.js';

const test = suite('disentangle/reading');
const engine = await init();
const model = await embeddedModel(engine.math);
const context = new TaskContext(engine, model, () =>
  Promise.reject(new Error('no pictures are loaded here')),
);
const names = ['orientation', 'polarity'] as const;
const { pictures, attributes } = curvePictures([...names], 48, 1);
const split = splitEntities(48, 1);

const entitiesAt = (
  tap: string,
  beside: VisionEntities['beside'],
  hiding?: VisionEntities['hiding'],
): VisionEntities => ({
  ...{ kind: 'vision', tap, read: 'mixed3b', size: 64, apex: 30, grid: 1, pictures, beside, hiding },
});

test('a branch beside means: nothing but the tap tells pictures apart; beside the base, the rest does', () => {
  const mean = new SeenPictures(context, entitiesAt('mixed3a_5x5', { hold: 'mean', over: split.train }));
  const base = new SeenPictures(context, entitiesAt('mixed3a_5x5', { hold: 'base' }));
  assert.equal(mean.values(3), base.values(3));
  const readings = (seen: SeenPictures, of: number, bases: readonly number[]) =>
    bases.map((b) => {
      let read = new Float32Array(0);
      seen.reading.pass(seen.values(of), [b], (_, values) => {
        read = values.slice();
        return undefined;
      });
      return read;
    });
  const [one, two] = readings(mean, 3, [3, 7]);
  assert.equal(one, two);
  assert.equal(one, mean.reading.plain(3));
  const [own, other] = readings(base, 3, [3, 7]);
  assert.equal(own, base.reading.plain(3));
  assert.not.equal(own, other);
});

for (const [label, hiding] of [
  ['', undefined],
  [', behind a rotation', { kind: 'rotate', width: 256, seed: 2 }],
] as const)
  test(`the slope of some values of the tap, through the network and the means${label}`, () => {
    const entities = entitiesAt('mixed3a', { hold: 'base' }, hiding);
    const seen = new SeenPictures(context, entities);
    const data: TaskData & { entities: VisionEntities } = { entities, attributes, split, probes: [] };
    const { material } = visionMaterial(engine, seen, data);
    const { reading } = material;
    const weights = randomNormal(reading.width, 3);
    const value = (h: Float32Array) => {
      let sum = 0;
      reading.pass(h, [5], (_, read) => {
        for (const [i, v] of read.entries()) sum += weights[i] * v;
        return undefined;
      });
      return sum;
    };
    // Moved off what it is: many values of a tap are exactly 0, where a maximum of equals has no slope of its own.
    const noise = randomNormal(reading.width, 4);
    const h = material.vectors(5).map((v, i) => v + 3 * noise[i % noise.length]);
    const slopes = reading.pass(h, [5], () => weights)!;
    assert.is(slopes.length, h.length);
    const largest = [...slopes.keys()].sort((a, b) => Math.abs(slopes[b]) - Math.abs(slopes[a])).slice(0, 24);
    // Some steps cross the kink of a ReLU, and shorter ones are lost in f32: most slopes agree, none by accident.
    const agrees = (i: number, step: number) => {
      const [high, low] = [Math.fround(h[i] + step), Math.fround(h[i] - step)];
      const moved = (to: number) => value(h.map((v, k) => (k === i ? to : v)));
      return Math.abs((moved(high) - moved(low)) / (high - low) / slopes[i] - 1) < 0.02;
    };
    const near = largest.filter((i) => agrees(i, 0.01) || agrees(i, 0.003));
    assert.ok(near.length >= 18, `${near.length} of ${largest.length}`);
  });

test('hidden neurons: the truth is the neurons, the hidden axes are not; ends are those of the open tap', () => {
  const open = entitiesAt('mixed3a', { hold: 'base' });
  const seen = new SeenPictures(context, open);
  const width = seen.reading.width;
  const readings = new Float32Array(48 * width);
  for (let i = 0; i < 48; i++) readings.set(seen.reading.plain(i), i * width);
  const probes = attributes.map((a) =>
    trainProbe(engine, picked(readings, split.train, width), width, split.train, a),
  );
  const hiding = { kind: 'rotate', width: 256, seed: 2 } as const;
  const material = (entities: VisionEntities) =>
    visionMaterial(engine, new SeenPictures(context, entities), { entities, attributes, split, probes })
      .material;
  const [plain, hidden] = [material(open), material({ ...open, hiding })];
  assert.equal(endsOf(hidden, 1, 40), endsOf(plain, 1, 40));
  const h = (of: typeof plain, method: string, mask: Float32Array) => {
    const { basis } = basisOf(parseMethod(method), of, 0);
    const patched = basis.between([basis.code(of.vectors(1))], [basis.code(of.vectors(2))]).patched(mask);
    let read = new Float32Array(0);
    of.reading.pass(patched, [1], (_, values) => {
      read = values.slice();
      return undefined;
    });
    return read;
  };
  const mask = Float32Array.from({ length: 256 }, (_, i) => i % 2);
  const expected = h(plain, 'neurons', mask);
  assert.ok(relativeError(h(hidden, 'truth', mask), expected) < 1e-3);
  assert.ok(relativeError(h(hidden, 'neurons', mask), expected) > 0.02);
});

test('means over the parts of a map, and back', () => {
  const parts = new Parts(3, 4, 2, 2);
  const map = randomNormal(24, 6);
  const means = parts.means(map);
  assert.is(means.length, 8);
  // Rows 0 and 1, columns 2 and 3, channel 1.
  const corner = [2, 3, 6, 7].map((p) => map[2 * p + 1]);
  assert.ok(Math.abs(means[3] - corner.reduce((a, b) => a + b) / 4) < 1e-6);
  const weights = randomNormal(8, 7);
  const inner = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  assert.ok(Math.abs(inner(parts.spread(weights), map) - inner(weights, means)) < 1e-5);
  // The middle: one row of three, two columns of four.
  const middle = new Parts(3, 4, 1, 'middle');
  const places = Float32Array.from({ length: 12 }, (_, p) => p);
  assert.equal([...middle.means(places)], [5.5]);
  assert.equal([...middle.spread(Float32Array.of(2))], [0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
});

test('curves: every value of every attribute is drawn, by itself; ink and ground are what they are called', () => {
  const all = Object.keys(VISION_ATTRIBUTES) as (keyof typeof VISION_ATTRIBUTES)[];
  const made = curvePictures(all, 600, 4);
  assert.equal(
    made.attributes.map(({ classes }) => classes.length),
    [8, 3, 2, 2, 4, 3],
  );
  for (const { classes, labels } of made.attributes)
    for (const k of classes.keys()) {
      const share = labels.filter((label) => label === k).length / labels.length;
      assert.ok(Math.abs(share - 1 / classes.length) < 0.08, `${classes[k]}: ${share}`);
    }
  const [orientation, curvature, polarity, width] = made.attributes.map(({ labels }) => labels);
  for (const [i, picture] of made.pictures.entries()) {
    const turn = Math.abs(((picture.orientationDeg - 45 * orientation[i] + 540) % 360) - 180);
    assert.ok(turn <= 15.001 && picture.radius / [12, 26, 60][curvature[i]] < 1.16);
    assert.ok(picture.lineWidth > [1.2, 3.3][width[i]] && picture.lineWidth < [1.8, 4.7][width[i]]);
    assert.equal(picture.ground, polarity[i] ? [0, 0, 0] : [255, 255, 255]);
  }
  const usual = curvePictures(['orientation', 'polarity'], 20, 4);
  const rgb = drawCurve(engine.math, usual.pictures[0], 48, 24);
  assert.equal([Math.min(...rgb), Math.max(...rgb), rgb.length], [0, 255, 48 * 48 * 3]);
  const light = usual.attributes[1].labels[0] === 1;
  const white = rgb.filter((v) => v > 127).length / rgb.length;
  assert.ok(light ? white < 0.3 : white > 0.7, `${white}`);
  assert.not.equal(curvePictures(['orientation', 'polarity'], 20, 5).pictures, usual.pictures);
});

test('where is read, and at which size; what cannot be is refused', () => {
  assert.is(usualTap(model), 'mixed3a');
  const { read, size, channels } = visionSetting(model, 'mixed3a');
  assert.equal([read, size, channels], ['mixed3b', 64, 256]);
  const refused = (make: () => unknown, message: RegExp) =>
    assert.throws(make, (e: Error) => e instanceof UsageError && message.test(e.message));
  refused(() => visionSetting(model, 'mixed3b_5x5'), /embedded has no block behind tap 'mixed3b_5x5'/);
  refused(() => visionSetting(model, 'mixed3a', 'conv2d1'), /computed from tap 'mixed3a'/);
  refused(() => visionSetting(model, 'mixed3a', 'mixed4a'), /ends at tap 'mixed3b'/);
  refused(
    () => checkVisionAttributes(['orientatoin'], VISION_ATTRIBUTES, 'drawn curves'),
    /attribute of drawn curves.*orientation/,
  );
  refused(() => checkVisionAttributes(['width', 'width'], VISION_ATTRIBUTES, 'drawn curves'), /named twice/);
  refused(() => parseMethod('neuron'), /unknown method 'neuron'; closest: neurons/);
  const none = { d: 96, sae: false, truth: false };
  refused(() => checkMethod(parseMethod('sae+error'), none), /'sae\+error' needs an SAE/);
  refused(() => checkMethod(parseMethod('truth'), none), /for an SAE of hidden neurons/);
  refused(() => checkMethod(parseMethod('das-97'), none), /das-K takes 1 to 96 dimensions/);
});

test('a random dictionary has the size and the density of the SAE beside which it stands', () => {
  const d = 12;
  const sae = saeOfRows(engine, randomNormal(30 * d, 3), d, -2);
  const x = randomNormal(200 * d, 4);
  const dense = sae.encode(x).filter((v) => v > 0).length / 200;
  const { config, tensors } = sae;
  const material = { engine, d, sample: () => x, sae: { config, tensors } };
  const { basis } = basisOf(parseMethod('random-sae+error'), material, 1);
  assert.is(basis.size, 30);
  const code = basis.code(x) as unknown as { index: Int32Array };
  assert.ok(Math.abs(code.index.length / 200 - dense) < 1.5, `${code.index.length / 200} of ${dense}`);
  assert.equal(basis.between([code as never], [code as never]).patched(new Float32Array(30)), x);
});

test.run();
