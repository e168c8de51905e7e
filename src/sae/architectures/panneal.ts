// p-annealing (Karvonen et al. 2408.00113; METHODS 3.8): ReLU, unit decoder rows, and
//   loss = mean[ ||x - xhat||^2 + lambda_s sum_i f_i^p ],  p from 1 to p_end over the run,
// lambda rescaled at every change of p so that the penalty keeps its size.

import { schedule } from '../hyperparameters.js';
import { AnnealedPower } from '../objectives/penalty.js';
import { PlainObjective } from '../objectives/plain.js';
import type { Architecture } from './architecture.js';

export const panneal: Architecture = {
  name: 'panneal',
  summary: 'ReLU with L_p annealed from p = 1 to p_end',
  kind: 'standard',
  centresInput: true,
  unitDecoder: true,
  normalisedLoss: false,
  initialNorm: 1,
  uses: new Set(['l1', 'pEnd']),
  selection: () => ({ rule: 'relu' }),
  objective: (c) => new PlainObjective(c, new AnnealedPower(c.core, c.h.pEnd!)),
  defaults: (size) => ({
    ...schedule(size),
    l1: 2,
    pEnd: 0.2,
    lr: size.steps >= 100_000 ? 3e-4 : 1e-3,
    lrWarmup: 0.05,
    l1Warmup: 0.05,
  }),
};
