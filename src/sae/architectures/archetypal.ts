// Archetypal (RA-)SAE: see objectives/archetypal.ts. Archetypes are as many vectors of the
// data as there are latents (at most the 8192 first drawn), centred by b_dec; W starts as
// the identity, so that each latent begins as one real activation.
import { ArchetypalObjective } from '../objectives/archetypal.js';
import { largest } from '../schedule.js';
import type { Architecture } from './architecture.js';
import { topkDefaults } from './topk.js';

/** Archetypes cannot outnumber the vectors that a run starts from (trainer.ts). */
const MOST = 8192;

export const archetypal: Architecture = {
  name: 'archetypal',
  summary: 'TopK whose decoder rows are near convex combinations of real activations (RA-SAE)',
  kind: 'topk',
  centresInput: true,
  unitDecoder: false,
  derivedDecoder: true,
  normalisedLoss: true,
  initialNorm: 1,
  uses: new Set(['k', 'kAnneal', 'kStart', 'auxK', 'auxCoefficient', 'delta']),
  extras: ({ dIn, dSae }) => [
    { name: 'W', rows: dSae, columns: Math.min(dSae, MOST) },
    { name: 'Lambda', rows: dSae, columns: dIn },
    { name: 'm', rows: 1, columns: 1 },
  ],
  selection: (h) => largest('topk', h),
  objective: (c) => new ArchetypalObjective(c),
  defaults: (size) => ({ ...topkDefaults(size), delta: 1 }),
};
