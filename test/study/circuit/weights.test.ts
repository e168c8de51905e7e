// Expanded weights of the embedded network are the weights that were planted in it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { embeddedModel, expandedWeights, init } from '../../../src/index.js';
import { relativeError } from '../../support/guarded.js';

const test = suite('study/circuit/weights');
const engine = await init();
const model = await embeddedModel(engine.math);
/** [96][32][5][5] */
const { weight } = model.parameters.get('mixed3b_5x5')!;

/** Of a unit, [5][5][32]. */
const planted = (unit: number): Float64Array =>
  Float64Array.from({ length: 25 * 32 }, (_, i) => weight[(unit * 32 + (i % 32)) * 25 + Math.floor(i / 32)]);

test('over one convolution: its own', () => {
  const units = [0, 25, 95];
  const { side, patches } = expandedWeights(
    engine,
    model,
    'mixed3b_5x5_bottleneck',
    units.map((channel) => ({ tap: 'mixed3b_5x5', channel })),
    new Map(),
  );
  assert.is(side, 5);
  for (const [i, unit] of units.entries())
    assert.ok(relativeError(patches[i], planted(unit)) < 1e-5, `unit ${unit}`);
});

test('through the bottleneck: lines as they are, colours by a quarter, of a direction the sum', () => {
  const vector = new Float32Array(96);
  vector.set([1, -2]);
  const readOuts = [
    { tap: 'mixed3b_5x5_pre_relu', channel: 72 },
    { tap: 'mixed3b_5x5', vector },
  ];
  const { side, patches } = expandedWeights(engine, model, 'mixed3a', readOuts, new Map());
  assert.is(side, 5);
  const expected = (of: (place: number, line: number) => number) =>
    Float64Array.from({ length: 25 * 24 }, (_, i) => of(Math.floor(i / 24), i % 24));
  const lines = (patch: Float32Array) =>
    Float32Array.from({ length: 25 * 24 }, (_, i) => patch[Math.floor(i / 24) * 256 + (i % 24)]);
  const [first, second, colour] = [planted(0), planted(1), planted(72)];
  const sum = expected((p, l) => first[p * 32 + l] - 2 * second[p * 32 + l]);
  assert.ok(relativeError(lines(patches[1]), sum) < 1e-5);
  // Channel 26 of the bottleneck is colour 4 of mixed3a's sixteen, which begin at 48.
  for (let p = 0; p < 25; p++) {
    assert.ok(Math.abs(patches[0][p * 256 + 52] - 0.25 * colour[p * 32 + 26]) < 1e-5, `${p}`);
    assert.is(patches[0][p * 256 + 200], 0, 'nothing comes from other branches');
  }
  assert.ok(colour[12 * 32 + 26] === 8, 'the centre of the colour that was planted');
});

test.run();
