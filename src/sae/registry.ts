// The architectures by name.
import { UsageError, unknownName } from '../core/errors.js';
import type { Architecture } from './architectures/architecture.js';
import { relu } from './architectures/relu.js';
import { topk } from './architectures/topk.js';

const ALL: Architecture[] = [relu, topk];

export const architectureNames = (): string[] => ALL.map((a) => a.name);

export function architecture(name: string): Architecture {
  const found = ALL.find((a) => a.name === name);
  if (!found) throw unknownName('architecture', name, architectureNames());
  return found;
}

/** The architecture of a SAELens folder. */
export function architectureOf(saelens: string): Architecture {
  const found = ALL.find((a) => a.saelens === saelens);
  if (!found)
    throw new UsageError(
      `architecture '${saelens}' of this SAE is not known here; known: ${ALL.map((a) => a.saelens).join(', ')}`,
    );
  return found;
}
