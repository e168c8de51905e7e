// Bytes of WebAssembly memory against what is promised.
import { init } from '../core/engine.js';
import { NetworkSession } from '../network/session.js';
import { listParameters } from '../sae/memory.js';
import { heModel, randomImage } from './random-model.js';
import { BATCH, LARGE, prepareStep } from './sae-step.js';
import type { Environment, MemoryUse } from './types.js';

const MIB = 1048576;

/** The whole memory behind a stem session at batch 1, and behind a training step at the larger size. */
export async function memoryUse({ variants }: Environment): Promise<MemoryUse[]> {
  const { engine } = variants[0];
  // Memories grow and never shrink: engines of their own have none that others grew.
  const fresh = () => init({ wasm: engine.module, build: engine.info().build });
  const session = new NetworkSession(await fresh(), heModel('inceptionv1'), { taps: ['mixed3b'] });
  session.run(randomImage(224, 224));
  const stem = session.capacity;
  session.dispose();
  const { core, step, run } = prepareStep(await fresh(), {
    ...{ arch: 'topk', ...LARGE, batch: BATCH },
    settings: { k: 32 },
  });
  run();
  const parameters = listParameters(step.parameters).reduce((n, p) => n + 4 * p.rows * p.columns, 0);
  const sae = core.capacity;
  core.dispose();
  const batch = 4 * BATCH * LARGE.d;
  return [
    { what: 'stem forward at batch 1', bytes: stem, limit: 64 * MIB },
    {
      what: `topk step d=${LARGE.d} F=${LARGE.f}: 4 x parameters + one batch`,
      ...{ bytes: sae, limit: 4 * parameters + batch },
    },
  ];
}
