// JumpReLU (Rajamanoharan et al. 2407.14435; METHODS 3.5): f = pre 1[pre > theta], theta
// trained through straight-through estimators. Losses in objectives/jumprelu.ts:
//   tanh (default; Anthropic, January 2025): bandwidth 2, thresholds 0.1, lambda ramped
//     over the whole run. The one that learns in runs of thousands of steps.
//   step: bandwidth and thresholds as SAELens has them (0.05, 0.01) at E||x||^2 = D.
//   quadratic: aims at an L0 (dictionary_learning).

import { schedule } from '../hyperparameters.js';
import { JumpReluObjective } from '../objectives/jumprelu.js';
import type { Architecture } from './architecture.js';

const TANH = { bandwidth: 2, threshold: 0.1, l1: 5, l1Warmup: 1 };
const STEP = { bandwidth: 0.05, threshold: 0.01, l1: 5, l1Warmup: 0.05 };

export const jumprelu: Architecture = {
  name: 'jumprelu',
  summary: 'a trained threshold per latent (losses: tanh, step, quadratic)',
  kind: 'jumprelu',
  centresInput: false,
  unitDecoder: false,
  normalisedLoss: false,
  initialNorm: 0.1,
  uses: new Set(['l1', 'penalty', 'bandwidth', 'threshold', 'targetL0']),
  extras: ({ dSae }) => [{ name: 'threshold', rows: 1, columns: dSae }],
  selection: () => ({ rule: 'relu' }), // the objective sets up the window of thresholds
  objective: (c) => new JumpReluObjective(c),
  defaults: (size, given) => ({
    ...schedule(size),
    lr: size.steps >= 100_000 ? 7e-5 : 1e-3,
    penalty: 'tanh',
    ...((given.penalty ?? 'tanh') === 'tanh' ? TANH : STEP),
    targetL0: 20,
  }),
};
