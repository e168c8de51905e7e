// The right answer of the embedded network: which curves are planted, and where no unit has one.
import { GAPS, OWN_DEG } from './features.js';

export const GROUND_TRUTH = {
  tap: 'mixed3b_5x5',
  /** Planted curve orientations: with a unit of their own, or in a gap. */
  features: [
    ...OWN_DEG.map((orientationDeg) => ({ orientationDeg, inGap: false })),
    ...GAPS.map(({ planted }) => ({ orientationDeg: planted, inGap: true })),
  ],
  gaps: GAPS.map(({ fromDeg, toDeg }) => ({ fromDeg, toDeg })),
};
