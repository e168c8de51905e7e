// What is planted in mixed3b_5x5 (96 units), and where.
//
// Ten orientations have a unit of their own, spread so that two gaps of 65 degrees stay
// open, as in InceptionV1 (58 and 66 by circular mean). Two more curve orientations lie
// in the gaps: each is spread over polysemantic units, every one of which answers to
// another orientation and to a colour, and over double curves, which answer to two
// opposite orientations; so no single unit detects a curve there. The remaining units are
// lines and colours.
import type { Rng } from '../../src/core/random.js';

/** Orientations with a unit of their own. */
export const OWN_DEG = [0, 30.8, 61.7, 92.5, 123.3, 154.2, 185, 250, 272.5, 295] as const;
/** Gaps of the units of their own, and the orientations planted in them. */
export const GAPS = [
  { fromDeg: 185, toDeg: 250, planted: 217.5 },
  { fromDeg: 295, toDeg: 360, planted: 327.5 },
] as const;

/** Curve pairs of the polysemantic units: far enough apart that one does not silence the other. */
const PAIRS = [
  // both gaps
  [217.5, 327.5],
  [217.5, 327.5],
  [217.5, 327.5],
  [217.5, 327.5],
  // a gap and an orientation with a unit of its own
  [217.5, 0],
  [217.5, 30.8],
  [217.5, 61.7],
  [217.5, 92.5],
  [217.5, 0],
  [217.5, 30.8],
  [217.5, 61.7],
  [217.5, 92.5],
  [217.5, 0],
  [217.5, 61.7],
  [327.5, 92.5],
  [327.5, 123.3],
  [327.5, 154.2],
  [327.5, 185],
  [327.5, 92.5],
  [327.5, 123.3],
  [327.5, 154.2],
  [327.5, 185],
  [327.5, 123.3],
  [327.5, 185],
] as const;
/** Planted orientations about 180 degrees apart, as in the Double Curves of InceptionV1; two units each. */
const DOUBLES = [
  [0, 185],
  [30.8, 217.5],
  [61.7, 250],
  [92.5, 272.5],
  [123.3, 295],
  [154.2, 327.5],
] as const;
const LINE_UNITS = 24;
const COLOUR_UNITS = 26;
/** Colour channels of the bottleneck. */
const COLOURS = 8;

/** A unit as a weighted sum of templates; `weight` multiplies a template of unit response. */
export interface UnitPlan {
  curves: { orientationDeg: number; weight: number }[];
  lines: { normalDeg: number; weight: number }[];
  colours: { channel: number; weight: number }[];
  /** Subtracted before the ReLU, as a fraction of a unit response. */
  threshold: number;
}

const unit = (part: Partial<UnitPlan>): UnitPlan => ({
  curves: [],
  lines: [],
  colours: [],
  threshold: 0.2,
  ...part,
});

/** The 96 units, in order: own curves, polysemantic, lines, double curves, colours. */
export function planUnits(rng: Rng): UnitPlan[] {
  const units: UnitPlan[] = OWN_DEG.map((orientationDeg) =>
    unit({ curves: [{ orientationDeg, weight: 1 }] }),
  );
  for (let i = 0; i < PAIRS.length; i++) {
    const weight = () => 0.8 + 0.4 * rng.uniform();
    units.push(
      unit({
        curves: PAIRS[i].map((orientationDeg) => ({ orientationDeg, weight: weight() })),
        colours: [{ channel: i % COLOURS, weight: 0.5 + 0.5 * rng.uniform() }],
      }),
    );
  }
  for (let i = 0; i < LINE_UNITS; i++)
    units.push(unit({ lines: [{ normalDeg: (180 * i) / LINE_UNITS, weight: 1 }], threshold: 0.6 }));
  for (let i = 0; i < 2 * DOUBLES.length; i++)
    units.push(
      unit({
        curves: DOUBLES[i % DOUBLES.length].map((orientationDeg) => ({
          orientationDeg,
          weight: 0.7 + 0.3 * rng.uniform(),
        })),
      }),
    );
  for (let i = 0; i < COLOUR_UNITS; i++) {
    const channel = i % COLOURS;
    const second = {
      channel: (channel + 1 + Math.floor(i / COLOURS)) % COLOURS,
      weight: i < COLOURS ? 0 : 0.8 * rng.uniform(),
    };
    units.push(unit({ colours: [{ channel, weight: 1 }, second], threshold: 0.2 }));
  }
  return units;
}
