// The architectures by name.
import { unknownName } from '../core/errors.js';
import { archetypal } from './architectures/archetypal.js';
import type { Architecture } from './architectures/architecture.js';
import { batchtopk } from './architectures/batchtopk.js';
import { gated } from './architectures/gated.js';
import { jumprelu } from './architectures/jumprelu.js';
import { kmeans } from './architectures/kmeans.js';
import { matryoshka } from './architectures/matryoshka.js';
import { panneal } from './architectures/panneal.js';
import { relu, reluUnit } from './architectures/relu.js';
import { topk } from './architectures/topk.js';
import type { Kind } from './kinds.js';

/** In each kind, the first is what a folder of unknown origin is taken for. */
const ALL: Architecture[] = [
  relu,
  reluUnit,
  topk,
  gated,
  jumprelu,
  batchtopk,
  matryoshka,
  panneal,
  archetypal,
  kmeans,
];

export const architectures = (): readonly Architecture[] => ALL;
export const architectureNames = (): string[] => ALL.map((a) => a.name);

/** Names of the settings that an architecture has (k, l1, ...); UsageError for an unknown one. */
export const architectureSettings = (name: string): string[] => [...architecture(name).uses];

export function architecture(name: string): Architecture {
  const found = ALL.find((a) => a.name === name);
  if (!found) throw unknownName('architecture', name, architectureNames());
  return found;
}

/** The architecture of an SAE of a kind: `trained` where it is of that kind, otherwise the kind's first. */
export function architectureOf(kind: Kind, trained?: unknown): Architecture {
  return ALL.find((a) => a.name === trained && a.kind === kind) ?? ALL.find((a) => a.kind === kind)!;
}
