// What a feature of an SAE asks of the tap's vectors: its pre-activation, the direction of its encoder.
import type { CoreMath } from '../../core/math.js';
import { architecture } from '../../sae/registry.js';
import type { SaeConfig, SaeTensors } from '../../sae/types.js';
import { type Hiding, hidingMatrix } from '../../vectors/hiding.js';
import type { Term } from './types.js';

export interface Encoders {
  config: SaeConfig;
  tensors: SaeTensors;
  /** Tap whose vectors it encodes. */
  tap: string;
  /** Where its vectors are the tap's behind a known matrix (vectors/hiding.ts): the tap's channels too. */
  hidden?: { hiding: Hiding; neurons: number };
}

/** pre = w . (x - b_dec) + b, of a gated SAE's magnitude: exp(r_mag) (w . (x - b_dec)) + b_mag. */
export function featureTerm(
  math: CoreMath,
  { config, tensors, tap, hidden }: Encoders,
  feature: number,
): Pick<Term, 'tap' | 'vector' | 'offset' | 'normalize'> {
  const { dIn, dSae } = config;
  const { kind, centresInput } = architecture(config.architecture);
  const scale = kind === 'gated' ? math.exp(tensors.r_mag.data[feature]) : 1;
  const vector = Float32Array.from({ length: dIn }, (_, i) => scale * tensors.W_enc.data[i * dSae + feature]);
  let offset = tensors[kind === 'gated' ? 'b_mag' : 'b_enc'].data[feature];
  if (config.applyBDecToInput ?? centresInput)
    for (let i = 0; i < dIn; i++) offset -= tensors.b_dec.data[i] * vector[i];
  const normalize = config.normalizeActivations;
  if (!hidden) return { tap, vector, offset, normalize };
  // x' = x P, so that w . x' = (P w) . x.
  const matrix = hidingMatrix(math, hidden.neurons, hidden.hiding);
  const seen = Float32Array.from({ length: hidden.neurons }, (_, n) => {
    let sum = 0;
    for (let i = 0; i < dIn; i++) sum += matrix[n * dIn + i] * vector[i];
    return sum;
  });
  return { tap, vector: seen, offset, normalize };
}
