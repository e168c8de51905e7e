// The networks that this package knows, and the names under which their weights are published.
import { unknownName } from '../src/core/errors.js';
import type { Candidate, Naming } from '../src/network/load.js';
import type { NetworkDescription } from '../src/network/types.js';
import { caffeName, googlenet } from './googlenet.js';
import { inceptionv1, portName } from './inceptionv1.js';

export const ARCHITECTURES = { inceptionv1, googlenet } as const;

/** UsageError, naming the closest, for an architecture that there is not. */
export function description(architecture: string): NetworkDescription {
  if (!Object.hasOwn(ARCHITECTURES, architecture))
    throw unknownName('architecture', architecture, Object.keys(ARCHITECTURES));
  return ARCHITECTURES[architecture as keyof typeof ARCHITECTURES];
}

export const LUCID_NAMES: Naming = { name: "Lucid's taps", of: (tap) => tap };

/** Taps are Lucid's in both networks; files of either may use any of these (METHODS 1.7). */
const NAMINGS: readonly Naming[] = [
  LUCID_NAMES,
  { name: 'the PyTorch port', of: portName },
  { name: 'Caffe', of: caffeName },
];

export const CANDIDATES: readonly Candidate[] = Object.values(ARCHITECTURES).flatMap((network) =>
  NAMINGS.map((naming) => ({ network, naming })),
);
