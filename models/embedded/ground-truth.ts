// The right answer of the embedded network; src/units/planted.ts scores an SAE against it.
import { GAPS, OWN_DEG } from './features.js';

export const GROUND_TRUTH = {
  tap: 'mixed3b_5x5',
  features: [
    ...OWN_DEG.map((orientationDeg) => ({ orientationDeg, inGap: false })),
    ...GAPS.map(({ planted }) => ({ orientationDeg: planted, inGap: true })),
  ],
  gaps: GAPS.map(({ fromDeg, toDeg }) => ({ fromDeg, toDeg })),
};
