// Spherical k-means, the baseline that is no autoencoder: objectives/kmeans.ts.

import { schedule } from '../hyperparameters.js';
import { KmeansObjective } from '../objectives/kmeans.js';
import type { Architecture } from './architecture.js';

export const kmeans: Architecture = {
  name: 'kmeans',
  summary: 'spherical k-means, one active latent per input (a baseline)',
  kind: 'topk',
  centresInput: true,
  unitDecoder: true,
  normalisedLoss: true,
  initialNorm: 1,
  uses: new Set(),
  selection: () => ({ rule: 'topk', k: 1 }),
  objective: (c) => new KmeansObjective(c),
  defaults: (size) => ({ ...schedule(size), k: 1, lr: 1e-3 }), // no gradient: the rate is not used
};
