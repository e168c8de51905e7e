// Where training starts: He's normal weights (random-weights.ts), and logits of 0, so that every class is as likely.
import type { CoreMath } from '../../core/math.js';
import { randomWeights } from '../random-weights.js';
import type { Model, NetworkDescription } from '../types.js';
import { LOGITS } from './batch-gradient.js';

/** A network of this description with the weights that training from `seed` starts with. */
export function untrained(math: CoreMath, description: NetworkDescription, seed: number): Model {
  const { architecture } = description;
  const empty = { name: architecture, description, parameters: new Map(), sha256: '', lastTap: LOGITS };
  const model = randomWeights(math, empty, LOGITS, seed);
  model.parameters.get(LOGITS)!.weight.fill(0);
  return model;
}
