// Gated SAE (Rajamanoharan et al. 2404.16014; METHODS 3.4): which latents fire is decided
// apart from how much, so that the L1 penalty on the gate shrinks nothing. Equations in
// objectives/gated.ts. Exactly unit decoder rows, Adam (0, 0.999), lr 3e-4 with warm-up;
// r_mag, b_gate, b_mag 0 and W_enc = W_dec^T at the start.

import { schedule } from '../hyperparameters.js';
import { GatedObjective } from '../objectives/gated.js';
import type { Architecture } from './architecture.js';

export const gated: Architecture = {
  name: 'gated',
  summary: 'a gate decides which latents fire, a magnitude how much',
  kind: 'gated',
  centresInput: true,
  unitDecoder: true,
  normalisedLoss: false,
  initialNorm: 1,
  uses: new Set(['l1']),
  encoderBias: 'b_gate',
  extras: ({ dSae }) => [
    { name: 'b_mag', rows: 1, columns: dSae },
    { name: 'r_mag', rows: 1, columns: dSae },
  ],
  selection: () => ({ rule: 'relu' }), // the objective sets up the gate
  objective: (c) => new GatedObjective(c),
  defaults: (size) => ({
    ...schedule(size),
    l1: 2,
    // 3e-4 belongs to 300,000 steps (docs/lab/sae.md).
    lr: size.steps >= 100_000 ? 3e-4 : 1e-3,
    beta1: 0,
    lrWarmup: 0.05,
    l1Warmup: 0.05,
  }),
};
