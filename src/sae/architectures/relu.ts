// ReLU with L1. Two recipes (METHODS 3.2):
//   relu       April 2024 (Conerly et al.): f = ReLU(x W_enc + b_enc);
//              loss = mean[ ||x - xhat||^2 + lambda sum_i f_i ||W_dec_i|| ]
//              No b_dec at the input, free decoder norms, rows of norm 0.1 and W_enc = W_dec^T
//              at the start, lambda ramped over the first 5 %, lr decayed over the last 20 %.
//   relu-unit  Bricken et al. 2023: unit decoder rows, f = ReLU((x - b_dec) W_enc + b_enc),
//              plain L1; the gradient along a row is removed, the row renormalised.

import { schedule } from '../hyperparameters.js';
import { AnnealedPower, NormWeightedL1 } from '../objectives/penalty.js';
import { PlainObjective } from '../objectives/plain.js';
import type { Architecture } from './architecture.js';

export const relu: Architecture = {
  name: 'relu',
  summary: 'ReLU with L1 weighted by the decoder norms (April 2024)',
  kind: 'standard',
  centresInput: false,
  unitDecoder: false,
  normalisedLoss: false,
  initialNorm: 0.1,
  uses: new Set(['l1']),
  selection: () => ({ rule: 'relu' }),
  objective: (c) =>
    new PlainObjective(c, new NormWeightedL1(c.core, c.parameters, c.gradients.weights, c.slices)),
  defaults: (size) => ({
    ...schedule(size),
    l1: 5,
    // 5e-5 belongs to ~200,000 steps; short runs move as far with a larger rate (docs/lab/sae.md).
    lr: size.steps >= 100_000 ? 5e-5 : 1e-3,
    l1Warmup: 0.05,
  }),
};

export const reluUnit: Architecture = {
  name: 'relu-unit',
  summary: 'ReLU with plain L1 and unit decoder rows (Bricken et al. 2023), the baseline of the Gated paper',
  kind: 'standard',
  centresInput: true,
  unitDecoder: true,
  normalisedLoss: false,
  initialNorm: 1,
  uses: new Set(['l1']),
  selection: () => ({ rule: 'relu' }),
  objective: (c) => new PlainObjective(c, new AnnealedPower(c.core, 1)),
  defaults: (size) => ({
    ...schedule(size),
    l1: 2,
    lr: size.steps >= 100_000 ? 3e-4 : 1e-3,
    beta1: 0,
    lrWarmup: 0.05,
    l1Warmup: 0.05,
  }),
};
