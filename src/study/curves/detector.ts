// Which tuning curves are curve detectors (METHODS 5.3, DESIGN 5).
import type { CurveMeasures } from './types.js';

export const CRITERION = {
  resultant: 0.85,
  echo: 0.1,
  fwhmDeg: [25, 75],
  lobes: 1,
  /** Peak over the 99.9th percentile of the unit's own activation on photographs. */
  strength: 0.25,
} as const;

/** The criterion in a sentence, as the report has it. */
export const criterionText = (): string => {
  const { resultant, echo, fwhmDeg, strength } = CRITERION;
  return `A curve detector has resultant ≥ ${resultant}, echo < ${echo}, one lobe above half maximum ${fwhmDeg[0]}° to ${fwhmDeg[1]}° wide, and responds to curves at least ${strength === 0.25 ? 'a quarter' : strength} as strongly as to its strongest 0.1 % of photograph positions.`;
};

/** The shape of the curve alone: selective, without echo, one lobe of a curve's width. Lines fail, mode 2 dominates them. */
export function hasCurveShape(m: CurveMeasures): boolean {
  return (
    m.peak > 0 &&
    m.resultant >= CRITERION.resultant &&
    m.echo < CRITERION.echo &&
    m.lobes === CRITERION.lobes &&
    m.fwhmDeg >= CRITERION.fwhmDeg[0] &&
    m.fwhmDeg <= CRITERION.fwhmDeg[1]
  );
}

/** Shape, and strong enough against what the unit does on photographs. */
export function isCurveDetector(m: CurveMeasures, strength: number): boolean {
  return hasCurveShape(m) && strength >= CRITERION.strength;
}

/** Infinite where photographs never fire the unit but curves do. Written as a large finite number in JSON. */
export function strengthOf(peak: number, percentile: number): number {
  return percentile > 0 ? peak / percentile : peak > 0 ? MAX_STRENGTH : 0;
}

export const MAX_STRENGTH = 1e6;
