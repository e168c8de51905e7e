// A network taken as linear: against plain float64, and what its gradients are.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createSession,
  init,
  type Layer,
  linearised,
  type Model,
  type NetworkDescription,
  parameterShapes,
  UsageError,
} from '../../src/index.js';
import { shapes } from '../../src/network/geometry.js';
import { layersWithGain } from '../../src/network/linearised.js';
import { forward64 } from '../support/backward.js';
import { relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('network/linearised');
const engine = await init({ build: 'simd' });
const scalar = await init({ build: 'scalar' });
const same = { rule: 'same' } as const;
const conv = (out: string, from: string, size: number, filters: number): Layer => ({
  ...{ op: 'conv', out, in: from, size, stride: 1, filters, padding: same },
});
const pool = (out: string, from: string, stride: number, padding: object): Layer => ({
  ...{ op: 'maxpool', out, in: from, size: 3, stride, padding: padding as typeof same },
});

/** Every operation that has a linear form, pools that hang over the map's edge too. */
const description: NetworkDescription = {
  architecture: 'block',
  inputs: [{ op: 'tensor', out: 'map', shape: [14, 14, 8] }],
  layers: [
    conv('first', 'map', 3, 16),
    pool('pooled', 'first', 2, { rule: 'caffe', pad: 0 }),
    { op: 'lrn', out: 'even', in: 'pooled', radius: 2, bias: 1, alpha: 0.1, beta: 0.75 },
    conv('one', 'even', 1, 8),
    conv('small', 'even', 1, 4),
    conv('five', 'small', 5, 8),
    pool('around', 'even', 1, same),
    conv('reduced', 'around', 1, 4),
    { op: 'concat', out: 'all', in: ['one', 'five', 'reduced'], units: 'whole' },
    { op: 'linear', out: 'hidden', in: 'all', units: 12, relu: true },
  ],
};
const model: Model = {
  ...{ name: 'block', description, sha256: '', lastTap: 'hidden' },
  parameters: new Map(
    [...parameterShapes(description)].map(([layer, { weight, bias }], i) => [
      layer,
      {
        weight: randomValues(
          weight.reduce((a, b) => a * b),
          i,
        ),
        bias: randomValues(bias[0], 50 + i),
      },
    ]),
  ),
};
const gains = new Map(
  layersWithGain(description.layers).map(({ out }, i) => [out, randomValues(16, 80 + i).map((v) => 1 + v)]),
);

test('the pools and the normalisation ask for gains', () => {
  assert.equal([...gains.keys()], ['pooled', 'even', 'around']);
});

test('means and factors in the place of pools and normalisation, no ReLU; both builds give the same bits', () => {
  const linear = linearised(model, gains);
  const x = randomValues(14 * 14 * 8, 7);
  const [y, other] = [engine, scalar].map((e) => {
    const session = createSession(e, linear, { taps: ['hidden', 'pooled', 'even', 'first'] });
    session.run(x);
    const out = ['hidden', 'pooled', 'even', 'first'].map((tap) => session.tap(tap));
    session.dispose();
    return out;
  });
  assert.equal(y, other);
  const [hidden, pooled, even, first] = y;
  assert.ok(hidden.some((v) => v < 0) && first.some((v) => v < 0));
  const sizes = shapes(linear.description, linear.description.layers);
  const twin = forward64(linear, linear.description.layers, sizes, { map: Float64Array.from(x) });
  assert.ok(relativeError(hidden, twin.get('hidden')!.data) < 1e-5);
  for (const [row, column, c] of [
    [2, 3, 5],
    [0, 0, 0],
    [6, 6, 15],
  ]) {
    let sum = 0;
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) {
        const [y0, x0] = [2 * row + i, 2 * column + j];
        if (y0 < 14 && x0 < 14) sum += first[(y0 * 14 + x0) * 16 + c];
      }
    const at = (row * 7 + column) * 16 + c;
    assert.ok(Math.abs(pooled[at] - (gains.get('pooled')![c] * sum) / 9) < 1e-5, `${row} ${column} ${c}`);
    assert.ok(Math.abs(even[at] - gains.get('even')![c] * pooled[at]) < 1e-5);
  }
});

test('a gradient is what one input changes, wherever it is taken', () => {
  const linear = linearised(model, gains);
  const session = createSession(engine, linear, {
    taps: ['hidden'],
    backward: { from: ['hidden'], to: ['map'] },
  });
  const zero = new Float32Array(14 * 14 * 8);
  const start = new Float32Array(12);
  start[3] = 1;
  session.run(zero);
  const base = session.tap('hidden')[3];
  const { map: gradient } = session.backward({ hidden: start });
  session.run(randomValues(zero.length, 1));
  assert.equal(session.backward({ hidden: start }).map, gradient, 'the input does not matter');
  for (const i of [0, 777, 1500]) {
    const one = zero.slice();
    one[i] = 1;
    session.run(one);
    assert.ok(Math.abs(session.tap('hidden')[3] - base - gradient[i]) < 2e-4, `${i}`);
  }
  session.dispose();
});

test('what has no linear form, and gains that are missing, are refused by name', () => {
  assert.throws(
    () => linearised(model, new Map([['pooled', gains.get('pooled')!]])),
    (e: unknown) => e instanceof UsageError && /no gains of the lrn 'even'/.test(e.message),
  );
  const layers: Layer[] = [{ op: 'softmax', out: 'guess', in: 'hidden' }];
  assert.throws(
    () => linearised({ ...model, description: { ...description, layers } }, gains),
    (e: unknown) => e instanceof UsageError && /the softmax 'guess' has no linear form/.test(e.message),
  );
});

test.run();
