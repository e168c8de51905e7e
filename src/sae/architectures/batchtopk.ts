// BatchTopK (Bussmann et al. 2412.06410; METHODS 3.6): TopK's loss, but the k B largest
// positive pre-activations of the whole batch of B inputs are kept, so that an input may
// use more latents than another. Inference has no batch: f = ReLU(pre) 1[pre > t] with t
// the running mean of the smallest kept activation (rate 0.01); exported as jumprelu.
import type { RunSize } from '../hyperparameters.js';
import { PlainObjective } from '../objectives/plain.js';
import { largest } from '../schedule.js';
import type { Architecture } from './architecture.js';
import { topkDefaults } from './topk.js';

/** Also of matryoshka, which shares its selection. */
export const batchtopkDefaults = (size: RunSize) => ({
  ...topkDefaults(size),
  // 4 % of the dimensions: fewer than TopK needs, as inputs share what the batch has; at 3 of 96
  // features are the planted ones more often than at 4, at 2 FVU is above .1 (docs/lab/evidence.md).
  k: Math.min(size.dSae, Math.max(3, Math.floor(size.dIn / 25))),
});

export const batchtopk: Architecture = {
  name: 'batchtopk',
  summary: 'the k B largest latents of each batch of B inputs; a threshold at inference',
  kind: 'jumprelu',
  centresInput: true,
  unitDecoder: true,
  normalisedLoss: true,
  initialNorm: 1,
  uses: new Set(['k', 'kAnneal', 'kStart', 'auxK', 'auxCoefficient']),
  selection: (h) => largest('batchtopk', h),
  objective: (c) => new PlainObjective(c),
  defaults: batchtopkDefaults,
};
