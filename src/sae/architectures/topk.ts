// TopK with AuxK (Gao et al. 2406.04093; METHODS 3.3):
//   pre  = (x - b_dec) W_enc + b_enc
//   z    = ReLU(keep_topk(pre, k));  xhat = z W_dec + b_dec;  e = sg(x - xhat)
//   ehat = ReLU(keep_topk(pre of dead latents, k_aux)) W_dec
//   loss = nMSE(xhat, x) + 1/32 nMSE(ehat, e),  nMSE(a, b) = MSE(a, b) / MSE(mean_batch(b), b)
// Unit decoder rows (the gradient along a row is removed, the row renormalised),
// W_enc = W_dec^T and b_dec = geometric median at the start.
import type { Architecture } from './architecture.js';

export const topk: Architecture = {
  name: 'topk',
  saelens: 'topk',
  centresInput: true,
  unitDecoder: true,
  normalisedLoss: true,
  initialNorm: 1,
  uses: new Set(['k', 'auxK', 'auxCoefficient']),
  selection: ({ k }) => ({ rule: 'topk', k }),
  defaults: ({ dIn, dSae, steps, batch }) => ({
    // Sparse enough that features of single orientations come apart: at 8 of 96 dimensions
    // latents copy neurons (docs/lab/sae.md).
    k: Math.min(dSae, Math.max(4, Math.round(dIn / 24))),
    auxK: Math.max(1, Math.floor(dIn / 2)),
    auxCoefficient: 1 / 32,
    l1: 0,
    // 2e-4 at 16384 latents, ~ 1/sqrt(F) (Gao; dictionary_learning), times 1.5 for runs of
    // thousands, not hundreds of thousands, of steps (docs/lab/sae.md).
    lr: 1.5 * 2e-4 * Math.sqrt(16384 / dSae),
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 6.25e-10,
    clip: 1,
    lrWarmup: 0.05,
    lrDecay: 0.2,
    l1Warmup: 0,
    // 10 million in Gao; never more than a tenth of the run, or nothing would be revived.
    deadAfter: Math.min(10_000_000, Math.ceil((steps * batch) / 10)),
  }),
};
