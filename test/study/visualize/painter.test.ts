// The loop on the embedded network: it climbs, and the same bits come of both builds, of legs, and of a new painter.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { embeddedModel, init } from '../../../src/index.js';
import { Painter } from '../../../src/study/visualize/painter.js';
import { type Objective, PICTURE_DEFAULTS } from '../../../src/study/visualize/types.js';

const test = suite('visualize/painter');
const engine = await init({ build: 'simd' });
const scalar = await init({ build: 'scalar' });
const model = await embeddedModel(engine.math);
const unit = (tap: string, channel: number): Objective => ({
  terms: [{ weight: 1, tap, where: 'centre', channel }],
});
const curve = unit('mixed3b_5x5_pre_relu', 1);
const small = { ...PICTURE_DEFAULTS, size: 64, steps: 12 };

const painted = (e: typeof engine, objective: Objective, options: typeof small, stops: number[]) => {
  const painter = new Painter(e, model, objective, options);
  const first = painter.paint(objective, options, 0);
  let state = first;
  for (const to of stops) state = painter.paint(objective, options, to, state);
  painter.dispose();
  return { first, state };
};

test('a curve unit climbs; the bits do not depend on the build, nor on where it was stopped', () => {
  const { first, state } = painted(engine, curve, small, [12]);
  assert.ok(state.values[0] > first.values[0] + 10, `${first.values[0]} to ${state.values[0]}`);
  assert.not.equal(state.rgb[0], first.rgb[0]);
  const legs = painted(engine, curve, small, [1, 5, 12]);
  assert.equal(legs.state.rgb, state.rgb);
  assert.equal(legs.state.pictures, state.pictures);
  assert.equal(legs.state.values, state.values);
  const other = painted(scalar, curve, small, [12]);
  assert.equal(other.state.pictures, state.pictures);
  assert.equal(other.state.rgb, state.rgb);
});

test('another seed, another picture; transforms and redirection are what they change', () => {
  const base = painted(engine, curve, small, [4]).state.rgb[0];
  for (const change of [{ seed: 1 }, { transforms: false }])
    assert.not.equal(
      painted(engine, curve, { ...small, ...change }, [4]).state.rgb[0],
      base,
      JSON.stringify(change),
    );
});

test('the negative sinks what the positive raises', () => {
  const [term] = curve.terms;
  const { first, state } = painted(engine, { terms: [{ ...term, weight: -1 }] }, small, [12]);
  assert.ok(-state.values[0] < -first.values[0] - 10, `${state.values[0]}`);
});

test('a batch: the first picture is that of a batch of one; diversity keeps them apart', () => {
  const two = { ...small, batch: 2, steps: 6 };
  const plain = painted(engine, curve, two, [6]).state;
  assert.equal(plain.rgb[0], painted(engine, curve, { ...small, steps: 6 }, [6]).state.rgb[0]);
  assert.not.equal(plain.rgb[1], plain.rgb[0]);
  const apart = painted(
    engine,
    { ...curve, diversity: { tap: curve.terms[0].tap, weight: 100 } },
    two,
    [6],
  ).state;
  assert.not.equal(apart.rgb[0], plain.rgb[0]);
});

test.run();
