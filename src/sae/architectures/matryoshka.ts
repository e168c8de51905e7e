// Matryoshka BatchTopK (Bussmann et al. 2503.17547; METHODS 3.7): the BatchTopK code, cut
// to nested prefixes of the latents, each of which must reconstruct x alone:
//   loss = sum over prefixes of nMSE (unweighted, the whole SAE among them; as SAELens) + AuxK
// Default prefixes: 1/16, 1/8, 1/4, 1/2 and all of the latents. (1/32 as well, as in
// dictionary_learning, where that is 32 latents or more: very narrow ones hedge.)
import { PlainObjective } from '../objectives/plain.js';
import { largest } from '../schedule.js';
import type { Architecture } from './architecture.js';
import { batchtopkDefaults } from './batchtopk.js';

const NARROWEST = 32;

export const matryoshka: Architecture = {
  name: 'matryoshka',
  summary: 'BatchTopK whose nested prefixes of latents each reconstruct the input',
  kind: 'jumprelu',
  centresInput: true,
  unitDecoder: true,
  normalisedLoss: true,
  initialNorm: 1,
  uses: new Set(['k', 'kAnneal', 'kStart', 'auxK', 'auxCoefficient', 'groups']),
  selection: (h) => largest('batchtopk', h),
  objective: (c) => new PlainObjective(c),
  defaults: (size) => ({ ...batchtopkDefaults(size), groups: nestedPrefixes(size.dSae) }),
};

/** Ends of the prefixes, narrowest first; multiples of 4, the last one all latents. */
function nestedPrefixes(dSae: number): number[] {
  const ends: number[] = [];
  for (let part = 32; part > 1; part /= 2) {
    const end = 4 * Math.floor(dSae / part / 4);
    if (end >= NARROWEST && end < dSae) ends.push(end);
  }
  return [...ends, dSae];
}
