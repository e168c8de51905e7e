// Which tuning curves are curve detectors (METHODS 5.3, DESIGN 5).
import type { CurveMeasures } from './types.js';

export const CRITERION = {
  resultant: 0.85,
  echo: 0.1,
  fwhmDeg: [25, 75],
  lobes: 1,
  /** Peak over the 99.9th percentile of the unit's own activation on photographs. */
  strength: 0.25,
  /** Photographs' positions that fire it. */
  fires: 20,
} as const;

/** The criterion in a sentence, as the report has it. */
export const criterionText = (): string => {
  const { resultant, echo, fwhmDeg, strength, fires } = CRITERION;
  return `A curve detector has resultant ≥ ${resultant}, echo < ${echo}, one lobe above half maximum ${fwhmDeg[0]}° to ${fwhmDeg[1]}° wide, fires on at least ${fires} photograph positions, and responds to curves at least ${strength} times as strongly as to its strongest 0.1 % of photograph positions.`;
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

/** Shape, strong enough against what the unit does on photographs, and `fires` of their positions fire it. */
export function isCurveDetector(m: CurveMeasures, strength: number, fires: number): boolean {
  return hasCurveShape(m) && strength >= CRITERION.strength && fires >= CRITERION.fires;
}

/** 0 where photographs never fire the unit: against nothing there is no strength. */
export const strengthOf = (peak: number, percentile: number): number =>
  percentile > 0 ? peak / percentile : 0;
