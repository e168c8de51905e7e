// ReLU with L1, the April 2024 recipe (Conerly et al.; METHODS 3.2):
//   f = ReLU(x W_enc + b_enc);  xhat = f W_dec + b_dec
//   loss = mean[ ||x - xhat||^2 + lambda sum_i f_i ||W_dec_i|| ]
// No b_dec at the input, free decoder norms, rows of norm 0.1 and W_enc = W_dec^T at the
// start, lambda ramped over the first 5 %, lr decayed to 0 over the last 20 %, clip 1.
import type { Architecture } from './architecture.js';

export const relu: Architecture = {
  name: 'relu',
  saelens: 'standard',
  centresInput: false,
  unitDecoder: false,
  normalisedLoss: false,
  initialNorm: 0.1,
  uses: new Set(['l1']),
  selection: () => ({ rule: 'relu' }),
  defaults: ({ steps, batch }) => ({
    k: 0,
    auxK: 0,
    auxCoefficient: 0,
    l1: 5,
    // 5e-5 belongs to ~200,000 steps; short runs move as far with a larger rate (docs/lab/sae.md).
    lr: steps >= 100_000 ? 5e-5 : 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    clip: 1,
    lrWarmup: 0,
    lrDecay: 0.2,
    l1Warmup: 0.05,
    deadAfter: Math.min(10_000_000, Math.ceil((steps * batch) / 10)),
  }),
};
