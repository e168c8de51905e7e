import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Core } from '../../src/index.js';
import { bothBuilds, type Guarded, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';
import { attention, attentionBack } from '../support/transformer.js';

const test = suite('f32_attention');
const engines = await bothBuilds();
const bits = (a: Float32Array) => new Uint32Array(a.buffer, a.byteOffset, a.length);

/** Kept keys and values, and runs of some tokens after some others. */
function setUp(g: Guarded, core: Core, heads: number, width: number, capacity: number) {
  const d = heads * width;
  const [keys, values] = ['keys', 'values'].map((name) => g.f32(new Float32Array(capacity * d), name));
  const { f32_attention, f32_attention_scratch, f32_attention_grad, f32_attention_grad_scratch } =
    core.kernels;
  const shared = { qkvPixel: 12 * d, keys, values, capacity, heads, width };
  return {
    forward(qkv: Float32Array, past: number): Float32Array {
      const count = qkv.length / 3 / d;
      const z = g.alloc(4 * count * d, 'z');
      const scratch = g.alloc(f32_attention_scratch({ capacity, width }), 'scratch');
      f32_attention({ ...shared, qkv: g.f32(qkv, 'qkv'), past, count, z, zPixel: 4 * d, scratch });
      return core.f32(z, count * d).slice();
    },
    back(qkv: Float32Array, dz: Float32Array, past: number): Float32Array {
      const count = dz.length / d;
      const dqkv = g.alloc(12 * count * d, 'dqkv');
      const scratch = g.alloc(f32_attention_grad_scratch({ capacity, width }), 'scratch');
      f32_attention_grad({
        ...{ ...shared, qkv: g.f32(qkv, 'qkv'), past, count, dz: g.f32(dz, 'dz'), dzPixel: 4 * d },
        ...{ dqkv, dqkvPixel: 12 * d, scratch },
      });
      return core.f32(dqkv, 3 * count * d).slice();
    },
  };
}

for (const [heads, width, tokens] of [
  [1, 8, 1],
  [2, 8, 7],
  [3, 16, 21],
])
  test(`${heads} heads of ${width}, ${tokens} tokens: f64, and any cut of the text gives the bits of the whole`, () => {
    const d = heads * width;
    const capacity = 8 * Math.ceil(tokens / 8);
    const qkv = randomValues(3 * d * tokens, 1).map((v) => 3 * v);
    const z = onBoth(engines, (g, core) => setUp(g, core, heads, width, capacity).forward(qkv, 0));
    assert.ok(relativeError(z, attention(qkv, heads, width)) < 2e-6);
    for (const first of [1, 3, 4, 6].filter((n) => n < tokens)) {
      const parts = onBoth(engines, (g, core) => {
        const kept = setUp(g, core, heads, width, capacity);
        const before = kept.forward(qkv.slice(0, 3 * d * first), 0);
        return Float32Array.from([...before, ...kept.forward(qkv.slice(3 * d * first), first)]);
      });
      assert.equal(bits(parts), bits(z), `cut after ${first}`);
    }
    const dz = randomValues(d * tokens, 2);
    const want = attentionBack(qkv, heads, width, dz);
    const dqkv = onBoth(engines, (g, core) => {
      const kept = setUp(g, core, heads, width, capacity);
      kept.forward(qkv, 0);
      return kept.back(qkv, dz, 0);
    });
    assert.ok(relativeError(dqkv, want) < 5e-6);
    if (tokens < 8) return;
    // Of the last tokens alone: the past is constant, so that the gradient by its rows is left out and theirs stays.
    const past = 9;
    const late = onBoth(engines, (g, core) => {
      const kept = setUp(g, core, heads, width, capacity);
      kept.forward(qkv, 0);
      return kept.back(qkv.slice(3 * d * past), dz.slice(d * past), past);
    });
    const silent = dz.map((v, i) => (i < d * past ? 0 : v));
    assert.ok(relativeError(late, attentionBack(qkv, heads, width, silent).slice(3 * d * past)) < 5e-6);
  });

test.run();
