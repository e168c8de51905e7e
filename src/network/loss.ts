// Losses of a network's outputs, with the gradients that a way back starts from.
import type { Engine } from '../core/engine.js';
import { NumericError, UsageError } from '../core/errors.js';

export interface Loss {
  loss: number;
  /** By the logits: of the loss, so that a way back from its negative makes the class more likely. */
  gradient: Float32Array;
}

/**
 * Cross-entropy of logits [C] against one class: -log softmax(logits)[target].
 *
 * @throws UsageError a class that there is not; NumericError NaN or infinite logits.
 */
export function crossEntropy(engine: Engine, logits: Float32Array, target: number): Loss {
  const n = logits.length;
  if (!Number.isInteger(target) || target < 0 || target >= n)
    throw new UsageError(`class ${target}: there are classes 0 to ${n - 1}`);
  const bad = logits.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new NumericError(`logit ${bad} is ${logits[bad]}`);
  const core = engine.acquire();
  try {
    const x = core.put(logits);
    const [g, scratch] = [core.alloc32(n), core.alloc(8 * n)];
    const loss = core.kernels.f32_cross_entropy({ x, n, target, g, scratch });
    return { loss, gradient: core.f32(g, n).slice() };
  } finally {
    core.dispose();
  }
}
