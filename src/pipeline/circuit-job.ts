// What the parts of a circuit study share.
import type { SaeOfTap } from '../units/picture-values.js';
import type { Unit } from '../units/unit.js';
import type { Pictures, StageEnvironment } from './environment.js';

/** An SAE of a tap; `hash`: identity of its numbers. */
export type NamedSae = SaeOfTap & { hash: string };

export interface CircuitJob extends Pictures, StageEnvironment {
  /** The tap of the units, the earlier one of their drivers, and the later one that they move; undefined: there is none. */
  tap: string;
  from: string;
  to: string | undefined;
  sae?: NamedSae;
  fromSae?: NamedSae;
  toSae?: NamedSae;
  units: readonly (Unit & { name: string })[];
  /** Whether the tap's curves are wired to earlier curves and lines. */
  curves: boolean;
  /** Strongest pictures of each unit, and as many others. */
  each: number;
  /** Side of the picture. */
  size: number;
  seed: number;
}
