// One TopK training step (gradients, clipping, Adam, unit rows) on random data, and the
// encoder's product alone: `speedOfOurs` of the second row is its share of the step.
import { init, Rng, type TrainOptions } from '../src/index.js';
import { initialise } from '../src/sae/initial.js';
import { allocParameters, sizesOf } from '../src/sae/memory.js';
import { architecture } from '../src/sae/registry.js';
import { resolveHyperparameters } from '../src/sae/settings.js';
import { TrainingStep } from '../src/sae/step.js';
import type { Work, WorkFactory } from './harness.js';

const BATCH = 2048;
const SIZES = [
  { d: 192, f: 3072, k: 32 },
  { d: 480, f: 7680, k: 32 },
];

export const sae: WorkFactory = async (context) => {
  const engine = await init();
  const { build } = engine.info();
  const works: Work[] = [];
  for (const { d, f, k } of SIZES) {
    const options: TrainOptions = { architecture: 'topk', dSae: f, k, batch: BATCH, steps: 1000, seed: 0 };
    const core = engine.acquire();
    const a = architecture('topk');
    const h = resolveHyperparameters(options, d);
    const parameters = allocParameters(core, sizesOf(d, f));
    const step = new TrainingStep(core, a, h, parameters, BATCH);
    const rng = new Rng(1);
    const x = Float32Array.from({ length: BATCH * d }, () => rng.normal(core.math));
    core.f32(step.x, x.length).set(x);
    initialise(core, parameters, a, 0, x);
    // Buffers of the product alone: all samples at once would leave the cache, as no step does.
    const tile = 64;
    const panels = core.put(x.subarray(0, tile * d));
    const pre = core.alloc32(tile * f);
    const interleaved = core.alloc32(32 * d);
    let t = 0;
    const row = { version: context.version, build, threads: 1, batch: BATCH };
    works.push({
      work: `sae topk step d=${d} F=${f} k=${k}`,
      tolerance: 0,
      impls: [
        {
          impl: 'curvesae',
          ...row,
          run: () => {
            step.gradientsOf(0, t * BATCH);
            step.apply(h.lr, ++t);
          },
        },
        {
          impl: 'its encoder product',
          ...row,
          run: () => {
            for (let at = 0; at < BATCH; at += tile)
              core.kernels.f32_sae_encode_4x8(
                panels,
                tile / 8,
                parameters.wEnc.ptr,
                parameters.bEnc.ptr,
                pre,
                d,
                f,
                32,
                interleaved,
              );
          },
        },
      ],
    });
  }
  return works;
};
