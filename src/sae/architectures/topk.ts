// TopK with AuxK (Gao et al. 2406.04093; METHODS 3.3):
//   pre  = (x - b_dec) W_enc + b_enc
//   z    = ReLU(keep_topk(pre, k));  xhat = z W_dec + b_dec;  e = sg(x - xhat)
//   ehat = ReLU(keep_topk(pre of dead latents, k_aux)) W_dec
//   loss = nMSE(xhat, x) + 1/32 nMSE(ehat, e) [+ 1/8 nMSE of the multi-k reconstruction]
//   nMSE(a, b) = MSE(a, b) / MSE(mean_batch(b), b)
// Unit decoder rows (the gradient along a row is removed, the row renormalised),
// W_enc = W_dec^T and b_dec = geometric median at the start.

import { type RunSize, schedule } from '../hyperparameters.js';
import { PlainObjective } from '../objectives/plain.js';
import { largest } from '../schedule.js';
import type { Architecture } from './architecture.js';

/** Also of the architectures that share TopK's recipe. */
export const topkDefaults = (size: RunSize) => ({
  ...schedule(size),
  // Sparse enough that features of single orientations come apart: at 8 of 96 dimensions
  // latents copy neurons (docs/lab/sae.md).
  k: Math.min(size.dSae, Math.max(4, Math.round(size.dIn / 24))),
  auxK: Math.max(1, Math.floor(size.dIn / 2)),
  auxCoefficient: 1 / 32,
  // 2e-4 at 16384 latents, ~ 1/sqrt(F) (Gao; dictionary_learning), times 1.5 for runs of
  // thousands, not hundreds of thousands, of steps (docs/lab/sae.md).
  lr: 1.5 * 2e-4 * Math.sqrt(16384 / size.dSae),
  epsilon: 6.25e-10,
  lrWarmup: 0.05,
});

export const topk: Architecture = {
  name: 'topk',
  summary: 'the k largest latents of each input, AuxK for dead ones',
  kind: 'topk',
  centresInput: true,
  unitDecoder: true,
  normalisedLoss: true,
  initialNorm: 1,
  uses: new Set(['k', 'kAnneal', 'kStart', 'auxK', 'auxCoefficient', 'multiK']),
  selection: (h) => largest('topk', h),
  objective: (c) => new PlainObjective(c),
  defaults: (size) => ({ ...topkDefaults(size), multiK: 0 }),
};
