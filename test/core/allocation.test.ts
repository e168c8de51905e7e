// The n-th allocation of WebAssembly memory fails, for n = 1, 2, ... until the work comes through: a typed
// error each time, every core given back, and in the end the result of a run in which nothing failed.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Core } from '../../src/core/core.js';
import {
  CURVE_DEFAULTS,
  createSession,
  type Engine,
  embeddedModel,
  init,
  MemoryLimitError,
  prepareImage,
  type TrainOptions,
  tapInfo,
  trainSae,
  tuningCurves,
} from '../../src/index.js';
import { nodePool } from '../../src/node.js';
import { visitCosines } from '../../src/sae/cosines.js';
import { LoadedSae } from '../../src/sae/inference.js';
import { randomImage } from '../support/he.js';
import { planted } from '../support/planted.js';

const test = suite('core/allocation');
const engine = await init({ workers: 0 });
const model = await embeddedModel(engine.math);
const { source } = planted(600, 16, 24, 2, 11);
const TRAIN: TrainOptions = { architecture: 'topk', dSae: 24, k: 2, batch: 64, steps: 4, seed: 3 };

/** An engine that counts the cores which are out. */
function counted(inner: Engine): { engine: Engine; out: () => number } {
  let out = 0;
  const acquire = (): Core => {
    const core = inner.acquire();
    out++;
    core.dispose = () => {
      out--;
      Reflect.deleteProperty(core, 'dispose');
      core.dispose();
    };
    return core;
  };
  const { module, math, workerUrl } = inner;
  const info = () => inner.info();
  return {
    engine: { module, math, workerUrl, info, acquire, dispose: () => inner.dispose() },
    out: () => out,
  };
}

const { alloc } = Core.prototype;

/** What `work` ends with while its n-th allocation fails. */
async function failing(n: number, work: () => unknown): Promise<{ result: unknown } | { error: unknown }> {
  let calls = 0;
  Core.prototype.alloc = function (this: Core, bytes: number): number {
    if (++calls === n) throw new MemoryLimitError('needs 1 MB, limit 0 MB');
    return alloc.call(this, bytes);
  };
  try {
    return { result: await work() };
  } catch (error) {
    return { error };
  } finally {
    Core.prototype.alloc = alloc;
  }
}

const WORKS: Record<string, (engine: Engine) => unknown> = {
  'a session': (by) => {
    const session = createSession(by, model, { height: 64, width: 64, taps: ['mixed3a'] });
    try {
      session.run(randomImage(64, 64, 1));
      return session.tap('mixed3a');
    } finally {
      session.dispose();
    }
  },
  'a picture': (by) =>
    prepareImage(by, { width: 40, height: 30, data: new Uint8Array(40 * 30 * 3).fill(9) }, 24),
  'a training': async (by) => (await trainSae(by, source, TRAIN)).tensors.W_dec.data,
  'a trained SAE': async (by) => {
    const { config, tensors } = await trainSae(engine, source, TRAIN);
    const sae = new LoadedSae(by, config, tensors);
    try {
      return sae.encode(await source.load(0));
    } finally {
      sae.dispose();
    }
  },
  cosines: (by) => {
    const rows = { count: 2, data: Float32Array.of(1, 0, 2, 1, 1, 2) };
    const values: number[] = [];
    visitCosines(by, rows, rows, 3, (_first, _count, some) => values.push(...some));
    return values;
  },
  'a curve study': async (by) => {
    const pool = nodePool(by, model);
    try {
      const tap = 'conv2d1';
      const options = { ...CURVE_DEFAULTS, orientations: 8, radii: [30] };
      const info = tapInfo(model.description, tap);
      return (await tuningCurves({ pool, tap, info, fullSize: 224, options })).units;
    } finally {
      pool.dispose();
    }
  },
};

for (const [name, work] of Object.entries(WORKS))
  test(`${name}: each allocation fails once`, async () => {
    const expected = await work(engine);
    const { engine: by, out } = counted(engine);
    for (let n = 1; ; n++) {
      const ended = await failing(n, () => work(by));
      assert.is(out(), 0, `${name}, allocation ${n}: every core is given back`);
      if ('result' in ended) {
        assert.ok(n > 1, `${name} allocates`);
        assert.equal(ended.result, expected);
        return;
      }
      assert.instance(ended.error, MemoryLimitError, `${name}, allocation ${n}: ${ended.error}`);
    }
  });

test.run();
