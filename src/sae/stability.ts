// Do two SAEs find the same directions? (METHODS 4.1)
import type { Engine } from '../core/engine.js';
import { UsageError } from '../core/errors.js';
import { bestAssignment } from './assignment.js';
import { cosines, type Rows } from './cosines.js';
import type { SaeConfig, SaeTensors } from './types.js';

export interface Stability {
  /** Mean cosine of the decoder rows that the best one-to-one matching pairs. */
  matchedCosine: number;
  /** Mean over the latents of the smaller SAE of the largest cosine in the other: a cheaper, larger proxy. */
  meanMaxCosine: number;
  /** Pairs: the number of latents of the smaller SAE. */
  pairs: number;
  /** Share of the pairs with a cosine above 0.7, and above 0.9. */
  above70: number;
  above90: number;
}

interface Decoder {
  config: SaeConfig;
  tensors: SaeTensors;
}

/**
 * Stability between two SAEs of one d_in, of any d_sae. A decoder row of zeros has cosine 0
 * with every other. UsageError: other d_in, or more than 2^28 pairs of latents.
 */
export function stability(engine: Engine, a: Decoder, b: Decoder): Stability {
  const d = a.config.dIn;
  if (b.config.dIn !== d)
    throw new UsageError(
      `SAEs of d_in ${d} and ${b.config.dIn} cannot be compared; train both on vectors of one width`,
    );
  const [small, large] = a.config.dSae <= b.config.dSae ? [a, b] : [b, a];
  const [n, m] = [small.config.dSae, large.config.dSae];
  const cos = cosines(engine, decoderRows(small), decoderRows(large), d);
  const match = bestAssignment(cos, n, m);
  let [matched, most, above70, above90] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const value = cos[i * m + match[i]];
    matched += value;
    if (value > 0.7) above70++;
    if (value > 0.9) above90++;
    let best = -1;
    for (let j = 0; j < m; j++) best = Math.max(best, cos[i * m + j]);
    most += best;
  }
  return {
    matchedCosine: matched / n,
    meanMaxCosine: most / n,
    pairs: n,
    above70: above70 / n,
    above90: above90 / n,
  };
}

export const decoderRows = ({ config, tensors }: Decoder): Rows => ({
  count: config.dSae,
  data: tensors.W_dec.data,
});
